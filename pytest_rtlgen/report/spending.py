"""What the completions of a run took: tokens, and money where there is a price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_rtlgen.backends.spending.prices import Price
from pytest_rtlgen.records import Completion


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Sums over all completions of a run, those that came out of the cache included."""

    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    """Part of ``completion_tokens``, as far as the server says."""
    uncounted: int
    """Completions of which the server did not say how many tokens they took; no sum holds them."""
    cost_usd: float | None
    """``None`` without a price."""


def sum_spending(completions: Iterable[Completion], price: Price | None) -> Spending:
    """Return what ``completions`` took, at ``price``."""
    usages = [completion.usage for completion in completions]
    return Spending(
        prompt_tokens=sum(usage.prompt or 0 for usage in usages),
        completion_tokens=sum(usage.completion or 0 for usage in usages),
        reasoning_tokens=sum(usage.reasoning or 0 for usage in usages),
        uncounted=sum(usage.completion is None for usage in usages),
        cost_usd=None if price is None else sum(price.measure_usd(usage) for usage in usages),
    )


def join_spending(parts: Sequence[Spending]) -> Spending:
    """Return what ``parts``, one or more, took together; no cost where one of them has none."""
    costs = [part.cost_usd for part in parts]
    return Spending(
        prompt_tokens=sum(part.prompt_tokens for part in parts),
        completion_tokens=sum(part.completion_tokens for part in parts),
        reasoning_tokens=sum(part.reasoning_tokens for part in parts),
        uncounted=sum(part.uncounted for part in parts),
        cost_usd=None if None in costs else sum(cost for cost in costs if cost is not None),
    )


def render_spending(spending: Spending) -> list[str]:
    """Return the lines of a summary that say it."""
    tokens = f"tokens:  {spending.prompt_tokens:,} prompt, {spending.completion_tokens:,} completion"
    if spending.reasoning_tokens:
        tokens += f" ({spending.reasoning_tokens:,} of them reasoning)"
    if spending.uncounted and spending.completion_tokens:
        tokens += f"; not counted: {spending.uncounted} answers"
    return [tokens] if spending.cost_usd is None else [tokens, f"cost:    ${spending.cost_usd:,.4f}"]
