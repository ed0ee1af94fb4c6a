"""Threads that belong to one process, one for each design that it simulates at the same time."""

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


class Threads:
    """``count`` threads, started on first use by whichever process asks: a fork has none of its parent's. Thread-safe.

    All callers share them, so that no more is begun at once than there are simulators; the rest waits in order.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._pool: tuple[int, ThreadPoolExecutor] | None = None

    def submit(self, do: Callable[[_T], _R], items: Iterable[_T]) -> "list[Future[_R]]":
        """Begin ``do(item)`` for each of ``items`` when a thread is free; ``close`` meets all of them or none."""
        with self._lock:
            if self._pool is None or self._pool[0] != os.getpid():
                self._pool = (os.getpid(), ThreadPoolExecutor(self._count, thread_name_prefix="rtlgen-reward"))
            return [self._pool[1].submit(do, item) for item in items]

    def close(self) -> None:
        """Cancel what is not begun, and end each thread after what it does now; the next call starts afresh."""
        with self._lock:
            found, self._pool = self._pool, None
        if found is not None and found[0] == os.getpid():
            found[1].shutdown(wait=False, cancel_futures=True)
