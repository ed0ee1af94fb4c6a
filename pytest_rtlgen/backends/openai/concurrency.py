"""How many requests an endpoint is sent at once: fewer when it has too many, more again when it copes."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from pytest_rtlgen.backends.openai.retry import TransientError

_GROWTH = 8
"""The limit grows by one part in this many, at least by one."""


class Gate:
    """Lets requests through in the order in which they came, at most ``limit`` at a time.

    A request that the endpoint refuses as one too many halves the limit, counted from the requests that were open; the
    others that were open with it do not halve it again. The limit grows, up to where it began, by an eighth and at
    least by one after as many answers in a row as it lets through. While a wait that the endpoint asked for lasts,
    nobody is let through. What was learnt stays between event loops.
    """

    def __init__(self, most: int, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self.limit = most
        self._most = most
        self._sleep = sleep
        self._open = 0
        self._waits = 0
        """Waits that the endpoint asked for and that are not over."""
        self._round = 0
        """Number of halvings so far."""
        self._answers = 0
        """Answers since the limit last changed."""
        self._queue = deque[asyncio.Event]()
        self.retries = 0
        """Tries after the first ones, so far."""
        self._waiting: list[str] = []
        """What failed, of each request that waits for its next try."""

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place and hold it for one request; its answer or ``TransientError`` moves the limit."""
        await self._enter()
        entered = self._round
        try:
            yield
        except TransientError as error:
            if entered == self._round:
                self._note_failure(is_overload=error.is_overload)
            raise
        else:
            if entered == self._round:
                self._note_answer()
        finally:
            self._open -= 1
            self._call_next()

    async def wait(self, delay_s: float, error: TransientError) -> None:
        """Sleep before the next try after ``error``; others wait too if it is a wait that an overload asked for."""
        is_for_all = error.is_overload and error.has_asked
        self._waits += is_for_all
        self.retries += 1
        self._waiting.append(error.what)
        try:
            await self._sleep(delay_s)
        finally:
            self._waiting.remove(error.what)
            self._waits -= is_for_all
            self._call_next()

    def describe_waits(self) -> str:
        """Return how many tries were made again and what is waited for now; empty where all goes well."""
        waiting = list(self._waiting)
        if not waiting:
            return f"{self.retries} retries" if self.retries else ""
        return f"{self.retries} retries, {len(waiting)} waiting ({waiting[-1]})"

    async def _enter(self) -> None:
        turn = asyncio.Event()
        self._queue.append(turn)
        self._call_next()
        try:
            await turn.wait()
        except asyncio.CancelledError:
            if turn.is_set():  # called and cancelled at once
                self._open -= 1
                self._call_next()
            else:
                self._queue.remove(turn)
            raise

    def _call_next(self) -> None:
        """Call whom there is room for, though only after a request that just failed showed that all must wait."""
        asyncio.get_running_loop().call_soon(self._call)

    def _call(self) -> None:
        while self._queue and not self._waits and self._open < self.limit:
            self._open += 1
            self._queue.popleft().set()

    def _note_failure(self, *, is_overload: bool) -> None:
        self._answers = 0
        if is_overload:
            self.limit = max(1, min(self.limit, self._open) // 2)
            self._round += 1

    def _note_answer(self) -> None:
        self._answers += 1
        if self._answers >= self.limit:
            self._answers = 0
            self.limit = min(self._most, self.limit + max(1, self.limit // _GROWTH))
