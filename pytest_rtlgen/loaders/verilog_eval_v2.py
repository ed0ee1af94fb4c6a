"""VerilogEval v2: specification to RTL, and completion of a module header.

Source: github.com/NVlabs/verilog-eval, folders ``dataset_spec-to-rtl`` and ``dataset_code-complete-iccad2023``:
``ProbNNN_name_prompt.txt`` (asks for ``TopModule``), ``ProbNNN_name_ref.sv`` (defines ``RefModule``),
``ProbNNN_name_test.sv`` (defines ``tb``, which compares the two), in the second folder ``ProbNNN_name_ifc.txt`` (the
header to be completed), and ``problems.txt`` with the order.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders.base import LoadedProblem, digest_problems, read_file
from pytest_rtlgen.records import BenchRule, Problem, SourceFile, Suite, Testbench

_PROMPT, _REFERENCE, _BENCH, _HEADER = "_prompt.txt", "_ref.sv", "_test.sv", "_ifc.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkHalf:
    """One of the benchmark's two tasks."""

    name: str
    title: str
    folder: str
    endings: tuple[str, ...]
    """What each problem's files end in."""
    other: str
    """What the folder of the other task is."""

    @property
    def expected(self) -> str:
        """What should have been there, for messages."""
        *most, last = (f"ProbNNN_name{ending}" for ending in self.endings)
        return f"expected {self.folder} of github.com/NVlabs/verilog-eval ({', '.join(most)} and {last})"


SPEC_TO_RTL = BenchmarkHalf(
    name="verilog-eval-v2",
    title="VerilogEval v2, specification to RTL",
    folder="dataset_spec-to-rtl",
    endings=(_PROMPT, _REFERENCE, _BENCH),
    other="the code-completion half of the benchmark; name it verilog-eval-v2-complete:PATH",
)
CODE_COMPLETE = BenchmarkHalf(
    name="verilog-eval-v2-complete",
    title="VerilogEval v2, code completion",
    folder="dataset_code-complete-iccad2023",
    endings=(_PROMPT, _REFERENCE, _BENCH, _HEADER),
    other="the specification half of the benchmark; name it verilog-eval-v2:PATH",
)


def load_verilog_eval_v2(path: Path, *, half: BenchmarkHalf = SPEC_TO_RTL) -> Suite:
    """Return one half of the benchmark from ``path``, which holds or is the half's folder.

    The order is that of ``problems.txt``, else the names'.

    Raises:
        SuiteError: another folder, or a problem of which a part is missing.
    """
    folder = path / half.folder if (path / half.folder).is_dir() else path
    loaded = [_load_problem(folder, problem_id, half) for problem_id in _list_ids(folder, half)]
    return Suite(
        name=half.name,
        title=half.title,
        path=str(path),
        digest=digest_problems(loaded),
        problems=tuple(item.problem for item in loaded),
    )


def _list_ids(folder: Path, half: BenchmarkHalf) -> list[str]:
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.name.startswith("Prob"))
    except OSError as error:
        raise SuiteError(f"{folder}: cannot be read: {error.strerror}; {half.expected}") from error
    found = {name.removesuffix(ending) for name in names for ending in half.endings if name.endswith(ending)}
    if not found:
        raise SuiteError(f"{folder}: holds no problem; {half.expected}")
    if any(name.endswith(_HEADER) for name in names) != (_HEADER in half.endings):
        raise SuiteError(f"{folder}: this is {half.other}; {half.expected}")
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


def _load_problem(folder: Path, problem_id: str, half: BenchmarkHalf) -> LoadedProblem:
    *most, last = (problem_id + ending for ending in half.endings)
    remedy = f"problem {problem_id} needs {', '.join(most)} and {last}"
    contents = {ending: read_file(folder / (problem_id + ending), remedy) for ending in half.endings}
    texts = {
        ending: SourceFile(name=str(folder / (problem_id + ending)), text=content.decode())
        for ending, content in contents.items()
    }
    _require_module(texts[_REFERENCE], "RefModule", half)
    _require_module(texts[_BENCH], "tb", half)
    problem = Problem(
        suite=half.name,
        problem_id=problem_id,
        title=problem_id.partition("_")[2].replace("_", " "),
        category="verilog-eval",
        description=texts[_PROMPT].text,
        top="TopModule",
        header=texts[_HEADER].text if _HEADER in texts else "",
        reference=texts[_REFERENCE],
        reference_top="RefModule",
        testbench=_make_bench(texts[_BENCH], texts[_REFERENCE]),
    )
    return LoadedProblem(
        problem=problem, files=tuple((problem_id + ending, content) for ending, content in contents.items())
    )


def _make_bench(bench: SourceFile, reference: SourceFile) -> Testbench:
    return Testbench(
        rule=BenchRule.VERILOG_EVAL_V2,
        bench=bench,
        bench_top="tb",
        top="TopModule",
        reference=reference,
        reference_top="RefModule",
        companions=(reference,),
        timescale="1ps/1ps",
    )


def _require_module(source: SourceFile, module: str, half: BenchmarkHalf) -> None:
    if not re.search(rf"\bmodule\s+{module}\b", source.text):
        raise SuiteError(f"{source.name}: defines no module {module}; {half.expected}")
