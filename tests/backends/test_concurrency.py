"""The limit of open requests: when it halves, when it grows, and who waits."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from pytest_rtlgen.backends.openai.concurrency import Gate
from pytest_rtlgen.backends.openai.retry import RetryPolicy, TransientError, with_retries

OVERLOAD = TransientError("HTTP 429", is_overload=True)


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


class Client:
    """Requests through a gate, each open until the test ends it."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.open: list[int] = []
        """Numbers of the requests that were let through and have not ended, in order."""
        self._ends: dict[int, asyncio.Future[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, count: int) -> None:
        first = len(self._tasks)
        self._tasks += [asyncio.create_task(self._request(number)) for number in range(first, first + count)]
        await settle()

    async def answer(self, *numbers: int) -> None:
        for number in numbers:
            self._ends[number].set_result(None)
        await settle()

    async def fail(self, error: Exception, *numbers: int) -> None:
        for number in numbers:
            self._ends[number].set_exception(error)
        await settle()

    async def cancel(self, *numbers: int) -> None:
        for number in numbers:
            self._tasks[number].cancel()
        await settle()

    async def end(self) -> None:
        await self.cancel(*range(len(self._tasks)))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _request(self, number: int) -> None:
        async with self.gate.place():
            self.open.append(number)
            self._ends[number] = asyncio.get_running_loop().create_future()
            try:
                await self._ends[number]
            finally:
                self.open.remove(number)


def play(scene: Callable[[Client], Coroutine[Any, Any, None]], gate: Gate) -> None:
    async def run() -> None:
        client = Client(gate)
        try:
            await scene(client)
        finally:
            await client.end()

    asyncio.run(run())


def test_requests_are_let_through_in_order_as_places_come_free() -> None:
    async def scene(client: Client) -> None:
        await client.start(5)
        assert client.open == [0, 1]
        await client.answer(1)
        assert client.open == [0, 2]
        await client.answer(0, 2)
        assert client.open == [3, 4]

    play(scene, Gate(2))


@pytest.mark.parametrize(("most", "left"), [(64, 32), (5, 2), (2, 1), (1, 1)])
def test_a_refusal_for_overload_halves_the_limit_down_to_one(most: int, left: int) -> None:
    async def scene(client: Client) -> None:
        await client.start(most)
        await client.fail(OVERLOAD, 0)
        assert client.gate.limit == left

    play(scene, Gate(most))


def test_refusals_of_requests_that_were_open_together_halve_once() -> None:
    async def scene(client: Client) -> None:
        await client.start(20)
        await client.fail(OVERLOAD, *range(16))
        assert client.gate.limit == 8
        assert client.open == list(range(16, 20))
        await client.start(8)
        assert len(client.open) == 8
        await client.fail(OVERLOAD, 16)
        assert client.gate.limit == 4

    play(scene, Gate(16))


def test_after_a_halving_nobody_enters_before_enough_have_left() -> None:
    async def scene(client: Client) -> None:
        await client.start(12)
        await client.fail(OVERLOAD, 0)
        await client.answer(1, 2, 3)
        assert client.open == [4, 5, 6, 7]
        await client.answer(4)
        assert client.open == [5, 6, 7, 8]

    play(scene, Gate(8))


def test_the_limit_halves_from_what_was_open_not_from_what_was_allowed() -> None:
    async def scene(client: Client) -> None:
        await client.start(6)
        await client.fail(OVERLOAD, 0)
        assert client.gate.limit == 3

    play(scene, Gate(64))


def test_another_failure_does_not_halve_and_starts_the_count_of_answers_again() -> None:
    async def scene(client: Client) -> None:
        await client.start(4)
        await client.fail(OVERLOAD, 0)
        await client.answer(1, 2, 3)  # open since before the halving: they say nothing about the new limit
        assert client.gate.limit == 2
        await client.start(4)
        await client.answer(4)
        await client.fail(TransientError("HTTP 500"), 5)
        await client.answer(6)
        assert client.gate.limit == 2
        await client.answer(7)
        assert client.gate.limit == 3

    play(scene, Gate(4))


def test_the_limit_grows_by_an_eighth_a_round_up_to_where_it_began() -> None:
    gate = Gate(64)
    limits: list[tuple[int, int]] = []

    async def scene(client: Client) -> None:
        await client.start(64)
        await client.fail(OVERLOAD, 0)
        await client.answer(*range(1, 64))
        for number in range(64, 600):
            await client.start(1)
            await client.answer(number)
            if not limits or limits[-1][1] != gate.limit:
                limits.append((number - 63, gate.limit))

    play(scene, gate)
    assert limits == [(1, 32), (32, 36), (68, 40), (108, 45), (153, 50), (203, 56), (259, 63), (322, 64)]


def test_nobody_enters_while_a_wait_lasts_that_an_overloaded_endpoint_asked_for() -> None:
    over = asyncio.Event()
    slept: list[float] = []

    async def sleep(delay_s: float) -> None:
        slept.append(delay_s)
        await over.wait()

    async def scene(client: Client) -> None:
        error = TransientError("HTTP 429", asked_s=7.0, is_overload=True)
        await client.start(3)
        waiting = asyncio.create_task(client.gate.wait(7.0, error))
        await settle()
        await client.answer(0, 1)
        assert client.open == []
        over.set()
        await waiting
        await settle()
        assert client.open == [2]

    play(scene, Gate(2, sleep=sleep))
    assert slept == [7.0]


def test_who_waits_in_line_is_not_let_through_between_a_refusal_and_the_wait_that_it_asks_for() -> None:
    over = asyncio.Event()

    async def sleep(_: float) -> None:
        await over.wait()

    gate = Gate(1, sleep=sleep)
    error = TransientError("HTTP 429", asked_s=7.0, is_overload=True)
    errors = [error]

    async def attempt() -> None:
        async with gate.place():
            await settle()
            if errors:
                raise errors.pop()

    async def scene(client: Client) -> None:
        policy = RetryPolicy(max_retries=1, base_s=0.5)
        refused = asyncio.create_task(with_retries(attempt, policy, wait=gate.wait))
        await client.start(1)
        await settle()
        assert (errors, client.open) == ([], [])
        over.set()
        await settle()
        assert client.open == [0]
        await client.answer(0)
        await refused

    play(scene, gate)


@pytest.mark.parametrize(
    "error", [TransientError("HTTP 503", asked_s=7.0), TransientError("HTTP 429", is_overload=True)]
)
def test_other_waits_hold_up_nobody_else(error: TransientError) -> None:
    async def sleep(_: float) -> None:
        await asyncio.Event().wait()

    async def scene(client: Client) -> None:
        waiting = asyncio.create_task(client.gate.wait(7.0, error))
        await client.start(1)
        assert client.open == [0]
        waiting.cancel()

    play(scene, Gate(1, sleep=sleep))


def test_cancelled_requests_and_waits_leave_the_gate_as_it_was() -> None:
    async def sleep(_: float) -> None:
        await asyncio.Event().wait()

    async def scene(client: Client) -> None:
        waiting = asyncio.create_task(client.gate.wait(7.0, TransientError("x", asked_s=7.0, is_overload=True)))
        await client.start(4)
        waiting.cancel()
        await settle()
        assert client.open == [0, 1]
        await client.cancel(0, 2)
        assert client.open == [1, 3]

    gate = Gate(2, sleep=sleep)
    for _ in range(2):  # what is left over from one event loop must not stand in the way of the next
        play(scene, gate)
    assert gate.limit == 2


def test_a_request_cancelled_as_it_is_called_gives_its_place_to_the_next() -> None:
    async def scene(client: Client) -> None:
        await client.start(3)
        client._ends[0].set_result(None)
        for _ in range(20):
            await asyncio.sleep(0)
            if not client.open and len(client.gate._queue) == 1:  # 1 is called and has not run yet
                client._tasks[1].cancel()
                break
        await settle()
        assert client.open == [2]

    play(scene, Gate(1))
