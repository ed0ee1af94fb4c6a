"""Many waits at once, a bounded number of them, without a task for each job that is still to come."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from pytest_rtlgen.backends.base import always

J = TypeVar("J")


async def run_pool(
    jobs: Iterable[J],
    work: Callable[[J], Coroutine[Any, Any, Iterable[J]]],
    *,
    concurrency: int,
    may_start: Callable[[], bool] = always,
) -> None:
    """Await ``work`` on every job, at most ``concurrency`` at a time; jobs that a job returns go before the rest.

    ``jobs`` is drawn from only when a place is free and ``may_start`` says so; when it does not, the jobs that run
    are waited for and the rest is left. The first exception cancels the jobs that run, waits for their
    end and is raised as it is.
    """
    waiting, returned = iter(jobs), deque[J]()
    running: set[asyncio.Task[Iterable[J]]] = set()
    try:
        while True:
            while len(running) < concurrency and may_start():
                job = returned.popleft() if returned else next(waiting, None)
                if job is None:
                    break
                running.add(asyncio.create_task(work(job)))
            if not running:
                return
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                returned.extend(task.result())
                running.discard(task)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
