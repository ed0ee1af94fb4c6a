"""Declarations found by the names in a text: what has no value that flows (parameters, types, widths) has no driver."""

import re
from collections import defaultdict
from collections.abc import Sequence

from pytest_rtlgen.verilog.slicing.graph import Piece
from pytest_rtlgen.verilog.slicing.source import Range, Source

_TOKEN = re.compile(
    r"""
    [A-Za-z_`"/'.\#\\] (?:  # all of its first characters in one set: what lies between is skipped fast
        (?<=[A-Za-z_]) [\w$]*
      | (?<=`) \w+
      | (?<=") (?: \\. | [^"\\] )* "
      | (?<=/) (?: /[^\n]* | \*.*?\*/ )
      | (?<=') [sS]?[bodhBODH]\s*[0-9a-fA-FxXzZ?_]+
      | (?<=\.) \s*[A-Za-z_][\w$]*\s*(?=\()
      | (?<=\#) (?=\s*[\d`])
      | (?<=\\) \S+
    )
    """,
    re.VERBOSE | re.DOTALL,
)
"""A name, a macro or a delay's ``#``; or a string, a comment, a number or a connection's port, which name nothing."""
_MARKS = {"begin", "end", "else", "endcase", "always", "(", ")", ";"}
"""Stretches that name nothing, and are most of all."""
_DIRECTIVE = re.compile(
    r"^[ \t]*`(define|ifdef|ifndef|elsif|else|endif|undef|timescale)\b(?:\\\r?\n|[^\n])*", re.MULTILINE
)
_DEFINED = re.compile(r"\s*`define\s+(\w+)")
_TIMESCALE = "#"
"""What names a time scale: the start of a delay."""

_Declared = tuple[int, int, Piece]
"""Where a declaration holds, and the declaration."""


class Names:
    """The declarations of a text by name and scope."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._declared: dict[str, list[_Declared]] = defaultdict(list)
        self._functions: dict[Piece, Piece] = {}
        self._has_backslashes = "\\" in source.flat
        self.directives: list[Piece] = []
        """Lines that choose which other lines count: they belong to every slice."""
        if "`" in source.flat:
            self._read_directives()

    def declare(self, name: str, scope: Range, piece: Piece) -> None:
        """Note that ``piece`` declares ``name`` for the text in ``scope``."""
        self._declared[name].append((*scope, piece))
        if self._has_backslashes:
            self._declared["\\" + name].append((*scope, piece))

    def declare_function(self, name: str, scope: Range, piece: Piece, whole: Piece) -> None:
        """Do the same for a function; ``whole`` is all of it, for whoever calls it while the design is elaborated."""
        self.declare(name, scope, piece)
        self._functions[piece] = whole

    def list_named(self, piece: Piece) -> list[Piece]:
        """Return the declarations of what is named in the text of ``piece``, directives among them."""
        found: list[Piece] = []
        flat = self._source.flat
        for start, stop in piece.ranges:
            if flat[start:stop] in _MARKS:
                continue
            for name in _TOKEN.findall(flat, start, stop):
                declared = self._declared.get(name)
                if declared is None:
                    continue
                if len(declared) == 1:
                    found.append(declared[0][2])
                else:
                    found += _choose(declared, start)
        if piece.is_constant and self._functions:
            found += [self._functions[item] for item in found if item in self._functions]
        return found

    def resolve(self, name: str, offset: int) -> Sequence[Piece]:
        """Return the declarations of ``name`` as it is seen from ``offset``; all, where none is."""
        return _choose(self._declared.get(name, ()), offset)

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
