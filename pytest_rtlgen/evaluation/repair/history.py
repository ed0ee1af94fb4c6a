"""One sample turn by turn, and whether it gets another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_rtlgen.config.parsed import RepairBudget
from pytest_rtlgen.config.values import read_repair
from pytest_rtlgen.records import (
    Completion,
    Feedback,
    FinishReason,
    Problem,
    RepairKind,
    SampleKey,
    SampleResult,
    Status,
)
from pytest_rtlgen.storage import RunStore, list_turns

_KINDS: Mapping[Status, RepairKind | None] = {
    Status.PASSED: None,
    Status.NO_CODE: RepairKind.COMPILE,
    Status.TRUNCATED: RepairKind.COMPILE,
    Status.SYNTAX_ERROR: RepairKind.COMPILE,
    Status.ELABORATION_ERROR: RepairKind.COMPILE,
    Status.INTERFACE_MISMATCH: RepairKind.COMPILE,
    Status.REJECTED: RepairKind.COMPILE,
    Status.MISMATCH: RepairKind.SIMULATE,
    Status.RUNTIME_ERROR: RepairKind.SIMULATE,
    Status.EARLY_FINISH: RepairKind.SIMULATE,
    Status.TIMEOUT: RepairKind.SIMULATE,
    Status.RESOURCE_LIMIT: RepairKind.SIMULATE,
}
_REFUSED = {FinishReason.REFUSAL, FinishReason.CONTENT_FILTER}
"""What a model will not answer, it is not pressed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What the loop told a model after one answer."""

    feedback: Feedback
    reflection: Completion | None = None
    """The reflector's answer; ``None``: there is no reflector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One sample so far."""

    problem: Problem
    results: tuple[SampleResult, ...]
    """One a turn, the first answer first."""
    exchanges: tuple[Exchange, ...] = ()
    """What came before each of ``results`` but the first."""
    is_over: bool = False
    """Whether the last of ``results`` is of a late proof: those are made after all repairs."""

    @property
    def key(self) -> SampleKey:
        """Which generation of which problem this is."""
        return self.results[0].key

    @property
    def last(self) -> SampleResult:
        """The answer that counts."""
        return self.results[-1]

    def next_kind(self, budget: RepairBudget) -> RepairKind | None:
        """Return what another turn would fix; ``None``: the answer is right, or there is no turn left for it."""
        if self.is_over or self.last.completion.finish_reason in _REFUSED:
            return None
        kind = _KINDS[self.last.verdict.status]
        if kind is None:
            return None
        spent = sum(exchange.feedback.kind is kind for exchange in self.exchanges)
        return kind if spent < (budget.compile if kind is RepairKind.COMPILE else budget.simulate) else None


def read_histories(store: RunStore, problems: Sequence[Problem]) -> dict[SampleKey, History]:
    """Return every sample of ``problems`` whose first answer was checked; a turn that was not is left out.

    Raises:
        RecordError: a line cannot be read.
    """
    by_name = {(problem.suite, problem.problem_id): problem for problem in problems}
    only = problems[0].key if len(problems) == 1 else None
    histories: dict[SampleKey, History] = {}
    late = store.list_late(only)
    for key, result in sorted(store.read_first_results(only).items()):
        problem = by_name.get((key.suite, key.problem_id))
        if problem is not None:
            histories[key] = History(problem=problem, results=(result,), is_over=key in late)
    for number, turn in enumerate(list_turns(store), start=1):
        feedback, reflections, late = turn.read_feedback(), turn.read_reflections(), turn.list_late(only)
        for key, result in turn.read_results(only).items():
            history = histories.get(key)
            if history is not None and len(history.results) == number and key in feedback:
                exchange = Exchange(feedback=feedback[key], reflection=reflections.get(key))
                histories[key] = replace(extend(history, exchange, result), is_over=key in late)
    return histories


def count_waiting(store: RunStore) -> int:
    """Return how many checked samples of a run still have a repair to come.

    Raises:
        RecordError: a line cannot be read.
    """
    settings = store.header.settings
    if not settings.repair:
        return 0
    budget = read_repair(settings.repair)
    histories = read_histories(store, store.header.problems)
    return sum(history.next_kind(budget) is not None for history in histories.values())


def extend(history: History, exchange: Exchange, result: SampleResult) -> History:
    """Return ``history`` with one turn more."""
    return History(
        problem=history.problem, results=(*history.results, result), exchanges=(*history.exchanges, exchange)
    )
