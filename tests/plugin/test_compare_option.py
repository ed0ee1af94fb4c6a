"""A run that has a name, and one that is compared with it."""

import json
from pathlib import Path

import pytest
from plugin.conftest import AND2, XOR2, Runner

from pytest_rtlgen.cli import main
from pytest_rtlgen.storage import RunStore

pytestmark = pytest.mark.simulator


@pytest.fixture
def later(run: Runner, suite: Path, pytester: pytest.Pytester) -> Runner:
    """Save a run as ``before``; then no answer to and2 is right, and the first to xor2 is."""
    run("--rtlgen-save=before")
    answers = pytester.path / "answers"
    (answers / "and2" / "0-answer.md").write_text(f"```verilog\n{AND2.replace('~y', 'y')}```\n")
    (answers / "xor2" / "0-answer.md").write_text(f"```verilog\n{XOR2}```\n")
    assert suite.is_dir()
    return run


def test_a_run_has_the_name_that_it_is_saved_by(run: Runner, pytester: pytest.Pytester) -> None:
    run("--rtlgen-save=v1")
    assert RunStore.open(pytester.path / "runs" / "v1").is_finished
    result = run("--rtlgen-save=v1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --rtlgen-save=v1: runs/v1 is a run already; choose another name, or remove it"]
    )
    result = run("--rtlgen-save=v2", "--rtlgen-resume=runs/v1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_an_unfinished_run_goes_on_under_its_name(run: Runner, pytester: pytest.Pytester) -> None:
    run("--rtlgen-save=v1")
    (pytester.path / "runs" / "v1" / "summary.json").unlink()
    assert run("--rtlgen-save=v1", "--rtlgen-report-only").ret == pytest.ExitCode.OK
    assert [path.name for path in (pytester.path / "runs").iterdir()] == ["v1"]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_is_compared_with_the_one_of_a_name(later: Runner, workers: str) -> None:
    limits = ("--rtlgen-compare-fail=pass@1:-1%", "--rtlgen-compare-fail=pass@1.low:-1%")
    result = later("-n", workers, "--rtlgen-compare=before", *limits, "--rtlgen-save=after")
    result.stdout.fnmatch_lines(
        [
            "base: runs/before  replay:answers",
            "new:  runs/after  replay:answers",
            "problems in both: 3",
            "worse: 1 problems (1 with no passing sample now)",
            "  mini/and2  1/3 -> 0/3",
            "    rtlgen show runs/after mini/and2 0",
            "better: 1 problems (1 with no passing sample before)",
            "required pass@1:-1%: met, measured 0.0000 *",
            "required pass@1.low:-1%: NOT met, measured 0.0000 *",
        ]
    )
    result.assert_outcomes(passed=4, failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_what_pytest_and_the_command_find_is_the_same(
    later: Runner, pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = later("--rtlgen-report-only", "--rtlgen-compare=runs/before", "--rtlgen-save=after").stdout.str()
    capsys.readouterr()
    assert main(["compare", "before", "after", "--out", "runs"]) == 0
    assert capsys.readouterr().out.strip() in printed
    assert main(["compare", "before", "after", "--out", "runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["comparison"]["problems"] == 3
    assert pytester.path.is_dir()


def test_an_unlike_run_is_refused_before_a_model_is_asked(later: Runner, pytester: pytest.Pytester) -> None:
    result = later("--rtlgen-compare=before", "--rtlgen-temperature=0.7")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: runs/before and this run are unlike: temperature none and 0.7; *"])
    assert [path.name for path in (pytester.path / "runs").iterdir()] == ["before"]
    told = later("--rtlgen-compare=before", "--rtlgen-temperature=0.7", "--rtlgen-unlike", "--rtlgen-report-only")
    assert told.ret == pytest.ExitCode.OK
    told.stdout.fnmatch_lines(["unlike: temperature none and 0.7"])


def test_a_run_that_is_not_there_is_one_line(run: Runner) -> None:
    result = run("--rtlgen-compare=v0")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: v0/run.json: not found; *"])
