"""A reward whose checks run in Ray's actors, on this machine or on many; the same rewards in the same order.

What a batch as a whole decides (duplicates, guards, the reward itself) stays here: actors give verdicts, one at a time,
so that a lost actor loses one check and no completion can be scored twice.
"""

import threading
from dataclasses import replace
from typing import Any

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.evaluation.executors.pool import Pool
from pytest_rtlgen.evaluation.executors.ray_actors import Place, RaySettings, RayWorker, connect, start_actor
from pytest_rtlgen.evaluation.open_run import describe_environment
from pytest_rtlgen.training.reward.callable import Answer, Reward, RewardSettings
from pytest_rtlgen.training.reward.parts import Checked


class CheckActor(Reward):
    """What runs in the process of an actor: a checker with its warm simulator."""

    def begin(self) -> Place:
        """Start the tools.

        Raises:
            ToolError: the simulator is missing or broken.
        """
        return Place.here(describe_environment(self._find_checker()))

    def do(self, answer: Answer) -> Checked | str:
        """Return what was found, or why there is nothing: the harness failed."""
        return self._check(answer)


class RayReward(Reward):
    """``reward`` with its checks in ``workers`` actors, one core and one warm simulator each. Thread-safe.

    It stands wherever a ``Reward`` does. It can be pickled; the copy starts actors of its own on first use. A lost
    actor is replaced and its check done again; an actor that cannot be started is given up until ``close``.
    ``max_parallel`` of the settings bounds the checks on each machine.

    Raises:
        UsageError: less than one worker.
    """

    def __init__(
        self,
        reward: Reward,
        *,
        workers: int,
        options: RaySettings = RaySettings(),  # noqa: B008  it is frozen
    ) -> None:
        if workers < 1:
            raise UsageError(f"ray: workers is {workers}; use 1 or more")
        problems, settings = reward.__getstate__()
        here = replace(settings, check=replace(settings.check, jobs=workers))  # one thread waits for each actor
        super().__init__(problems=problems, settings=here)
        there = replace(settings, check=replace(settings.check, jobs=1))
        self.workers = workers
        self.options = options
        self._pool = Pool(lambda closed: _start(there, options, closed), count=workers, tries=options.tries)

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

    def _check(self, answer: Answer) -> Checked | str:
        if answer.problem is None:
            return answer.reason
        try:
            return self._pool.do(replace(answer, completion=""))  # only the candidate is checked
        except ToolError as error:
            return f"{answer.problem.problem_id}: the harness failed: {error}"


def _start(settings: RewardSettings, options: RaySettings, closed: threading.Event) -> RayWorker[Answer, Checked | str]:
    connect(options.address)
    return start_actor(CheckActor, {"settings": settings}, options, closed)


def _make_again(reward: Reward, workers: int, options: RaySettings) -> RayReward:
    return RayReward(reward, workers=workers, options=options)
