"""Show how far generation is: on a terminal one line that moves, in a log a line every few seconds."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pytest_rtlgen.storage import RunStore

_EVERY_S = 2.0


class GenerationProgress:
    """Prints the number of completions that arrived, at most every two seconds; silent for quick backends."""

    def __init__(self, config: pytest.Config) -> None:
        self._reporter = config.pluginmanager.get_plugin("terminalreporter")
        self._last = time.monotonic()
        self._is_shown = False

    def show(self, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` completions are there."""
        now = time.monotonic()
        if self._reporter is None or now - self._last < _EVERY_S:
            return
        self._last = now
        self._is_shown = True
        line = f"rtlgen: {done}/{total} completions"
        if self._reporter.isatty:
            self._reporter.rewrite(line, erase=True)
        else:
            self._reporter.write_line(line)

    def end(self) -> None:
        """Leave the line."""
        if self._is_shown and self._reporter is not None and self._reporter.isatty:
            self._reporter.write_line("")


@contextmanager
def watch_generation(config: pytest.Config, store: RunStore) -> Iterator[None]:
    """Show the progress of a run whose completions another process writes (an xdist worker)."""
    progress = GenerationProgress(config)
    total = sum(not problem.unjudged for problem in store.header.problems) * store.header.settings.sampling.n
    stop = threading.Event()

    def watch() -> None:
        done = -1
        while not stop.wait(_EVERY_S):
            now = store.count_completions()
            if now != done and now < total:
                progress.show(now, total)
            done = now

    thread = threading.Thread(target=watch, name="rtlgen-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        progress.end()
