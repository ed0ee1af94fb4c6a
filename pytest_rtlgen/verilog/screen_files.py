"""Decide, without running anything, whether a candidate of several files may be run among files that are given.

Such candidates are judged by a benchmark's own tests, so only what could forge those is refused: files, the simulator,
foreign modules, foreign code. Ports are the tests' business.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from pytest_rtlgen.records import Diagnostic, Severity, SourceFile, Status


from pytest_rtlgen.verilog.syntax import list_errors, parse_text

_MOST_FINDINGS = 10
_BOM = "\ufeff"
_VERILOG = {".v", ".sv", ".vh", ".svh"}
_INCLUDE = re.compile(r'`include[ \t]+"([^"\n]+)"')
_MASKED = re.compile(r"/\*rtlgen(\d{1,6})\*/")
_READABLE = ("compiler directive", "comment that hides")
"""Objections in spite of which the rest of a text can be read."""
_MODULE = re.compile(r"\b(?:module|macromodule)\s+(?:automatic\s+|static\s+)?\\?([A-Za-z_][\w$]*)")
_TOOL_MACRO = "code that depends on the tool"
"""Of no harm here: what stands there is blanked, and tasks are looked for in all of the text."""
_UNIMPORTANT = ("delay ", "format %m", "assume", "restrict", "$sformat")
"""Findings that only matter where our own testbench plays the candidate."""

Finding = tuple[str, str, int]
"""(file, what, line)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesScreening:
    """What the screen found."""

    status: Status | None
    """``None``: the files may be compiled."""
    files: tuple[SourceFile, ...]
    """The files to compile; lines and positions are the candidate's own."""
    findings: tuple[str, ...] = ()
    """What is forbidden, without place: a benchmark's own solution may contain some of it."""
    diagnostics: tuple[Diagnostic, ...] = ()


def screen_files(files: Sequence[SourceFile], given: Sequence[SourceFile], top: str = "") -> FilesScreening:
    """Return whether ``files`` may be compiled together with ``given``, which is trusted.

    ``top``: module that must be defined somewhere in them; empty: any will do.
    """
    normal = [SourceFile(name=file.name, text=_normalise(file.text)) for file in files]
    known = _Inclusions({PurePosixPath(file.name).name for file in (*files, *given)})
    masked = [SourceFile(name=file.name, text=known.mask(file.text)) for file in normal]
    objections = [(file.name, item) for file in masked for item in list_objections(file.text)]
    objections = [(name, item) for name, item in objections if not item.message.endswith(_TOOL_MACRO)]
    raised = [(name, item.message, item.line) for name, item in objections]
    if not all(item.message.startswith(_READABLE) for _, item in objections):
        is_syntax = all(item.is_syntax for _, item in objections)
        verdict = _refuse(Status.SYNTAX_ERROR if is_syntax else Status.REJECTED, normal, raised)
        return replace(verdict, findings=())
    try:
        found = _screen_together(masked, _choose_given(given, normal, known), raised)
    except (RuntimeError, RecursionError) as error:  # pyslang gives up on nesting that is too deep
        verdict = _refuse(Status.REJECTED, normal, [(normal[0].name, f"too deeply nested to be read: {error}", 1)])
        return replace(verdict, findings=())
    found = replace(
        found, files=tuple(SourceFile(name=file.name, text=known.unmask(file.text)) for file in found.files)
    )
    if top and found.status is None and not any(_defines(file, top) for file in (*found.files, *given)):
        modules = sorted({name for file in found.files for name in _MODULE.findall(file.text)})
        what = f"module {top!r} is missing; found {', '.join(map(repr, modules)) or 'no module'}"
        return replace(_refuse(Status.INTERFACE_MISMATCH, normal, [(normal[0].name, what, 1)]), findings=())
    return found


def _defines(file: SourceFile, top: str) -> bool:
    return PurePosixPath(file.name).suffix in _VERILOG and top in _MODULE.findall(file.text)


def _normalise(text: str) -> str:
    """Return ``text`` as every reader sees it alike."""
    text = text.encode("utf-8", "replace").decode().removeprefix(_BOM).replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") else text + "\n"


class _Inclusions:
    """Comments in place of the inclusion of files that are known, so that no reader looks for them."""

    def __init__(self, names: set[str]) -> None:
        self._names = names
        self._texts: list[str] = []

    def mask(self, text: str) -> str:
        """Return ``text``, its lines unchanged, with comments for the inclusions of known files."""
        return _INCLUDE.sub(self._mask_one, text)

    def unmask(self, text: str) -> str:
        """Return ``text`` with the inclusions where their comments still stand."""
        return _MASKED.sub(lambda found: (self._texts[int(found[1]) : int(found[1]) + 1] or [""])[0], text)

    def _mask_one(self, found: re.Match[str]) -> str:
        path = PurePosixPath(found[1])
        if path.name not in self._names or path.is_absolute() or ".." in path.parts:
            return found[0]
        self._texts.append(found[0])
        return f"/*rtlgen{len(self._texts) - 1}*/"


def _choose_given(given: Sequence[SourceFile], files: Sequence[SourceFile], known: _Inclusions) -> list[SourceFile]:
    """Return the Verilog among ``given`` whose macros the candidate may use; text that is cut would swallow it."""
    own = {file.name for file in files}
    chosen = []
    for file in given:
        if PurePosixPath(file.name).suffix in _VERILOG and file.name not in own and "`define" in file.text:
            text = known.mask(_normalise(file.text))
            parsed = None if any(item.is_syntax for item in list_objections(text)) else parse_text(text)
            if parsed is not None and not list_errors(parsed, parsed.tree.diagnostics, most=1):
                chosen.append(SourceFile(name=file.name, text=text))
    return chosen


def _screen_together(
    masked: Sequence[SourceFile], given: Sequence[SourceFile], raised: Sequence[Finding]
) -> FilesScreening:
    joined = _Joined([*given, *masked], own={file.name for file in masked})
    parsed = parse_text(joined.text)
    broken = [(item.message, item.line or 1) for item in list_errors(parsed, parsed.tree.diagnostics, most=1000)]
    errors = [joined.place(*item) for item in broken if joined.is_own(item[1])]
    found = _place_own(joined, list_reaches(parsed)) or _place_own(
        joined, list_hidden_tasks(joined.text, HARMLESS_TASKS)
    )
    found = [*raised, *found]
    if errors or found:
        return _refuse(Status.REJECTED if found else Status.SYNTAX_ERROR, masked, [*found, *errors])
    plain = joined.split(blank_inactive(joined.text, parsed))
    return FilesScreening(
        status=None, files=tuple(SourceFile(name=file.name, text=plain[file.name]) for file in masked)
    )


def _place_own(joined: "_Joined", found: Iterable[tuple[str, int]]) -> list[Finding]:
    """Return, with their places, the findings that are the candidate's and matter."""
    own = [joined.place(*item) for item in found if joined.is_own(item[1])]
    return [item for item in own if not item[1].startswith(_UNIMPORTANT)]


class _Joined:
    """Texts one after another, and where each line is from."""

    def __init__(self, files: Sequence[SourceFile], own: set[str]) -> None:
        self.text = "".join(file.text for file in files)
        self._files = files
        self._own = own
        self._starts = [0]
        for file in files:
            self._starts.append(self._starts[-1] + file.text.count("\n"))

    def place(self, message: str, line: int) -> Finding:
        """Return ``message`` with the file and the line in it that ``line`` of the whole is."""
        index = self._find(line)
        return self._files[index].name, message, line - self._starts[index]

    def is_own(self, line: int | None) -> bool:
        """Whether ``line`` is the candidate's."""
        return self._files[self._find(line or 1)].name in self._own

    def split(self, text: str) -> dict[str, str]:
        """Return the parts of ``text``, which has the lines of the whole, by file."""
        lines = re.findall(r"[^\n]*\n", text)
        bounds = zip(self._files, self._starts, self._starts[1:], strict=False)
        return {file.name: "".join(lines[first:last]) for file, first, last in bounds}

    def _find(self, line: int) -> int:
        return min(bisect_right(self._starts, line - 1), len(self._files)) - 1


def _refuse(status: Status, files: Sequence[SourceFile], found: Sequence[Finding]) -> FilesScreening:
    several = len(files) > 1
    diagnostics = tuple(
        Diagnostic(tool="screen", severity=Severity.ERROR, message=f"{name}: {what}" if several else what, line=line)
        for name, what, line in found[:_MOST_FINDINGS]
    )
    findings = tuple(sorted({what for _, what, _ in found}))
    return FilesScreening(status=status, files=tuple(files), findings=findings, diagnostics=diagnostics)
