"""Score a candidate as its benchmark does: with the problem's testbench or with its cocotb harness."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.check.reading.reader import Reader
from pytest_rtlgen.errors import BadReferenceError, ToolError
from pytest_rtlgen.known_bad import KnownBadList, load_known_bad
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.records import BenchRule, BenchVerdict, Candidate, CocotbHarness, Method, Problem, Testbench, Verdict
from pytest_rtlgen.scoring.base import Scorer, add_note
from pytest_rtlgen.simulators.icarus import find_icarus
from pytest_rtlgen.tools.versions import read_icarus_version

_ICARUS = "icarus"


def _make_testbench_scorer(settings: CheckSettings, reader: Reader | None) -> Scorer[Testbench]:
    from pytest_rtlgen.scoring.testbench import TestbenchScorer

    return TestbenchScorer(settings, reader)


def _make_harness_scorer(settings: CheckSettings, reader: Reader | None) -> Scorer[CocotbHarness]:
    from pytest_rtlgen.scoring.harness import HarnessScorer

    return HarnessScorer(settings, reader)


_SCORERS: Mapping[type, Callable[[CheckSettings, Reader | None], Scorer[Any]]] = {
    Testbench: _make_testbench_scorer,
    CocotbHarness: _make_harness_scorer,
}


class BenchScorer:
    """Scores candidates with their problems' benches. Thread-safe; a context manager that leaves no process behind."""

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
        self._scorers: dict[type, Scorer[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process."""
        for scorer in self._scorers.values():
            scorer.close()

    def decides(self, problem: Problem) -> bool:
        """Whether the verdict on ``problem`` is that of its bench."""
        return bench_decides(problem, self._mode)

    def score(self, candidate: Candidate, problem: Problem) -> BenchVerdict | None:
        """Return what the problem's bench finds out about ``candidate``; ``None``: it has none, or is not asked.

        A benchmark's bench that fails its own reference still scores as its authors do, and the verdict says so.

        Raises:
            BadReferenceError: a user's bench fails its reference, or cannot be run.
            ToolError: the simulator is missing or broken.
        """
        if problem.bench is None or (self._mode is ScoringMode.OURS and problem.has_reference):
            return None
        bench = _complete(problem.bench)
        scorer = self._find_scorer(type(bench))
        try:
            return scorer.score(candidate, bench, with_unguarded=True)
        except BadReferenceError as error:
            if bench.rule is BenchRule.COCOTB:
                raise
            return add_note(scorer.score_unguarded(candidate, bench), str(error))

    def _find_scorer(self, kind: type) -> Scorer[Any]:
        with self._lock:
            if kind not in self._scorers:
                self._scorers[kind] = _SCORERS[kind](self._settings, self._reader)
            return self._scorers[kind]


def _complete(bench: Testbench | CocotbHarness) -> Testbench | CocotbHarness:
    """Return ``bench``, with what a loader reads from its files where an earlier version saved it without."""
    if isinstance(bench, Testbench) or bench.commands:
        return bench
    from pytest_rtlgen.loaders.cvdp_harness import make_harness

    try:
        made = make_harness(bench.files, targets=bench.targets, context=bench.context, solution=bench.solution)
    except ValueError:
        return bench  # its scorer says that it runs nothing
    return replace(made, timeout_s=bench.timeout_s)


def bench_decides(problem: Problem, mode: ScoringMode) -> bool:
    """Return whether the verdict on ``problem`` is that of its bench: no reference, or it alone was asked for."""
    return not problem.has_reference or (problem.bench is not None and mode is ScoringMode.BENCH)


def adopt_bench_verdict(found: BenchVerdict) -> Verdict:
    """Return the verdict of a problem that only its bench can judge."""
    return Verdict(
        status=found.status, method=Method.TESTBENCH, diagnostics=found.diagnostics, duration_s=found.duration_s
    )


def find_known_bad(simulator: str, version: str) -> KnownBadList:
    """Return what is known to be bad on one machine.

    ``simulator``, as in ``--rtlgen-simulator``, simulates references; ``version`` is its name and version. Testbenches
    always run on Icarus; where its version cannot be told, every entry about Icarus applies.
    """
    name, number = simulator.removesuffix("-cold"), version.rpartition(" ")[2]
    icarus = number if name == _ICARUS else _read_version()
    return load_known_bad(ours=(name, number), bench=(_ICARUS, icarus))


def _read_version() -> str:
    try:
        return read_icarus_version(find_icarus().iverilog)
    except ToolError:
        return ""
