"""When to ask again, and after how long."""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from pytest_rtlgen.errors import InnerError

T = TypeVar("T")
RETRY_CEILING_S = 30.0
"""Longest wait between tries of our own choosing."""
MOST_ASKED_S = 120.0
"""Longest wait that a server may ask for."""


class TransientError(InnerError):
    """A try that failed in a way that may pass; it never leaves the backends."""

    def __init__(
        self,
        what: str,
        *,
        asked_s: float | None = None,
        most_retries: int | None = None,
        is_overload: bool = False,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.asked_s = asked_s
        """Seconds that the server asks to wait."""
        self.most_retries = most_retries
        """Retries that failures of this kind are worth together; ``None``: as many as the policy allows."""
        self.is_overload = is_overload
        """Whether the server says that it is asked too often or too much at once."""
        self.tries = 1
        """Tries that were made when it is raised for good."""

    @property
    def has_asked(self) -> bool:
        """Whether the server asks for a wait at all."""
        return self.asked_s is not None and self.asked_s > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Exponential back-off with jitter."""

    max_retries: int
    base_s: float
    """First wait; it doubles with each retry, up to ``RETRY_CEILING_S``."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    draw: Callable[[], float] = random.random
    """A number of 0.0 … 1.0 each time."""

    def delay_s(self, retry: int, asked_s: float | None = None) -> float:
        """Return the seconds before retry ``retry``, counted from 0.

        What the server asks for counts, up to ``MOST_ASKED_S``; else half to all of ``base_s * 2**retry``.
        """
        if asked_s is not None and asked_s > 0:
            return min(asked_s, MOST_ASKED_S)
        return min(RETRY_CEILING_S, self.base_s * 2.0 ** min(retry, 60)) * (0.5 + 0.5 * self.draw())


async def with_retries(
    attempt: Callable[[], Awaitable[T]],
    policy: RetryPolicy,
    *,
    wait: Callable[[float, TransientError], Awaitable[None]] | None = None,
) -> T:
    """Return what ``attempt`` returns, trying again after each ``TransientError``.

    ``wait`` passes the seconds before the next try, and is told what failed; ``None``: the policy's ``sleep``.

    Raises:
        TransientError: the last one, when the retries are used up.
    """
    retry = limited = 0
    while True:
        try:
            return await attempt()
        except TransientError as error:
            error.tries = retry + 1
            limited += error.most_retries is not None
            if retry >= policy.max_retries or (error.most_retries is not None and limited > error.most_retries):
                raise
            failed, delay_s = error, policy.delay_s(retry, error.asked_s)
        await (policy.sleep(delay_s) if wait is None else wait(delay_s, failed))
        retry += 1


def read_retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for; ``None`` without a readable one.

    Source: RFC 9110 section 10.2.3: a number of seconds, or an HTTP date. ``retry-after-ms``, in ms, is what OpenAI's
    and Azure's servers add and their client (openai 3.52, ``_base_client.py``) reads first.
    """
    exact_ms = _read_number(headers.get("retry-after-ms", ""))
    if exact_ms is not None:
        return exact_ms / 1000
    text = headers.get("retry-after", "").strip()
    seconds = _read_number(text)
    return _read_date(text, now) if seconds is None else seconds


def _read_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _read_date(text: str, now: datetime) -> float | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds()
