"""How many tokens and how much money a run has cost so far, and whether it may go on."""

from dataclasses import dataclass

from pytest_rtlgen.backends.spending.prices import Price
from pytest_rtlgen.errors import BackendError
from pytest_rtlgen.records import Completion, FinishReason, SampleKey


class LimitReachedError(BackendError):
    """No more is asked for: what was there when the limit was reached is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingLimits:
    """Where a run stops to ask; ``None``: nowhere."""

    max_cost_usd: float | None = None
    max_tokens_total: int | None = None
    """Prompt and completion tokens together."""

    @property
    def is_any(self) -> bool:
        """Whether there is a limit at all."""
        return self.max_cost_usd is not None or self.max_tokens_total is not None


class Ledger:
    """Adds up completions, each once."""

    def __init__(self, limits: SpendingLimits) -> None:
        self.cost_usd = 0.0
        self.tokens = 0
        self._limits = limits
        self._noted: set[tuple[SampleKey, str]] = set()
        """Sample and prompt: a repair asks for the same sample with another prompt."""
        self._has_uncounted = False

    def note(self, completion: Completion, price: Price | None) -> None:
        """Count ``completion``, unless it was counted before."""
        name = (completion.key, completion.prompt_digest)
        if name in self._noted:
            return
        self._noted.add(name)
        usage = completion.usage
        self.tokens += (usage.prompt or 0) + (usage.completion or 0)
        self.cost_usd += price.measure_usd(usage) if price is not None else 0.0
        if usage.completion is None and completion.finish_reason is not FinishReason.CONTENT_FILTER:
            self._has_uncounted = True

    def may_ask(self) -> bool:
        """Whether the next request may be sent."""
        return not self._explain()

    def describe_limits(self) -> str:
        """Return where it stops, as the end of a line; empty where nowhere."""
        cost_usd, tokens = self._limits.max_cost_usd, self._limits.max_tokens_total
        ends = [f"--rtlgen-max-cost={cost_usd:g}"] if cost_usd is not None else []
        ends += [f"--rtlgen-max-tokens-total={tokens}"] if tokens is not None else []
        return f"; no more is asked from {' or '.join(ends)} on" if ends else ""

    def stop(self) -> LimitReachedError:
        """Return the error that ends generation where ``may_ask`` is false."""
        return LimitReachedError(
            f"{self._explain()}; what arrived is kept: raise the limit and run the same again, it goes on there"
        )

    def _explain(self) -> str:
        """Return why nothing more is asked; empty while more may be."""
        cost_usd, tokens = self._limits.max_cost_usd, self._limits.max_tokens_total
        if cost_usd is not None and self.cost_usd >= cost_usd:
            return f"--rtlgen-max-cost={cost_usd:g} is reached: the completions cost ${self.cost_usd:.4f}"
        if tokens is not None and self.tokens >= tokens:
            return f"--rtlgen-max-tokens-total={tokens} is reached: the completions took {self.tokens:,} tokens"
        if self._limits.is_any and self._has_uncounted:
            return "the model does not say how many tokens an answer took, so no limit on them or their cost is kept"
        return ""
