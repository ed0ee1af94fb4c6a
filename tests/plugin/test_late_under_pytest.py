"""Proofs after the last item: the verdict that they change changes the figures and the exit status."""

from pathlib import Path
from typing import Any

import pytest
from evaluation.test_late import EASY, REFERENCE, RIGHT, WRONG, leave_no_time_at_once
from plugin.conftest import find_runs

from pytest_rtlgen.errors import StorageError
from pytest_rtlgen.evaluation.executors import LocalExecutor
from pytest_rtlgen.evaluation.judge import Judge
from pytest_rtlgen.records import Status
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.storage.answers import AnswerFiles


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write two problems: of one, the only pass is wrong where nobody looks."""
    monkeypatch.setenv("RTLGEN_FORMAL", "late")
    leave_no_time_at_once(monkeypatch)
    root = pytester.path / "mini"
    for name, answer in (("lost", WRONG), ("kept", RIGHT)):
        folder, answers = root / name, pytester.path / "answers" / name
        folder.mkdir(parents=True)
        answers.mkdir(parents=True)
        (folder / "problem.toml").write_text(f'title = "{name}"\ncategory = "gates"\ndifficulty = "easy"\n')
        (folder / "prompt.md").write_text("Write it.\n")
        (folder / "reference.sv").write_text(REFERENCE.replace("hidden", name))
        for index, text in enumerate([answer, EASY] if name == "kept" else [answer, "No."]):
            (answers / f"{index}-answer.md").write_text(f"```verilog\n{text.replace('hidden', name)}```\n")
    (root / "suite.toml").write_text('format = 1\nname = "mini"\ntitle = "Two problems"\n')
    return root


OPTIONS = ["--rtlgen-model=replay:answers", "--rtlgen-n=2", "--rtlgen-out=runs", "--rtlgen-cycles=50"]
LONG = ["--rtlgen-formal-budget=20", "--rtlgen-late-budget=300", "--rtlgen-no-cache", "-p", "no:cacheprovider"]


@pytest.fixture(autouse=True)
def unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print as into a file, where no line is folded."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.mark.parametrize(
    ("options", "status"), [([], 1), (["--rtlgen-report-only"], 0), (["--rtlgen-require=pass@1>=0.5"], 0)]
)
def test_a_problem_that_loses_its_last_pass_fails_the_session(
    pytester: pytest.Pytester, suite: Path, options: list[str], status: int
) -> None:
    result = pytester.runpytest_inprocess(str(suite), *OPTIONS, *LONG, *options)
    assert result.ret == status
    result.assert_outcomes(passed=2 + any("require" in option for option in options))  # a gate counts too
    result.stdout.fnmatch_lines(["*late proofs: 2 tried, 1 proved; 1 had passed and are wrong: mini/lost sample 0"])
    result.stdout.fnmatch_lines(["proved:  2 of 2 passes"])
    result.stdout.fnmatch_lines(["mini/lost: no sample passes any more: a proof found the last one wrong"])
    (path,) = find_runs(pytester.path)
    statuses = [sample.verdict.status for sample in RunStore.open(path).read_run().samples]
    assert sorted(statuses) == sorted([Status.MISMATCH, Status.NO_CODE, Status.PASSED, Status.PASSED])
    assert RunStore.open(path).is_finished


def test_a_gate_that_a_proof_opens_again_leaves_the_run_to_be_gone_on_with(
    pytester: pytest.Pytester, suite: Path
) -> None:
    gate = ["--rtlgen-gate=pass@1>=0.2", "--rtlgen-gate-error=0.5"]
    result = pytester.runpytest_inprocess(str(suite), *OPTIONS, *LONG, *gate)
    result.stdout.fnmatch_lines(["*after 1 of 2 samples: pass@1>=0.2: 1.000 *"])
    result.stdout.fnmatch_lines(["gate pass@1>=0.2: NOT decided after 1 of 2 samples, measured 0.5000 *"])
    result.stdout.fnmatch_lines(["unfinished run: *; the same command goes on with it"])
    (path,) = find_runs(pytester.path)
    assert not RunStore.open(path).is_finished
    result = pytester.runpytest_inprocess(str(suite), *OPTIONS, *LONG, *gate)
    result.stdout.fnmatch_lines(["gate pass@1>=0.2: * after 2 of 2 samples, measured 0.5000 *"])
    assert find_runs(pytester.path) == [path]
    assert RunStore.open(path).is_finished


def test_the_gate_measures_what_is_left(pytester: pytest.Pytester, suite: Path) -> None:
    result = pytester.runpytest_inprocess(str(suite), *OPTIONS, *LONG, "--rtlgen-require=pass@1>=0.6")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["required pass@1>=0.6: NOT met*0.5000*"])


@pytest.mark.parametrize(("gate", "met"), [("proved>=0.9", "met"), ("proved.low>=0.9", "NOT met")])
def test_a_gate_may_ask_for_proofs(pytester: pytest.Pytester, suite: Path, gate: str, met: str) -> None:
    result = pytester.runpytest_inprocess(str(suite), *OPTIONS, *LONG, f"--rtlgen-require={gate}")
    result.stdout.fnmatch_lines([f"*required {gate}: {met}, measured 1.0000*"])


def test_without_proofs_no_such_gate_is_met(pytester: pytest.Pytester, suite: Path) -> None:
    result = pytester.runpytest_inprocess(str(suite), *OPTIONS, "--rtlgen-formal=off", "--rtlgen-require=proved>=0.0")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*required proved>=0: NOT met, measured nothing*"])


def test_where_right_answers_are_known_to_fail_it_fails_nothing(
    pytester: pytest.Pytester, suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons = {"lost": "known bad (watchdog): it gives up"}
    monkeypatch.setattr(Judge, "explain_failure", lambda _, problem: reasons.get(problem.problem_id, ""))
    result = pytester.runpytest_inprocess(str(suite), *OPTIONS, *LONG)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["mini/lost: no sample passes any more: a proof found the last one wrong"])


def test_stopped_while_it_proves_it_is_unfinished_and_can_be_gone_on_with(
    pytester: pytest.Pytester, suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = LocalExecutor.check

    def stop_late(self: LocalExecutor, *work: Any) -> Any:
        if self._checker.settings.formal == "confirm":
            raise KeyboardInterrupt
        return check(self, *work)

    with monkeypatch.context() as patch:
        patch.setattr(LocalExecutor, "check", stop_late)
        result = pytester.runpytest_inprocess(str(suite), *OPTIONS, *LONG)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["unfinished run: *; the same command goes on with it"])
    (path,) = find_runs(pytester.path)
    assert not RunStore.open(path).is_finished
    result = pytester.runpytest_inprocess(str(suite), *OPTIONS, *LONG)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*late proofs: 2 tried, 1 proved; 1 had passed and are wrong: mini/lost sample 0"])
    assert find_runs(pytester.path) == [path]
    assert RunStore.open(path).is_finished


def test_a_verdict_that_cannot_be_written_leaves_the_run_unfinished(
    pytester: pytest.Pytester, suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("late.jsonl: cannot be written: No space left on device")

    monkeypatch.setattr(AnswerFiles, "append_late", refuse)
    result = pytester.runpytest_inprocess(str(suite), *OPTIONS, *LONG)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["no summary: late.jsonl: cannot be written: No space left on device"])
    (path,) = find_runs(pytester.path)
    assert not RunStore.open(path).is_finished
