"""VerilogEval v2: a small copy of its form, and the real thing where it is at hand."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import BenchRule, Difficulty, Problem, SourceFile, Testbench

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "fixtures" / "benchmarks" / "verilog-eval-v2"
FOLDER = "dataset_spec-to-rtl"
COMPLETION = ROOT / "fixtures" / "benchmarks" / "verilog-eval-v2-complete"
COMPLETION_FOLDER = "dataset_code-complete-iccad2023"
REAL = ROOT.parent / "shared" / "benchmarks" / "verilog-eval-v2"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not on this machine")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURE / FOLDER, tmp_path / FOLDER))


def test_the_small_copy_is_read_in_the_order_of_its_list() -> None:
    suite = load_suite(f"verilog-eval-v2:{FIXTURE}")
    assert (suite.name, suite.path) == ("verilog-eval-v2", f"verilog-eval-v2:{FIXTURE}")
    assert [problem.problem_id for problem in suite.problems] == ["Prob002_half_adder", "Prob001_const_one"]
    reference = FIXTURE / FOLDER / "Prob001_const_one_ref.sv"
    source = SourceFile(
        name=str(reference),
        text="\nmodule RefModule (\n  output one\n);\n\n  assign one = 1'b1;\n\nendmodule\n",
    )
    bench = FIXTURE / FOLDER / "Prob001_const_one_test.sv"
    assert suite.problems[1] == Problem(
        suite="verilog-eval-v2",
        problem_id="Prob001_const_one",
        title="const one",
        category="verilog-eval",
        difficulty=Difficulty.UNRATED,
        description=(FIXTURE / FOLDER / "Prob001_const_one_prompt.txt").read_text(),
        top="TopModule",
        reference=source,
        reference_top="RefModule",
        testbench=Testbench(
            rule=BenchRule.VERILOG_EVAL_V2,
            bench=SourceFile(name=str(bench), text=bench.read_text()),
            bench_top="tb",
            top="TopModule",
            reference=source,
            reference_top="RefModule",
            companions=(source,),
            timescale="1ps/1ps",
        ),
    )


def test_the_inner_folder_names_the_same_suite() -> None:
    outer, inner = (load_suite(f"verilog-eval-v2:{path}") for path in (FIXTURE, FIXTURE / FOLDER))
    assert inner.problems == outer.problems
    assert inner.digest == outer.digest


def test_without_a_list_the_order_is_the_names(copy: Path) -> None:
    before = load_suite(f"verilog-eval-v2:{copy}").digest
    (copy / "problems.txt").unlink()
    suite = load_suite(f"verilog-eval-v2:{copy}")
    assert [problem.problem_id for problem in suite.problems] == ["Prob001_const_one", "Prob002_half_adder"]
    assert suite.digest == before


def test_half_a_problem_is_an_error_with_and_without_the_list(copy: Path) -> None:
    (copy / "Prob002_half_adder_prompt.txt").unlink()
    message = (
        r"Prob002_half_adder_prompt\.txt: no such file; "
        r"problem Prob002_half_adder needs .*_prompt\.txt, .*_ref\.sv and .*_test\.sv"
    )
    for _ in range(2):
        with pytest.raises(SuiteError, match=message):
            load_suite(f"verilog-eval-v2:{copy}")
        (copy / "problems.txt").unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Prob001_const_one\n../secret\n", r"problems\.txt:2: '../secret' is no problem; write ProbNNN_name"),
        ("Prob001_const_one\n\nProb001_const_one\n", r"problems\.txt:3: Prob001_const_one stands in line 1 too"),
        ("Prob003_gone\n", r"Prob003_gone_prompt\.txt: no such file"),
        ("\n", r"problems\.txt: empty; one problem a line"),
    ],
)
def test_a_wrong_list_is_named(copy: Path, text: str, message: str) -> None:
    (copy / "problems.txt").write_text(text)
    with pytest.raises(SuiteError, match=message):
        load_suite(f"verilog-eval-v2:{copy}")


def test_a_reference_without_its_module_is_named(copy: Path) -> None:
    (copy / "Prob001_const_one_ref.sv").write_text("module TopModule; endmodule\n")
    with pytest.raises(SuiteError, match=r"Prob001_const_one_ref\.sv: defines no module RefModule"):
        load_suite(f"verilog-eval-v2:{copy}")


def test_another_folder_is_told_what_was_expected(tmp_path: Path) -> None:
    expected = r"expected dataset_spec-to-rtl of github\.com/NVlabs/verilog-eval"
    with pytest.raises(SuiteError, match=rf"holds no problem; {expected}"):
        load_suite(f"verilog-eval-v2:{tmp_path}")
    with pytest.raises(SuiteError, match=rf"gone: cannot be read: No such file or directory; {expected}"):
        load_suite(f"verilog-eval-v2:{tmp_path}/gone")


def test_the_halves_are_told_apart() -> None:
    message = r"this is the code-completion half of the benchmark; name it verilog-eval-v2-complete:PATH; expected data"
    with pytest.raises(SuiteError, match=message):
        load_suite(f"verilog-eval-v2:{COMPLETION / COMPLETION_FOLDER}")
    message = (
        r"this is the specification half of the benchmark; name it verilog-eval-v2:PATH; expected dataset_code-com"
    )
    with pytest.raises(SuiteError, match=message):
        load_suite(f"verilog-eval-v2-complete:{FIXTURE / FOLDER}")


def test_the_completion_half_has_headers() -> None:
    suite = load_suite(f"verilog-eval-v2-complete:{COMPLETION}")
    assert (suite.name, suite.title) == ("verilog-eval-v2-complete", "VerilogEval v2, code completion")
    assert [problem.problem_id for problem in suite.problems] == ["Prob002_half_adder", "Prob003_hold"]
    assert {problem.suite for problem in suite.problems} == {suite.name}
    header = (COMPLETION / COMPLETION_FOLDER / "Prob003_hold_ifc.txt").read_text()
    assert suite.problems[1].header == header
    assert header in suite.problems[1].description


@pytest.mark.parametrize("ending", ["_prompt.txt", "_ref.sv", "_test.sv", "_ifc.txt"])
@pytest.mark.parametrize("is_empty", [False, True])
def test_a_part_of_a_completion_problem_is_missing(tmp_path: Path, ending: str, is_empty: bool) -> None:
    folder = Path(shutil.copytree(COMPLETION / COMPLETION_FOLDER, tmp_path / "copy"))
    part = folder / f"Prob003_hold{ending}"
    part.unlink()
    if is_empty:
        part.write_text("\n")
    what = "empty" if is_empty else "no such file"
    with pytest.raises(SuiteError, match=rf"Prob003_hold{re.escape(ending)}: {what}; .* and Prob003_hold_ifc\.txt"):
        load_suite(f"verilog-eval-v2-complete:{folder}")


def test_a_bench_without_its_top_is_named(copy: Path) -> None:
    (copy / "Prob001_const_one_test.sv").write_text("module stimulus_gen; endmodule\n")
    with pytest.raises(SuiteError, match=r"Prob001_const_one_test\.sv: defines no module tb; expected dataset_spec"):
        load_suite(f"verilog-eval-v2:{copy}")


def test_a_changed_bench_changes_the_digest(copy: Path) -> None:
    before = load_suite(f"verilog-eval-v2:{copy}").digest
    path = copy / "Prob001_const_one_test.sv"
    path.write_text(path.read_text().replace("repeat (40)", "repeat (4)"))
    assert load_suite(f"verilog-eval-v2:{copy}").digest != before


@needs_real
def test_the_real_benchmark_is_read_whole_and_fast() -> None:
    start = time.process_time()
    suite = load_suite(f"verilog-eval-v2:{REAL}")
    assert time.process_time() - start < 0.3
    assert len(suite.problems) == 156
    assert suite.problems[0].problem_id == "Prob001_zero"
    assert suite.problems[-1].problem_id == "Prob156_review2015_fancytimer"
    # published so: this one prompt speaks of "a top-level module" without its name
    unnamed = [problem.problem_id for problem in suite.problems if problem.top not in problem.description]
    assert unnamed == ["Prob131_mt2015_q4"]


@needs_real
def test_the_code_completion_half_is_refused() -> None:
    with pytest.raises(SuiteError, match="code-completion half"):
        load_suite(f"verilog-eval-v2:{REAL / COMPLETION_FOLDER}")
    with pytest.raises(SuiteError, match="specification half"):
        load_suite(f"verilog-eval-v2-complete:{REAL / FOLDER}")


def test_loading_imports_no_parser() -> None:
    code = (
        "import sys; from pytest_rtlgen.loaders import load_suite; load_suite(sys.argv[1]); "
        "sys.exit(bool({'pyslang', 'numpy', 'cocotb', 'openai'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code, f"verilog-eval-v2:{FIXTURE}"], check=True, cwd=ROOT, timeout=60)
