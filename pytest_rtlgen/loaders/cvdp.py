"""CVDP, dataset 1.1: non-agentic and agentic records, one JSON object a line, each with its cocotb harness.

Source: github.com/NVlabs/cvdp_benchmark (``src/dataset_processor.py``, ``src/constants.py``, ``README_NON_AGENTIC.md``
and ``README_AGENTIC.md``).
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders.base import LoadedProblem, digest_problems, read_file
from pytest_rtlgen.loaders.cvdp_harness import make_harness, read_settings
from pytest_rtlgen.loaders.unified_diff import apply_diff
from pytest_rtlgen.records import CocotbHarness, Difficulty, Problem, SourceFile, Suite, is_inner_path

NAME = "cvdp"
_EXPECTED = "expected a JSON Lines file of CVDP 1.1 (huggingface.co/datasets/nvidia/cvdp-benchmark-dataset)"
_PROSE = "its answer is prose, which CVDP scores by likeness of words or by a language model; only designs are judged"
_XCELIUM = "its tests need a commercial simulator (Cadence Xcelium)"
CATEGORIES: Mapping[str, str] = {
    **dict.fromkeys(("cid002", "cid003", "cid004", "cid005", "cid007", "cid016"), ""),
    **dict.fromkeys(("cid006", "cid008", "cid009", "cid010"), _PROSE),
    **dict.fromkeys(("cid012", "cid013", "cid014"), _XCELIUM),
}
"""Why the problems of each category can only be skipped; empty: they are judged."""
_IMAGES = {
    "__VERIF_EDA_IMAGE__": _XCELIUM,
    "__OSS_PNR_IMAGE__": "its harness needs CVDP's place-and-route image",
}
_SIMULATORS = {"icarus", "verilator"}
_VERILOG = {".v", ".sv", ".vh", ".svh"}
_CODE_FOLDER = "/code/"
_MODULE = re.compile(r"^[ \t]*(?:module|macromodule)\s+(?:automatic\s+|static\s+)?([A-Za-z_]\w*)", re.MULTILINE)
_PREFIX = re.compile(r"cvdp_(?:copilot|agentic)_")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """One line of a file, both kinds of records made alike."""

    where: str
    """``path:line``."""
    content: bytes
    is_agentic: bool
    problem_id: str
    category: str
    difficulty: Difficulty
    prompt: str
    context: tuple[SourceFile, ...]
    harness: tuple[SourceFile, ...]
    settings: Mapping[str, str]
    """What the harness's first command starts with, with the sources of all."""
    targets: tuple[str, ...]
    solution: tuple[SourceFile, ...]
    """Empty where any part of it is withheld."""


def load_cvdp(path: Path) -> Suite:
    """Return the problems of the file ``path``, or of all ``*.jsonl`` files in the folder ``path``.

    A problem that comes twice, once with its solution and once without, counts once. What cannot be judged here,
    such as a problem that needs a commercial simulator, is there with the reason in ``unjudged``.

    Raises:
        SuiteError: a line is cut, or is no CVDP record; the message starts with ``path:line``.
    """
    records: dict[str, _Record] = {}
    for file in _list_files(path):
        for number, line in enumerate(read_file(file, _EXPECTED).splitlines(), start=1):
            if line.strip():
                _keep(records, _read_record(f"{file}:{number}", line))
    loaded = [
        LoadedProblem(problem=_make_problem(record), files=(("record.json", record.content),))
        for record in records.values()
    ]
    return Suite(
        name=NAME,
        title="CVDP 1.1",
        path=str(path),
        digest=digest_problems(loaded),
        problems=tuple(item.problem for item in loaded),
    )


def _list_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(path.glob("*.jsonl"))
    if not found:
        raise SuiteError(f"{path}: holds no *.jsonl file; {_EXPECTED}")
    return found


def _keep(records: dict[str, _Record], record: _Record) -> None:
    """Add ``record``; of two that differ only in the solution, keep the one that has it."""
    other = records.get(record.problem_id)
    if other is not None and (other.prompt, other.harness) != (record.prompt, record.harness):
        raise SuiteError(f"{record.where}: {record.problem_id} is another problem at {other.where}; remove one of them")
    if other is None or (record.solution and not other.solution):
        records[record.problem_id] = record


def _read_record(where: str, line: bytes) -> _Record:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise SuiteError(f"{where}: not JSON ({error}); the line is cut or damaged, get the file again") from error
    if not isinstance(value, dict) or not {"id", "categories", "harness"} <= value.keys():
        raise SuiteError(f"{where}: no CVDP record (id, categories, harness); {_EXPECTED}")
    fields = _Fields(where, value)
    category, difficulty = fields.categories()
    is_agentic = "input" not in value
    source = fields if is_agentic else fields.inner("input")
    context = source.files("context")
    harness = fields.files("harness")
    answers = fields.files("patch") if is_agentic else fields.inner("output").files("context")
    settings = read_settings(harness)
    return _Record(
        where=where,
        content=bytes(line),
        is_agentic=is_agentic,
        problem_id=fields.text("id"),
        category=category,
        difficulty=difficulty,
        prompt=source.text("prompt"),
        context=context,
        harness=harness,
        settings=settings,
        targets=tuple(file.name for file in answers) or _guess_targets(settings, context),
        solution=_read_solution(where, answers, context, is_diff=is_agentic),
    )


class _Fields:
    """A JSON object whose fields are read with their types checked."""

    def __init__(self, where: str, value: Mapping[str, object]) -> None:
        self._where, self._value = where, value

    def text(self, key: str) -> str:
        value = self._value.get(key)
        if not isinstance(value, str) or not value.strip():
            raise SuiteError(f"{self._where}: {key!r} must be text that is not empty; {_EXPECTED}")
        return value

    def inner(self, key: str) -> "_Fields":
        value = self._value.get(key)
        if not isinstance(value, dict):
            raise SuiteError(f"{self._where}: {key!r} must be an object; {_EXPECTED}")
        return _Fields(self._where, value)

    def files(self, key: str) -> tuple[SourceFile, ...]:
        """Return an object of path → text, under ``files`` or bare, as files; none where the key is missing."""
        value = self._value.get(key) or {}
        if isinstance(value, dict) and isinstance(value.get("files"), dict):
            value = value["files"]
        if not isinstance(value, dict) or not all(isinstance(text, str | None) for text in value.values()):
            raise SuiteError(f"{self._where}: {key!r} must map paths to texts; {_EXPECTED}")
        for name in value:
            if not is_inner_path(name):
                raise SuiteError(f"{self._where}: {key!r} holds the path {name!r}, which leaves the work folder")
        return tuple(SourceFile(name=name, text=text or "") for name, text in value.items())

    def categories(self) -> tuple[str, Difficulty]:
        found = self._value.get("categories")
        words = [word for word in found if isinstance(word, str)] if isinstance(found, list) else []
        cids = [word for word in words if word.startswith("cid")]
        if len(cids) != 1 or cids[0] not in CATEGORIES:
            known = ", ".join(CATEGORIES)
            raise SuiteError(f"{self._where}: unknown category in {found!r}; known are {known}")
        levels = [Difficulty(word) for word in words if word in tuple(Difficulty)]
        return cids[0], levels[0] if levels else Difficulty.UNRATED


def _guess_targets(settings: Mapping[str, str], context: Iterable[SourceFile]) -> tuple[str, ...]:
    """Return the sources that the harness compiles and the record does not give."""
    given = {file.name for file in context}
    names = [name.removeprefix(_CODE_FOLDER) for name in settings.get("VERILOG_SOURCES", "").split()]
    return tuple(name for name in names if name not in given and is_inner_path(name))


def _read_solution(
    where: str, answers: Iterable[SourceFile], context: Iterable[SourceFile], *, is_diff: bool
) -> tuple[SourceFile, ...]:
    if any(not file.text.strip() for file in answers):
        return ()
    if not is_diff:
        return tuple(answers)
    before = {file.name: file.text for file in context}
    found = []
    for file in answers:
        try:
            found.append(SourceFile(name=file.name, text=apply_diff(before.get(file.name, ""), file.text)))
        except ValueError as error:
            raise SuiteError(
                f"{where}: the patch of {file.name} cannot be applied: {error}; get the file again"
            ) from error
    return tuple(found)


def _make_problem(record: _Record) -> Problem:
    top = record.settings.get("TOPLEVEL") or _guess_top(record)
    harness = _make_harness(record)
    return Problem(
        suite=NAME,
        problem_id=record.problem_id,
        title=_PREFIX.sub("", record.problem_id).replace("_", " "),
        category=record.category,
        difficulty=record.difficulty,
        tags=("agentic" if record.is_agentic else "non-agentic",),
        description=record.prompt,
        top=top,
        given=record.context,
        reference=_find_reference(record, top),
        reference_top=top,
        harness=None if isinstance(harness, str) else harness,
        unjudged=harness if isinstance(harness, str) else "",
    )


def _guess_top(record: _Record) -> str:
    modules = [name for file in record.solution for name in _MODULE.findall(file.text)]
    return modules[0] if len(modules) == 1 else PurePosixPath((*record.targets, "unknown")[0]).stem


def _find_reference(record: _Record, top: str) -> SourceFile:
    """Return the solution where it is one file that holds the whole design, else an empty text."""
    sources = record.settings.get("VERILOG_SOURCES", "").split()
    is_whole = len(record.solution) == 1 and len(sources) <= 1 and not CATEGORIES[record.category]
    text = record.solution[0].text if is_whole and top in _MODULE.findall(record.solution[0].text) else ""
    return SourceFile(name=f"{record.where} {record.targets[0]}" if text else record.where, text=text)


def _make_harness(record: _Record) -> CocotbHarness | str:
    """Return the harness of the problem, or why it cannot be judged here."""
    obstacle = _find_obstacle(record)
    if obstacle:
        return obstacle
    try:
        harness = make_harness(record.harness, context=record.context, targets=record.targets, solution=record.solution)
    except ValueError as error:
        return str(error)
    simulators = {dict(command.settings).get("SIM", "icarus").lower() for command in harness.commands} - _SIMULATORS
    return f"its tests need the simulator {min(simulators)}" if simulators else harness


def _find_obstacle(record: _Record) -> str:
    """Return what no harness can change: why the record cannot be judged here; empty where it can."""
    text = "\n".join(file.text for file in record.harness)
    others = [name for name in record.targets if PurePosixPath(name).suffix not in _VERILOG]
    obstacles = (
        (bool(CATEGORIES[record.category]), CATEGORIES[record.category]),
        (not record.harness, "the record has no harness"),
        *((image in text, reason) for image, reason in _IMAGES.items()),
        (not record.targets, "the record names no file that an answer writes"),
        (bool(others), f"its answer is not Verilog ({', '.join(others)})"),
    )
    return next((reason for is_met, reason in obstacles if is_met), "")
