"""What a candidate meets after it has passed its first simulation: a proof, or else a second stimulus."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from pytest_rtlgen.check.compare import compare_traces, cut_wave
from pytest_rtlgen.check.cross_check import CrossCheck, CrossCheckResult
from pytest_rtlgen.check.formal import Prover
from pytest_rtlgen.check.power_up import Excuse, PowerUp
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import (
    Diagnostic,
    Equivalence,
    Proof,
    Severity,
    SignalVerdict,
    Status,
    Stimulus,
    Trace,
    Verdict,
)
from pytest_rtlgen.simulators import SimulationJob, Simulator

_LITTLE = 0.1
_REPRODUCED_NOTE = "found by proof: the shortest inputs that show it were replayed in the simulator"
_SECOND_NOTE = "found under a second, longer stimulus, which the candidate could not be proved to make needless"


def judge_simulation(
    simulator: Simulator,
    reference: PreparedReference,
    source: str,
    *,
    power_up: PowerUp | None = None,
    excuse: Excuse | None = None,
    is_replay: bool = False,
) -> tuple[Verdict, Trace | None]:
    """Play ``source`` under the reference's stimulus; return what follows, and what it answered if it ran.

    ``power_up`` tells what the reference only guesses, ``excuse`` which X bits of the candidate are proved to be right.

    Raises:
        ToolError: a tool is missing or broken.
    """
    job = SimulationJob(source=source, interface=reference.wanted, stimulus=reference.stimulus)
    simulation = simulator.simulate(job)
    if simulation.trace is None:
        status = simulation.status or Status.RUNTIME_ERROR
        method = "simulate" if simulation.is_compiled else "compile"
        return Verdict(status=status, method=method, diagnostics=simulation.diagnostics), None
    trace = excuse.apply(reference.trace, simulation.trace) if excuse else simulation.trace
    signals = compare_traces(reference.trace, trace)
    if power_up is not None and power_up.is_early(signals, reference.trace, trace):
        reference = power_up.settle(reference, is_replay=is_replay)
        signals = compare_traces(reference.trace, trace)
    is_wrong = any(signal.mismatches for signal in signals)
    verdict = Verdict(
        status=Status.MISMATCH if is_wrong else Status.PASSED,
        method="simulate",
        signals=signals,
        diagnostics=(*simulation.diagnostics, *_warn_of_little(signals, reference.stimulus.steps)),
        wave=cut_wave(reference.stimulus, reference.trace, trace, signals),
    )
    return verdict, simulation.trace


def _warn_of_little(signals: Sequence[SignalVerdict], steps: int) -> tuple[Diagnostic, ...]:
    """Return a warning for each output that the reference leaves unknown nearly always: hardly anything was checked."""
    return tuple(
        Diagnostic(
            tool="compare",
            severity=Severity.WARNING,
            message=f"output {signal.name} was compared in {signal.checked} of {steps} steps only: "
            "the reference does not know it in the others",
        )
        for signal in signals
        if signal.checked < _LITTLE * steps
    )


class Confirmer:
    """Looks again at candidates that passed. Thread-safe."""

    def __init__(
        self,
        simulator: Simulator,
        prover: Prover | None,
        cross_check: CrossCheck | None,
        power_up: PowerUp | None = None,
    ) -> None:
        self._simulator = simulator
        self._prover = prover
        self._cross_check = cross_check
        self._power_up = power_up

    def confirm(
        self,
        verdict: Verdict,
        *,
        source: str,
        trace: Trace,
        reference: PreparedReference,
        second: Callable[[], PreparedReference],
        excuse: Excuse | None = None,
    ) -> Verdict:
        """Return ``verdict``, a pass, with what a proof says of it, or the failure that was found after all.

        A pass that is not wholly proved is played ``second``, a stimulus of another seed; a counterexample counts when
        it shows in the simulator, and never before. A second simulator, where asked for, can only find it out.

        Raises:
            ToolError: a tool is missing or broken.
        """
        if excuse is None:
            verdict = self._prove(verdict, source, trace, reference)
        else:
            verdict = replace(verdict, equivalence=excuse.equivalence)
        if verdict.is_passed and (verdict.equivalence is None or verdict.equivalence.result is not Proof.EQUIVALENT):
            verdict = self._play_second(verdict, source, second, excuse)
        if self._cross_check is None or not verdict.is_passed:
            return verdict
        return _judge_cross_check(verdict, self._cross_check.examine(reference, source))

    def _prove(self, verdict: Verdict, source: str, trace: Trace, reference: PreparedReference) -> Verdict:
        if self._prover is None:
            return verdict
        found = self._prover.compare(reference, source, trace)
        return self._replay(replace(verdict, equivalence=found), source, reference)

    def _play_second(
        self, verdict: Verdict, source: str, second: Callable[[], PreparedReference], excuse: Excuse | None
    ) -> Verdict:
        try:
            longer = second()
        except BadReferenceError:  # it ran under the first stimulus, which the pass rests on
            return verdict
        again, _ = judge_simulation(self._simulator, longer, source, power_up=self._power_up, excuse=excuse)
        if again.is_passed or again.status is Status.TIMEOUT:  # four times as long may take longer than is allowed
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
            replayed = self._play(stimulus, source, reference)
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

    def _play(self, stimulus: Stimulus, source: str, reference: PreparedReference) -> Verdict | None:
        """Return how the candidate does under ``stimulus``; ``None`` when the reference itself cannot be played it."""
        own = replace(reference.wanted, module=reference.top)
        played = self._simulator.simulate(SimulationJob(source=reference.source, interface=own, stimulus=stimulus))
        if played.trace is None:
            return None
        shown = replace(reference, stimulus=stimulus, trace=played.trace)
        return judge_simulation(self._simulator, shown, source, power_up=self._power_up, is_replay=True)[0]


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
