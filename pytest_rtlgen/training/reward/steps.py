"""Which stimulus seed a call of the reward uses: it changes from step to step of the training."""

import threading

from pytest_rtlgen.errors import UsageError

DEFAULT_SEEDS = 17
"""A prime number: a trainer that counts its steps in twos, tens or sixteens meets every seed."""
SINGLE_CALLS = 256
"""Calls of one completion that make one step, so that most of a group meets the same stimulus."""


class StepCounter:
    """The steps of callers that do not say which step it is. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches = 0
        self._singles = 0

    def count(self, completions: int) -> int:
        """Return the step of a call with so many ``completions``, from 0: each call of several is one."""
        with self._lock:
            step = self._batches + self._singles // SINGLE_CALLS
            if completions == 1:
                self._singles += 1
            else:
                self._batches += 1
            return step


def choose_seed(step: int, *, first: int, seeds: int) -> int:
    """Return the seed of ``step``: ``seeds`` of them, from ``first`` on, in turn.

    >>> [choose_seed(step, first=5, seeds=3) for step in range(4)]
    [5, 6, 7, 5]
    """
    return first + step % seeds


def require_seeds(seeds: int) -> None:
    """Raise ``UsageError`` for a number of seeds that cannot be meant."""
    if seeds < 1:
        raise UsageError(f"reward: seeds is {seeds}; use 1 (the same stimulus at every step) or more")
