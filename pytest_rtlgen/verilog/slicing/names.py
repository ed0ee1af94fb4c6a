"""Declarations found by the names in a text: what has no value that flows (parameters, types, widths) has no driver."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence

from pytest_rtlgen.verilog.slicing.graph import Piece
from pytest_rtlgen.verilog.slicing.source import Range, Source

_NAME = re.compile(
    r"""
    "(?:\\.|[^"\\])*" | //[^\n]* | /\*.*?\*/    # strings and comments name nothing
    | '[sS]?[bodhBODH]\s*[0-9a-fA-FxXzZ?_]+       # nor do numbers
    | \.\s*[A-Za-z_][\w$]*\s*(?=\()              # nor connections, whose ports are another module's
    | ([A-Za-z_][\w$]* | `\w+ | \\\S+ | \#\s*[\d`])
    """,
    re.VERBOSE | re.DOTALL,
)
_DIRECTIVE = re.compile(
    r"^[ \t]*`(define|ifdef|ifndef|elsif|else|endif|undef|timescale)\b(?:\\\r?\n|[^\n])*", re.MULTILINE
)
_DEFINED = re.compile(r"\s*`define\s+(\w+)")
_TIMESCALE = "`timescale"

_Declared = tuple[int, int, Piece]
"""Where a declaration holds, and the declaration."""


class Names:
    """The declarations of a text by name and scope."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._declared: dict[str, list[_Declared]] = defaultdict(list)
        self._functions: dict[str, list[_Declared]] = defaultdict(list)
        self._mentions: list[tuple[str, int]] = []
        self._starts: list[int] = []
        self.directives: list[Piece] = []
        """Lines that choose which other lines count: they belong to every slice."""
        if "`" in source.flat:
            self._read_directives()

    def declare(self, name: str, scope: Range, piece: Piece) -> None:
        """Note that ``piece`` declares ``name`` for the text in ``scope``."""
        self._declared[name].append((*scope, piece))

    def declare_function(self, name: str, scope: Range, piece: Piece) -> None:
        """Note that ``piece`` is all of function ``name``, for whoever calls it while the design is elaborated."""
        self._functions[name].append((*scope, piece))

    def list_named(self, piece: Piece) -> list[Piece]:
        """Return the declarations of what is named in the text of ``piece``, directives among them."""
        if not self._starts:
            self._read()
        found: list[Piece] = []
        for start, stop in piece.ranges:
            first = bisect_left(self._starts, start)
            for mention in self._mentions[first : bisect_left(self._starts, stop, first)]:
                found += self._resolved(mention, self._declared)
                if piece.is_constant:
                    found += self._resolved(mention, self._functions)
        return found

    def resolve(self, name: str, offset: int) -> Sequence[Piece]:
        """Return the declarations of ``name`` as it is seen from ``offset``; all, where none is."""
        return _choose(self._declared.get(name, ()), offset)

    def _resolved(self, mention: tuple[str, int], declared: Mapping[str, Sequence[_Declared]]) -> Sequence[Piece]:
        name, offset = mention
        found = declared.get(name)
        return () if found is None else (found[0][2],) if len(found) == 1 else _choose(found, offset)

    def _read(self) -> None:
        """Find each mention of what is declared."""
        declared = self._declared
        for token in _NAME.finditer(self._source.flat):
            name = token[1]
            if name is None:
                continue
            if name in declared:
                self._mentions.append((name, token.start(1)))
            elif name[0] == "\\" and name[1:] in declared:
                self._mentions.append((name[1:], token.start(1)))
            elif name[0] == "#" and _TIMESCALE in declared:
                self._mentions.append((_TIMESCALE, token.start(1)))
        self._starts = [start for _, start in self._mentions] or [0]

    def _read_directives(self) -> None:
        everywhere = (0, len(self._source.flat))
        for line in _DIRECTIVE.finditer(self._source.flat):
            start = line.start() + len(line[0]) - len(line[0].lstrip())
            piece = Piece([(start, start + len(line[0].strip()))], is_constant=True)
            defined = _DEFINED.match(line[0])
            if defined:
                self.declare("`" + defined[1], everywhere, piece)
            elif line[1] == "timescale":
                self.declare(_TIMESCALE, everywhere, piece)
            else:
                self.directives.append(piece)


def _choose(declared: Sequence[_Declared], offset: int) -> Sequence[Piece]:
    """Return those of the innermost scope around ``offset``; all, where there is none."""
    around = [(stop - start, piece) for start, stop, piece in declared if start <= offset < stop]
    if not around:
        return [piece for _, _, piece in declared]
    least = min(size for size, _ in around)
    return [piece for size, piece in around if size == least]
