"""VerilogEval v1: completion of a module header, the sets Machine and Human.

Source: github.com/NVlabs/verilog-eval, branch ``release/1.0.0``: ``data/VerilogEval_<set>.jsonl`` with ``task_id``,
``prompt`` (the header of ``top_module``), ``canonical_solution`` (the rest) and ``test`` (``tb``, ``stimulus_gen`` and
``reference_module``); ``descriptions/VerilogDescription_<set>.jsonl`` with ``task_id`` and ``detail_description``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders.base import LoadedProblem, digest_problems
from pytest_rtlgen.loaders.rows import Row, list_rows
from pytest_rtlgen.records import BenchRule, Problem, SourceFile, Suite, Testbench

_SOURCE = "branch release/1.0.0 of github.com/NVlabs/verilog-eval"
_AGAIN = f"download it again from {_SOURCE}"
_TASK_FIELDS = ("task_id", "prompt", "canonical_solution", "test")
_DESCRIPTION_FIELDS = ("task_id", "detail_description")
_SETS = ("Machine", "Human")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """One line of a file: its place and its fields, all text."""

    place: str
    fields: Mapping[str, str]


def load_verilog_eval_v1(path: Path, *, name: str) -> Suite:
    """Return the set ``name``, ``Machine`` or ``Human``, in the order of its file.

    ``path`` is a checkout or its ``VerilogEval_Machine.jsonl`` or ``VerilogEval_Human.jsonl``.

    Raises:
        SuiteError: a file is missing, cut off or the other set's, or something is missing in a task.
    """
    data = _find_data(path, name)
    suite = f"verilog-eval-v1-{name.lower()}"
    tasks = _read_tasks(data, _TASK_FIELDS)
    described = data.parent.parent / "descriptions" / f"VerilogDescription_{name}.jsonl"
    if not described.is_file():
        raise SuiteError(f"{described}: no such file; the descriptions stand beside data/ in {_SOURCE}")
    descriptions = _read_tasks(described, _DESCRIPTION_FIELDS)
    loaded = []
    for task_id, task in tasks.items():
        if task_id not in descriptions:
            raise SuiteError(f"{described}: describes no {task_id!r}, which {task.place} has; {_AGAIN}")
        loaded.append(_make_problem(suite, task, descriptions[task_id]))
    return Suite(
        name=suite,
        title=f"VerilogEval v1, {name}",
        path=str(path),
        digest=digest_problems(loaded),
        problems=tuple(item.problem for item in loaded),
    )


def _find_data(path: Path, name: str) -> Path:
    other = next(item for item in _SETS if item != name)
    if path.is_file() and other.lower() in path.stem.lower():
        raise SuiteError(f"{path}: this is the set {other}; name it verilog-eval-v1-{other.lower()}:{path}")
    if path.is_file():
        return path
    data = path / "data" / f"VerilogEval_{name}.jsonl"
    if not data.is_file():
        raise SuiteError(f"{data}: no such file; name a checkout of {_SOURCE}, which holds data/ and descriptions/")
    return data


def _read_tasks(path: Path, fields: tuple[str, ...]) -> dict[str, _Task]:
    tasks: dict[str, _Task] = {}
    for row in list_rows(path):
        task = _Task(place=row.place, fields=dict(_read_fields(row, fields)))
        task_id = task.fields["task_id"]
        if not re.fullmatch(r"\w+", task_id, re.ASCII):
            raise SuiteError(f"{row.place}: task_id {task_id!r} is no name; {_AGAIN}")
        first = tasks.setdefault(task_id, task)
        if first is not task:
            raise SuiteError(f"{row.place}: task_id {task_id!r} stands in {first.place} too; remove one")
    if not tasks:
        raise SuiteError(f"{path}: empty; {_AGAIN}")
    return tasks


def _read_fields(row: Row, fields: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for field in fields:
        value = row.values.get(field)
        if not isinstance(value, str) or not value.strip():
            found = ", ".join(map(str, row.values)) or "none"
            raise SuiteError(f"{row.place}: no text in {field!r} (fields: {found}); {_AGAIN}")
        yield field, value


def _make_problem(suite: str, task: _Task, description: _Task) -> LoadedProblem:
    fields = task.fields
    task_id, header = fields["task_id"], fields["prompt"]
    if not re.search(r"\bmodule\s+top_module\b", header):
        raise SuiteError(f"{task.place}: the prompt of {task_id!r} is no header of top_module; {_AGAIN}")
    if not re.search(r"\bmodule\s+tb\b", fields["test"]):
        raise SuiteError(f"{task.place}: the test of {task_id!r} defines no module tb; {_AGAIN}")
    reference = SourceFile(name=f"{task.place} (canonical_solution)", text=f"{header}\n{fields['canonical_solution']}")
    problem = Problem(
        suite=suite,
        problem_id=task_id,
        title=task_id.replace("_", " "),
        category="verilog-eval",
        description=description.fields["detail_description"],
        top="top_module",
        header=header,
        reference=reference,
        reference_top="top_module",
        testbench=Testbench(
            rule=BenchRule.VERILOG_EVAL_V1,
            bench=SourceFile(name=f"{task.place} (test)", text=fields["test"]),
            bench_top="tb",
            top="top_module",
            reference=reference,
            reference_top="top_module",
            timescale="1ps/1ps",
        ),
    )
    parts = {**fields, "detail_description": description.fields["detail_description"]}
    return LoadedProblem(problem=problem, files=tuple((name, text.encode()) for name, text in parts.items()))
