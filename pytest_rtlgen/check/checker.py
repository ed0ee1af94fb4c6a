"""From a candidate and its problem to a Verdict: screen, stimulus, simulate, compare (``docs/explanation/verdicts.md``)."""

import threading
import time
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from pytest_rtlgen.check.compare import compare_traces, cut_wave
from pytest_rtlgen.check.reference import PreparedReference, prepare_reference
from pytest_rtlgen.records import Candidate, Diagnostic, Problem, Severity, Status, Trace, Verdict
from pytest_rtlgen.simulators import SimulationJob, make_simulator
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import SandboxMode, choose_sandbox
from pytest_rtlgen.verilog.screen import screen_candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSettings:
    """How candidates are checked."""

    simulator: str = "icarus"
    """``icarus``, ``icarus-cold`` or ``yosys``."""
    sandbox: SandboxMode = SandboxMode.AUTO
    limits: Limits = Limits()
    jobs: int = 1
    """Designs simulated at the same time."""
    stimulus_seed: int = 0
    cycles: int | None = None
    """Clock cycles that one check plays; ``None``: what each problem says."""


class Checker:
    """Checks candidates against references. Thread-safe; a context manager that leaves no process behind.

    Each reference is simulated once; its trace is kept for the life of the checker.
    """

    def __init__(self, settings: CheckSettings = CheckSettings()) -> None:  # noqa: B008  the default is immutable
        self.settings = settings
        sandbox = choose_sandbox(settings.sandbox)
        self.simulator = make_simulator(settings.simulator, sandbox=sandbox, limits=settings.limits, jobs=settings.jobs)
        self._lock = threading.Lock()
        self._prepared: dict[Problem, PreparedReference] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End every simulator process."""
        self.simulator.close()

    def prepare(self, problem: Problem) -> PreparedReference:
        """Return the reference's interface, stimulus and trace, made on first use.

        Raises:
            BadReferenceError: the reference does not build, does not finish, or shows no known output.
        """
        with self._lock:
            found = self._prepared.get(problem)
        if found is None:
            found = prepare_reference(problem, self.simulator, seed=self.settings.stimulus_seed, cycles=self.settings.cycles)
            with self._lock:
                self._prepared[problem] = found
        return found

    def check(self, candidate: Candidate, problem: Problem) -> Verdict:
        """Return what ``candidate`` is worth.

        Raises:
            BadReferenceError: the problem's reference is no good.
            ToolError: the simulator is missing or broken.
        """
        started = time.monotonic()
        verdict = self._judge_extraction(candidate) or self._check_source(candidate.source, self.prepare(problem))
        return replace(verdict, duration_s=time.monotonic() - started)

    def _judge_extraction(self, candidate: Candidate) -> Verdict | None:
        if candidate.is_truncated:
            return _refuse(Status.TRUNCATED, "extract", "the answer ends inside the module")
        if not candidate.source.strip():
            return _refuse(Status.NO_CODE, "extract", f"no Verilog module in the answer ({candidate.rule})")
        return None

    def _check_source(self, source: str, reference: PreparedReference) -> Verdict:
        screening = screen_candidate(source, reference.wanted)
        if screening.status is not None:
            return Verdict(status=screening.status, method="screen", diagnostics=screening.diagnostics)
        job = SimulationJob(source=screening.source, interface=reference.wanted, stimulus=reference.stimulus)
        simulation = self.simulator.simulate(job)
        verdict = (
            Verdict(status=simulation.status or Status.RUNTIME_ERROR, method="simulate")
            if simulation.trace is None
            else _compare(reference, simulation.trace)
        )
        return replace(
            verdict,
            diagnostics=(*screening.diagnostics, *simulation.diagnostics),
            isolation=self.simulator.isolation,
            simulator=self.simulator.version,
        )


def _compare(reference: PreparedReference, actual: Trace) -> Verdict:
    signals = compare_traces(reference.trace, actual)
    is_wrong = any(signal.mismatches for signal in signals)
    return Verdict(
        status=Status.MISMATCH if is_wrong else Status.PASSED,
        method="simulate",
        signals=signals,
        wave=cut_wave(reference.stimulus, reference.trace, actual, signals),
    )


def _refuse(status: Status, tool: str, message: str) -> Verdict:
    diagnostic = Diagnostic(tool=tool, severity=Severity.ERROR, message=message)
    return Verdict(status=status, method=tool, diagnostics=(diagnostic,))
