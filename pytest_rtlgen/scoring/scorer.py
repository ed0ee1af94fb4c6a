"""Score a candidate as its benchmark does: with the problem's testbench or with its cocotb harness."""

import threading
from dataclasses import replace
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.check.reading.reader import Reader
from pytest_rtlgen.errors import BadReferenceError, ToolError
from pytest_rtlgen.extract.files import split_files
from pytest_rtlgen.known_bad import KnownBadList, load_known_bad
from pytest_rtlgen.records import (
    Candidate,
    CocotbHarness,
    Diagnostic,
    Problem,
    PublishedVerdict,
    Severity,
    Status,
    Testbench,
    Verdict,
)
from pytest_rtlgen.scoring.testbench import TestbenchScorer
from pytest_rtlgen.simulators.icarus import find_icarus
from pytest_rtlgen.tools.versions import read_icarus_version

if TYPE_CHECKING:
    from pytest_rtlgen.scoring.harness import HarnessScorer

_ICARUS = "icarus"
METHOD = "testbench"
"""``Verdict.method`` where only the benchmark's own scorer judged."""


class ScoringMode(StrEnum):
    """Whose scoring a run asks for (``--rtlgen-scoring``); a problem without reference has only the published one."""

    BOTH = "both"
    OURS = "ours"
    PUBLISHED = "published"


class PublishedScorer:
    """Scores candidates with their problems' own scorers. Thread-safe; a context manager that leaves no process."""

    def __init__(
        self,
        settings: CheckSettings = CheckSettings(),  # noqa: B008  it is frozen
        mode: ScoringMode = ScoringMode.BOTH,
        reader: Reader | None = None,
    ) -> None:
        """``reader`` is that of a checker with the same settings, which closes it; ``None``: start some."""
        self._reader = reader
        self._settings = settings
        self._mode = mode
        self._lock = threading.Lock()
        self._testbench: TestbenchScorer | None = None
        self._harness: HarnessScorer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process."""
        for scorer in (self._testbench, self._harness):
            if scorer is not None:
                scorer.close()

    def decides(self, problem: Problem) -> bool:
        """Whether the verdict on ``problem`` is the benchmark's own: no reference, or it alone was asked for."""
        has_own = problem.testbench is not None or problem.harness is not None
        return not problem.has_reference or (has_own and self._mode is ScoringMode.PUBLISHED)

    def score(self, candidate: Candidate, problem: Problem) -> PublishedVerdict | None:
        """Return what the problem's own scorer says of ``candidate``; ``None`` where it has none or is not asked.

        A testbench that does not pass its own reference still scores as published, and the verdict says so.

        Raises:
            ToolError: the simulator is missing or broken.
        """
        if self._mode is ScoringMode.OURS and problem.has_reference:
            return None
        if problem.testbench is not None:
            return self._score_bench(candidate.source, problem.testbench)
        if problem.harness is not None:
            return self._score_harness(candidate.source, problem.harness)
        return None

    def _score_bench(self, source: str, bench: Testbench) -> PublishedVerdict:
        scorer = self._find_testbench()
        try:
            return scorer.score(source, bench, with_published=True)
        except BadReferenceError:
            return scorer.score_published(source, bench)

    def _score_harness(self, source: str, harness: CocotbHarness) -> PublishedVerdict:
        if not source.strip():
            return PublishedVerdict(status=Status.NO_CODE, diagnostics=(_note("no Verilog module in the answer"),))
        scorer = self._find_harness()
        files = split_files(source, harness.targets)
        try:
            return scorer.score(files, harness, with_published=True)
        except BadReferenceError as error:
            verdict = scorer.score_published(files, harness)
            return replace(verdict, diagnostics=(_note(str(error)), *verdict.diagnostics))

    def _find_testbench(self) -> TestbenchScorer:
        with self._lock:
            self._testbench = self._testbench or TestbenchScorer(self._settings, self._reader)
            return self._testbench

    def _find_harness(self) -> "HarnessScorer":
        from pytest_rtlgen.scoring.harness import HarnessScorer  # few suites bring one

        with self._lock:
            self._harness = self._harness or HarnessScorer(self._settings, self._reader)
            return self._harness


def adopt_published(published: PublishedVerdict) -> Verdict:
    """Return the verdict of a problem that only its own scorer can judge."""
    return Verdict(
        status=published.status,
        method=METHOD,
        diagnostics=published.diagnostics,
        duration_s=published.duration_s,
    )


def _note(message: str) -> Diagnostic:
    return Diagnostic(tool=METHOD, severity=Severity.NOTE, message=message)


def find_known_bad(simulator: str, version: str) -> KnownBadList:
    """Return what is known to be bad on one machine.

    ``simulator``, as in ``--rtlgen-simulator``, plays references; ``version`` is its name and version. Testbenches
    always run on Icarus; where its version cannot be told, every entry about Icarus applies.
    """
    name, number = simulator.removesuffix("-cold"), version.rpartition(" ")[2]
    icarus = number if name == _ICARUS else _read_version()
    return load_known_bad(ours=(name, number), published=(_ICARUS, icarus))


def _read_version() -> str:
    try:
        return read_icarus_version(find_icarus().iverilog)
    except ToolError:
        return ""
