"""Show how far generation is: on a terminal one line that moves, in a log a line every few seconds."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.report.console import Pace, fold
from pytest_rtlgen.report.plain_text import escape_controls
from pytest_rtlgen.storage import RunStore, list_turns
from pytest_rtlgen.tools.repeat import repeat

_LOG = logging.getLogger(__name__)
_EVERY_S = 2.0


class TerminalWatcher(Watcher):
    """Shows a run through pytest's terminal reporter and hooks; silent for what takes less than two seconds."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._last = time.monotonic()
        self._is_shown = False
        self._pace = Pace()

    def note(self, line: str) -> None:
        """Write one line; in a process without a terminal, an xdist worker, it goes to the log."""
        if self._reporter is None:
            _LOG.warning("rtlgen: %s", line)
        else:
            self._begin_line(self._reporter)
            self._reporter.write_line(fold(escape_controls(f"rtlgen: {line}")))

    def advance(self, done: int, total: int, what: str) -> None:
        """Report that ``done`` of ``total`` are there of ``what``, at most every two seconds."""
        now, pace = time.monotonic(), self._pace.describe(done, total)
        if self._reporter is None or now - self._last < _EVERY_S:
            return
        self._last = now
        if not (self._is_shown and self._reporter.isatty):
            self._begin_line(self._reporter)
        self._is_shown = True
        line = f"rtlgen: {done}/{total} {what}{pace}"
        if self._reporter.isatty:
            self._reporter.rewrite(line, erase=True)
        else:
            self._reporter.write_line(line)

    def end_stage(self) -> None:
        """Leave the line."""
        if self._is_shown and self._reporter is not None and self._reporter.isatty:
            self._reporter.write_line("")

    def _begin_line(self, reporter: pytest.TerminalReporter) -> None:
        """Begin a line, also behind the letters of tests with ``-q``, of which the reporter takes no note."""
        reporter.ensure_newline()
        if self._config.get_terminal_writer().width_of_current_line:
            reporter.write_line("")

    @property
    def _reporter(self) -> pytest.TerminalReporter | None:
        """Looked up at every use, as pytest makes it after this object; an xdist worker has none."""
        reporter: pytest.TerminalReporter | None = self._config.pluginmanager.get_plugin("terminalreporter")
        return reporter


def _count(store: RunStore) -> tuple[int, int, str]:
    """Return how many answers of the turn in progress are there, how many are requested, and what they are."""
    turns = list_turns(store)
    if not turns:
        total = sum(not problem.unjudged for problem in store.list_selected()) * store.header.settings.sampling.n
        return store.count_completions(), total, "completions"
    return turns[-1].count_completions(), turns[-1].count_feedback(), f"answers of turn {len(turns)}"


@contextmanager
def watch_generation(config: pytest.Config, store: RunStore) -> Iterator[None]:
    """Show the progress of a run whose completions another process writes (an xdist worker)."""
    watcher = TerminalWatcher(config)
    shown = (-1, "")

    def watch() -> None:
        nonlocal shown
        done, expected, what = _count(store)
        if (done, what) != shown and done < expected:
            watcher.advance(done, expected, what)
        shown = (done, what)

    try:
        with repeat(watch, _EVERY_S):
            yield
    finally:
        watcher.end_stage()
