"""VerilogEval v2, specification to RTL.

Source: github.com/NVlabs/verilog-eval, folder ``dataset_spec-to-rtl``: ``ProbNNN_name_prompt.txt`` (asks for
``TopModule``), ``ProbNNN_name_ref.sv`` (defines ``RefModule``), and ``problems.txt`` with the order.
"""

import re
from pathlib import Path

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders.base import LoadedProblem, digest_problems, read_file
from pytest_rtlgen.records import Problem, SourceFile, Suite

NAME = "verilog-eval-v2"
_FOLDER = "dataset_spec-to-rtl"
_PROMPT, _REFERENCE = "_prompt.txt", "_ref.sv"
_EXPECTED = f"expected {_FOLDER} of github.com/NVlabs/verilog-eval (ProbNNN_name{_PROMPT} and ProbNNN_name{_REFERENCE})"


def load_verilog_eval_v2(path: Path) -> Suite:
    """Return the benchmark from ``path``, which holds or is ``dataset_spec-to-rtl``.

    The order is that of ``problems.txt``, else the names'. The benchmark's own testbenches are not read.

    Raises:
        SuiteError: another folder, or a problem of which half is missing.
    """
    folder = path / _FOLDER if (path / _FOLDER).is_dir() else path
    loaded = [_load_problem(folder, problem_id) for problem_id in _list_ids(folder)]
    return Suite(
        name=NAME,
        title="VerilogEval v2, specification to RTL",
        path=str(path),
        digest=digest_problems(loaded),
        problems=tuple(item.problem for item in loaded),
    )


def _list_ids(folder: Path) -> list[str]:
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.name.startswith("Prob"))
    except OSError as error:
        raise SuiteError(f"{folder}: cannot be read: {error.strerror}; {_EXPECTED}") from error
    if any(name.endswith("_ifc.txt") for name in names):
        raise SuiteError(f"{folder}: this is the code-completion half of the benchmark; {_EXPECTED}")
    found = {name.removesuffix(_PROMPT) for name in names if name.endswith(_PROMPT)}
    found |= {name.removesuffix(_REFERENCE) for name in names if name.endswith(_REFERENCE)}
    if not found:
        raise SuiteError(f"{folder}: holds no problem; {_EXPECTED}")
    return _read_order(folder / "problems.txt") if (folder / "problems.txt").exists() else sorted(found)


def _read_order(path: Path) -> list[str]:
    lines = read_file(path, "one problem a line").decode().splitlines()
    order: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        problem_id = line.strip()
        if not problem_id:
            continue
        if not re.fullmatch(r"Prob[0-9]+_\w+", problem_id, re.ASCII):
            raise SuiteError(f"{path}:{number}: {problem_id!r} is no problem; write ProbNNN_name")
        if problem_id in order:
            raise SuiteError(f"{path}:{number}: {problem_id} stands in line {order[problem_id]} too; remove one")
        order[problem_id] = number
    return list(order)


def _load_problem(folder: Path, problem_id: str) -> LoadedProblem:
    prompt_path, reference_path = folder / (problem_id + _PROMPT), folder / (problem_id + _REFERENCE)
    remedy = f"problem {problem_id} needs {prompt_path.name} and {reference_path.name}"
    prompt, reference = read_file(prompt_path, remedy), read_file(reference_path, remedy)
    if not re.search(rb"\bmodule\s+RefModule\b", reference):
        raise SuiteError(f"{reference_path}: defines no module RefModule; {_EXPECTED}")
    problem = Problem(
        suite=NAME,
        problem_id=problem_id,
        title=problem_id.partition("_")[2].replace("_", " "),
        category="verilog-eval",
        description=prompt.decode(),
        top="TopModule",
        reference=SourceFile(name=str(reference_path), text=reference.decode()),
        reference_top="RefModule",
    )
    return LoadedProblem(problem=problem, files=((prompt_path.name, prompt), (reference_path.name, reference)))
