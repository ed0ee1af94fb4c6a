"""Helper processes that outlive the checker they were started for, so that the next one of the session has them.

Each command that a test runs in this process makes a checker of its own, whose simulator, reader and prover take longer
to start than all that they are asked.
"""

import tempfile
import threading
from collections import defaultdict
from collections.abc import Hashable
from functools import partial
from typing import Any

import pytest

from pytest_rtlgen.simulators import icarus_warm
from pytest_rtlgen.tools import worker

PLACES = ((icarus_warm, "WarmServer", icarus_warm.ServerLostError), (worker, "Worker", worker.WorkerLostError))
"""Where the processes' classes are looked up, and what they raise once they are closed."""


class Spares:
    """Processes that were closed while they waited, by what they had been started with. Thread-safe."""

    def __init__(self) -> None:
        self._idle: dict[Hashable, list[Any]] = defaultdict(list)
        self._lock = threading.Lock()
        self._is_closed = False

    def take(self, key: Hashable) -> Any:
        """Return one that was started with ``key`` and lives, else ``None``.

        A sandboxed process dies with the thread that started it, which may have been one of a pool.
        """
        with self._lock:
            while self._idle[key]:
                process = self._idle[key].pop()
                if process._process.poll() is None:
                    return process
                process.close()
        return None

    def give(self, key: Hashable, process: Any) -> None:
        """Keep ``process`` for the next one that needs it."""
        with self._lock:
            if not self._is_closed:
                self._idle[key].append(process)
                return
        process.close()

    def close(self) -> None:
        """End them all, and whatever is given from now on."""
        with self._lock:
            self._is_closed = True
            processes = [process for idle in self._idle.values() for process in idle]
            self._idle.clear()
        for process in processes:
            process.close()

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have checkers take their processes from here until the test ends."""
        for module, name, lost in PLACES:
            monkeypatch.setattr(module, name, partial(Kept, self, getattr(module, name), lost))


class Kept:
    """A process for one owner, whose ``close`` ends it only where it is in the middle of something, or was lost."""

    def __init__(self, spares: Spares, start: Any, lost: type[Exception], *arguments: Hashable) -> None:
        self._spares, self._lost = spares, lost
        self._key = (start, tempfile.gettempdir(), arguments)
        self._held = spares.take(self._key) or start(*arguments)
        self._lock = threading.Lock()
        self._is_idle, self._is_closed = True, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._held, name)

    def ask(self, *arguments: Any) -> Any:
        return self._use(self._held.ask, *arguments)

    def run(self, *arguments: Any) -> Any:
        return self._use(self._held.run, *arguments)

    def close(self) -> None:
        with self._lock:
            is_closed, self._is_closed = self._is_closed, True
            is_idle = self._is_idle
        if is_closed:
            return
        if is_idle:
            self._spares.give(self._key, self._held)
        else:
            self._held.close()

    def _use(self, method: Any, *arguments: Any) -> Any:
        with self._lock:
            self._is_idle = False
            if self._is_closed:  # and perhaps another's already
                raise self._lost
        answer = method(*arguments)
        with self._lock:
            self._is_idle = True
        return answer
