"""What draws what into a slice: pieces of text, and the signals that they set and read."""

from collections.abc import Callable, Iterable, Sequence

from pytest_rtlgen.verilog.slicing.source import Range


class Piece:
    """A statement, the head of one, a connection or a declaration: it belongs to a slice as a whole.

    A signal is a piece too, without text: pieces that read it draw it, and it draws the pieces that set it.
    """

    __slots__ = ("also", "has_names", "is_constant", "ranges")

    def __init__(
        self, ranges: Sequence[Range] = (), parent: "Piece | None" = None, *, is_constant: bool = False
    ) -> None:
        self.ranges = ranges
        self.also: list[Piece] = [] if parent is None else [parent]
        """What else belongs to any slice that it belongs to: first the ``parent``, which decides whether it takes
        effect (the head of an if, a case, a loop, an instance or a generate block)."""
        self.is_constant = is_constant
        """Functions that it names are called while the design is elaborated, so no statement shows the call."""
        self.has_names = not ranges
        """The declarations of what it names are in ``also``."""


def reach(pieces: Iterable[Piece], list_named: Callable[[Piece], Iterable[Piece]]) -> set[Piece]:
    """Return ``pieces`` and all that they draw; ``list_named`` gives the declarations of what a piece names."""
    found = set(pieces)
    fresh = list(found)
    while fresh:
        piece = fresh.pop()
        if not piece.has_names:
            piece.also += list_named(piece)
            piece.has_names = True
        for drawn in piece.also:
            if drawn not in found:
                found.add(drawn)
                fresh.append(drawn)
    return found
