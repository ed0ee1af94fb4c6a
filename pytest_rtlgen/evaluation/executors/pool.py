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
    ``start`` returns a worker that is ready, and gives up once its argument is set: the pool was closed.
    """

    def __init__(self, start: Callable[[threading.Event], Worker[Work, Result]], *, count: int, tries: int) -> None:
        self.count = count
        self._start = start
        self._tries = tries
        self._changed = threading.Condition()
        self._workers: list[Worker[Work, Result]] = []
        self._free: list[Worker[Work, Result]] = []
        self._waiting = 0
        self._starting = 0
        self._starters: set[threading.Thread] = set()
        self._closed = threading.Event()
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

    def start_one(self) -> None:
        """Have a worker that is ready now, and wait for it.

        Raises:
            ToolError: none can be started.
        """
        self._give_back(self._take())

    def fill(self) -> None:
        """Start all workers that are missing now, and wait for them.

        Raises:
            ToolError: one of them cannot be started.
        """
        with self._changed:
            missing = self.count - len(self._workers) - self._starting - len(self._given_up)
            self._starting += missing
        for _ in range(missing):
            self._add_later()
        with self._changed:
            self._changed.wait_for(lambda: not self._starting)
            if self._given_up:
                raise ToolError(f"{len(self._workers)} of {self.count} workers could be started: {self._given_up[-1]}")

    def close(self) -> None:
        """End all workers; work that is under way is lost. The next call starts afresh."""
        with self._changed:
            ending, self._workers, self._free, self._given_up = self._workers, [], [], []
            self._starting = 0
            starters, self._starters = self._starters, set()
            self._closed.set()
            self._closed = threading.Event()
            self._changed.notify_all()
        for worker in ending:
            worker.end()
        for thread in starters:
            thread.join()

    def _take(self) -> Worker[Work, Result]:
        with self._changed:
            self._waiting += 1
            try:
                while not self._free:
                    if len(self._given_up) >= self.count:
                        raise ToolError(f"no worker is left: {self._given_up[-1]}")
                    if self._needs_more():
                        self._starting += 1
                        self._add_later()  # so that this work goes to whichever worker is free first
                    else:
                        self._changed.wait()
                return self._free.pop()
            finally:
                self._waiting -= 1

    def _needs_more(self) -> bool:
        """Whether somebody waits for whom no worker is being started, and there is place for one."""
        there = len(self._workers) + self._starting + len(self._given_up)
        return self._starting < self._waiting and there < self.count

    def _add_later(self) -> None:
        with self._changed:
            thread = threading.Thread(target=self._add, args=(self._closed,), daemon=True)
            self._starters.add(thread)
            thread.start()

    def _add(self, closed: threading.Event) -> None:
        """Start a worker for a place that is counted in ``_starting``, and leave it with the free ones.

        ``closed`` is set when the pool is closed; a worker that comes later is ended.
        """
        worker, failure = None, ""
        try:
            worker = self._start(closed)
        except Exception as error:  # noqa: BLE001  nobody waits for this thread, so the reason must reach those who work
            failure = str(error) if isinstance(error, ToolError) else f"{type(error).__name__}: {error}"
        with self._changed:
            self._starters.discard(threading.current_thread())
            if not closed.is_set():
                self._starting -= 1
                if failure:
                    _LOG.warning("pool: a worker is given up: %s", failure)
                    self._given_up.append(failure)
                self._workers += [worker] if worker else []
                self._free += [worker] if worker else []
                self._changed.notify_all()
                return
        if worker is not None:
            worker.end()

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
