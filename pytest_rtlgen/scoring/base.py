"""What every scorer offers, and what all of them share."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import BenchVerdict, Candidate, Diagnostic, Severity, Status, Tool

NO_CODE = "no Verilog module in the answer"
_BenchT = TypeVar("_BenchT")
_BenchT_contra = TypeVar("_BenchT_contra", contravariant=True)
_MadeT = TypeVar("_MadeT")


class Scorer(Protocol[_BenchT_contra]):
    """Scores candidates with benches of one kind. Thread-safe."""

    def score(self, candidate: Candidate, bench: _BenchT_contra, *, with_unguarded: bool = False) -> BenchVerdict:
        """Return what ``bench`` finds out about ``candidate``, out of the candidate's reach.

        ``with_unguarded`` asks what the benchmark's authors would report as well.

        Raises:
            BadReferenceError: the bench is broken, or does not pass its own reference.
            ToolError: a program that the bench needs is missing or broken.
        """

    def score_unguarded(self, candidate: Candidate, bench: _BenchT_contra) -> BenchVerdict:
        """Return what the authors of ``bench`` would report of ``candidate``, even if their reference fails it.

        Raises:
            BadReferenceError: the bench cannot be run at all.
            ToolError: a program that the bench needs is missing or broken.
        """

    def close(self) -> None:
        """End every process."""


class PreparedBenches(Generic[_BenchT, _MadeT]):
    """What the candidates of a bench need: made once a bench, by the first thread that asks for it."""

    def __init__(self, make: Callable[[_BenchT], _MadeT]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._locks: dict[_BenchT, threading.Lock] = {}
        self._made: dict[_BenchT, _MadeT | BadReferenceError] = {}

    def find(self, bench: _BenchT) -> _MadeT:
        """Return what is made of ``bench``.

        Raises:
            BadReferenceError: it is no good; everyone who asks is told the same.
        """
        with self._lock:
            lock = self._locks.setdefault(bench, threading.Lock())
        with lock:
            if bench not in self._made:
                try:
                    self._made[bench] = self._make(bench)
                except BadReferenceError as error:
                    self._made[bench] = error
            found = self._made[bench]
        if isinstance(found, BadReferenceError):  # a fresh one: an exception that is raised again grows each time
            raise BadReferenceError(str(found))
        return found


def conclude(tool: Tool, status: Status, message: str) -> BenchVerdict:
    """Return the verdict ``status`` with ``message`` as its only reason."""
    return BenchVerdict(status=status, diagnostics=(Diagnostic(tool=tool, severity=Severity.ERROR, message=message),))


def add_note(verdict: BenchVerdict, message: str) -> BenchVerdict:
    """Return ``verdict`` with a first note about its bench."""
    note = Diagnostic(tool=Tool.TESTBENCH, severity=Severity.NOTE, message=message)
    return replace(verdict, diagnostics=(note, *verdict.diagnostics))
