"""Check answers while others are still being waited for."""

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from pytest_rtlgen.backends import Deliver
from pytest_rtlgen.errors import RtlgenError
from pytest_rtlgen.evaluation.judge import Judge, Work
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.records import Completion, Problem, ProblemKey
from pytest_rtlgen.storage import RunStore

_WAITING = 16
"""Answers a thread that may wait for their check; others are on disk, and left to the judgement that follows."""


@contextlib.contextmanager
def judge_ahead(judge: Judge, problems: Sequence[Problem], store: RunStore, watcher: Watcher) -> Iterator[Deliver]:
    """Yield what answers that have just been stored are given to: some are checked at once, their results in ``store``.

    What cannot be checked is left to the judgement that follows, which says why. At the end, what is not begun is
    dropped and what is begun is waited for. What another package's hook raises is raised then.
    """
    ahead = _Ahead(judge, {problem.key: problem for problem in problems}, store, watcher)
    with ahead.pool:
        try:
            yield ahead.take
        finally:
            ahead.stop()
    if ahead.failure is not None:
        raise ahead.failure


class _Ahead:
    def __init__(self, judge: Judge, problems: Mapping[ProblemKey, Problem], store: RunStore, watcher: Watcher) -> None:
        jobs = judge.workers
        self.pool = ThreadPoolExecutor(jobs, thread_name_prefix="rtlgen-ahead")
        self._most = _WAITING * jobs
        self._queue, self._watcher = judge.open_queue(store), watcher
        self._problems = problems
        self._lock = threading.Lock()
        self._pending: set[Future[None]] = set()
        self._is_stopped = False
        self.failure: BaseException | None = None
        """What was raised and is no error of the judgement, which would say it again."""

    def take(self, *completions: Completion) -> None:
        """Have answers checked, as far as there is room."""
        for completion in completions:
            problem = self._problems.get(completion.key.problem)
            with self._lock:
                if problem is None or self._is_stopped or len(self._pending) >= self._most:
                    continue
                future = self.pool.submit(self._check, (problem, completion))
                self._pending.add(future)
            future.add_done_callback(self._forget)

    def stop(self) -> None:
        """Drop what is not begun and wait for the rest."""
        with self._lock:
            self._is_stopped = True
            pending = set(self._pending)
        for future in pending:
            future.cancel()
        wait(pending)

    def _check(self, work: Work) -> None:
        outcome = self._queue(work)
        if outcome.result is not None:
            self._watcher.see(outcome.result)

    def _forget(self, future: "Future[None]") -> None:
        with self._lock:
            self._pending.discard(future)
            error = None if future.cancelled() else future.exception()
            if error is not None:
                self._is_stopped = True
                self.failure = self.failure if isinstance(error, RtlgenError) else error
