"""How many prompts the next round of dynamic sampling generates, by what the rounds before it gave.

``QuantileRule`` is ours, ``ReleasedRule`` what CodeV-R1 released. A round is one call of the generator, which waits for
its longest answer. ``tests/benchmarks/adaptive_sampling.py`` compares them.
"""

import math
from enum import StrEnum
from typing import Protocol

from pytest_rtlgen.errors import UsageError

_TRUSTED = 0.8
"""What is left of the weight of evidence that promised too much."""


class RuleName(StrEnum):
    """What sizes a round."""

    QUANTILE = "quantile"
    RELEASED = "released"


class EffectiveRatio:
    """The share of groups that are useful: a Beta posterior whose evidence fades, as the policy moves on."""

    def __init__(self, *, memory: float, prior: tuple[float, float] = (1.0, 1.0)) -> None:
        """Start from ``prior`` (useful, useless); evidence older than ``memory`` groups weighs 1/e and less.

        Raises:
            UsageError: ``memory``, or a part of ``prior``, is not above 0.
        """
        if memory <= 0 or min(prior) <= 0:
            raise UsageError(f"adaptive sampling: memory={memory} and prior={prior} must be above 0")
        self._memory = memory
        self._prior = prior
        self._useful = self._useless = 0.0

    def note(self, *, useful: int, useless: int) -> None:
        """Take in the counts of one round."""
        kept = math.exp(-(useful + useless) / self._memory)
        self._useful = kept * self._useful + useful
        self._useless = kept * self._useless + useless

    def doubt(self) -> None:
        """Give less weight to all evidence so far: what came was less than it promised."""
        self._useful *= _TRUSTED
        self._useless *= _TRUSTED

    @property
    def has_evidence(self) -> bool:
        """Whether any group was seen."""
        return self._useful + self._useless > 0

    @property
    def posterior(self) -> tuple[float, float]:
        """Parameters of the Beta distribution: of useful groups, of useless ones."""
        return self._useful + self._prior[0], self._useless + self._prior[1]

    @property
    def mean(self) -> float:
        """Mean of the posterior, between 0 and 1, exclusive."""
        good, bad = self.posterior
        return good / (good + bad)


class RequestRule(Protocol):
    """Sizes the rounds of a training batch."""

    def begin(self) -> None:
        """Start a training batch."""

    def request(self, missing: int, *, most: int) -> int:
        """Return how many prompts to generate for ``missing`` useful groups, ``missing`` … ``most``."""

    def note(self, *, missing: int, useful: int, useless: int) -> None:
        """Take in one round that was requested for ``missing`` useful groups."""


class QuantileRule:
    """The fewest prompts that give what is missing in one round with probability ``confidence``.

    Source: the posterior predictive of ``EffectiveRatio``, a beta-binomial distribution. A mean instead of a quantile
    would leave half of all rounds short. The first round of a training has one prompt a missing group.
    """

    def __init__(self, ratio: EffectiveRatio, *, confidence: float) -> None:
        """Read ``ratio``, which whoever owns it keeps up to date.

        Raises:
            UsageError: ``confidence`` is no probability between 0 and 1, exclusive.
        """
        if not 0 < confidence < 1:
            raise UsageError(f"adaptive sampling: confidence={confidence} must be above 0 and below 1")
        self._ratio = ratio
        self._risk = 1 - confidence

    def begin(self) -> None:
        """Start a training batch, of which this rule remembers nothing."""

    def request(self, missing: int, *, most: int) -> int:
        """Return how many prompts to generate."""
        if missing >= most or not self._ratio.has_evidence:
            return min(missing, most)
        low, high = missing, most
        while low < high:
            middle = (low + high) // 2
            if chance_of_fewer(missing, middle, *self._ratio.posterior) <= self._risk:
                high = middle
            else:
                low = middle + 1
        return low

    def note(self, *, missing: int, useful: int, useless: int) -> None:
        """Do nothing: the ratio is noted by its owner."""


class ReleasedRule:
    """Missing groups over the smaller of two running minima: the ratios of whole batches, and of this batch's rounds.

    The minimum over batches never rises again. The released code loads prompts in eights and divides by 0 after a round
    without a useful group; here requests are exact and bounded.

    Source: CodeV-R1, ``verl/verl/trainer/ppo/ray_trainer.py``, ``select_ratio`` and ``select_ratio_part`` (277ac46).
    """

    def __init__(self) -> None:
        """Start where nothing is known: every group counts as useful."""
        self._of_batches = 1.0
        self.begin()

    def begin(self) -> None:
        """Start a training batch."""
        self._of_rounds = 1.0
        self._useful = self._seen = 0

    def request(self, missing: int, *, most: int) -> int:
        """Return how many prompts to generate."""
        ratio = min(self._of_batches, self._of_rounds)
        return most if ratio * most < missing else math.ceil(missing / ratio)

    def note(self, *, missing: int, useful: int, useless: int) -> None:
        """Take in one round."""
        if not useful + useless:
            return
        self._useful += useful
        self._seen += useful + useless
        self._of_rounds = min(self._of_rounds, useful / (useful + useless))
        if useful >= missing:
            self._of_batches = min(self._of_batches, self._useful / self._seen)


def chance_of_fewer(missing: int, prompts: int, good: float, bad: float) -> float:
    """Return the probability that fewer than ``missing`` of ``prompts`` groups are useful.

    Their number is beta-binomial: the share of useful groups has a Beta(``good``, ``bad``) distribution.

    >>> round(chance_of_fewer(1, 2, 1.0, 1.0), 3)  # 0, 1 and 2 are equally likely
    0.333
    """
    last = min(missing - 1, prompts)
    start = min(last, int(prompts * good / (good + bad)))  # the largest term, or near it: nothing underflows
    total = term = largest = math.exp(_log_chance(start, prompts, good, bad))
    for count in range(start, 0, -1):
        term *= count * (prompts - count + bad) / ((prompts - count + 1) * (count - 1 + good))
        total += term
    term = largest
    for count in range(start, last):
        term *= (prompts - count) * (count + good) / ((count + 1) * (prompts - count - 1 + bad))
        total += term
    return min(1.0, total)


def _log_chance(count: int, prompts: int, good: float, bad: float) -> float:
    choose = math.lgamma(prompts + 1) - math.lgamma(count + 1) - math.lgamma(prompts - count + 1)
    posterior = math.lgamma(count + good) + math.lgamma(prompts - count + bad) - math.lgamma(prompts + good + bad)
    return choose + posterior - math.lgamma(good) - math.lgamma(bad) + math.lgamma(good + bad)
