"""What can be said of a mean at any time: bounds that hold however often one looks, and wherever one stops."""

from collections.abc import Callable, Sequence
from math import log
from typing import TYPE_CHECKING

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Estimate

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

_LEAST_STAKE, _MOST_STAKE, _STAKES = 0.003, 0.97, 24
"""Shares of the wealth that the bettors stake. The best is the distance that is to be shown, as a share of all that
lies beyond the threshold: 0.003 is less than 100,000 samples show."""
_HALVINGS = 30
"""Of the interval in which a bound lies: to a billionth."""


def bound_anytime(rounds: Sequence[Sequence[float]], error: float) -> Estimate:
    """Return the mean of ``rounds`` with a bound on either side, each of them wrong with probability ``error`` at most.

    A round has one score, 0.0 … 1.0, of each problem, each of a sample of its own. What is bounded is the mean over
    the problems of what the model scores on average, such as pass@1. The bounds hold after every round at once: whoever
    looks after each and stops when a bound has passed a threshold errs no more often than who looks once.

    Of each threshold, bettors stake a share of what they have on every score, at odds that are fair if the mean is the
    threshold. Over a whole round their expected gain is then at most nothing, however unlike the problems are, as a
    product of problems' expected factors is at most that of their mean. So the wealth of all together exceeds
    ``1 / error`` at some time with probability ``error`` at most, and a threshold at which it did is left out for good:
    after a rare run of luck a bound may lie on the other side of the mean.

    >>> estimate = bound_anytime([[1.0, 1.0, 0.0, 1.0] * 25] * 2, error=0.05)
    >>> estimate.value, round(estimate.low, 2), round(estimate.high, 2)
    (0.75, 0.65, 0.84)

    Raises:
        UsageError: there is no score, the rounds have different numbers of them, or ``error`` is none.

    Source: Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting"; Ville 1939.
    """
    import numpy as np

    if not 0 < error < 1:
        raise UsageError(f"error {error}: must be a number above 0 and below 1")
    if not rounds or not rounds[0] or len({len(scores) for scores in rounds}) > 1:
        raise UsageError("rounds: each needs a score of every problem, and there must be one round or more")
    scores = np.asarray(rounds, dtype=np.float64)
    mean = float(scores.mean())
    values, counts = _count_scores(scores)
    needed = log(1 / error)
    low = _bisect(lambda threshold: _measure_wealth(values, counts, threshold) >= needed)
    rest = _bisect(lambda threshold: _measure_wealth(1 - values, counts, threshold) >= needed)
    return Estimate(value=mean, low=low, high=1 - rest)


def _bisect(is_left_out: Callable[[float], bool]) -> float:
    """Return the largest threshold from 0 to 1 that is left out, as all below it are; 0 where none is."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_left_out(middle) else (low, middle)
    return low


def _measure_wealth(values: "Array", counts: "Array", threshold: float) -> float:
    """Return the logarithm of the most that the bettors on a mean above ``threshold`` have had after a round.

    ``counts`` says how often each of ``values`` is a score, a row a round.
    """
    import numpy as np

    if threshold <= 0:
        return 0.0
    stakes = np.geomspace(_LEAST_STAKE, _MOST_STAKE, _STAKES)
    gains = np.log1p(stakes[:, None] * (values / threshold - 1))  # a bettor, a value
    after = np.cumsum(gains @ counts.T, axis=1)  # a bettor, a round
    return float((np.logaddexp.reduce(after, axis=0) - log(_STAKES)).max())


def _count_scores(scores: "Array") -> tuple["Array", "Array"]:
    """Return the values that occur, and how often each does, a row a round: few values, as most scores are 0 or 1."""
    import numpy as np

    values, places = np.unique(scores, return_inverse=True)
    counts = np.zeros((scores.shape[0], values.size))
    np.add.at(counts, (np.arange(scores.shape[0])[:, None], places.reshape(scores.shape)), 1)
    return values, counts
