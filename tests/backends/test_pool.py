"""Bounded waiting: order, errors, and how much is drawn in advance."""

import asyncio
from collections.abc import Iterator

import pytest

from pytest_rtlgen.backends.pool import run_pool


def test_jobs_are_drawn_only_when_a_place_is_free() -> None:
    drawn, done, most_ahead = 0, 0, 0

    def jobs() -> Iterator[int]:
        nonlocal drawn, most_ahead
        for number in range(3000):
            drawn += 1
            most_ahead = max(most_ahead, drawn - done)
            yield number

    async def work(_: int) -> tuple[int, ...]:
        nonlocal done
        await asyncio.sleep(0)
        done += 1
        return ()

    asyncio.run(run_pool(jobs(), work, concurrency=4))
    assert done == 3000
    assert most_ahead <= 8


def test_jobs_that_a_job_returns_are_done_before_the_rest() -> None:
    order: list[str] = []

    async def work(job: str) -> tuple[str, ...]:
        order.append(job)
        return ("a1", "a2") if job == "a" else ()

    asyncio.run(run_pool(["a", "b"], work, concurrency=1))
    assert order == ["a", "a1", "a2", "b"]


def test_the_first_error_cancels_the_others_and_waits_for_their_end() -> None:
    ended: list[str] = []

    async def work(job: str) -> tuple[str, ...]:
        if job == "bad":
            await asyncio.sleep(0.01)
            raise ValueError(job)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            ended.append(job)
        return ()

    with pytest.raises(ValueError, match="bad"):
        asyncio.run(run_pool(["a", "bad", "b", "never"], work, concurrency=3))
    assert sorted(ended) == ["a", "b"]


def test_two_errors_at_once_are_one_error_and_no_noise(caplog: pytest.LogCaptureFixture) -> None:
    async def work(job: str) -> tuple[str, ...]:
        raise ValueError(job)

    with pytest.raises(ValueError, match="x"):
        asyncio.run(run_pool(["x", "x", "x"], work, concurrency=3))
    assert "never retrieved" not in caplog.text
