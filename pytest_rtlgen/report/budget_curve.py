"""pass@1 against the response budget, by truncation, as papers draw test-time scaling."""

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_rtlgen.errors import RecordError
from pytest_rtlgen.metrics import bootstrap_interval
from pytest_rtlgen.records import Estimate, SampleResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One budget."""

    budget: int
    """Most tokens of one answer."""
    truncated: int
    """Samples that are longer."""
    pass_at_1: Estimate
    """Mean over problems of the share of samples that pass within the budget."""


def draw_curve(samples: Sequence[SampleResult], budgets: Sequence[int], *, name: str) -> tuple[Point, ...]:
    """Return a point for each budget: an answer of more tokens counts as cut off, and fails.

    Raises:
        RecordError: there are no samples, or the tokens of one are not known; ``name`` starts the message.
    """
    if not samples:
        raise RecordError(f"{name}: no sample of this run was checked yet; check it with rtlgen check RUN")
    unknown = [sample.key for sample in samples if sample.completion.usage.completion is None]
    if unknown:
        raise RecordError(
            f"{name}: tokens of {len(unknown)} answers are not known, such as {unknown[0].problem_id} sample "
            f"{unknown[0].index}; a curve needs a model whose server counts them"
        )
    return tuple(_draw_point(samples, budget) for budget in budgets)


def _draw_point(samples: Sequence[SampleResult], budget: int) -> Point:
    passed: dict[tuple[str, str], list[bool]] = {}
    truncated = 0
    for sample in samples:
        is_long = (sample.completion.usage.completion or 0) > budget
        truncated += is_long
        label = (sample.key.suite, sample.key.problem_id)
        passed.setdefault(label, []).append(sample.verdict.is_passed and not is_long)
    shares = [sum(row) / len(row) for row in passed.values()]
    return Point(budget=budget, truncated=truncated, pass_at_1=bootstrap_interval(shares, seed=0))
