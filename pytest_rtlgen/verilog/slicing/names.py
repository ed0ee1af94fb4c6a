"""Declarations found by the names in a text: what has no value that flows (parameters, types, widths) has no driver."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from pytest_rtlgen.verilog.slicing.graph import Piece
from pytest_rtlgen.verilog.slicing.source import Range, Source

_TOKEN = re.compile(
    r"""
    (?P<name> [A-Za-z_][\w$]* | \\\S+ )
    | (?P<macro> ` \w+ )
    | (?P<delay> \# \s* [\d`] )
    | "(?:\\.|[^"\\])*" | //[^\n]* | /\*.*?\*/          # strings and comments name nothing
    | '[sS]?[bodhBODH]\s*[0-9a-fA-FxXzZ?_]+ | \d[\w.]*  # nor do numbers
    | \.\s*[A-Za-z_][\w$]*\s*\( | \$\w+                 # nor connections, whose ports are another module's
    """,
    re.VERBOSE | re.DOTALL,
)
_DIRECTIVE = re.compile(r"^[ \t]*`(define|ifdef|ifndef|elsif|else|endif|undef|timescale)\b(?:\\\r?\n|[^\n])*", re.M)
_DEFINED = re.compile(r"\s*`define\s+(\w+)")
_TIMESCALE = "`timescale"


class Names:
    """The declarations of a text by name and scope."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._declared: dict[str, list[tuple[int, int, Piece]]] = defaultdict(list)
        self._functions: dict[str, list[tuple[int, int, Piece]]] = defaultdict(list)
        self._known: dict[Range, tuple[list[Piece], list[Piece]]] = {}
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

    def list_named(self, piece: Piece) -> Iterator[Piece]:
        """Yield the declarations of what is named in the text of ``piece``."""
        for area in piece.ranges:
            known = self._known.get(area)
            if known is None:
                known = self._known[area] = self._read(area)
            yield from known[0]
            if piece.is_constant:
                yield from known[1]

    def resolve(self, name: str, offset: int) -> Sequence[Piece]:
        """Return the declarations of ``name`` as it is seen from ``offset``; all, where none is."""
        return _choose(self._declared.get(name, ()), offset)

    def _read(self, area: Range) -> tuple[list[Piece], list[Piece]]:
        found: dict[Piece, None] = {}
        functions: dict[Piece, None] = {}
        for token in _TOKEN.finditer(self._source.flat, *area):
            group = token.lastgroup
            if group is None:
                continue
            name = _TIMESCALE if group == "delay" else token[0].lstrip("\\")
            if name in self._declared:
                found.update(dict.fromkeys(_choose(self._declared[name], token.start())))
            if name in self._functions:
                functions.update(dict.fromkeys(_choose(self._functions[name], token.start())))
        return list(found), list(functions)

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


def _choose(declared: Sequence[tuple[int, int, Piece]], offset: int) -> Sequence[Piece]:
    """Return those of the innermost scope around ``offset``; all, where there is none."""
    around = [(stop - start, piece) for start, stop, piece in declared if start <= offset < stop]
    if not around:
        return [piece for _, _, piece in declared]
    least = min(size for size, _ in around)
    return [piece for size, piece in around if size == least]
