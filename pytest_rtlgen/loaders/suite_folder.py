"""Our own suite format: a folder with ``suite.toml`` and one folder a problem.

Source: docs/reference/suite-format.md, which is the contract.
"""

import math
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders.base import LoadedProblem, digest_problems, read_file
from pytest_rtlgen.loaders.cocotb_bench import VERILOG, make_cocotb_bench
from pytest_rtlgen.openings import Place, read_openings
from pytest_rtlgen.records import (
    BoxOutputs,
    Clock,
    ClockEdge,
    CocotbHarness,
    Difficulty,
    Polarity,
    Problem,
    Reset,
    ResetKind,
    SourceFile,
    Suite,
    is_inner_path,
)

FORMAT = 1
_PAGE = "see: rtlgen help suite-format"
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORD = re.compile(r"[a-z][a-z0-9_-]*")
_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """One table of a TOML file, with what messages need."""

    path: Path
    text: str
    values: Mapping[str, object]

    def fail(self, key: str, what: str) -> SuiteError:
        """Return the error about ``key``, with its line where that can be found."""
        match = re.search(rf"^\s*(?:\[+\s*)?{re.escape(key)}\b", self.text, re.MULTILINE)
        line = f":{self.text.count(chr(10), 0, match.end()) + 1}" if match else ""
        return SuiteError(f"{self.path}{line}: {what}; {_PAGE}")

    def allow(self, *keys: str) -> None:
        """Raise on a key that is not among ``keys``."""
        for key in self.values:
            if key not in keys:
                raise self.fail(key, f"unknown key {key!r}; known are {', '.join(keys)}")

    def text_of(self, key: str, default: str | None = None, *, shape: re.Pattern[str] | None = None) -> str:
        """Return the text under ``key``, which must be there unless there is a default."""
        value = self.values.get(key, default)
        if value is None:
            raise self.fail(key, f'{key} is missing; add {key} = "..."')
        if not isinstance(value, str) or not value.strip():
            raise self.fail(key, f"{key} must be text")
        if shape is not None and not shape.fullmatch(value):
            raise self.fail(key, f"{key} = {value!r} must look like {shape.pattern}")
        return value

    def choice_of(self, key: str, kind: type[E], choices: Sequence[E], default: E | None = None) -> E:
        """Return the member of ``kind`` under ``key``."""
        text = self.text_of(key, default)
        if text not in choices:
            raise self.fail(key, f"{key} = {text!r} is unknown; use {', '.join(choices)}")
        return kind(text)

    def words_of(self, key: str) -> tuple[str, ...]:
        """Return the list of texts under ``key``; without the key an empty one."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.fail(key, f'{key} must be a list of words, such as ["a", "b"]')
        return tuple(value)

    def tables_of(self, key: str, read: "Callable[[_Table], T]") -> tuple[T, ...] | None:
        """Return one record a ``[[key]]``; ``None`` without any."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.fail(key, f"{key} must be written as [[{key}]]")
        return tuple(read(_Table(path=self.path, text=self.text, values=item)) for item in value)


def load_suite_folder(path: Path) -> Suite:
    """Return the suite at ``path``, a folder or its ``suite.toml``.

    Raises:
        SuiteError: something is missing, unknown or wrong; the message starts with ``path`` or ``path:line``.
    """
    folder = path.parent if path.name == "suite.toml" else path
    table, _ = _read_toml(folder / "suite.toml", f"a suite is a folder with a suite.toml, {_PAGE}")
    table.allow("format", "name", "title", "license", "problems")
    if table.values.get("format") != FORMAT or isinstance(table.values["format"], bool):
        raise table.fail("format", f"format must be {FORMAT}; write format = {FORMAT}")
    name = table.text_of("name", shape=_FOLDER)
    if "license" in table.values:
        table.text_of("license")
    loaded = [_load_problem(folder / problem_id, name) for problem_id in _list_ids(folder, table)]
    return Suite(
        name=name,
        title=table.text_of("title"),
        path=str(path),
        digest=digest_problems(loaded),
        problems=tuple(item.problem for item in loaded),
    )


def _list_ids(folder: Path, table: _Table) -> Sequence[str]:
    if "problems" not in table.values:
        found = sorted(file.parent.name for file in folder.glob("*/problem.toml"))
        if not found:
            raise table.fail("problems", "the suite holds no problem; add a folder with a problem.toml")
        return found
    listed = table.words_of("problems")
    if not listed:
        raise table.fail("problems", "problems is empty; list folder names, or remove the key")
    for place, problem_id in enumerate(listed):
        if not _FOLDER.fullmatch(problem_id):
            raise table.fail("problems", f"problem {problem_id!r} must be the name of a folder")
        if problem_id in listed[:place]:
            raise table.fail("problems", f"problem {problem_id!r} is listed twice; remove one")
    return listed


def _load_problem(folder: Path, suite: str) -> LoadedProblem:
    table, content = _read_toml(folder / "problem.toml", f"every problem needs one, {_PAGE}")
    table.allow(
        *("title", "category", "difficulty", "top", "tags", "prompt", "reference", "clock", "reset", "stimulus"),
        *("blackbox", "given", "openings", "bench"),
    )
    prompt_name = table.text_of("prompt", "prompt.md", shape=_FOLDER)
    reference_name = table.text_of("reference", "reference.sv", shape=_FOLDER)
    prompt = read_file(folder / prompt_name, 'write the description there, or name its file with prompt = "..."')
    has_solution = "bench" not in table.values or "reference" in table.values or (folder / reference_name).exists()
    reference = (
        read_file(folder / reference_name, 'put the trusted design there, or name its file with reference = "..."')
        if has_solution
        else b""
    )
    given = [(name, _read_given(table, folder, name)) for name in table.words_of("given")]
    top = table.text_of("top", folder.name, shape=_IDENTIFIER)
    bench, brought = _read_bench(table, folder, top, reference.decode())
    problem = Problem(
        suite=suite,
        problem_id=folder.name,
        title=table.text_of("title"),
        category=table.text_of("category", shape=_WORD),
        difficulty=table.choice_of("difficulty", Difficulty, (Difficulty.EASY, Difficulty.MEDIUM, Difficulty.HARD)),
        tags=table.words_of("tags"),
        description=prompt.decode(),
        top=top,
        given=tuple(SourceFile(name=name, text=content.decode()) for name, content in given),
        reference=SourceFile(name=str(folder / reference_name), text="" if bench else reference.decode()),
        reference_top=top,
        harness=bench,
        clocks=table.tables_of("clock", _read_clock),
        resets=table.tables_of("reset", _read_reset),
        box_outputs=table.tables_of("blackbox", _read_box) or (),
        cycles=_read_cycles(table),
    )
    problem, variants = _read_openings(table, folder, problem)
    solution = [(reference_name, reference)] if has_solution else []
    files = (("problem.toml", content), (prompt_name, prompt), *solution, *given, *variants, *brought)
    return LoadedProblem(problem=problem, files=files)


def _read_openings(table: _Table, folder: Path, problem: Problem) -> tuple[Problem, tuple[tuple[str, bytes], ...]]:
    """Return ``problem`` with what is open in it, and the files of its variants."""
    files: list[tuple[str, bytes]] = []

    def read_variant(name: str) -> SourceFile:
        if not _FOLDER.fullmatch(name):
            raise table.fail("variants", f"variant {name!r} must be the name of a file beside the reference")
        content = read_file(folder / name, "put the further reference there, or remove it from variants")
        files.append((name, content))
        return SourceFile(name=str(folder / name), text=content.decode())

    if "openings" not in table.values:
        return problem, ()
    place = Place(path=str(table.path), text=table.text, start=_find_table(table.text, "openings"))
    openings = read_openings(table.values["openings"], place, problem=problem, read_file=read_variant)
    return replace(problem, openings=openings), tuple(files)


def _read_bench(
    table: _Table, folder: Path, top: str, solution: str
) -> tuple[CocotbHarness | None, tuple[tuple[str, bytes], ...]]:
    """Return the bench that judges instead of a comparison with the reference, and its files; ``None``: none does."""
    value = table.values.get("bench")
    if value is None:
        return None, ()
    for key in ("blackbox", "openings", "stimulus"):
        if key in table.values:
            raise table.fail(key, f"{key} is for comparisons with a reference, and bench judges here; remove one")
    inner = _Table(path=table.path, text=table.text, values=value if isinstance(value, dict) else {"test": value})
    inner.allow("test", "files", "design", "simulator", "timeout_s")
    test = inner.text_of("test") if isinstance(value, dict) else table.text_of("bench")
    design = inner.text_of("design", f"{top}.sv")
    names = (test, *inner.words_of("files"))
    for key, name in (("design", design), ("test" if isinstance(value, dict) else "bench", test)):
        if not is_inner_path(name):
            raise inner.fail(key, f"{key} = {name!r} must be a path inside the problem's folder")
    if not design.endswith(VERILOG):
        raise inner.fail(
            "design", f"design = {design!r} must end in {' or '.join(VERILOG)}: the candidate is put there"
        )
    if design in names:
        raise inner.fail("files", f"{design!r} is where each answer is put; leave it out of the bench's own files")
    brought = tuple((name, _read_brought(inner, folder, name)) for name in names)
    sources = [SourceFile(name=name, text=content.decode()) for name, content in brought]
    timeout_s = inner.values.get("timeout_s", 1)
    if isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float) or not 0 < timeout_s < math.inf:
        raise inner.fail("timeout_s", "timeout_s must be a number of seconds above 0")
    simulator = inner.text_of("simulator", "icarus", shape=_WORD)
    try:
        made = make_cocotb_bench(
            sources[0], sources[1:], design=design, top=top, solution=solution, simulator=simulator
        )
    except SyntaxError as error:
        raise SuiteError(f"{folder / test}:{error.lineno or 1}: not Python: {error.msg}") from error
    return replace(made, timeout_s=float(timeout_s)) if "timeout_s" in inner.values else made, brought


def _read_brought(table: _Table, folder: Path, name: str) -> bytes:
    if not is_inner_path(name):
        raise table.fail("files", f"bench file {name!r} must be a path inside the problem's folder")
    path = folder / name
    if path.is_file() and not path.stat().st_size:  # as an __init__.py often is
        return b""
    return read_file(path, "put the bench's file there, or correct its name in problem.toml")


def _find_table(text: str, name: str) -> int:
    match = re.search(rf"^\s*\[+\s*{name}\b", text, re.MULTILINE)
    return match.start() if match else 0


def _read_clock(table: _Table) -> Clock:
    table.allow("port", "edge")
    edge = table.choice_of("edge", ClockEdge, tuple(ClockEdge), ClockEdge.RISING)
    return Clock(port=table.text_of("port", shape=_IDENTIFIER), edge=edge)


def _read_reset(table: _Table) -> Reset:
    table.allow("port", "active", "kind")
    return Reset(
        port=table.text_of("port", shape=_IDENTIFIER),
        active=table.choice_of("active", Polarity, tuple(Polarity)),
        kind=table.choice_of("kind", ResetKind, tuple(ResetKind)),
    )


def _read_given(table: _Table, folder: Path, name: str) -> bytes:
    if not _FOLDER.fullmatch(name):
        raise table.fail("given", f"given file {name!r} must be the name of a file beside problem.toml")
    return read_file(folder / name, "put the file there, or remove it from given")


def _read_box(table: _Table) -> BoxOutputs:
    table.allow("module", "outputs")
    return BoxOutputs(module=table.text_of("module", shape=_IDENTIFIER), outputs=table.words_of("outputs"))


def _read_cycles(table: _Table) -> int | None:
    value = table.values.get("stimulus")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise table.fail("stimulus", "stimulus must be written as [stimulus]")
    inner = _Table(path=table.path, text=table.text, values=value)
    inner.allow("cycles")
    cycles = value.get("cycles")
    if type(cycles) is not int or cycles < 1:
        raise inner.fail("cycles", "cycles must be a whole number, 1 or more")
    return cycles


def _read_toml(path: Path, remedy: str) -> tuple[_Table, bytes]:
    content = read_file(path, remedy)
    try:
        values = tomllib.loads(content.decode())
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"^(.*) \(at line (\d+), column \d+\)$", str(error))
        line, what = (f":{match[2]}", match[1]) if match else ("", str(error))
        raise SuiteError(f"{path}{line}: not TOML: {what}; {_PAGE}") from error
    return _Table(path=path, text=content.decode(), values=values), content
