"""A pool of workers that may be lost: each piece of work goes to a free one, and to another if that one is lost.

It knows nothing of Ray or of Verilog; a worker is whatever does a piece of work or raises ``WorkerLostError``.
"""

import logging
import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.tools.worker import WorkerLostError

_LOG = logging.getLogger(__name__)

Work = TypeVar("Work")
Result = TypeVar("Result")
_Taken = TypeVar("_Taken", contravariant=True)  # noqa: PLC0105  what mypy asks of a protocol
_Given = TypeVar("_Given", covariant=True)  # noqa: PLC0105  likewise


class Worker(Protocol[_Taken, _Given]):
    """One process that does one piece of work at a time."""

    @property
    def name(self) -> str:
        """Where it runs, for messages."""

    def do(self, work: _Taken) -> _Given:
        """Return the result of ``work``.

        Raises:
            WorkerLostError: it is gone, or does not answer.
        """

    def end(self) -> None:
        """End it, if it is still there."""


class Pool(Generic[Work, Result]):
    """At most ``count`` workers, started when there is work for them. Thread-safe: one caller waits in one thread.

    A lost worker is replaced. A worker that cannot be started is given up until ``close``; the others go on.
    """

    def __init__(self, start: Callable[[], Worker[Work, Result]], *, count: int, tries: int) -> None:
        self._start = start
        self._count = count
        self._tries = tries
        self._changed = threading.Condition()
        self._workers: list[Worker[Work, Result]] = []
        self._free: list[Worker[Work, Result]] = []
        self._starting = 0
        self._given_up: list[str] = []
        self._replaced = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the workers that are there."""
        with self._changed:
            return tuple(worker.name for worker in self._workers)

    @property
    def replaced(self) -> int:
        """How many workers were lost so far."""
        return self._replaced

    def do(self, work: Work) -> Result:
        """Return the result of ``work``, of which there is exactly one: a worker that was lost has given none.

        Raises:
            ToolError: so many workers were lost with it as ``tries`` says, or none can be started.
        """
        lost = ""
        for _ in range(self._tries):
            worker = self._take()
            try:
                result = worker.do(work)
            except WorkerLostError as error:
                lost = f"{worker.name}: {error}"
                self._drop(worker, lost)
            except BaseException:
                self._give_back(worker)
                raise
            else:
                self._give_back(worker)
                return result
        raise ToolError(f"it was given up after {self._tries} lost workers, the last {lost}; see the logs of Ray")

    def fill(self) -> None:
        """Start all workers now.

        Raises:
            ToolError: one of them cannot be started.
        """
        with self._changed:
            missing = self._count - len(self._workers) - self._starting - len(self._given_up)
            self._starting += missing
        threads = [threading.Thread(target=self._add) for _ in range(missing)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with self._changed:
            if self._given_up:
                raise ToolError(f"{len(self._workers)} of {self._count} workers could be started: {self._given_up[-1]}")

    def close(self) -> None:
        """End all workers; work that is under way is lost. The next call starts afresh."""
        with self._changed:
            ending, self._workers, self._free, self._given_up = self._workers, [], [], []
            self._changed.notify_all()
        for worker in ending:
            worker.end()

    def _take(self) -> Worker[Work, Result]:
        while True:
            with self._changed:
                self._changed.wait_for(self._can_go_on)
                if self._free:
                    return self._free.pop()
                if len(self._given_up) >= self._count:
                    raise ToolError(f"no worker is left: {self._given_up[-1]}")
                self._starting += 1
            self._add()

    def _can_go_on(self) -> bool:
        return bool(self._free) or self._has_place() or len(self._given_up) >= self._count

    def _has_place(self) -> bool:
        return len(self._workers) + self._starting + len(self._given_up) < self._count

    def _add(self) -> None:
        """Start a worker for a place that is counted in ``_starting``, and leave it with the free ones."""
        worker, failure = None, ""
        try:
            worker = self._start()
        except ToolError as error:
            failure = str(error)
            _LOG.warning("pool: a worker is given up: %s", failure)
        finally:
            with self._changed:
                self._starting -= 1
                if worker is not None:
                    self._workers.append(worker)
                    self._free.append(worker)
                elif failure:
                    self._given_up.append(failure)
                self._changed.notify_all()

    def _give_back(self, worker: Worker[Work, Result]) -> None:
        with self._changed:
            if worker in self._workers:  # else the pool was closed meanwhile
                self._free.append(worker)
                self._changed.notify_all()

    def _drop(self, worker: Worker[Work, Result], lost: str) -> None:
        with self._changed:
            if worker in self._workers:
                self._workers.remove(worker)
                self._replaced += 1
                _LOG.warning("pool: lost %s; its work is done again by another", lost)
                self._changed.notify_all()
        worker.end()
