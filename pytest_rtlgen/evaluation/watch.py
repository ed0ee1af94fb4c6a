"""What a run tells whoever waits for it."""

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from pytest_rtlgen.backends import Backend
from pytest_rtlgen.records import SampleResult
from pytest_rtlgen.report.console import Pace, Progress, write_note
from pytest_rtlgen.report.plain_text import clip_text
from pytest_rtlgen.tools.hooks import call_hook
from pytest_rtlgen.tools.repeat import repeat

_EVERY_S = 2.0
"""How far a backend is, is told anew after so long also where nothing arrives."""
_WAITS = 60


class Watcher:
    """Told how far a run is, by several threads; this one takes no notice. Front ends override what they show."""

    def note(self, line: str) -> None:
        """Take one line for people."""

    def advance(self, done: int, total: int, what: str) -> None:
        """Take that ``done`` of ``total`` are there of ``what``."""

    def see(self, result: SampleResult) -> None:
        """Take the last result of a sample, which is on disk; other packages are shown it."""
        call_hook("sample_checked", result=result)

    def end_stage(self) -> None:
        """Take that what was advanced is over."""


class ConsoleWatcher(Watcher):
    """Shows notes and progress on standard error."""

    def __init__(self) -> None:
        self._progress = Progress()
        self._pace = Pace()

    def note(self, line: str) -> None:
        """Write one line."""
        self._progress.clear()
        write_note(line)

    def advance(self, done: int, total: int, what: str) -> None:
        """Show how far it is, every two seconds."""
        self._progress.show(f"{done}/{total} {what}{self._pace.describe(done, total)}")

    def end_stage(self) -> None:
        """Take the line off the terminal."""
        self._progress.clear()


class AskedProgress:
    """Tells a watcher how many answers of a backend are there, and what it tries again and waits for.

    As a context manager it does so every two seconds, on a thread of its own; ``add`` does so at once.
    """

    def __init__(self, watcher: Watcher, backend: Backend, what: str, *, done: int, total: int) -> None:
        self._watcher = watcher
        self._describe: Callable[[], str] | None = getattr(backend, "describe_waits", None)
        self._what = what
        self._total = total
        self._stack = ExitStack()
        self.done = done
        """Answers that are on disk."""

    def __enter__(self) -> Self:
        self._stack.enter_context(repeat(self._show, _EVERY_S))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, count: int) -> None:
        """Take that ``count`` more are on disk."""
        self.done += count
        self._show()

    def _show(self) -> None:
        waits = self._describe() if self._describe is not None else ""
        self._watcher.advance(self.done, self._total, self._what + (f", {clip_text(waits, _WAITS)}" if waits else ""))
