"""What drives what: pieces of text, the symbols that they set, and the symbols that they read."""

from collections.abc import Callable, Iterable, Sequence

from pytest_rtlgen.verilog.slicing.source import Range


class Piece:
    """A statement, the head of one, a connection or a declaration: it belongs to a slice as a whole."""

    __slots__ = ("also", "drawn", "is_constant", "parent", "ranges", "reads")

    def __init__(
        self,
        ranges: Sequence[Range] = (),
        reads: Sequence[int] = (),
        parent: "Piece | None" = None,
        *,
        is_constant: bool = False,
    ) -> None:
        self.ranges = ranges
        self.reads = reads
        """Numbers of the symbols whose values it uses."""
        self.parent = parent
        """What decides whether it takes effect: the head of an if, a case, a loop, an instance or a generate block."""
        self.also: list[Piece] = []
        """What else belongs to any slice that it belongs to."""
        self.drawn: Sequence[Piece] | None = None
        """All other pieces that it draws into a slice, once they have been looked up."""
        self.is_constant = is_constant
        """Functions that it names are called while the design is elaborated, so no statement shows the call."""


class Reached:
    """The pieces of one slice, and the symbols that it went through."""

    def __init__(self) -> None:
        self.pieces: set[Piece] = set()
        self.symbols: set[int] = set()


class Graph:
    """The pieces of a design by the symbols that they set."""

    def __init__(self) -> None:
        self._drivers: dict[int, list[Piece]] = {}

    def add(self, targets: Iterable[int], piece: Piece) -> None:
        """Note that ``piece`` sets each of ``targets``."""
        for target in targets:
            self._drivers.setdefault(target, []).append(piece)

    def reach(
        self, symbols: Iterable[int], pieces: Iterable[Piece], list_named: Callable[[Piece], Iterable[Piece]]
    ) -> Reached:
        """Return all that ``symbols`` and ``pieces`` depend on; ``list_named`` gives what a piece's names declare."""
        found = Reached()
        wanted, open_pieces = list(symbols), list(pieces)
        while wanted or open_pieces:
            while wanted:
                symbol = wanted.pop()
                if symbol not in found.symbols:
                    found.symbols.add(symbol)
                    open_pieces += self._drivers.get(symbol, ())
            while open_pieces:
                piece = open_pieces.pop()
                if piece not in found.pieces:
                    found.pieces.add(piece)
                    wanted += piece.reads
                    if piece.drawn is None:
                        piece.drawn = _list_drawn(piece, list_named)
                    open_pieces += piece.drawn
        return found


def _list_drawn(piece: Piece, list_named: Callable[[Piece], Iterable[Piece]]) -> Sequence[Piece]:
    parents = () if piece.parent is None else (piece.parent,)
    return tuple({*piece.also, *list_named(piece), *parents} - {piece})
