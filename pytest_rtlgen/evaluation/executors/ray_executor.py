"""Answers checked by Ray's actors, on this machine or on many: the same results as in one process.

An actor gets one answer at a time, with its problem, and gives the result; it keeps no file and needs none. Whoever
asked for the result stores it, so that a lost actor loses one check, which is done again, and nothing is scored twice.
"""

import threading
from dataclasses import replace

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.evaluation.executors.base import ExecutorSettings
from pytest_rtlgen.evaluation.executors.local import LocalExecutor
from pytest_rtlgen.evaluation.executors.pool import Pool
from pytest_rtlgen.evaluation.executors.ray_actors import (
    NEEDS,
    Place,
    RaySettings,
    RayWorker,
    connect,
    count_cores,
    disconnect,
    start_actor,
)
from pytest_rtlgen.records import Completion, Environment, Problem, SampleResult

_OPTIONS = RaySettings(timeout_s=3600)
"""A check may take many times the limit of one simulation; an actor that is gone is noticed at once."""
_Work = tuple[Problem, Completion]


class AnswerActor:
    """What runs in the process of an actor: the executor of one process."""

    def __init__(self, settings: ExecutorSettings) -> None:
        self._here = LocalExecutor(settings)

    def begin(self) -> Place:
        """Start the tools.

        Raises:
            ToolError: the simulator is missing or broken.
        """
        return Place.here(self._here.describe())

    def do(self, work: _Work) -> SampleResult:
        """Return the result of one answer."""
        return self._here.check(*work)

    def close(self) -> None:
        """End the tools."""
        self._here.close()


class RayExecutor:
    """Actors on a Ray cluster, one core each: that of ``RAY_ADDRESS``, else one on this machine, else a new one."""

    def __init__(self, settings: ExecutorSettings) -> None:
        """Reach for nothing yet.

        Raises:
            ToolError: Ray is not installed.
        """
        NEEDS.check("--rtlgen-executor=ray")
        self._workers = settings.workers
        self._there = replace(settings, check=replace(settings.check, jobs=1), workers=1)
        self._lock = threading.Lock()
        self._pool: Pool[_Work, SampleResult] | None = None
        self._environment: Environment | None = None
        self._is_ours = False

    @property
    def workers(self) -> int:
        """How many actors there are at most: as many as asked for, else one a core of the cluster."""
        return self._open().count

    def describe(self) -> Environment:
        """Return the versions that verdicts depend on: every actor has the same."""
        if self._environment is None:
            self._open().start_one()
        if self._environment is None:
            raise ToolError("ray: no actor has started")
        return self._environment

    def check(self, problem: Problem, completion: Completion) -> SampleResult:
        """Return the result of one answer."""
        return self._open().do((problem, completion))

    def close(self) -> None:
        """End every actor, and the cluster if it was started for them."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()
            if self._is_ours:
                disconnect()

    def _open(self) -> Pool[_Work, SampleResult]:
        with self._lock:
            if self._pool is None:
                self._is_ours = connect(_OPTIONS.address)
                count = self._workers or count_cores()
                if not count:
                    raise ToolError("ray: the cluster has no core; start it with ray start --num-cpus")
                self._pool = Pool(self._start, count=count, tries=_OPTIONS.tries)
            return self._pool

    def _start(self, closed: threading.Event) -> RayWorker[_Work, SampleResult]:
        """Return a worker with the same tools as the first had: one run has one environment."""
        worker = start_actor(AnswerActor, {"settings": self._there}, _OPTIONS, closed)
        found = worker.place.environment
        with self._lock:
            self._environment = self._environment or found
            expected = self._environment
        differing = sorted({name for name, _ in set(found.tools) ^ set(expected.tools)})
        if differing:
            worker.end()
            have, others = dict(found.tools), dict(expected.tools)
            shown = ", ".join(f"{name} {have.get(name)} (elsewhere {others.get(name)})" for name in differing)
            raise ToolError(f"{worker.place.machine} has {shown}; verdicts of one run need the same tools everywhere")
        return worker
