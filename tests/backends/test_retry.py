"""Waits between tries, and how many tries there are."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from pytest_rtlgen.backends.openai.retry import RetryPolicy, TransientError, read_retry_after, with_retries

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


def policy(slept: list[float], draw: float = 1.0, max_retries: int = 3) -> RetryPolicy:
    async def sleep(delay_s: float) -> None:
        slept.append(delay_s)

    return RetryPolicy(max_retries=max_retries, base_s=0.5, sleep=sleep, draw=lambda: draw)


@pytest.mark.parametrize(
    ("retry", "asked_s", "draw", "delay_s"),
    [
        (0, None, 1.0, 0.5),
        (0, None, 0.0, 0.25),
        (3, None, 1.0, 4.0),
        (3, None, 0.5, 3.0),
        (6, None, 1.0, 30.0),
        (5000, None, 1.0, 30.0),
        (4, 2.0, 0.0, 2.0),
        (0, 121.0, 1.0, 120.0),
        (0, float("inf"), 1.0, 120.0),
        (0, 0.0, 1.0, 0.5),
        (0, -5.0, 1.0, 0.5),
    ],
)
def test_waits_double_with_jitter_unless_the_server_names_one(
    retry: int, asked_s: float | None, draw: float, delay_s: float
) -> None:
    assert policy([], draw).delay_s(retry, asked_s) == delay_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0.5 ", 0.5),
        ("Sat, 21 Nov 2026 12:01:30 GMT", 90.0),
        ("Sat, 21 Nov 2026 13:00:30 +0100", 30.0),
        ("Sat, 21 Nov 2026 12:01:30 -0000", 90.0),
        ("Sat, 21 Nov 2026 11:59:00 GMT", -60.0),
        ("soon", None),
        ("nan", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert read_retry_after({"retry-after": text}, NOW) == seconds


@pytest.mark.parametrize(
    ("exact", "seconds"),
    [("250", 0.25), ("1500.5", 1.5005), ("soon", 7.0), ("nan", 7.0), ("", 7.0)],
)
def test_milliseconds_count_before_seconds(exact: str, seconds: float) -> None:
    assert read_retry_after({"retry-after-ms": exact, "retry-after": "7"}, NOW) == seconds


def test_without_the_header_the_server_asks_for_nothing() -> None:
    assert read_retry_after({}, NOW) is None


def failing(times: int, error: Exception) -> tuple[Callable[[], Awaitable[str]], list[int]]:
    calls: list[int] = []

    async def attempt() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return f"after {len(calls)}"

    return attempt, calls


def test_the_first_success_counts() -> None:
    slept: list[float] = []
    attempt, _ = failing(2, TransientError("x"))
    assert asyncio.run(with_retries(attempt, policy(slept))) == "after 3"
    assert slept == [0.5, 1.0]


@pytest.mark.parametrize(("most", "tries"), [(None, 4), (1, 2), (0, 1), (99, 4)])
def test_the_last_failure_comes_out_with_the_number_of_tries(most: int | None, tries: int) -> None:
    slept: list[float] = []
    attempt, calls = failing(99, TransientError("overloaded", most_retries=most))
    with pytest.raises(TransientError, match="overloaded") as caught:
        asyncio.run(with_retries(attempt, policy(slept)))
    assert len(calls) == caught.value.tries == tries
    assert len(slept) == tries - 1


def test_failures_worth_few_retries_are_counted_apart_from_the_others() -> None:
    errors = [TransientError("500"), TransientError("500"), *(TransientError("hang", most_retries=2) for _ in range(3))]

    async def attempt() -> str:
        raise errors.pop(0)

    with pytest.raises(TransientError, match="hang") as caught:
        asyncio.run(with_retries(attempt, policy([], max_retries=9)))
    assert caught.value.tries == 5


def test_another_error_is_not_tried_again() -> None:
    attempt, calls = failing(1, ValueError("wrong"))
    with pytest.raises(ValueError, match="wrong"):
        asyncio.run(with_retries(attempt, policy([])))
    assert len(calls) == 1


def test_another_way_to_wait_is_told_how_long_and_why() -> None:
    slept: list[float] = []
    waited: list[tuple[float, TransientError]] = []
    error = TransientError("HTTP 429", asked_s=7.0, is_overload=True)

    async def wait(delay_s: float, error: TransientError) -> None:
        waited.append((delay_s, error))

    attempt, _ = failing(2, error)
    assert asyncio.run(with_retries(attempt, policy(slept), wait=wait)) == "after 3"
    assert (waited, slept) == ([(7.0, error), (7.0, error)], [])


@pytest.mark.parametrize(("asked_s", "has_asked"), [(None, False), (0.0, False), (-60.0, False), (0.25, True)])
def test_a_wait_that_is_over_is_none(asked_s: float | None, has_asked: bool) -> None:
    assert TransientError("x", asked_s=asked_s).has_asked is has_asked
