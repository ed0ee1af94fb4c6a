"""How much the reward server has taken on, and what came of it: admission, and metrics as Prometheus reads them."""

import math
import threading
from collections import Counter
from collections.abc import Iterator, Sequence

from pytest_rtlgen.training.reward.parts import RewardResult

_FAILING_AFTER = 16
"""Results in a row without a value because the harness failed, after which the server calls itself failing."""
_LONGEST_WAIT_S = 60
_FIRST_GUESS_S = 0.1
"""Of what a sample takes, before one was measured."""


class Load:
    """Samples taken on and not yet answered, never more than ``limit``. Thread-safe."""

    def __init__(self, *, limit: int, jobs: int) -> None:
        self.limit = limit
        self._jobs = jobs
        self._lock = threading.Lock()
        self._queued = 0
        self._failures_in_a_row = 0
        self._statuses: Counter[str] = Counter()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._sum = 0.0
        self._seconds = 0.0
        self._timed = 0

    @property
    def queued(self) -> int:
        """Samples that are waiting or being checked."""
        return self._queued

    @property
    def is_failing(self) -> bool:
        """Whether the harness failed at the last samples, one after the other."""
        return self._failures_in_a_row >= _FAILING_AFTER

    def enter(self, samples: int) -> bool:
        """Take on ``samples``; ``False``: there is no room."""
        with self._lock:
            if self._queued + samples > self.limit:
                return False
            self._queued += samples
            return True

    def leave(self, samples: int, results: Sequence[RewardResult], seconds: float) -> None:
        """Note that ``samples`` were answered with ``results``, none if it came to nothing, after ``seconds``."""
        with self._lock:
            self._queued -= samples
            if results:
                self._seconds += seconds
                self._timed += len(results)
            for result in results:
                self._statuses[self._name(result)] += 1
                self._sum += result.value or 0.0
                self._failures_in_a_row = self._failures_in_a_row + 1 if result.parts["failed"] else 0

    def note_request(self, route: str, code: int) -> None:
        """Count an answered request."""
        with self._lock:
            self._requests[route, code] += 1

    def guess_wait_s(self) -> int:
        """Return after how many seconds there may be room again, 1 … 60."""
        each_s = self._seconds / self._timed if self._timed else _FIRST_GUESS_S
        return max(1, min(_LONGEST_WAIT_S, math.ceil(self._queued * each_s / 2)))

    def render_metrics(self) -> str:
        """Return the metrics in Prometheus' text format 0.0.4."""
        with self._lock:
            return "\n".join([*self._list_lines(), ""])

    def _list_lines(self) -> Iterator[str]:
        yield from _describe("rtlgen_reward_samples_total", "counter", "Samples answered, by status of the verdict.")
        for status, count in sorted(self._statuses.items()):
            yield f'rtlgen_reward_samples_total{{status="{status}"}} {count}'
        yield from _describe("rtlgen_reward_requests_total", "counter", "Requests answered, by route and HTTP status.")
        for (route, code), count in sorted(self._requests.items()):
            yield f'rtlgen_reward_requests_total{{route="{route}",code="{code}"}} {count}'
        for name, kind, text, value in (
            ("rtlgen_reward_value_sum", "counter", "Sum of all rewards.", self._sum),
            ("rtlgen_reward_seconds_total", "counter", "Wall-clock seconds spent on answered requests.", self._seconds),
            ("rtlgen_reward_queue", "gauge", "Samples waiting or being checked.", self._queued),
            ("rtlgen_reward_queue_limit", "gauge", "Most of them.", self.limit),
            ("rtlgen_reward_jobs", "gauge", "Samples checked at once.", self._jobs),
        ):
            yield from _describe(name, kind, text)
            yield f"{name} {value}"

    def _name(self, result: RewardResult) -> str:
        return "failed" if result.parts["failed"] else str(result.status or "unchecked")


def _describe(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP {name} {text}", f"# TYPE {name} {kind}"
