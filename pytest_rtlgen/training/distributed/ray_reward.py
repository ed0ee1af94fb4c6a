"""A reward whose checks run in Ray's actors, on this machine or on many; the same rewards in the same order.

What a batch as a whole decides (duplicates, guards, the reward itself) stays here: actors give verdicts, one at a time,
so that a lost actor loses one check and no completion can be scored twice.
"""

import logging
from dataclasses import dataclass, replace
from typing import Any

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.records import Verdict
from pytest_rtlgen.training.distributed.actor import start_actor
from pytest_rtlgen.training.distributed.pool import Pool
from pytest_rtlgen.training.reward.callable import Answer, Reward

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RaySettings:
    """How actors are had; plain data, so that it can be sent anywhere."""

    address: str | None = None
    """Of the cluster, as ``ray.init`` takes it; ``None``: the one that is connected, else what Ray finds or starts."""
    tries: int = 3
    """How many actors one check may lose before it is given up: the harness failed, not the model. Also how many
    may end as they start before one is given up."""
    timeout_s: float = 600
    """Most time for one check, waiting for a slot of its machine included; then its actor counts as lost."""
    start_timeout_s: float = 300
    """Most time until an actor answers for the first time, waiting for a free core included."""

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise UsageError(f"ray: tries is {self.tries}; use 1 or more")


class RayReward(Reward):
    """``reward`` with its checks in ``workers`` actors, one core and one warm simulator each. Thread-safe.

    It stands wherever a ``Reward`` does. It can be pickled; the copy starts actors of its own on first use. A lost
    actor is replaced and its check done again; an actor that cannot be started is given up until ``close``.
    ``max_parallel`` of the settings bounds the checks on each machine.

    Raises:
        UsageError: less than one worker.
    """

    def __init__(self, reward: Reward, *, workers: int, options: RaySettings = RaySettings()) -> None:
        if workers < 1:
            raise UsageError(f"ray: workers is {workers}; use 1 or more")
        problems, settings = reward.__getstate__()
        here = replace(settings, check=replace(settings.check, jobs=workers))  # one thread waits for each actor
        super().__init__(problems=problems, settings=here)
        there = replace(settings, check=replace(settings.check, jobs=1))
        self.workers = workers
        self.options = options
        self._pool = Pool(lambda: start_actor(there, options), count=workers, tries=options.tries)

    def __reduce__(self) -> tuple[Any, ...]:
        return _make_again, (Reward(problems=self._tasks.problems, settings=self.settings), self.workers, self.options)

    @property
    def places(self) -> tuple[str, ...]:
        """``machine:pid`` of each actor that is there."""
        return self._pool.names

    @property
    def replaced(self) -> int:
        """How many actors were lost so far."""
        return self._pool.replaced

    def start(self) -> None:
        """Start all actors now, not with the first completions.

        Raises:
            ToolError: Ray is missing or cannot be reached, the cluster has too few cores, or one of its machines has no
                simulator or has another version of this package.
        """
        self._pool.fill()

    def close(self) -> None:
        """End every actor; the next call starts afresh. The connection to Ray stays."""
        self._threads.close()
        self._pool.close()

    def _check(self, answer: Answer) -> Verdict | str:
        if answer.problem is None:
            return answer.reason
        try:
            return self._pool.do(replace(answer, completion=""))  # only the candidate is checked
        except ToolError as error:
            return f"{answer.problem.problem_id}: the harness failed: {error}"


def _make_again(reward: Reward, workers: int, options: RaySettings) -> RayReward:
    return RayReward(reward, workers=workers, options=options)
