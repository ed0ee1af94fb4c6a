"""Decide, without running anything, whether a candidate of several files may be run among files that are given.

Such candidates are judged by a benchmark's own tests, so only what could forge those is refused: files, the simulator,
foreign modules, foreign code. Ports are the tests' business.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from pytest_rtlgen.records import Diagnostic, Finding, FindingKind, Severity, SourceFile, Status, Tool
from pytest_rtlgen.verilog.casts import call_signed
from pytest_rtlgen.verilog.compilation import CompiledFile, read_compilation
from pytest_rtlgen.verilog.screen import describe_left_out, reduce_text
from pytest_rtlgen.verilog.survey import LeftOut, apply_spans, survey_text
from pytest_rtlgen.verilog.syntax import list_errors, parse_text

_MOST_FINDINGS = 10
_VERILOG = {".v", ".sv", ".vh", ".svh"}
_MODULE = re.compile(r"\b(?:module|macromodule)\s+(?:automatic\s+|static\s+)?\\?([A-Za-z_][\w$]*)")
_UNIMPORTANT = {FindingKind.OBSERVATION, FindingKind.UNKNOWN_TEST, FindingKind.INITIAL, FindingKind.ACTION}
"""They matter where our stimulus drives a candidate, or where a proof stands for a simulation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Construct:
    """Something forbidden, wherever it stands."""

    kind: FindingKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesScreening:
    """What the screen found."""

    status: Status | None
    """``None``: the files may be compiled."""
    files: tuple[SourceFile, ...]
    """The files to compile, and the only texts of the candidate that any tool gets; lines keep their numbers."""
    constructs: tuple[Construct, ...] = ()
    """All that is in the way where the rest can be read: a benchmark's own solution may contain some of it."""
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Screened:
    """What the screen found in one file."""

    file: SourceFile
    status: Status | None = None
    findings: tuple[Finding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def screen_files(
    files: Sequence[SourceFile], given: Sequence[SourceFile], top: str = "", order: Sequence[str] = ()
) -> FilesScreening:
    """Return whether ``files`` may be compiled together with ``given``, which is trusted.

    ``top``: module that must be defined somewhere in them; empty: any will do. ``order``: names of the files that are
    compiled, in their order, where that is known; what is forbidden in others, which nothing includes, is left out.
    """
    try:
        screened = _screen_each(files, given, order)
    except (RuntimeError, RecursionError) as error:  # pyslang gives up on nesting that is too deep
        finding = Finding(kind=FindingKind.NESTING, name=str(error), line=1)
        return _refuse(Status.REJECTED, files, [(files[0].name, Diagnostic.of(finding))])
    named = [(item.file.name, diagnostic) for item in screened for diagnostic in item.diagnostics]
    texts = tuple(item.file for item in screened)
    statuses = {item.status for item in screened} - {None}
    if statuses:
        status = next(
            item for item in (Status.RESOURCE_LIMIT, Status.REJECTED, Status.SYNTAX_ERROR) if item in statuses
        )
        has_all = all(item.findings or item.status is None for item in screened)
        found = {Construct(kind=item.kind, name=item.name) for one in screened for item in one.findings}
        constructs = tuple(sorted(found, key=lambda item: (item.kind, item.name))) if has_all else ()
        return _refuse(status, texts, named, constructs)
    if top and not any(_defines(file, top) for file in (*texts, *given)):
        modules = sorted({name for file in texts for name in _MODULE.findall(file.text)})
        what = f"module {top!r} is missing; found {', '.join(map(repr, modules)) or 'no module'}"
        missing = Diagnostic(tool=Tool.SCREEN, severity=Severity.ERROR, message=what, line=1)
        return _refuse(Status.INTERFACE_MISMATCH, texts, [(texts[0].name, missing)])
    notes = [(item.file.name, note) for item in screened for note in describe_left_out(item.left_out)]
    return FilesScreening(status=None, files=texts, diagnostics=tuple(_name_files(notes, len(texts))))


def _screen_each(files: Sequence[SourceFile], given: Sequence[SourceFile], order: Sequence[str]) -> list[_Screened]:
    compilation = read_compilation(files, given, order)
    found = []
    for file in compilation.files:
        screened = _screen_file(file)
        is_included = file.name in compilation.included
        is_compiled = not order or file.name in order or file.name in compilation.needed
        is_fragment = is_included and screened.status is Status.SYNTAX_ERROR
        if screened.status is not None and file.name not in compilation.needed and (is_fragment or not is_compiled):
            screened = _leave_out_file(screened, is_included=is_included)
        found.append(screened)
    return found


def _screen_file(file: CompiledFile) -> _Screened:
    canonical = file.canonical
    source = SourceFile(name=file.name, text=file.source)
    if canonical.status is not None:
        return _Screened(file=source, status=canonical.status, diagnostics=_place(file, canonical.diagnostics))
    parsed = parse_text(canonical.text)
    errors = list_errors(parsed, parsed.tree.diagnostics, most=_MOST_FINDINGS)
    if errors:
        return _Screened(file=source, status=Status.SYNTAX_ERROR, diagnostics=_place(file, errors))
    text, parsed, survey = reduce_text(canonical, parsed, "")
    text = call_signed(text, parsed)
    left_out = survey.left_out
    if survey.findings:
        last = survey_text(parsed)
        text, left_out = apply_spans(text, last.spans), (*left_out, *last.left_out)
    findings = [item for item in survey.findings if item.kind not in _UNIMPORTANT]
    findings += [
        Finding(kind=FindingKind.MACRO, name=name, line=1) for name, value in file.macros.items() if value is None
    ]
    return _Screened(
        file=SourceFile(name=file.name, text=file.finish(text)),
        status=Status.REJECTED if findings else None,
        findings=tuple(findings),
        diagnostics=_place(file, list(map(Diagnostic.of, findings))),
        left_out=tuple((what, file.find_line(line)) for what, line in left_out),
    )


def _place(file: CompiledFile, found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return ``found`` in the canonical text with the lines of the source."""
    return tuple(item if item.line is None else replace(item, line=file.find_line(item.line)) for item in found)


def _leave_out_file(screened: _Screened, *, is_included: bool) -> _Screened:
    """Return a file without its text: one whose text stands in others, or that nothing compiles."""
    blank = SourceFile(name=screened.file.name, text=re.sub(r"[^\n]", "", screened.file.text))
    left_out = () if is_included else (("a file that is not compiled", 1),)
    return _Screened(file=blank, left_out=left_out)


def _defines(file: SourceFile, top: str) -> bool:
    return PurePosixPath(file.name).suffix in _VERILOG and top in _MODULE.findall(file.text)


def _name_files(found: Sequence[tuple[str, Diagnostic]], count: int) -> Iterator[Diagnostic]:
    for name, item in found:
        yield replace(item, message=f"{name}: {item.message}", file=name) if count > 1 else item


def _refuse(
    status: Status,
    files: Sequence[SourceFile],
    found: Sequence[tuple[str, Diagnostic]],
    constructs: tuple[Construct, ...] = (),
) -> FilesScreening:
    diagnostics = tuple(_name_files(found[:_MOST_FINDINGS], len(files)))
    return FilesScreening(status=status, files=tuple(files), constructs=constructs, diagnostics=diagnostics)
