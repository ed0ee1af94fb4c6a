"""VerilogEval v1: a small copy of its form, and what is said of broken ones."""

import json
import shutil
from pathlib import Path

import pytest

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import BenchRule

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "fixtures" / "benchmarks" / "verilog-eval-v1"
HUMAN = Path("data") / "VerilogEval_Human.jsonl"
DESCRIBED = Path("descriptions") / "VerilogDescription_Human.jsonl"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURE, tmp_path / "copy"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("prefix", "title", "ids"),
    [
        ("verilog-eval-v1-human", "VerilogEval v1, Human", ["half_adder", "hold"]),
        ("verilog-eval-v1-machine", "VerilogEval v1, Machine", ["nand_gate", "half_adder"]),
    ],
)
def test_each_set_is_read_in_its_files_order(prefix: str, title: str, ids: list[str]) -> None:
    suite = load_suite(f"{prefix}:{FIXTURE}")
    assert (suite.name, suite.title, suite.path) == (prefix, title, f"{prefix}:{FIXTURE}")
    assert [problem.problem_id for problem in suite.problems] == ids
    assert {problem.suite for problem in suite.problems} == {prefix}


def test_a_task_becomes_a_problem() -> None:
    problem = load_suite(f"verilog-eval-v1-human:{FIXTURE}").problems[1]
    row = json.loads((FIXTURE / HUMAN).read_text().splitlines()[1])
    assert problem.header == row["prompt"]
    assert problem.description == "At each rising edge of clk, q takes the value of d."
    assert problem.reference.text == f"{row['prompt']}\n{row['canonical_solution']}"
    assert problem.reference.name == f"{FIXTURE / HUMAN}:2 (canonical_solution)"
    assert (problem.top, problem.reference_top) == ("top_module", "top_module")
    bench = problem.testbench
    assert bench is not None
    assert (bench.rule, bench.bench_top, bench.top) == (BenchRule.VERILOG_EVAL_V1, "tb", "top_module")
    assert (bench.bench.text, bench.companions, bench.timescale) == (row["test"], (), "1ps/1ps")
    assert bench.reference == problem.reference


def test_the_file_itself_names_the_same_set() -> None:
    outer, inner = (load_suite(f"verilog-eval-v1-human:{path}") for path in (FIXTURE, FIXTURE / HUMAN))
    assert (inner.problems, inner.digest) == (outer.problems, outer.digest)


def test_the_sets_are_told_apart() -> None:
    message = rf"Human\.jsonl: this is the set Human; name it verilog-eval-v1-human:{FIXTURE / HUMAN}"
    with pytest.raises(SuiteError, match=message):
        load_suite(f"verilog-eval-v1-machine:{FIXTURE / HUMAN}")


def test_another_folder_is_told_what_was_expected(tmp_path: Path) -> None:
    message = (
        r"data/VerilogEval_Human\.jsonl: no such file; name a checkout of branch release/1\.0\.0 of github\.com/NV"
    )
    with pytest.raises(SuiteError, match=message):
        load_suite(f"verilog-eval-v1-human:{tmp_path}")


def test_descriptions_are_needed(copy: Path) -> None:
    (copy / DESCRIBED).unlink()
    with pytest.raises(
        SuiteError, match=r"VerilogDescription_Human\.jsonl: no such file; the descriptions stand beside"
    ):
        load_suite(f"verilog-eval-v1-human:{copy}")


def test_a_file_cut_in_a_line_is_named_with_the_line(copy: Path) -> None:
    path = copy / HUMAN
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(SuiteError, match=r"VerilogEval_Human\.jsonl:2: not JSON: .*: is the file whole\?"):
        load_suite(f"verilog-eval-v1-human:{copy}")


def test_a_file_cut_between_lines_has_another_digest(copy: Path) -> None:
    whole = load_suite(f"verilog-eval-v1-human:{copy}")
    (copy / HUMAN).write_text((copy / HUMAN).read_text().splitlines(keepends=True)[0])
    cut = load_suite(f"verilog-eval-v1-human:{copy}")
    assert len(cut.problems) == 1
    assert cut.digest != whole.digest


@pytest.mark.parametrize("name", [HUMAN, DESCRIBED])
def test_an_empty_file_is_named(copy: Path, name: Path) -> None:
    (copy / name).write_text("")
    with pytest.raises(SuiteError, match=rf"{name.name}: empty; download it again from branch release/1\.0\.0"):
        load_suite(f"verilog-eval-v1-human:{copy}")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"task_id": "hold"', '"task_id": "half_adder"', r":2: task_id 'half_adder' stands in .*:1 too; remove one"),
        ('"task_id": "hold"', '"task_id": "../hold"', r":2: task_id '\.\./hold' is no name; download it again"),
        ('"task_id": "hold"', '"task_id": "other"', r"Human\.jsonl: describes no 'other', which .*Human\.jsonl:2 has"),
        ('"canonical_solution"', '"solution"', r":1: no text in 'canonical_solution' \(fields: task_id, prompt, sol"),
        (
            '"prompt": "module top_module',
            '"prompt": "module top',
            r":1: the prompt of 'half_adder' is no header of top_",
        ),
        ("module tb ()", "module bench ()", r":1: the test of 'half_adder' defines no module tb; download it again"),
    ],
)
def test_a_wrong_task_is_named(copy: Path, old: str, new: str, message: str) -> None:
    edit(copy / HUMAN, old, new)
    with pytest.raises(SuiteError, match=message):
        load_suite(f"verilog-eval-v1-human:{copy}")
