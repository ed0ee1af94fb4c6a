"""Files that are compiled together, each as plain Verilog: macros and inclusions come from the other files.

slang opens no file: an inclusion that it meets is replaced here by the text of the file that it names, one after
another, so that every macro is known by then; what names no file of the compilation is refused.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pytest_rtlgen.records import FindingKind, SourceFile
from pytest_rtlgen.verilog.canonical import (
    CanonicalText,
    EscapedNames,
    choose_names,
    find_objection,
    leave_out_switched,
    list_directives,
    normalise,
    preprocessor_options,
    read_canonical,
    refuse,
)
from pytest_rtlgen.verilog.macros import MOST_EXPANSION, estimate_expansion
from pytest_rtlgen.verilog.survey import survey_text
from pytest_rtlgen.verilog.syntax import ParsedText, parse_text, walk_tokens

if TYPE_CHECKING:
    from pyslang import parsing

_MOST_INCLUSIONS = 100
_BASES = ("", "rundir")
"""Folders besides the includer's own that a path may start from: the work folder's, and the one that tools run in."""
_HEADERS = frozenset({".vh", ".svh"})
_VERILOG = _HEADERS | {".v", ".sv"}
_INCLUDED = re.compile(r'`include\s+"([^"\n]+)"')
_USED = re.compile(r"`(?:(?:ifdef|ifndef|elsif)\s+)?([A-Za-z_][\w$]*)")
_DEFINED = re.compile(r"`define\s+([A-Za-z_][\w$]*)")
_NET_TYPE = re.compile(r" *(`default_nettype \w+) *")
_CONSTANT = "localparam value = "
_SAFE_ESCAPED = re.compile(r"\\([A-Za-z_][\w.:\[\]+-]*)(?=\s)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledFile:
    """One of the candidate's files, read."""

    name: str
    source: str
    canonical: CanonicalText
    """Behind lines that define macros, with a line for each line of an inclusion; see ``find_line`` and ``finish``."""
    macros: Mapping[str, str | None]
    """Those that given files use and this one defines: name and value; ``None`` where it is more than a value."""
    places: tuple["_Place", ...]
    time_scales: tuple[tuple[int, str], ...]
    """(line, directive)."""

    def find_line(self, line: int) -> int:
        """Return which line of the source a line of the canonical text is."""
        return self.places[min(line, len(self.places)) - 1].line

    def finish(self, text: str) -> str:
        """Return ``text``, which has the canonical text's lines, with the source's lines and as tools get it."""
        lines: dict[int, list[str]] = {}
        for place, line in zip(self.places, text.split("\n"), strict=False):
            if place.file:
                lines.setdefault(place.line, []).append(line)
        joined = "\n".join(_join(line) for line in lines.values())
        values = (f"`define {name} {value}\n" for name, value in self.macros.items() if value is not None)
        return _put_time_scales(joined, self.time_scales) + "".join(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """All files of the candidate, read."""

    files: tuple[CompiledFile, ...]
    included: frozenset[str]
    """Names of files whose text stands in others of the candidate's."""
    needed: frozenset[str]
    """Names of files that given ones include."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a line of an expanded text is from."""

    file: str
    """Empty: it defines a macro of an earlier file."""
    line: int
    """In the file that is compiled, from 1."""


@dataclass(slots=True)
class _Expanded:
    """A text whose inclusions are being replaced."""

    text: str
    places: list[_Place]
    refusal: CanonicalText | None = None


def read_compilation(files: Sequence[SourceFile], given: Sequence[SourceFile], order: Sequence[str]) -> Compilation:
    """Return the candidate's ``files``, each preprocessed as part of one compilation with the ``given`` ones.

    ``order``: names in the order in which they are compiled, where that is known. Others of the candidate's follow;
    of other given files only headers are seen. Without ``order`` the given files come first. The macros of a given
    header that a file does not name are known to it from the start.

    A ``RuntimeError`` of pyslang (nesting too deep) goes through.
    """
    candidate = {file.name: file.text for file in files}
    others = {file.name: file.text for file in given if _suffix(file.name) in _VERILOG and file.name not in candidate}
    texts = {name: leave_out_switched(_end_line(normalise(text))) for name, text in {**others, **candidate}.items()}
    reader = _Reader(texts=texts, candidate=frozenset(candidate), names=_choose_names(texts, others))
    for name in others:
        if _suffix(name) in _HEADERS:
            reader.read_header(name)
    sequence = _arrange(list(candidate), list(others), order)
    for name in sequence:
        reader.read(name, is_alone=False)
    for name in candidate:
        if name not in sequence:
            reader.read(name, is_alone=True)
    needed = {found for name in others for found in reader.list_included(name)}
    return Compilation(
        files=tuple(reader.done[name] for name in candidate),
        included=frozenset(reader.included),
        needed=frozenset(needed),
    )


def _arrange(candidate: Sequence[str], others: Sequence[str], order: Sequence[str]) -> list[str]:
    """Return the names of the files that are compiled, in their order; headers only where ``order`` has them."""
    known = [name for name in dict.fromkeys(order) if name in candidate or name in others]
    rest = candidate if known else [*others, *candidate]
    return [*known, *(name for name in rest if name not in known and _suffix(name) not in _HEADERS)]


@dataclass(slots=True)
class _Reader:
    texts: Mapping[str, str]
    candidate: frozenset[str]
    """Names of the candidate's files."""
    names: EscapedNames
    macros: dict[str, str] = field(default_factory=dict)
    """Definitions in force, as they are written."""
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    """The same of each given header."""
    included: set[str] = field(default_factory=set)
    done: dict[str, CompiledFile] = field(default_factory=dict)

    def read_header(self, name: str) -> None:
        """Note the macros of a given header."""
        if "`define" in self.texts[name]:
            expanded = self._expand(name, {})
            if expanded.refusal is None:
                self.headers[name] = self._read_directives(expanded).macros

    def read(self, name: str, *, is_alone: bool) -> None:
        """Read one file that is compiled after those that are read already; ``is_alone``: a header, only included."""
        text = self.texts[name]
        before = dict(self.macros)
        for key in _DEFINED.findall(text) if is_alone else ():
            before.pop(key, None)
        macros = {**self._find_header_macros(text), **before} if "`" in text else {}
        expanded = self._expand(name, macros)
        directives = _Directives(macros)
        if "`" in text and expanded.refusal is None:
            directives = self._read_directives(expanded)
        after = directives.macros
        if name in self.candidate:
            fresh = {key for key, value in after.items() if macros.get(key) != value}
            self.done[name] = CompiledFile(
                name=name,
                source=text,
                canonical=expanded.refusal or read_canonical(expanded.text, names=self.names),
                macros=self._find_shared(fresh, after),
                places=tuple(expanded.places),
                time_scales=tuple(directives.time_scales),
            )
        if "`" in text and not is_alone:
            self.macros = {key: value for key, value in after.items() if macros.get(key) != value or key in before}

    def list_included(self, name: str) -> Iterator[str]:
        """Yield the names of the files that a given file includes, as its text has it."""
        for path in _INCLUDED.findall(self.texts[name]):
            found = self._find(path, name)
            if found is not None:
                yield found

    def _find_header_macros(self, text: str) -> dict[str, str]:
        """Return the macros of the given headers that ``text`` does not name itself."""
        found: dict[str, str] = {}
        for name, macros in self.headers.items():
            if PurePosixPath(name).name not in text:
                found.update(macros)
        return found

    def _find_shared(self, fresh: set[str], macros: Mapping[str, str]) -> dict[str, str | None]:
        """Return the values of those of the ``fresh`` macros that given files use."""
        given = [text for file, text in self.texts.items() if file not in self.candidate] if fresh else []
        defined = {key for text in given for key in _DEFINED.findall(text)}
        used = {key for text in given for key in _USED.findall(text)} - defined
        return {key: self._evaluate(key, macros) for key in sorted(fresh & used)}

    def _evaluate(self, macro: str, macros: Mapping[str, str]) -> str | None:
        """Return what ``macro`` expands to, on one line; ``None`` where that is more than a value."""
        head = macros[macro].partition(macro)[2]
        if not head.strip():
            return ""
        found = read_canonical(f"{_render(macros)}{_CONSTANT}`{macro} ;\n", names=self.names)
        if head.startswith("(") or found.status is not None:
            return None
        parsed = parse_text(found.text)
        count = 0

        def see(token: "parsing.Token") -> None:
            nonlocal count
            count += str(token.kind.name) in {"Semicolon", "Comma"}

        walk_tokens(parsed.tree.root, see)
        if count != 1 or survey_text(parsed).findings:
            return None
        return " ".join(found.text.split())[len(_CONSTANT.strip()) : -1].strip()

    def _expand(self, name: str, macros: Mapping[str, str]) -> _Expanded:
        """Return the text of a file behind the definitions ``macros``, inclusions replaced."""
        head, text = _render(macros), self.texts[name]
        places = [_Place("", 1)] * head.count("\n")
        places += [_Place(name, number) for number in range(1, text.count("\n") + 2)]
        expanded = _Expanded(text=head + text, places=places)
        for _ in range(_MOST_INCLUSIONS):
            if "include" not in expanded.text or expanded.refusal is not None:
                return expanded
            objection = find_objection(expanded.text)
            if objection is not None:
                expanded.refusal = objection
                return expanded
            if not self._include_next(expanded):
                return expanded
        expanded.refusal = refuse(expanded.text, FindingKind.INCLUSIONS, 1, str(_MOST_INCLUSIONS))
        return expanded

    def _include_next(self, expanded: _Expanded) -> bool:
        """Replace the first inclusion, which no other comes before; return whether there was one."""
        parsed = _parse(expanded.text)
        node = next((node for node in list_directives(parsed) if node.kind.name == "IncludeDirective"), None)
        if node is None:
            return False
        location, path = node.directive.location, str(node.fileName.rawText)
        is_macro = any(parsed.manager.isMacroLoc(where) for where in (location, node.fileName.location))
        line = parsed.line(location)
        place = expanded.places[line - 1]
        is_plain = path.startswith('"') and not is_macro and bool(place.file)
        found = self._find(path[1:-1], place.file) if is_plain else None
        if found is None:
            expanded.refusal = refuse(expanded.text, FindingKind.DIRECTIVE, line, "`include")
            return True
        if place.file in self.candidate or found in self.candidate:
            self.included.add(found)
        data, area = expanded.text.encode(), node.sourceRange
        inner = self.texts[found].removesuffix("\n")
        pieces = (data[: area.start.offset], b" ", inner.encode(), b" ", data[area.end.offset :])
        expanded.text = b"".join(pieces).decode()
        expanded.places[line - 1 : line] = [replace(place, file=found)] * inner.count("\n") + [place]
        return True

    def _find(self, path: str, includer: str) -> str | None:
        """Return the name of the file that ``path`` means in ``includer``."""
        if not path or path.startswith("/"):
            return None
        for base in (posixpath.dirname(includer), *_BASES):
            name = posixpath.normpath(posixpath.join(base, path))
            if name in self.texts:
                return name
        parts = PurePosixPath(path).parts
        alike = [] if ".." in parts else [name for name in self.texts if PurePosixPath(name).name == parts[-1]]
        return alike[0] if alike else None

    def _read_directives(self, expanded: _Expanded) -> "_Directives":
        """Return what an expanded text has defined at its end."""
        found = _Directives()
        if estimate_expansion(expanded.text) > MOST_EXPANSION:
            return found
        parsed = _parse(expanded.text)
        data = expanded.text.encode()
        for node in list_directives(parsed):
            kind, location = str(node.kind.name), node.directive.location
            if kind == "UndefineAllDirective":
                found.macros.clear()
            elif kind == "UndefDirective":
                found.macros.pop(str(node.name.valueText), None)
            elif parsed.manager.isMacroLoc(location):
                continue
            elif kind == "DefineDirective":
                area = node.sourceRange
                found.macros[str(node.name.valueText)] = data[area.start.offset : area.end.offset].decode()
            elif kind == "TimeScaleDirective":
                scale = f"`timescale {node.timeUnit.rawText} / {node.timePrecision.rawText}"
                found.time_scales.append((expanded.places[parsed.line(location) - 1].line, scale))
        return found


@dataclass(slots=True)
class _Directives:
    """What a text leaves to those after it."""

    macros: dict[str, str] = field(default_factory=dict)
    """Definitions in force at its end, as they are written."""
    time_scales: list[tuple[int, str]] = field(default_factory=list)
    """(line, directive)."""


def _put_time_scales(text: str, scales: Sequence[tuple[int, str]]) -> str:
    """Return a canonical text with its time scales, which harnesses rely on, on lines of their own again."""
    lines = text.split("\n")
    for line, scale in reversed(scales):
        is_free = not lines[line - 1].strip()
        lines[line - 1 : line] = [scale] if is_free else [scale, lines[line - 1]]
    return "\n".join(lines)


def _join(lines: Sequence[str]) -> str:
    """Return ``lines`` on one line, but for directives, for which there must be a line each."""
    return lines[0] if len(lines) == 1 else _NET_TYPE.sub(r"\n\1\n", " ".join(filter(None, lines)))


def _parse(text: str) -> ParsedText:
    """Parse ``text``; what follows it here is what directives at its end are found on."""
    return parse_text(f"{text}\n;\n", options=preprocessor_options())


def _render(macros: Mapping[str, str]) -> str:
    return "".join(f"{text}\n" for text in macros.values())


def _choose_names(texts: Mapping[str, str], others: Mapping[str, str]) -> EscapedNames:
    """Return the spelling of escaped names; those that given files use stay as they are."""
    used = {found for name in others for found in _SAFE_ESCAPED.findall(texts[name])}
    return choose_names(*texts.values(), kept=used)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix


def _end_line(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"
