"""Lines and progress for people, on standard error."""

import os
import shutil
import sys
import textwrap
import threading
import time

from pytest_rtlgen.report.plain_text import escape_controls

_NARROWEST = 40
_EVERY_S = 2.0
_LONG_S = 10.0
_LEAST_S = 1.0
"""From less no pace is told."""
_RED, _PLAIN = "\x1b[31m", "\x1b[0m"


def write_note(message: str, *, is_bad: bool = False) -> None:
    """Write one line to standard error, whatever ``message`` holds; one that ``is_bad`` is red on a terminal."""
    line = escape_controls(message)
    is_red = is_bad and sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    sys.stderr.write((f"{_RED}{line}{_PLAIN}" if is_red else line) + "\n")
    sys.stderr.flush()


def find_width() -> int:
    """Return the columns of the terminal, 80 where nothing tells."""
    return max(_NARROWEST, shutil.get_terminal_size().columns)


def find_max_columns() -> int | None:
    """Return the most columns that a line may have; ``None`` in a file or a pipe, where no line wraps.

    The variable ``COLUMNS`` decides where it is set.
    """
    return find_width() if os.environ.get("COLUMNS", "").isdecimal() or os.isatty(1) else None


def fold(text: str) -> str:
    """Return one line for people, as several where the terminal is narrower."""
    limit = find_max_columns()
    return text if limit is None else textwrap.fill(text, limit)


class Pace:
    """How fast counted work goes since it began, and how long the rest takes at that pace."""

    def __init__(self) -> None:
        self._done = self._total = self._first = 0
        self._since = 0.0

    def describe(self, done: int, total: int) -> str:
        """Return what follows a count, such as ", 3.1/s, 4 min left"; empty while too little is done to tell.

        Another total, or fewer that are done, is the beginning of other work.
        """
        now = time.monotonic()
        if total != self._total or done < self._done:
            self._first, self._since = done, now
        self._done, self._total = done, total
        grown, took = done - self._first, now - self._since
        if grown < 1 or took < _LEAST_S:
            return ""
        rate = grown / took
        return f", {rate:.2g}/s, {_render_left((total - done) / rate)} left"


def _render_left(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


class Progress:
    """Shows how far a long work is: every 2 s, on a terminal from the start, elsewhere after 10 s. Thread-safe."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._lock = threading.Lock()
        self._due = time.monotonic() + (_EVERY_S if self._is_terminal else _LONG_S)
        self._shown = 0

    def show(self, text: str) -> None:
        """Show ``text`` if it is time."""
        with self._lock:
            now = time.monotonic()
            if now < self._due:
                return
            self._due = now + _EVERY_S
            if self._is_terminal:
                sys.stderr.write("\r" + text.ljust(self._shown))
                sys.stderr.flush()
                self._shown = len(text)
            else:
                write_note(text)

    def clear(self) -> None:
        """Take the line off the terminal, so that other text can be written."""
        with self._lock:
            if self._shown:
                sys.stderr.write("\r" + " " * self._shown + "\r")
                sys.stderr.flush()
                self._shown = 0
