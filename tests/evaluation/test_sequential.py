"""``gate``: a run that stops asking once the answer is known."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from evaluation.test_evaluate import Kept
from plugin.conftest import ANSWERS, SUITE

from pytest_rtlgen.backends import Deliver, GenerationRequest
from pytest_rtlgen.cli import main
from pytest_rtlgen.config.resolve import resolve_call
from pytest_rtlgen.errors import BackendError, UsageError
from pytest_rtlgen.evaluation.evaluate import evaluate
from pytest_rtlgen.evaluation.generate import answer_problems
from pytest_rtlgen.evaluation.judge import open_judge
from pytest_rtlgen.evaluation.models import open_models
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.prompts import PromptStyle
from pytest_rtlgen.records import Completion, SamplingParams, Status
from pytest_rtlgen.report.gate import SequentialGate
from pytest_rtlgen.storage import RunStore

QUICK: dict[str, Any] = {"formal": "off", "cycles": 50}


class Counting:
    """Answers rightly, but for the samples of ``wrong``; counts what it is asked, and may die."""

    name = "counting:"

    def __init__(self, *, wrong: Sequence[int] = (), dies_at: int | None = None) -> None:
        self.asked: list[tuple[str, int]] = []
        self._wrong = wrong
        self._dies_at = dies_at

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
        assert sampling.n == 20
        for request in requests:
            for index in request.indices:
                if len(self.asked) == self._dies_at:
                    raise BackendError("the model is gone")
                name = request.problem.problem_id
                self.asked.append((name, index))
                text = ANSWERS[name][1] if index in self._wrong else SUITE[name][0]
                deliver(Completion(key=request.key(index), text=f"```verilog\n{text}```", model="m"))


@pytest.mark.simulator
def test_a_run_asks_until_the_gate_is_known_and_is_whole_then(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    backend, watcher = Counting(), Kept()
    report = evaluate(mini, backend, n=20, gate=["pass@1>=0.6"], watcher=watcher, k=(1, 5), **QUICK)
    (gate,) = report.gates
    assert isinstance(gate, SequentialGate)
    assert (gate.is_met, gate.is_decided, gate.samples, gate.most) == (True, True, 4, 20)
    assert backend.asked == [(name, index) for index in range(4) for name in sorted(SUITE)]
    assert report.is_complete
    assert report.is_good
    assert [score.n for score in report.summary.problems] == [4, 4, 4]
    assert [k for k, _ in report.summary.total.function] == [1]  # too few samples for pass@5
    assert RunStore.open(report.path).is_finished
    assert main(["report", str(report.path)]) == 0
    printed = capsys.readouterr()
    assert "gate pass@1>=0.6: met after 4 of 20 samples, measured 1.0000 [0.6" in printed.err
    assert "incomplete" not in printed.err


@pytest.mark.simulator
def test_a_model_that_is_not_good_enough_is_known_as_soon(mini: Path) -> None:
    backend = Counting(wrong=range(20))
    report = evaluate(mini, backend, n=20, gate=["pass@1>=0.6", "syntax@1>0.1"], gate_error=0.1, **QUICK)
    states = [(str(gate.requirement), gate.is_met) for gate in report.gates]
    assert states == [("pass@1>=0.6", False), ("syntax@1>0.1", True)]
    assert len(backend.asked) < 12
    assert report.is_complete
    assert not report.is_good


@pytest.mark.simulator
def test_what_all_samples_leave_open_is_not_met(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    backend = Counting(wrong=range(1, 20, 2))
    report = evaluate(mini, backend, n=20, gate=["pass@1>0.5"], **QUICK)
    (gate,) = report.gates
    assert isinstance(gate, SequentialGate)
    assert not gate.is_decided
    assert len(backend.asked) == 60
    assert report.is_complete
    assert not report.is_good
    assert "NOT decided after 20 of 20" in str(gate)
    assert main(["report", str(report.path)]) == 1
    assert "NOT decided" in capsys.readouterr().err


@pytest.mark.simulator
def test_a_run_that_broke_off_goes_on_and_stops_where_it_would_have(mini: Path) -> None:
    options = {"n": 20, "gate": ["pass@1>=0.6"], "no_cache": True, **QUICK}
    dying = Counting(dies_at=7)
    with pytest.raises(BackendError, match="the model is gone"):
        evaluate(mini, dying, **options)
    backend = Counting()
    report = evaluate(mini, backend, **options)
    assert [*dying.asked, *backend.asked] == [(name, index) for index in range(4) for name in sorted(SUITE)]
    assert report.is_good


@pytest.mark.simulator
def test_another_gate_is_another_run(mini: Path) -> None:
    with pytest.raises(BackendError):
        evaluate(mini, Counting(dies_at=1), n=20, gate=["pass@1>=0.6"], **QUICK)
    backend = Counting()
    evaluate(mini, backend, n=20, gate=["pass@1>=0.5"], **QUICK)
    assert backend.asked[0] == ("and2", 0)


@pytest.mark.simulator
def test_other_gates_have_the_samples_that_they_need(mini: Path) -> None:
    backend = Counting()
    report = evaluate(mini, backend, n=20, gate=["pass@1>=0.2"], require=["pass@5>=0.9"], **QUICK)
    assert len(backend.asked) == 15
    assert [gate.is_met for gate in report.gates] == [True, True]


@pytest.mark.simulator
def test_a_problem_that_the_harness_fails_on_holds_up_no_gate(mini: Path) -> None:
    (mini / "xor2" / "reference.sv").write_text("module xor2 (input a, input b, output y);\n  nonsense\nendmodule\n")
    backend = Counting()
    report = evaluate(mini, backend, n=20, gate=["pass@1>=0.6"], **QUICK)
    assert [gate.is_met for gate in report.gates] == [True]
    assert len(backend.asked) < 60
    assert not report.is_complete
    assert [key.problem_id for key in report.not_judged] == ["xor2"]


@pytest.mark.parametrize(
    "gate", ["pass@5>=0.6", "pass@1.low>=0.6", "proved>=0.5", "pass@1>=0", "pass@1>=1", "pass@1", "pass@1<=0.5"]
)
def test_a_gate_that_no_sampling_can_stop_at_is_refused(mini: Path, gate: str) -> None:
    with pytest.raises(UsageError, match=r"gate=.*: must be pass@1, syntax@1 or credit, then >= or >, then a number"):
        evaluate(mini, "reference:", gate=[gate], **QUICK)


@pytest.mark.parametrize("error", ["0", "0.6", "x"])
def test_an_error_that_none_can_ask_for_is_refused(mini: Path, error: str) -> None:
    with pytest.raises(UsageError, match=r"must be a number above 0, at most 0\.5"):
        evaluate(mini, "reference:", gate=["pass@1>=0.6"], gate_error=error, **QUICK)


@pytest.mark.parametrize("gate", ["pass@1>=0.9999999", "credit>0.0000001", "pass@1>=0.61234567"])
def test_a_threshold_is_kept_to_its_last_digit(mini: Path, gate: str) -> None:
    with pytest.raises(BackendError):
        evaluate(mini, Counting(dies_at=0), n=20, gate=[gate], **QUICK)
    (run,) = Path(".rtlgen/runs").iterdir()
    assert RunStore.open(run).header.settings.gates == (gate,)


@pytest.mark.simulator
def test_where_no_problem_can_be_judged_one_round_is_all_that_is_asked(mini: Path) -> None:
    for name in SUITE:
        (mini / name / "reference.sv").write_text(f"module {name} (input a, output y);\n  nonsense\nendmodule\n")
    backend = Counting()
    with pytest.raises(UsageError, match="no problem is left"):
        evaluate(mini, backend, n=20, gate=["pass@1>=0.6"], **QUICK)
    assert len(backend.asked) == 3


@pytest.mark.simulator
def test_a_gate_that_a_late_proof_opens_again_is_gone_on_with(mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"n": 20, "gate": ["pass@1>=0.6"], "no_cache": True, **QUICK}

    def find_wrong(store: RunStore, *_: object, **__: object) -> None:
        for key, result in store.read_results().items():
            if key.problem_id == "and2":
                store.append_late(replace(result, verdict=replace(result.verdict, status=Status.MISMATCH)))

    with monkeypatch.context() as patch:
        patch.setattr("pytest_rtlgen.evaluation.evaluate.prove_late", find_wrong)
        first = evaluate(mini, Counting(), **options)
    (gate,) = first.gates
    assert "NOT decided after 4 of 20" in str(gate)
    assert not first.is_complete
    assert not RunStore.open(first.path).is_finished
    backend = Counting()
    second = evaluate(mini, backend, **options)
    assert second.path == first.path
    assert backend.asked[0] == ("and2", 4)
    assert [gate.is_met for gate in second.gates] == [True]
    assert RunStore.open(second.path).is_finished


@pytest.mark.simulator
def test_whoever_comes_later_counts_the_rounds_that_are_there(mini: Path) -> None:
    options = {"n": 20, "gate": ["pass@1>=0.6"], **QUICK}
    report = evaluate(mini, Counting(), **options)
    assert report.title == "counting:  n=4 of 20"
    resolved = resolve_call({**options, "model": "counting:"})
    backend = Counting()
    models = open_models(resolved, PromptStyle(name="chat"), warn=pytest.fail, make=lambda *_: backend)
    problems = load_suite(str(mini)).problems
    with open_judge(resolved) as judge:
        store = RunStore.open(report.path)
        found = answer_problems(problems, models, store=store, judge=judge, watcher=Kept(), options=resolved)
    assert (found.samples, backend.asked) == (4, [])
