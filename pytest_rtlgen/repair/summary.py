"""pass@k and tokens after each turn of the repair loop."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pytest_rtlgen.metrics import summarize
from pytest_rtlgen.records import Completion, Problem, SampleKey, SampleResult, Summary, TurnRow
from pytest_rtlgen.storage import RunStore, list_turns


def add_turns(summary: Summary, store: RunStore, problems: Sequence[Problem], ks: Sequence[int]) -> Summary:
    """Return the summary of a repaired run with a row a turn; its tokens and times are those of all turns.

    ``problems`` are those that ``summary`` was made of. A run that repaired nothing has its summary back as it is.

    Raises:
        RecordError: a line cannot be read.
        UsageError: a ``k`` exceeds a problem's samples.
    """
    if not store.header.settings.repair:
        return summary
    labels = {(score.suite, score.problem_id) for score in summary.problems}
    judged = [problem for problem in problems if (problem.suite, problem.problem_id) in labels]
    results = _keep(store.read_first_results(), labels)
    rows, seconds = [_make_row(0, judged, results, list(results.values()), (), ks)], [_count_seconds(results, ())]
    for number, turn in enumerate(list_turns(store), start=1):
        answered = _keep(turn.read_results(), labels)
        reflections = [item for key, item in turn.read_reflections().items() if key in answered]
        results |= answered
        rows.append(_make_row(number, judged, results, list(answered.values()), reflections, ks))
        seconds.append(_count_seconds(answered, reflections))
    return replace(
        summary,
        turns=tuple(rows),
        prompt_tokens=sum(row.prompt_tokens + row.reflector_prompt_tokens for row in rows),
        completion_tokens=sum(row.completion_tokens + row.reflector_completion_tokens for row in rows),
        generation_s=sum(generation for generation, _ in seconds),
        check_s=sum(check for _, check in seconds),
    )


def _keep(results: Mapping[SampleKey, SampleResult], labels: set[tuple[str, str]]) -> dict[SampleKey, SampleResult]:
    return {key: result for key, result in sorted(results.items()) if (key.suite, key.problem_id) in labels}


def _make_row(
    number: int,
    problems: Sequence[Problem],
    results: Mapping[SampleKey, SampleResult],
    answered: Sequence[SampleResult],
    reflections: Sequence[Completion],
    ks: Sequence[int],
) -> TurnRow:
    return TurnRow(
        turn=number,
        asked=len(answered),
        passed=sum(result.verdict.is_passed for result in results.values()),
        function=summarize(problems, list(results.values()), ks).total.function,
        prompt_tokens=sum(result.completion.usage.prompt or 0 for result in answered),
        completion_tokens=sum(result.completion.usage.completion or 0 for result in answered),
        reflector_prompt_tokens=sum(item.usage.prompt or 0 for item in reflections),
        reflector_completion_tokens=sum(item.usage.completion or 0 for item in reflections),
    )


def _count_seconds(
    answered: Mapping[SampleKey, SampleResult], reflections: Sequence[Completion]
) -> tuple[float, float]:
    """Return seconds of generation and of checks."""
    generation = sum(result.completion.latency_s for result in answered.values())
    checks = sum(result.verdict.duration_s for result in answered.values())
    return generation + sum(item.latency_s for item in reflections), checks
