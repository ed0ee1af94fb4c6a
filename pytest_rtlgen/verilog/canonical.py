"""A candidate's text as plain Verilog: one text, which every tool reads alike.

Preprocessors differ: in which macros exist, where a macro's argument ends, whether its name counts in a string. So one
of them, slang's, does the work once, and no directive, macro, comment or escape sequence is left to the next tool.
Every token stays on the line of the model's text that it comes from, so no map is needed to point at that text.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_rtlgen.records import Diagnostic, Finding, FindingKind, Status
from pytest_rtlgen.verilog.doubtful import DoubtfulMacros
from pytest_rtlgen.verilog.lexical import blank, blank_comments, find_comments
from pytest_rtlgen.verilog.macros import MOST_EXPANSION, estimate_expansion
from pytest_rtlgen.verilog.syntax import Node, ParsedText, list_errors, parse_text, walk_tokens

if TYPE_CHECKING:
    from pyslang import Bag, SourceLocation, parsing

MOST_CHARACTERS = 1 << 20
MOST_LINES = 50_000
_MOST_ERRORS = 10
_BOM = "\ufeff"
_ODD = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_SWITCH = re.compile(r"/[/*]\s*(?:[a-z_]+\s+)?(?:translate_|synthesis_|synthesis\s+)(?P<way>off|on)\b", re.IGNORECASE)
"""Comments between which synthesis tools read nothing."""
_TIMESCALE = re.compile(r"`timescale\s+\d+\s*[munpf]?s\s*/\s*\d+\s*[munpf]?s|`(?:end)?celldefine\b")
"""The harness sets the time scale that counts; cells are for libraries."""
_NET_TYPE = re.compile(r"^[ \t]*`default_nettype[ \t]+(?:none|wire)$", re.MULTILINE)
"""Icarus reads nothing behind it on its line."""
_PLAIN_STRING = re.compile(r'"[^"`\\\n]*"')
_NOT_PLAIN = re.compile(r'[`\\"]|[^\x00-\x7f]')
"""What a text without comments and plain strings may hold that takes a preprocessor or a lexer to be read."""
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*\Z")
_NOT_PRINTED = re.compile(rb"[^ -~]|[\\\"`]")
_SYNTHESIS = ("SYNTHESIS=",)
"""Defined, without a value that logic could use: tools disagree on it."""
_PREDEFINED = ("__slang__", "__slang_major__", "__slang_minor__", "SV_COV_START", "SV_COV_STOP", "SV_COV_RESET",
               "SV_COV_CHECK", "SV_COV_MODULE", "SV_COV_HIER", "SV_COV_ASSERTION", "SV_COV_FSM_STATE",
               "SV_COV_STATEMENT", "SV_COV_TOGGLE", "SV_COV_OVERFLOW", "SV_COV_ERROR", "SV_COV_NOCOV", "SV_COV_OK",
               "SV_COV_PARTIAL")  # fmt: skip
_GONE = frozenset(
    {
        *("DefineDirective", "MacroUsage", "UndefDirective", "UndefineAllDirective", "IfDefDirective"),
        *("IfNDefDirective", "ElsIfDirective", "ElseDirective", "EndIfDirective", "TimeScaleDirective"),
        *("CellDefineDirective", "EndCellDefineDirective", "NoUnconnectedDriveDirective"),
    }
)
"""Directives that have done their work, or that mean nothing to one design alone."""
_NET_TYPES = frozenset({"DefaultNetTypeDirective", "ResetAllDirective"})
_TOO_MUCH = frozenset({FindingKind.EXPANSION, FindingKind.INCLUSIONS})
"""What takes more than a candidate may use; the rest is forbidden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalText:
    """A text that is read, or why it cannot be."""

    text: str
    """Lines are those of the model's text; where ``status`` is set, that text itself."""
    status: Status | None = None
    """``None``: it is plain Verilog now. Else syntax-error, rejected or resource-limit."""
    diagnostics: tuple[Diagnostic, ...] = ()
    doubts: tuple[tuple[int, str], ...] = ()
    """(byte, what): tokens of ``text`` that preprocessors read in different ways; no logic may depend on them."""


@dataclass(slots=True)
class EscapedNames:
    """How the escaped names of one text are spelled, or of several that are compiled together."""

    stem: str
    """Begins the plain names; no other name in those texts begins so."""
    kept: frozenset[str] = frozenset()
    """They stay escaped."""
    known: dict[str, bytes] = field(default_factory=dict)

    def spell(self, name: str) -> bytes:
        """Return ``name`` as it is written, always alike."""
        if name not in self.known:
            if _PLAIN_NAME.match(name) and _is_identifier(name):
                self.known[name] = name.encode()
            else:
                plain = f"{self.stem}{len(self.known)}"
                self.known[name] = f"\\{name} ".encode() if name in self.kept else plain.encode()
        return self.known[name]


def choose_names(*texts: str, kept: Collection[str] = ()) -> EscapedNames:
    """Return how the escaped names of ``texts`` are spelled."""
    longest = max((len(run) for text in texts for run in re.findall(r"escaped(_*)", text)), default=0)
    return EscapedNames(stem="escaped" + "_" * (1 + longest), kept=frozenset(kept))


def read_canonical(source: str, *, kept: Collection[str] = (), names: EscapedNames | None = None) -> CanonicalText:
    r"""Return ``source`` preprocessed: macros expanded, conditionals decided with ``SYNTHESIS`` defined, no comments.

    What stands between ``translate_off`` and ``translate_on`` is left out. Strings and escaped names are rendered so
    that they mean the same to every lexer: a name that has to be escaped gets a plain one, unless it is in ``kept``.
    ``names`` is given where several texts share them. The time taken is linear in the text and in what its macros
    expand to.

    >>> read_canonical("`define W 4\nmodule m(input [`W-1:0] a); // four\nendmodule\n").text
    '\nmodule m(input [ 4 -1:0] a);\nendmodule\n'
    """
    text = normalise(source)
    objection = find_objection(text)
    if objection is not None:
        return objection
    text = _TIMESCALE.sub(lambda found: blank(found[0]), leave_out_switched(text))
    plain = _strip_comments(text)
    if _is_plain(plain):
        return CanonicalText(text=plain)
    try:
        parsed = parse_text(text, options=preprocessor_options())
    except (RuntimeError, RecursionError) as error:  # pyslang gives up on nesting that is too deep
        return refuse(text, FindingKind.NESTING, 1, str(error))
    errors = list_errors(parsed, parsed.tree.diagnostics, most=_MOST_ERRORS)
    directives = list_directives(parsed) if "`" in plain else []
    macros = DoubtfulMacros(directives)
    forbidden = next(_list_forbidden(directives, macros), None)
    if forbidden is not None:
        kind, name, token = forbidden
        return refuse(text, kind, parsed.line(token.location), name)
    if errors:
        return CanonicalText(text=text, status=Status.SYNTAX_ERROR, diagnostics=errors)
    return _Printer(text, parsed, names or choose_names(text, kept=kept), has_doubts=macros.has_any).print()


def normalise(source: str) -> str:
    """Return ``source`` as every reader sees it alike: a lone carriage return ends a comment for some readers only."""
    text = source.encode("utf-8", "replace").decode().removeprefix(_BOM)  # lone surrogates cannot be written to a file
    return text.replace("\r\n", "\n").replace("\r", "\n")


def preprocessor_options() -> "Bag":
    """Return pyslang's options: ``SYNTHESIS`` is defined, no macro of slang's own is, and no file is included."""
    import pyslang

    options = pyslang.parsing.PreprocessorOptions()
    options.predefines = list(_SYNTHESIS)
    options.undefines = list(_PREDEFINED)
    options.maxIncludeDepth = 0
    return pyslang.Bag([options])


def find_objection(text: str) -> CanonicalText | None:
    """Return why ``text`` is not looked at any further."""
    if len(text) > MOST_CHARACTERS:
        return refuse(text, FindingKind.SIZE, 1, f"{MOST_CHARACTERS} characters")
    if text.count("\n") > MOST_LINES:
        return refuse(text, FindingKind.SIZE, 1, f"{MOST_LINES} lines")
    odd = _ODD.search(text)
    if odd is not None:
        line = text.count("\n", 0, odd.start()) + 1
        return refuse(text, FindingKind.CONTROL_CHARACTER, line, f"U+{ord(odd[0]):04X}")
    if estimate_expansion(text) > MOST_EXPANSION:
        return refuse(text, FindingKind.EXPANSION, 1, f"may expand to more than {MOST_EXPANSION >> 20} MiB")
    return None


def refuse(text: str, kind: FindingKind, line: int, name: str = "") -> CanonicalText:
    """Return that ``text`` is not read, and why."""
    status = Status.RESOURCE_LIMIT if kind in _TOO_MUCH else Status.REJECTED
    finding = Finding(kind=kind, name=name, line=line)
    return CanonicalText(text=text, status=status, diagnostics=(Diagnostic.of(finding),))


def leave_out_switched(text: str) -> str:
    """Return ``text`` with blanks for what stands between comments that switch synthesis off and on."""
    if "_off" not in text.lower() and " off" not in text.lower():
        return text
    pieces, seen, start = list[str](), 0, -1
    for comment in find_comments(text):
        found = _SWITCH.match(comment[0])
        if found is None:
            continue
        if found["way"].lower() == "off" and start < 0:
            start = comment.start()
        elif found["way"].lower() == "on" and start >= 0:
            pieces += [text[seen:start], blank(text[start : comment.end()])]
            seen, start = comment.end(), -1
    if start >= 0:
        pieces += [text[seen:start], blank(text[start:])]
        seen = len(text)
    return "".join([*pieces, text[seen:]])


def _strip_comments(text: str) -> str:
    """Return ``text`` without its comments, and without blanks at the ends of lines."""
    stripped = blank_comments(text).replace("\f", " ").replace("\v", " ")
    return "\n".join(line.rstrip() for line in stripped.split("\n"))


def _is_plain(text: str) -> bool:
    """Whether ``text``, which has no comments, holds nothing that readers could take in two ways."""
    if '"""' in text or not text.isascii():
        return False
    return _NOT_PLAIN.search(_PLAIN_STRING.sub("", _NET_TYPE.sub("", text))) is None


def _list_forbidden(directives: Iterable[Node], macros: DoubtfulMacros) -> Iterator[tuple[FindingKind, str, Node]]:
    """Yield (kind, name, token) of the directives that no tool may see, and of macros that tools read differently."""
    for node in directives:
        kind = str(node.kind.name)
        if kind == "MacroUsage":
            doubt = macros.judge(node)
            if doubt:
                yield FindingKind.DOUBT, doubt, node.directive
        elif kind not in _GONE and kind not in _NET_TYPES:
            yield FindingKind.DIRECTIVE, str(node.directive.rawText), node.directive


def list_directives(parsed: ParsedText) -> list[Node]:
    """Return the directives that slang has obeyed, in order; those behind the last module are not among them."""
    found: list[Node] = []

    def see(token: "parsing.Token") -> None:
        found.extend(_list_token_directives(token))

    walk_tokens(parsed.tree.root, see)
    return found


def _list_token_directives(token: "parsing.Token") -> Iterator[Node]:
    for piece in token.trivia:
        if piece.kind.name == "Directive":
            yield piece.syntax()


@dataclass(slots=True)
class _Printer:
    """Prints the tokens of a parsed text, each on its line, and at its column where nothing before it has grown."""

    source: str
    parsed: ParsedText
    names: EscapedNames
    has_doubts: bool
    """Whether strings and escaped names that macros make are to be doubted."""
    doubts: list[tuple[int, str]] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    line: int = 0
    """Lines printed so far."""
    column: int = 0
    """Bytes printed on the last line."""
    size: int = 0
    end: int = 0
    """Where the last token ended in the source; -1: a macro made it."""
    starts: list[int] = field(default_factory=list)
    """Offset of each line of the source, in bytes."""
    code: bytes = b""
    refusal: CanonicalText | None = None

    def print(self) -> CanonicalText:
        """Return the printed text, or a refusal of one that has grown too large."""
        self.code = self.source.encode()
        self.starts = [0, *(found.end() for found in re.finditer(rb"\n", self.code))]
        has_net_types = "default_nettype" in self.source or "resetall" in self.source
        has_lines = "__LINE__" in self.source

        def see(token: "parsing.Token") -> None:
            if has_net_types:
                self._print_net_types(token)
            raw = str(token.rawText)
            if raw and self.size <= MOST_EXPANSION:
                self._move(token.location, len(raw.encode()))
                if has_lines or self.has_doubts:
                    self._doubt(token, raw)
                self._write(self._spell(token, raw))

        walk_tokens(self.parsed.tree.root, see)
        if self.size > MOST_EXPANSION:
            return refuse(self.source, FindingKind.EXPANSION, 1, f"expand to more than {MOST_EXPANSION >> 20} MiB")
        if self.refusal is not None:
            return self.refusal
        self.pieces.append(b"\n" * (len(self.starts) - 1 - self.line))
        return CanonicalText(text=b"".join(self.pieces).decode(), doubts=tuple(self.doubts))

    def _doubt(self, token: "parsing.Token", raw: str) -> None:
        """Note a token that a macro made and that another preprocessor may make otherwise."""
        manager = self.parsed.manager
        if not manager.isMacroLoc(token.location):
            return
        if raw.isdecimal() and not self._stands(raw, manager.getOriginalLoc(token.location)):
            self.doubts.append((self.size, "`__LINE__ in the design's logic"))
        elif self.has_doubts and raw.startswith(('"', "\\")):
            self.doubts.append((self.size, "a string or an escaped name made by a macro"))

    def _stands(self, raw: str, location: "SourceLocation") -> bool:
        """Whether the source has ``raw`` at ``location``; where it has not, the preprocessor made it up."""
        return self.code.startswith(raw.encode(), location.offset)

    def _print_net_types(self, token: "parsing.Token") -> None:
        for directive in _list_token_directives(token):
            kind = str(directive.kind.name)
            if kind in _NET_TYPES:
                self._move(directive.directive.location)
                name = "wire" if kind == "ResetAllDirective" else str(directive.netType.rawText)
                self._write(f" `default_nettype {name}\n".encode())  # Icarus reads nothing behind it on its line
                self.line, self.column = self.line + 1, 0

    def _move(self, location: "SourceLocation", length: int = 0) -> None:
        """Go to where ``location`` is in the source, or past what has been printed there already."""
        manager = self.parsed.manager
        is_macro = bool(manager.isMacroLoc(location))
        offset = int((manager.getFullyExpandedLoc(location) if is_macro else location).offset)
        line = bisect_right(self.starts, offset) - 1
        is_joined = offset == self.end and not is_macro
        self.end = -1 if is_macro else offset + length
        if line > self.line:
            self._write(b"\n" * (line - self.line))
            self.line, self.column = line, 0
        column = offset - self.starts[line]
        if column > self.column:
            self._write(b" " * (column - self.column))
        elif self.column and not is_joined:
            self._write(b" ")

    def _write(self, text: bytes) -> None:
        self.pieces.append(text)
        self.column += len(text)
        self.size += len(text)

    def _spell(self, token: "parsing.Token", raw: str) -> bytes:
        if raw.startswith('"'):
            return self._spell_string(token)
        if raw.startswith("\\"):
            return self.names.spell(str(token.valueText))
        return raw.encode()

    def _spell_string(self, token: "parsing.Token") -> bytes:
        try:
            value = str(token.valueText).encode()
        except UnicodeDecodeError:  # escape sequences that make no text
            line = self.parsed.line(token.location)
            self.refusal = refuse(self.source, FindingKind.NOT_TEXT, line)
            return b'""'
        return b'"' + _NOT_PRINTED.sub(lambda found: b"\\%03o" % found[0][0], value) + b'"'


def _is_identifier(word: str) -> bool:
    """Whether ``word`` is no keyword."""
    first = parse_text(f"{word} m;").tree.root.getFirstToken()
    return str(first.kind.name) == "Identifier"
