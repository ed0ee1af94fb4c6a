"""The problems of an environment, and the two checkers and the synthesizer that all of its episodes share."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Problem
from pytest_rtlgen.synthesis.synthesizer import Synthesizer
from pytest_rtlgen.tools.pool import count_cores
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.training.environment.episode import Checkers, Done, Episode, Work
from pytest_rtlgen.training.environment.settings import DEFAULT_SETTINGS, EnvironmentSettings
from pytest_rtlgen.training.reward.slots import Slots
from pytest_rtlgen.training.reward.tasks import Tasks
from pytest_rtlgen.training.reward.threads import Threads


class RtlEnvironment:
    """Begins episodes. Can be pickled; each process starts checkers of its own on first use. Thread-safe.

    >>> reference = "module inverter(input a, output y); assign y = ~a; endmodule"
    >>> environment = RtlEnvironment()
    >>> episode = environment.begin(reference)
    >>> print(episode.call("compile", verilog=reference).text)
    It compiles.
    <BLANKLINE>
    15 calls left.
    >>> episode.call("submit", verilog=reference).is_over, episode.outcome.reward
    (True, 1.0)
    >>> environment.close()
    """

    def __init__(self, *, problems: Iterable[Problem] = (), settings: EnvironmentSettings = DEFAULT_SETTINGS) -> None:
        self.settings = settings
        self._tasks = Tasks(problems)
        self._slots = Slots(settings.max_parallel or count_cores())
        self._threads = Threads(settings.check.jobs)
        self._lock = threading.Lock()
        self._checkers: tuple[int, _OpenCheckers] | None = None

    def __getstate__(self) -> tuple[tuple[Problem, ...], EnvironmentSettings]:
        return self._tasks.problems, self.settings

    def __setstate__(self, state: tuple[tuple[Problem, ...], EnvironmentSettings]) -> None:
        RtlEnvironment.__init__(self, problems=state[0], settings=state[1])

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems that are known by id and can be judged."""
        return tuple(item for item in self._tasks.problems if item.has_reference and not item.unjudged)

    def begin(self, task: str) -> Episode:
        """Return a new episode over the problem with the id ``task``, or over the one whose reference's text it is.

        Raises:
            SuiteError: there is no such problem, or it cannot be judged.
        """
        return Episode(self, self._tasks.find(task))

    def pick(self, index: int) -> Problem:
        """Return the problem number ``index``, counted round and round.

        Raises:
            UsageError: there is no problem at all.
        """
        if not self.problems:
            raise UsageError("the environment has no problem; load a suite")
        return self.problems[index % len(self.problems)]

    def submit_work(self, work: Work) -> "Future[Done]":
        """Begin ``work`` when a thread of this process is free."""
        (future,) = self._threads.submit(self._do, [work])
        return future

    def close(self) -> None:
        """End every process, and drop what is not begun; the next call starts afresh."""
        self._threads.close()
        with self._lock:
            found, self._checkers = self._checkers, None
        if found is not None and found[0] == os.getpid():
            found[1].close()

    def start(self) -> None:
        """Start what is needed now, not with the first call.

        Raises:
            ToolError: the simulator is missing or broken.
        """
        self._find_checkers().feedback.start()

    def _do(self, work: Work) -> Done:
        with self._slots.take():
            checkers = self._find_checkers()
            try:
                return work(checkers)
            finally:
                if self._is_left(checkers):  # closed meanwhile, and it may have started processes since
                    checkers.close()

    def _is_left(self, checkers: "_OpenCheckers") -> bool:
        with self._lock:
            return self._checkers is None or self._checkers[1] is not checkers

    def _find_checkers(self) -> "_OpenCheckers":
        with self._lock:
            if self._checkers is None or self._checkers[0] != os.getpid():  # a fork must not use its parent's tools
                self._checkers = (os.getpid(), _open_checkers(self.settings))
            return self._checkers[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenCheckers(Checkers):
    close: Callable[[], None]


def _open_checkers(settings: EnvironmentSettings) -> _OpenCheckers:
    feedback, sealed = Checker(settings.feedback_check), Checker(settings.sealed_check)

    def close() -> None:
        feedback.close()
        sealed.close()

    synthesizer = Synthesizer(sandbox=choose_sandbox(settings.check.sandbox))
    return _OpenCheckers(feedback=feedback, sealed=sealed, synthesizer=synthesizer, close=close)


@contextmanager
def open_environment(
    problems: Iterable[Problem], settings: EnvironmentSettings = DEFAULT_SETTINGS
) -> Iterator[RtlEnvironment]:
    """Yield an environment and end its processes afterwards."""
    environment = RtlEnvironment(problems=problems, settings=settings)
    try:
        yield environment
    finally:
        environment.close()
