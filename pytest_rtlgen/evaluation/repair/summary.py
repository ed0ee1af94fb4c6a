"""pass@k, tokens and money of each turn of the repair loop."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_rtlgen.evaluation.accounts import find_price
from pytest_rtlgen.metrics import summarize
from pytest_rtlgen.records import Completion, Problem, RunSettings, SampleKey, SampleResult, Summary, TurnRow
from pytest_rtlgen.report.spending import Spending, join_spending, sum_spending
from pytest_rtlgen.storage import RunStore, list_turns


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """What one turn brought."""

    answered: tuple[SampleResult, ...]
    reflections: tuple[Completion, ...] = ()


def add_turns(summary: Summary, store: RunStore, problems: Sequence[Problem], *, prices: Path | None = None) -> Summary:
    """Return the summary of a repaired run with a row a turn; its tokens and times are those of all turns.

    ``problems`` are those that ``summary`` was made of; ``prices`` names the file that says what models cost. A run
    that was to repair nothing has its summary back as it is.

    Raises:
        RecordError: a line cannot be read.
        UsageError: the prices cannot be read.
    """
    if not store.header.settings.repair:
        return summary
    ks = [k for k, _ in summary.total.function]
    labels = {(score.suite, score.problem_id) for score in summary.problems}
    judged = [problem for problem in problems if (problem.suite, problem.problem_id) in labels]
    turns = tuple(_list_turns(store, labels))
    now: dict[SampleKey, SampleResult] = {}
    rows = []
    for number, turn in enumerate(turns):
        now |= {result.key: result for result in turn.answered}
        rows.append(
            TurnRow(
                turn=number,
                asked=len(turn.answered),
                passed=sum(result.verdict.is_passed for result in now.values()),
                function=summarize(judged, list(now.values()), ks).total.function,
                **_count_tokens(turn),
                cost_usd=_sum_turn(turn, store.header.settings, prices).cost_usd,
            )
        )
    answered = [result for turn in turns for result in turn.answered]
    return replace(
        summary,
        turns=tuple(rows),
        prompt_tokens=sum(row.prompt_tokens + row.reflector_prompt_tokens for row in rows),
        completion_tokens=sum(row.completion_tokens + row.reflector_completion_tokens for row in rows),
        generation_s=sum(result.completion.latency_s for result in answered)
        + sum(item.latency_s for turn in turns for item in turn.reflections),
        check_s=sum(result.verdict.duration_s for result in answered),
    )


def sum_run_spending(store: RunStore, prices: Path | None) -> Spending:
    """Return what all answers of a run took, those of a reflector included; no cost where one model has no price.

    Raises:
        RecordError: a line cannot be read.
        UsageError: the prices cannot be read.
    """
    turns = list_turns(store)
    answers = [*store.read_completions().values(), *(item for t in turns for item in t.read_completions().values())]
    reflections = [item for turn in turns for item in turn.read_reflections().values()]
    return _sum(answers, reflections, store.header.settings, prices)


def _list_turns(store: RunStore, labels: set[tuple[str, str]]) -> Iterator[_Turn]:
    def keep(results: dict[SampleKey, SampleResult]) -> tuple[SampleResult, ...]:
        return tuple(result for key, result in sorted(results.items()) if (key.suite, key.problem_id) in labels)

    yield _Turn(answered=keep(store.read_first_results()))
    for turn in list_turns(store):
        answered = keep(turn.read_results())
        keys = {result.key for result in answered}
        reflections = turn.read_reflections()
        yield _Turn(answered=answered, reflections=tuple(item for key, item in reflections.items() if key in keys))


def _count_tokens(turn: _Turn) -> dict[str, int]:
    spending = sum_spending([result.completion for result in turn.answered], None)
    reflector = sum_spending(turn.reflections, None)
    return {
        "prompt_tokens": spending.prompt_tokens,
        "completion_tokens": spending.completion_tokens,
        "reflector_prompt_tokens": reflector.prompt_tokens,
        "reflector_completion_tokens": reflector.completion_tokens,
    }


def _sum_turn(turn: _Turn, settings: RunSettings, prices: Path | None) -> Spending:
    return _sum([result.completion for result in turn.answered], turn.reflections, settings, prices)


def _sum(
    answers: Sequence[Completion], reflections: Sequence[Completion], settings: RunSettings, prices: Path | None
) -> Spending:
    model = settings.model.partition(" ")[0]  # what follows is the adapter and the engine's settings
    spending = sum_spending(answers, find_price(prices, model))
    if not reflections:
        return spending
    return join_spending([spending, sum_spending(reflections, find_price(prices, settings.reflector))])
