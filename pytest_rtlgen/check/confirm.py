"""What a candidate meets after it has passed its first simulation: a proof, or else a second stimulus."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pytest_rtlgen.check.compare import compare_start, compare_traces, cut_wave
from pytest_rtlgen.check.cross_check import CrossCheck, CrossCheckResult
from pytest_rtlgen.check.formal import Prover
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import (
    Diagnostic,
    Equivalence,
    Hazard,
    Proof,
    Severity,
    SignalVerdict,
    Status,
    Stimulus,
    Trace,
    Verdict,
)
from pytest_rtlgen.simulators import Simulation, SimulationJob, Simulator

_LITTLE = 0.1
_SLOWER = 3
"""How many times slower a candidate may get under a longer stimulus before it counts as one that hangs."""
_SHORTEST_S = 0.02
"""What a simulation takes at least: below it, no pace can be told."""
_REPRODUCED_NOTE = "found by proof: the shortest inputs that show it were replayed in the simulator"
_SECOND_NOTE = "found under a second, longer stimulus, which the candidate could not be proved to make needless"
_UNFINISHED = "the second, longer stimulus was simulated in part: {done} of {steps} steps within the time limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A candidate's first simulation, and what follows from it."""

    verdict: Verdict
    trace: Trace | None
    """``None``: it did not run to its end."""
    duration_s: float = 0.0


def judge_simulation(simulator: Simulator, reference: PreparedReference, source: str) -> Simulated:
    """Simulate ``source`` under the reference's stimulus and compare.

    Raises:
        ToolError: a tool is missing or broken.
    """
    simulation = simulator.simulate(_make_job(reference, source))
    if simulation.trace is None:
        return Simulated(verdict=_explain(simulation), trace=None, duration_s=simulation.duration_s)
    verdict = _compare(reference, simulation, simulation.trace)
    return Simulated(verdict=verdict, trace=simulation.trace, duration_s=simulation.duration_s)


def _make_job(reference: PreparedReference, source: str) -> SimulationJob:
    return SimulationJob(source=source, interface=reference.wanted, stimulus=reference.stimulus)


def _explain(simulation: Simulation) -> Verdict:
    status = simulation.status or Status.RUNTIME_ERROR
    method = "simulate" if simulation.is_compiled else "compile"
    return Verdict(status=status, method=method, diagnostics=simulation.diagnostics)


def _compare(reference: PreparedReference, simulation: Simulation, trace: Trace) -> Verdict:
    signals = compare_traces(reference.trace, reference.retime(trace))
    is_wrong = any(signal.mismatches for signal in signals)
    return Verdict(
        status=Status.MISMATCH if is_wrong else Status.PASSED,
        method="simulate",
        signals=signals,
        diagnostics=(
            *simulation.diagnostics,
            *_note_undriven(reference),
            *_warn_of_little(reference, signals),
        ),
        wave=cut_wave(reference.stimulus, reference.trace, trace, signals),
    )


def _note_undriven(reference: PreparedReference) -> tuple[Diagnostic, ...]:
    """Return a note for each output that nothing in the reference drives, wholly or in part."""
    return tuple(
        Diagnostic(tool="compare", severity=Severity.NOTE, message=message) for message in reference.describe_undriven()
    )


def _warn_of_little(reference: PreparedReference, signals: Sequence[SignalVerdict]) -> tuple[Diagnostic, ...]:
    """Return a warning for each output that the reference leaves unknown nearly always: hardly anything was checked."""
    steps, undriven = reference.stimulus.steps, {name for name, _ in reference.undriven}
    return tuple(
        Diagnostic(
            tool="compare",
            severity=Severity.WARNING,
            message=f"output {signal.name} was compared in {signal.checked} of {steps} steps only: "
            "the reference does not know it in the others",
        )
        for signal in signals
        if signal.checked < _LITTLE * steps and signal.name not in undriven
    )


class Confirmer:
    """Looks again at candidates that passed. Thread-safe.

    ``trusted`` simulates references, ``simulator`` the candidates.
    """

    def __init__(
        self, simulator: Simulator, trusted: Simulator, prover: Prover | None, cross_check: CrossCheck | None
    ) -> None:
        self._simulator = simulator
        self._trusted = trusted
        self._prover = prover
        self._cross_check = cross_check

    def confirm(
        self,
        first: Simulated,
        *,
        source: str,
        reference: PreparedReference,
        second: Callable[[], PreparedReference],
        hazards: Sequence[Hazard] = (),
    ) -> Verdict:
        """Return the verdict of ``first``, a pass, with what a proof says of it, or the failure found after all.

        A pass that is not wholly proved is simulated under ``second``, a stimulus of another seed; a counterexample
        counts when it shows in the simulator, and never before. Where ``hazards`` let simulation and synthesis differ,
        nothing is proved. A second simulator, where asked for, can only find it out.

        Raises:
            ToolError: a tool is missing or broken.
        """
        verdict = self._prove(first, source, reference, hazards)
        if verdict.is_passed and (verdict.equivalence is None or verdict.equivalence.result is not Proof.EQUIVALENT):
            verdict = self._simulate_second(verdict, first, source, reference, second)
        if self._cross_check is None or not verdict.is_passed:
            return verdict
        return _judge_cross_check(verdict, self._cross_check.examine(reference, source))

    @staticmethod
    def read_again(verdict: Verdict, synthesis: CrossCheck, *, source: str, reference: PreparedReference) -> Verdict:
        """Return ``verdict``, a pass, unless the design contradicts the reference as synthesis reads it.

        Raises:
            ToolError: a tool is missing or broken.
        """
        return _judge_cross_check(verdict, synthesis.examine(reference, source))

    def _prove(self, first: Simulated, source: str, reference: PreparedReference, hazards: Sequence[Hazard]) -> Verdict:
        if self._prover is None:
            return first.verdict
        if hazards:
            outputs = tuple((port.name, Proof.UNKNOWN) for port in reference.wanted.outputs)
            found = Equivalence(outputs=outputs, reason=_describe_hazard(hazards[0]))
        else:
            found = self._prover.compare(reference, source, first.trace)
        return self._replay(replace(first.verdict, equivalence=found), source, reference)

    def _simulate_second(
        self,
        verdict: Verdict,
        first: Simulated,
        source: str,
        reference: PreparedReference,
        second: Callable[[], PreparedReference],
    ) -> Verdict:
        try:
            longer = second()
        except BadReferenceError:  # it ran under the first stimulus, which the pass rests on
            return verdict
        simulation = self._simulator.simulate(_make_job(longer, source))
        if simulation.trace is not None:
            again = _compare(longer, simulation, simulation.trace)
        elif simulation.status is Status.TIMEOUT:
            pace = reference.stimulus.steps / max(first.duration_s, _SHORTEST_S)
            again = _judge_unfinished(simulation, longer, pace)
            if again.is_passed:
                return _note_unfinished(verdict, simulation, longer.stimulus.steps)
        else:
            again = _explain(simulation)
        if again.is_passed:
            return verdict
        note = Diagnostic(tool="compare", severity=Severity.NOTE, message=_SECOND_NOTE)
        return replace(again, equivalence=verdict.equivalence, diagnostics=(*again.diagnostics, note))

    def _replay(self, verdict: Verdict, source: str, reference: PreparedReference) -> Verdict:
        """Return a mismatch when a counterexample shows in the simulator; one that does not is no difference."""
        equivalence = verdict.equivalence
        if equivalence is None or not equivalence.counterexamples:
            return verdict
        shown: list[tuple[str, Stimulus]] = []
        worst: Verdict | None = None
        signals = {signal.name: signal for signal in verdict.signals}
        for name, stimulus in sorted(equivalence.counterexamples, key=lambda item: item[1].steps):
            replayed = self._simulate_both(stimulus, source, reference)
            if replayed is None or replayed.is_passed:
                continue
            shown.append((name, stimulus))
            worst = worst or replayed
            signals.update({found.name: found for found in replayed.signals if found.mismatches})
        equivalence = _keep_shown(equivalence, tuple(shown))
        if worst is None:
            return replace(verdict, equivalence=equivalence)
        note = Diagnostic(tool="proof", severity=Severity.NOTE, message=_REPRODUCED_NOTE)
        return replace(
            worst,
            signals=tuple(signals.values()),
            equivalence=equivalence,
            diagnostics=(*verdict.diagnostics, *worst.diagnostics, note),
        )

    def _simulate_both(self, stimulus: Stimulus, source: str, reference: PreparedReference) -> Verdict | None:
        """Return how the candidate does under ``stimulus``; ``None`` when the reference does not run under it."""
        stimulus = reference.keep_assumed(stimulus, self._trusted)
        named = replace(reference.wanted, module=reference.top)
        job = SimulationJob(source=reference.source, interface=named, stimulus=stimulus)
        expected = self._trusted.simulate(job).trace
        if expected is None:
            return None
        shown = replace(reference, stimulus=stimulus, trace=reference.forget_undriven(expected))
        return judge_simulation(self._simulator, shown, source).verdict


def _describe_hazard(hazard: Hazard) -> str:
    place = "" if hazard.line is None else f"line {hazard.line}: "
    return f"{place}{hazard.message}, so simulation and synthesis may differ"


def _judge_unfinished(simulation: Simulation, longer: PreparedReference, pace: float) -> Verdict:
    """Return what follows from a second stimulus that ran out of time; ``pace``: the steps a second of the first.

    It passes where it was right as far as it came, unless it came so little far that it hangs by now. A simulator that
    shows no part of a trace cannot tell.
    """
    if simulation.start is None:
        return Verdict(status=Status.PASSED, method="simulate")
    found = _compare_start(longer, simulation, simulation.start)
    is_hanging = _count_steps(simulation.start) * _SLOWER < pace * simulation.duration_s
    return _explain(simulation) if found.is_passed and is_hanging else found


def _compare_start(reference: PreparedReference, simulation: Simulation, start: Trace) -> Verdict:
    """Compare what was simulated until the time was up."""
    signals = compare_start(reference.trace, reference.retime(start))
    is_wrong = any(signal.mismatches for signal in signals)
    return Verdict(
        status=Status.MISMATCH if is_wrong else Status.PASSED,
        method="simulate",
        signals=signals,
        diagnostics=simulation.diagnostics,
        wave=cut_wave(replace(reference.stimulus, steps=_count_steps(start)), reference.trace, start, signals),
    )


def _note_unfinished(verdict: Verdict, simulation: Simulation, steps: int) -> Verdict:
    done = 0 if simulation.start is None else _count_steps(simulation.start)
    message = _UNFINISHED.format(done=done, steps=steps)
    note = Diagnostic(tool="compare", severity=Severity.NOTE, message=message)
    return replace(verdict, diagnostics=(*verdict.diagnostics, note))


def _count_steps(trace: Trace) -> int:
    return len(trace.rows) // trace.width


def _judge_cross_check(verdict: Verdict, found: CrossCheckResult) -> Verdict:
    note = Diagnostic(tool="cross-check", severity=Severity.NOTE, message=found.note)
    diagnostics = (*verdict.diagnostics, *([note] if found.note else []))
    if not found.disagrees:
        return replace(verdict, diagnostics=diagnostics)
    message = f"behaves otherwise in another simulator: {', '.join(found.disagrees)}"
    error = Diagnostic(tool="cross-check", severity=Severity.ERROR, message=message)
    wrong = {signal.name: signal for signal in found.signals if signal.mismatches}
    signals = tuple(wrong.get(signal.name, signal) for signal in verdict.signals)
    return replace(verdict, status=Status.MISMATCH, signals=signals, diagnostics=(*diagnostics, error))


def _keep_shown(equivalence: Equivalence, shown: tuple[tuple[str, Stimulus], ...]) -> Equivalence:
    names = {name for name, _ in shown}
    outputs = tuple(
        (name, Proof.UNKNOWN if proof is Proof.DIFFERENT and name not in names else proof)
        for name, proof in equivalence.outputs
    )
    is_doubted = outputs != equivalence.outputs
    reason = equivalence.reason or ("a counterexample did not show in the simulator" if is_doubted else "")
    return replace(equivalence, outputs=outputs, counterexamples=shown, reason=reason)
