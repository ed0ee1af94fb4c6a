"""What a run tells whoever waits for it."""

from pytest_rtlgen.records import SampleResult
from pytest_rtlgen.report.console import Pace, Progress, write_note
from pytest_rtlgen.tools.hooks import call_hook


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
