"""One piece of work after another on several threads, results in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")

_AHEAD = 16
"""Items a thread that may be taken before the first result is: few, since each may hold a whole answer."""


def count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_each(do: Callable[[_T], _R], work: Iterable[_T], *, jobs: int) -> Iterator[_R]:
    """Yield ``do(item)`` of each item of ``work``, in order, ``jobs`` at once; ``work`` may be endless.

    What ``do`` raises is raised in the place of its result. However it ends, what is not begun is dropped, and what is
    begun is waited for while the threads live: a sandboxed process dies with the thread that started it.

    >>> list(run_each(len, ["a", "bb"], jobs=2))
    [1, 2]
    """
    pending: deque[Future[_R]] = deque()
    with ThreadPoolExecutor(jobs, thread_name_prefix="rtlgen-work") as pool:
        try:
            for item in work:
                pending.append(pool.submit(do, item))
                while len(pending) > _AHEAD * jobs:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
            wait(pending)
