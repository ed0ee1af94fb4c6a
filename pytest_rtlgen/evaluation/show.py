"""One sample of a saved run, found by the words that somebody types."""

from collections.abc import Iterable, Mapping

from pytest_rtlgen.errors import RecordError, UsageError
from pytest_rtlgen.evaluation.repair.history import History, read_histories
from pytest_rtlgen.evaluation.sent_prompts import SentPrompts
from pytest_rtlgen.records import Completion, Problem
from pytest_rtlgen.report.sample_text import ShownSample
from pytest_rtlgen.spelling import suggest
from pytest_rtlgen.storage import RunStore

_LISTED = 8


def find_sample(store: RunStore, problem: str, index: int | None = None, turn: int | None = None) -> ShownSample:
    """Return the sample ``index`` of ``problem``, which is ``suite/problem`` or a problem's name that is the only one.

    Without ``index`` it is the first sample that failed, or else the first; without ``turn``, its last answer.

    Raises:
        UsageError: there is no such problem, sample or turn; the message says what there is.
        RecordError: the problem has no answer yet, or what is stored cannot be read.
    """
    found = _find_problem(store, problem)
    completions = {key.index: one for key, one in store.read_completions(found.key).items()}
    if not completions:
        raise RecordError(f"{store.path}: {found.key} has no answer yet; ask for one with rtlgen generate")
    histories = {key.index: history for key, history in read_histories(store, [found]).items()}
    chosen = _choose_index(histories, completions) if index is None else index
    if chosen not in completions:
        raise UsageError(f"{found.key} has no sample {chosen}; it has {_list_names(map(str, sorted(completions)))}")
    history = histories.get(chosen)
    last = len(history.results) - 1 if history is not None else 0
    if turn is not None and not 0 <= turn <= last:
        raise UsageError(f"{found.key} sample {chosen} has no turn {turn}; its last turn is {last}")
    return _show(store, found, completions[chosen], history, last if turn is None else turn)


def _find_problem(store: RunStore, word: str) -> Problem:
    problems = store.header.problems
    matches = [one for one in problems if str(one.key) == word] or [one for one in problems if one.problem_id == word]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UsageError(f"{word} is in several suites; write {' or '.join(str(one.key) for one in matches)}")
    names = [name for one in problems for name in (one.problem_id, str(one.key))]
    hint = suggest(word, names) or f"; it has {_list_names(one.problem_id for one in problems)}"
    raise UsageError(f"{store.path} has no problem {word}{hint}")


def _choose_index(histories: Mapping[int, History], completions: Iterable[int]) -> int:
    failed = (index for index, history in sorted(histories.items()) if not history.last.verdict.is_passed)
    return next(failed, min(completions))


def _list_names(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return ", ".join(known[:_LISTED]) + more


def _show(store: RunStore, problem: Problem, first: Completion, history: History | None, turn: int) -> ShownSample:
    result = history.results[turn] if history is not None else None
    completion = first if result is None else result.completion
    return ShownSample(
        problem=problem,
        prompt=SentPrompts(store).find_turn(completion, history, turn),
        completion=completion,
        result=result,
        turn=turn,
        last_turn=len(history.results) - 1 if history is not None else 0,
    )
