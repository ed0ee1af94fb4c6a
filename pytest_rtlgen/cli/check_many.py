"""``check --jsonl``: a stream of candidates, checked by several simulators, with a bounded number in flight."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.single import make_problem
from pytest_rtlgen.cli.check_lines import (
    BadLineError,
    CheckedLine,
    Done,
    FailedLine,
    LineId,
    Work,
    read_done,
    read_work,
)
from pytest_rtlgen.cli.streams import STDIN, show_name
from pytest_rtlgen.errors import RtlgenError, StorageError, SuiteError, ToolError, UsageError
from pytest_rtlgen.evaluation.judge import TOOL_ERRORS
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.records import Candidate, Verdict
from pytest_rtlgen.report.console import Progress, write_note
from pytest_rtlgen.storage import Journal
from pytest_rtlgen.tools.pool import run_each

_EXIT_BAD_LINES = 2


def check_many(source: str, out: str, *, settings: CheckSettings, top: str | None) -> int:
    """Check every line of ``source`` that ``out`` does not hold yet and return the exit status.

    ``top`` is for lines that name none.

    Raises:
        UsageError: ``source`` cannot be read.
        RecordError: ``out`` holds something else.
        StorageError: a verdict could not be written; those before it are.
        ToolError: the simulator is missing or broken.
    """
    path = Path(out)
    done = read_done(path)
    with _open(source) as lines, Checker(settings) as checker:
        checker.start()  # a missing simulator is one error, not one a line
        stream = _Stream(checker, show_name(source), Journal(path), done, top)
        stream.run(lines)
    stream.report(out)
    return _EXIT_BAD_LINES if stream.bad or done.failed else 0


class _Stream:
    """The work in progress: reads on one thread, checks and writes on several."""

    def __init__(self, checker: Checker, name: str, journal: Journal, done: Done, top: str | None) -> None:
        self.bad = 0
        self._checker = checker
        self._name = name
        self._journal = journal
        self._done = done
        self._top = top
        self._lock = threading.Lock()
        self._progress = Progress()
        self._stop: RtlgenError | None = None
        self._tool_errors = 0
        self._skipped = self._checked = self._passed = 0

    def run(self, lines: IO[bytes]) -> None:
        """Check all ``lines``; raises what makes going on pointless."""
        try:
            for _ in run_each(self._work, self._read(lines), jobs=self._checker.settings.jobs):
                pass
        finally:
            self._progress.clear()
        if self._stop is not None:
            raise self._stop

    def report(self, out: str) -> None:
        """Print on standard error what was done."""
        write_note(f"{out}: {self._describe()}")
        if self._done.failed:
            write_note(f"{out}: {self._done.failed} lines hold errors of an earlier run; remove them to try again")

    def _read(self, lines: IO[bytes]) -> Iterator[tuple[int, Work]]:
        """Yield the lines to be checked with their numbers; bad ones are reported, those done before skipped."""
        seen: set[LineId] = set()
        for number, line in enumerate(lines, start=1):
            if self._stop is not None:
                return
            if not line.strip():
                continue
            try:
                work = read_work(line)
                _refuse_twin(work, seen)
            except BadLineError as error:
                self._reject(number, str(error), error.line_id)
                continue
            seen.add(work.id)
            if work.id in self._done.ids:
                self._skipped += 1
            else:
                yield number, work

    def _work(self, numbered: tuple[int, Work]) -> None:
        """Check one line and write its verdict, on a thread of the pool."""
        number, work = numbered
        if self._stop is not None:
            return
        try:
            self._finish(work, self._check(work))
        except SuiteError as error:
            self._reject(number, str(error), work.id)
        except ToolError as error:
            self._reject(number, str(error), None)  # no line in the output: the next run tries it again
            self._note_tool_error(error)
        except StorageError as error:
            self._stop = error
        except Exception as error:  # noqa: BLE001  a defect on one line must not take the others with it
            self._reject(number, f"defect of the harness: {type(error).__name__}: {error}", None)

    def _check(self, work: Work) -> Verdict:
        problem = make_problem(reference=work.reference, top=work.top or self._top)
        if work.candidate is None:
            candidate = extract_candidate(work.response, top=problem.top)
        else:
            candidate = Candidate(source=work.candidate, rule="given")
        return self._checker.check(candidate, problem)

    def _finish(self, work: Work, verdict: Verdict) -> None:
        self._journal.append(CheckedLine(id=work.id, verdict=verdict))
        with self._lock:
            self._tool_errors = 0
            self._checked += 1
            self._passed += verdict.is_passed
        self._progress.show(self._describe())

    def _reject(self, number: int, reason: str, line_id: LineId | None) -> None:
        """Report a line that cannot be checked; with an id also in the output, unless a run before wrote one."""
        with self._lock:
            self.bad += 1
            self._progress.clear()
            write_note(f"{self._name}:{number}: {reason}")
        if line_id is not None and line_id not in self._done.ids:
            try:
                self._journal.append(FailedLine(id=line_id, error=reason))
            except StorageError as error:
                self._stop = error

    def _note_tool_error(self, error: ToolError) -> None:
        with self._lock:
            self._tool_errors += 1
            if self._tool_errors >= TOOL_ERRORS:
                self._stop = error

    def _describe(self) -> str:
        return f"{self._checked} checked ({self._passed} passed), {self._skipped} there before, {self.bad} bad lines"


def _refuse_twin(work: Work, seen: set[LineId]) -> None:
    if work.id in seen:
        raise BadLineError(f"id {work.id!r} has an earlier line, and only that is checked", work.id)


def _open(source: str) -> IO[bytes]:
    if source == STDIN:
        return sys.stdin.buffer
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise UsageError(f"{source}: cannot be read: {error.strerror}; check the path") from error
