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
    ) -> set[Piece]:
        """Return all that ``symbols`` and ``pieces`` depend on; ``list_named`` gives what a piece's names declare."""
        found: set[Piece] = set()
        fresh = set(pieces)
        for symbol in symbols:
            fresh.update(self._drivers.get(symbol, ()))
        while fresh:
            found |= fresh
            drawn: set[Piece] = set()
            for piece in fresh:
                if piece.drawn is None:
                    piece.drawn = self._list_drawn(piece, list_named)
                drawn.update(piece.drawn)
            fresh = drawn - found
        return found

    def _list_drawn(self, piece: Piece, list_named: Callable[[Piece], Iterable[Piece]]) -> Sequence[Piece]:
        drawn = [*piece.also, *list_named(piece)]
        if piece.parent is not None:
            drawn.append(piece.parent)
        for symbol in piece.reads:
            drawn += self._drivers.get(symbol, ())
        return drawn
