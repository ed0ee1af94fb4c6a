"""Proofs that wait until all is checked: what they prove, what they find wrong, and what a run says of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_rtlgen.check import checker as checking
from pytest_rtlgen.check.proof.prover import Prover
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.cli import main
from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.evaluation.evaluate import evaluate
from pytest_rtlgen.evaluation.executors import LocalExecutor
from pytest_rtlgen.evaluation.late import LateProofs
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.records import Equivalence, Proof, SampleKey, Status
from pytest_rtlgen.storage import RunStore

HEAD = "module hidden(input [11:0] a, input [11:0] b, output y, output z);\n"
REFERENCE = HEAD + "wire [11:0] p = a[5:0] * b[5:0];\nassign y = ^a, z = ^p;\nendmodule\n"
SUM = " + ".join(f"(b[{bit}] ? {{6'd0, a[5:0]}} << {bit} : 12'd0)" for bit in range(6))
RIGHT = REFERENCE.replace("a[5:0] * b[5:0]", SUM)
"""Which a solver has to work for."""
WRONG = REFERENCE.replace("^a,", "^a ^ ({12'd0, a} * b == 24'd16744463),")
"""Wrong where a and b are 4,091 and 4,093, which no stimulus shows and a solver has to work for."""
EASY = REFERENCE.replace("^a,", "^{a[0], a[11:1]},")


class Kept(Watcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.seen: list[tuple[int, Status]] = []

    def note(self, line: str) -> None:
        self.notes.append(line)

    def see(self, result: Any) -> None:
        self.seen.append((result.key.index, result.verdict.status))


def leave_no_time_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no proof be found in the time that there is at once: how far ABC comes in it depends on the machine."""
    compare = Prover.compare

    def compare_late(
        self: Prover, reference: PreparedReference, source: str, trace: Any = None, **more: Any
    ) -> Equivalence:
        if self._budget_s > checking.QUICK_S or "^{" in source:
            return compare(self, reference, source, trace, **more)
        outputs = tuple((port.name, Proof.UNKNOWN) for port in reference.simulated.outputs)
        return Equivalence(outputs=outputs, reason="the time was up", is_out_of_time=True)

    monkeypatch.setattr(Prover, "compare", compare_late)


@pytest.fixture(autouse=True)
def no_time_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_no_time_at_once(monkeypatch)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that judges answers to one problem in a run below ``tmp_path``."""
    monkeypatch.chdir(tmp_path)
    problem, answers = tmp_path / "mini" / "hidden", tmp_path / "answers" / "hidden"
    problem.mkdir(parents=True)
    answers.mkdir(parents=True)
    (problem.parent / "suite.toml").write_text('format = 1\nname = "mini"\ntitle = "One problem"\n')
    (problem / "problem.toml").write_text('title = "hidden"\ncategory = "gates"\ndifficulty = "easy"\n')
    (problem / "prompt.md").write_text("Write module hidden.\n")
    (problem / "reference.sv").write_text(REFERENCE)

    def judge(*texts: str, watcher: Watcher | None = None, **options: Any) -> Any:
        for index, text in enumerate(texts):
            (answers / f"{index}-answer.md").write_text(f"```verilog\n{text}```\n")
        given = {"n": len(texts), "cycles": 50, "out": tmp_path / "runs", "no_cache": True, **options}
        return evaluate("mini", "replay:answers", watcher=watcher or Kept(), **given)

    return judge


def key(index: int) -> SampleKey:
    return SampleKey(suite="mini", problem_id="hidden", index=index)


def test_what_was_out_of_time_is_proved_or_found_wrong_when_all_is_checked(run: Any) -> None:
    watcher = Kept()
    report = run(EASY, RIGHT, WRONG, watcher=watcher, formal_budget_s=20.0, late_budget_s=300.0)
    samples = {sample.key.index: sample.verdict for sample in report.run.samples}
    assert [samples[index].status for index in range(3)] == [Status.PASSED, Status.PASSED, Status.MISMATCH]
    assert samples[1].is_proved
    assert samples[2].equivalence is not None
    assert samples[2].equivalence.result is Proof.DIFFERENT
    assert samples[2].wave is not None
    assert (report.summary.proved, report.summary.passed) == (2, 2)
    assert "late proofs: 2 tried, 1 proved; 1 had passed and are wrong: mini/hidden sample 2" in watcher.notes
    assert watcher.seen.count((2, Status.PASSED)) == watcher.seen.count((2, Status.MISMATCH)) == 1


def test_it_is_on_disk_and_nothing_is_proved_twice(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    report = run(WRONG, formal_budget_s=20.0, late_budget_s=300.0)
    store = RunStore.open(report.path)
    assert store.read_results()[key(0)].verdict.status is Status.MISMATCH
    assert store.list_late() == {key(0)}
    (store.path / "summary.json").unlink()  # as if it had been killed before the end
    monkeypatch.setattr(LocalExecutor, "check", lambda *_: pytest.fail("checked again"))
    assert main(["check", str(store.path)]) == 0
    assert store.read_results()[key(0)].verdict.status is Status.MISMATCH


def test_what_a_longer_look_does_not_prove_stays_a_pass(run: Any) -> None:
    watcher = Kept()
    report = run(RIGHT, RIGHT, watcher=watcher, formal_budget_s=0.25, late_budget_s=300.0)
    for sample in report.run.samples:
        assert sample.verdict.is_passed
        assert sample.verdict.equivalence.is_out_of_time
    assert watcher.notes == ["late proofs: 2 tried, 0 proved"]
    assert "proved:  0 of 2 passes" in str(report)


def test_the_time_for_all_is_not_overdrawn_by_more_than_what_is_begun(run: Any) -> None:
    watcher = Kept()
    run(*[RIGHT] * 4, watcher=watcher, formal_budget_s=20.0, late_budget_s=1e-6, jobs=1)
    assert watcher.notes == [
        "late proofs: 1 tried, 1 proved; 3 not tried (--rtlgen-late-budget sets the seconds for all)"
    ]


@pytest.mark.parametrize(
    ("error", "shown"),
    [(ToolError("no simulator"), "no simulator"), (ConnectionError("gone"), "ConnectionError: gone")],
    ids=["tool", "defect of another package's executor"],
)
def test_a_proof_that_the_harness_cannot_make_leaves_the_pass_and_is_not_tried_for_ever(
    run: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, shown: str
) -> None:
    check = LocalExecutor.check

    def fail_late(self: LocalExecutor, *work: Any) -> Any:
        if self._checker.settings.formal == "confirm":
            raise error
        return check(self, *work)

    monkeypatch.setattr(LocalExecutor, "check", fail_late)
    watcher = Kept()
    report = run(*[RIGHT] * 5, watcher=watcher, jobs=1)
    assert {sample.verdict.status for sample in report.run.samples} == {Status.PASSED}
    assert watcher.notes[:3] == [f"mini/hidden: no late proof: {shown}"] * 3
    (last,) = watcher.notes[3:]
    assert last.startswith("late proofs: 0 tried, 0 proved; 5 not tried")


@pytest.mark.parametrize("formal", ["off", "confirm"])
def test_other_modes_leave_nothing_for_later(run: Any, formal: str) -> None:
    watcher = Kept()
    report = run(RIGHT, watcher=watcher, formal=formal, formal_budget_s=0.001)
    assert report.run.samples[0].verdict.is_passed
    assert watcher.notes == []
    assert not RunStore.open(report.path).list_late()


def test_many_wrong_ones_are_counted() -> None:
    keys = tuple(replace(key(0), index=index) for index in range(7))
    assert str(LateProofs(proved=1, wrong=keys, unknown=2, left=0)) == (
        "late proofs: 10 tried, 1 proved; 7 had passed and are wrong: mini/hidden sample 0, mini/hidden sample 1, "
        "mini/hidden sample 2, mini/hidden sample 3, mini/hidden sample 4 and 2 more"
    )
