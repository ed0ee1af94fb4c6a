"""The stages over a whole run: what is asked for, what is stored, in which order."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from builders import COUNTER, problem

from pytest_rtlgen.backends import Deliver, GenerationRequest
from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.errors import BackendError
from pytest_rtlgen.evaluation.executors import ExecutorSettings, LocalExecutor
from pytest_rtlgen.evaluation.generate import generate_completions, list_missing
from pytest_rtlgen.evaluation.judge import Judge
from pytest_rtlgen.evaluation.open_run import describe_environment
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.records import Completion, RunSettings, SampleKey, SamplingParams, Status
from pytest_rtlgen.storage import RunStore

ONE, TWO = problem(problem_id="one"), problem(problem_id="two")


class Counting:
    """Answers with the sample's own name and remembers what it was asked; ends after ``most`` answers."""

    name = "counting"

    def __init__(self, most: int = 1000) -> None:
        self.asked: list[tuple[str, int]] = []
        self._most = most

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
        for request in requests:
            for index in request.indices:
                if len(self.asked) == self._most:
                    raise BackendError("the model is gone")
                self.asked.append((request.problem.problem_id, index))
                text = f"```verilog\n{COUNTER}```" if index == 0 else "no"
                deliver(Completion(key=request.key(index), text=text, model=f"n={sampling.n}"))


class Counted(Watcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.states: list[tuple[int, int, str]] = []

    def advance(self, done: int, total: int, what: str) -> None:
        self.states.append((done, total, what))


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    settings = RunSettings(model="m", suites=(), sampling=SamplingParams(n=2), prompt="chat", simulator="icarus")
    with Checker() as checker:
        return RunStore.create(tmp_path, settings, describe_environment(checker), [ONE, TWO])


def test_only_what_is_missing_is_asked_for() -> None:
    have = [SampleKey(suite="test", problem_id="one", index=1)]
    requests = list_missing([ONE, TWO], n=2, have=have, style="chat")
    assert [(request.problem.problem_id, request.indices) for request in requests] == [("one", (0,)), ("two", (0, 1))]


@pytest.mark.simulator
def test_what_arrived_before_a_failure_is_kept_and_not_asked_for_again(store: RunStore) -> None:
    first, second = Counting(most=3), Counting()
    seen = Counted()
    with pytest.raises(BackendError, match="the model is gone"):
        generate_completions([ONE, TWO], backend=first, sampling=SamplingParams(n=2), store=store, style="chat")
    generate_completions(
        [ONE, TWO],
        backend=second,
        sampling=SamplingParams(n=2),
        store=store,
        style="chat",
        watcher=seen,
    )
    assert first.asked == [("one", 0), ("one", 1), ("two", 0)]
    assert second.asked == [("two", 1)]
    assert seen.states == [(4, 4, "completions")]


@pytest.mark.simulator
def test_results_come_in_order_and_are_on_disk(store: RunStore) -> None:
    generate_completions([ONE, TWO], backend=Counting(), sampling=SamplingParams(n=2), store=store, style="chat")
    completions = store.read_completions()
    work = [({"one": ONE, "two": TWO}[key.problem_id], completions[key]) for key in sorted(completions)]
    settings = ExecutorSettings(scoring=ScoringMode.OURS)
    with Judge(settings, LocalExecutor(settings)) as judge:
        results = [outcome.result for outcome in judge.judge(work, store)]
    assert [result and result.verdict.status for result in results] == [Status.PASSED, Status.NO_CODE] * 2
    assert list(store.read_run().samples) == results
