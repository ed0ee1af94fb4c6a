"""What the commands read and write: text from files, lines to people, progress."""

import sys
import threading
import time
from pathlib import Path

from pytest_rtlgen.errors import UsageError

STDIN = "-"
"""Path that stands for standard input."""
_EVERY_S = 2.0
_LONG_S = 10.0


def read_text(path: str) -> str:
    """Return the text of a file, or of standard input for ``-``; bytes that are not UTF-8 become U+FFFD.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        content = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}; check the path") from error
    return content.decode("utf-8-sig", "replace")


def show_name(path: str) -> str:
    """Return how messages name ``path``."""
    return "<stdin>" if path == STDIN else path


class OutputLostError(Exception):
    """Standard output takes nothing more; the cause is the ``OSError``."""


def write_out(text: str) -> None:
    """Write ``text`` and a newline to standard output, at once.

    Raises:
        OutputLostError: they cannot be written.
    """
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except OSError as error:
        raise OutputLostError(f"standard output: {error.strerror}") from error


def say(message: str) -> None:
    """Write one line to standard error, whatever ``message`` holds."""
    from pytest_rtlgen.report import escape_controls

    sys.stderr.write(escape_controls(message) + "\n")
    sys.stderr.flush()


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
                say(text)

    def clear(self) -> None:
        """Take the line off the terminal, so that other text can be written."""
        with self._lock:
            if self._shown:
                sys.stderr.write("\r" + " " * self._shown + "\r")
                sys.stderr.flush()
                self._shown = 0
