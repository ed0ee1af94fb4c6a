"""Problems that a user's cocotb bench judges, under pytest."""

import shutil
from pathlib import Path

import pytest
from plugin.conftest import find_runs

from pytest_rtlgen.storage import RunStore

pytestmark = pytest.mark.simulator
SUITE = Path(__file__).parents[2] / "fixtures" / "own_benches"


@pytest.mark.parametrize("more", [[], ["-n", "2"]], ids=["here", "xdist"])
def test_the_bench_judges_and_is_no_test_of_the_session(pytester: pytest.Pytester, more: list[str]) -> None:
    shutil.copytree(SUITE, pytester.path / "suite")
    for name, text in (("dff", (SUITE / "dff/reference.sv").read_text()), ("adder", "module adder; endmodule")):
        answer = pytester.path / "answers" / name / "0-answer.md"
        answer.parent.mkdir(parents=True)
        answer.write_text(f"```verilog\n{text}\n```\n")
    shutil.rmtree(pytester.path / "suite" / "toggle")
    options = ["--rtlgen-model=replay:answers", "--rtlgen-out=runs", "-p", "no:cacheprovider"]
    result = pytester.runpytest_inprocess("suite", *options, *more)
    result.assert_outcomes(passed=1, failed=1)
    assert "as published" not in result.stdout.str()
    (run,) = find_runs(pytester.path)
    summary = RunStore.open(run).read_summary()
    assert (dict(summary.total.syntax)[1].value, dict(summary.total.function)[1].value) == (1.0, 0.5)


def test_a_bench_that_fails_its_own_design_is_an_error(pytester: pytest.Pytester) -> None:
    shutil.copytree(SUITE, pytester.path / "suite")
    (pytester.path / "suite/dff/reference.sv").write_text("module dff(input clk, input d, output q); endmodule\n")
    result = pytester.runpytest_inprocess("suite/dff", "--rtlgen-model=reference:", "-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*BadReferenceError: the bench of dff does not pass its own reference (mismatch): test_q_follows_d: *"]
    )
