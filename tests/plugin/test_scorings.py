"""Both scorings in pytest: known-bad problems, problems that cannot be judged, and the tables."""

from collections.abc import Callable
from pathlib import Path

import pytest
from plugin.conftest import find_runs
from support.small_bench import FORGED, RIGHT, WRONG

from pytest_rtlgen.storage import RunStore

pytestmark = pytest.mark.simulator

CONFTEST = """\
from support.small_bench import small_suite

def pytest_rtlgen_load_suite(spec):
    return small_suite(spec)
"""
ANSWERS = {"Prob900_xor": (WRONG, FORGED), "Prob082_lfsr32": (RIGHT, WRONG), "Prob901_withheld": (RIGHT, WRONG)}


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """Return a function that runs pytest on the small suite with two recorded answers a problem."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    pytester.makeconftest(CONFTEST)
    pytester.mkdir("small")
    for name, sources in ANSWERS.items():
        folder = pytester.path / "answers" / name
        folder.mkdir(parents=True)
        for index, source in enumerate(sources):
            (folder / f"{index}-answer.md").write_text(f"```verilog\n{source}```\n")
    options = ["--rtlgen-model=replay:answers", "--rtlgen-n=2", "--rtlgen-out=runs", "--rtlgen-jobs=1"]

    def runner(*arguments: str) -> pytest.RunResult:
        fixed = ["-p", "no:cacheprovider", "--rtlgen-suite=small", "--rtlgen-cycles=40"]
        return pytester.runpytest_inprocess(*fixed, *options, *arguments)

    return runner


@pytest.mark.parametrize("workers", ["0", "2"])
def test_both_scorings_stand_side_by_side(
    run: Callable[..., pytest.RunResult], pytester: pytest.Pytester, workers: str
) -> None:
    result = run("-n", workers, "-rs")
    result.assert_outcomes(passed=2, failed=1, skipped=1)
    text = result.stdout.str()
    assert "SKIPPED [1]" in text
    assert "1 problems skipped: it needs a bought simulator" in text
    assert "verilog-eval-v2: 3 problems, 6 samples" in text
    result.stdout.fnmatch_lines(["*as published*pass rate*0.333*2/3"])
    assert "Prob082_lfsr32 sample 0: ours passed, published failed" in text
    assert ": watchdog: the bench gives up (TIMEOUT)" in text
    assert "Prob900_xor sample 1: ours rejected, published passed" in text
    assert ": early-finish" in text
    assert "  sample 1: rejected; as published: passed (.)" in text
    (path,) = find_runs(pytester.path)
    samples = RunStore.open(path).read_run().samples
    assert [sample.bench_verdict is not None for sample in samples] == [True] * 6
    assert {sample.verdict.method for sample in samples if sample.key.problem_id == "Prob901_withheld"} == {"testbench"}


def test_a_known_bad_problem_is_an_expected_failure_where_its_bench_decides(
    run: Callable[..., pytest.RunResult],
) -> None:
    result = run("--rtlgen-scoring=published", "-rx")
    result.assert_outcomes(passed=1, failed=1, xfailed=1, skipped=1)
    result.stdout.fnmatch_lines(["XFAIL *Prob082_lfsr32 - *known bad (watchdog): the bench gives up (TIMEOUT)*"])
    result.stdout.fnmatch_lines(["all * 3 *", "  without 1 known bad * 2 *"])


def test_runxfail_makes_it_a_failure(run: Callable[..., pytest.RunResult]) -> None:
    run("--rtlgen-scoring=published", "--runxfail").assert_outcomes(passed=1, failed=2, skipped=1)


def test_ours_alone_has_no_second_table(run: Callable[..., pytest.RunResult]) -> None:
    result = run("--rtlgen-scoring=ours", "-k", "xor or lfsr32")
    result.assert_outcomes(passed=1, failed=1, deselected=2)
    assert "as published" not in result.stdout.str()


def test_a_reference_that_the_simulator_refuses_is_expected_where_it_is_known(
    run: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    pytester.makeconftest(CONFTEST.replace("small_suite", "refused_suite"))
    for name in ("clkgenerator", "Prob900_xor"):
        folder = pytester.path / "answers" / name
        folder.mkdir(exist_ok=True)
        for index in range(2):
            (folder / f"{index}-answer.md").write_text(f"```verilog\n{RIGHT}```\n")
    result = run("-rx", "-v", "--junitxml=out.xml")
    result.assert_outcomes(passed=1, xfailed=1)
    text = result.stdout.str()
    assert "not judged, and in no figure: 1" in text
    assert "clkgenerator: known bad (no-circuit): " in text
    assert "could not be judged" not in text
    result.stdout.fnmatch_lines(["*as published*pass rate*0.500*1/2"])
    assert 'name="rtlgen_published_passed" value="2"' in (pytester.path / "out.xml").read_text()
    (path,) = find_runs(pytester.path)
    assert RunStore.open(path).is_finished


def test_a_suite_of_which_nothing_can_be_judged_says_so(run: Callable[..., pytest.RunResult]) -> None:
    result = run("-k", "bought")
    result.assert_outcomes(skipped=1, deselected=3)
    assert result.ret == pytest.ExitCode.OK
    assert "no problem could be judged, so there is no summary" in result.stdout.str()
