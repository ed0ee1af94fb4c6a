"""What a candidate meets after it has passed its first simulation: a proof, or else a second stimulus."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from pytest_rtlgen.check.compare import compare_start, compare_traces, cut_wave
from pytest_rtlgen.check.cross_check import CrossCheck, CrossCheckResult
from pytest_rtlgen.check.proof.prover import Prover
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.check.stimulus.depth import Depth
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import (
    Diagnostic,
    Equivalence,
    Hazard,
    Method,
    Proof,
    Severity,
    SignalVerdict,
    Status,
    Stimulus,
    Tool,
    Trace,
    Verdict,
)
from pytest_rtlgen.simulators import Simulation, SimulationJob, Simulator

_LITTLE = 0.1
_SLOWER = 3
"""How many times slower a candidate may get under a longer stimulus before it counts as one that hangs."""
_LITTLE_MORE = 512
_SHORTEST_S = 0.02
"""What a simulation takes at least: below it, no pace can be told."""
_REPRODUCED_NOTE = "found by proof: the shortest inputs that show it were replayed in the simulator"
_SECOND_NOTE = "found under a second, longer stimulus, which the candidate could not be proved to make needless"
_ASKED_NOTE = "found under a stimulus that asks for constants of the candidate's own, which the reference does not have"
_DEEP_NOTE = "found under a long steady run, made because other stimuli do not reach all of the reference"
_UNREACHED_NOTE = "not proved, and no stimulus reaches all of the reference: "
_DEEP = "long steady run"
_LATER = (
    ("second, longer stimulus", _SECOND_NOTE),
    ("stimulus with the candidate's own constants", _ASKED_NOTE),
)
"""Names of later stimuli, and a note on what fails under each."""
_STOPPED = "every output was wrong within {steps} steps, so the others were not simulated"
_UNFINISHED = "the {what} was simulated in part: {done} of {steps} steps within the time limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A candidate's first simulation, and what follows from it."""

    verdict: Verdict
    trace: Trace | None
    """``None``: it did not run to its end."""
    duration_s: float = 0.0


def judge_simulation(
    simulator: Simulator, reference: PreparedReference, source: str, *, may_stop: bool = False
) -> Simulated:
    """Simulate ``source`` under the reference's stimulus and compare.

    With ``may_stop`` it need not go on once every output was wrong.

    Raises:
        ToolError: a tool is missing or broken.
    """
    job = _make_job(reference, source)
    if may_stop and reference.openings.latency is None:
        job = replace(job, is_enough=lambda start: _is_all_wrong(reference, start))
    simulation = simulator.simulate(job)
    if simulation.status is None and simulation.trace is None and simulation.start is not None:
        verdict = _note_stopped(_compare_start(reference, simulation, simulation.start), simulation.start)
        return Simulated(verdict=verdict, trace=simulation.start, duration_s=simulation.duration_s)
    if simulation.trace is None:
        return Simulated(verdict=_explain(simulation), trace=None, duration_s=simulation.duration_s)
    verdict = _compare(reference, simulation, simulation.trace)
    return Simulated(verdict=verdict, trace=simulation.trace, duration_s=simulation.duration_s)


def _is_all_wrong(reference: PreparedReference, start: Trace) -> bool:
    return all(signal.mismatches for signal in compare_start(reference.trace, start))


def _note_stopped(verdict: Verdict, start: Trace) -> Verdict:
    message = _STOPPED.format(steps=_count_steps(start))
    note = Diagnostic(tool=Tool.COMPARE, severity=Severity.NOTE, message=message)
    return replace(verdict, diagnostics=(*verdict.diagnostics, note))


def _make_job(reference: PreparedReference, source: str) -> SimulationJob:
    return SimulationJob(source=source, interface=reference.simulated, stimulus=reference.stimulus)


def _explain(simulation: Simulation) -> Verdict:
    status = simulation.status or Status.RUNTIME_ERROR
    method = Method.SIMULATE if simulation.is_compiled else Method.COMPILE
    return Verdict(status=status, method=method, diagnostics=simulation.diagnostics)


def _compare(reference: PreparedReference, simulation: Simulation, trace: Trace) -> Verdict:
    signals = compare_traces(reference.trace, reference.retime(trace))
    is_wrong = any(signal.mismatches for signal in signals)
    return Verdict(
        status=Status.MISMATCH if is_wrong else Status.PASSED,
        method=Method.SIMULATE,
        signals=signals,
        diagnostics=(
            *simulation.diagnostics,
            *note_undriven(reference),
            *_warn_of_little(reference, signals),
        ),
        wave=cut_wave(reference.stimulus, reference.trace, trace, signals),
    )


def note_undriven(reference: PreparedReference) -> tuple[Diagnostic, ...]:
    """Return a note for each output that nothing in the reference drives, wholly or in part."""
    return tuple(
        Diagnostic(tool=Tool.COMPARE, severity=Severity.NOTE, message=message)
        for message in reference.describe_undriven()
    )


def _warn_of_little(reference: PreparedReference, signals: Sequence[SignalVerdict]) -> tuple[Diagnostic, ...]:
    """Return a warning for each output that the reference leaves unknown nearly always: hardly anything was checked."""
    steps, undriven = reference.stimulus.steps, {name for name, _ in reference.undriven}
    return tuple(
        Diagnostic(
            tool=Tool.COMPARE,
            severity=Severity.WARNING,
            message=f"output {signal.name} was compared in {signal.checked} of {steps} steps only: "
            "the reference does not know it in the others",
        )
        for signal in signals
        if signal.checked < _LITTLE * steps and signal.name not in undriven
    )


class Confirmer:
    """Looks again at candidates that passed. Thread-safe.

    ``trusted`` simulates references, ``simulator`` the candidates, of a deep run ``deep_steps`` at most.
    """

    def __init__(
        self,
        simulator: Simulator,
        trusted: Simulator,
        prover: Prover | None,
        cross_check: CrossCheck | None,
        *,
        deep_steps: int | None = None,
    ) -> None:
        self._simulator = simulator
        self._trusted = trusted
        self._prover = prover
        self._cross_check = cross_check
        self._deep_steps = deep_steps

    def confirm(  # noqa: PLR0913  what it passed, and what else it may meet
        self,
        first: Simulated,
        *,
        source: str,
        reference: PreparedReference,
        later: Callable[[], Iterable[PreparedReference]],
        depth: Callable[[], Depth] = Depth,
        hazards: Sequence[Hazard] = (),
        proves: bool = True,
        is_full: bool = True,
    ) -> Verdict:
        """Return the verdict of ``first``, a pass, with what a proof says of it, or the failure found after all.

        A pass that is not wholly proved is simulated under the stimuli of ``later``, the first of another seed, the
        second with constants of the candidate's own, and under the long run of ``depth``; a counterexample counts when
        it shows in the simulator, and never before. Where ``hazards`` let simulation and synthesis differ, only
        counterexamples are taken from a proof; without ``proves`` there is none; without ``is_full`` nothing is
        simulated again but counterexamples. A second simulator, where asked for, can only find it out.

        Raises:
            ToolError: a tool is missing or broken.
        """
        verdict = self._prove(first, source, reference, hazards) if proves else first.verdict
        is_proved = verdict.equivalence is not None and verdict.equivalence.result is Proof.EQUIVALENT
        if is_full and verdict.is_passed and not is_proved:
            verdict = self._simulate_later(verdict, first, source, reference, later)
            if verdict.is_passed:
                verdict = self._simulate_deep(verdict, source, reference, depth())
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
        found = self._prover.compare(reference, source, first.trace, refuses_two_drivers=not hazards)
        if hazards:
            found = _keep_refuted(found, _describe_hazard(hazards[0]))
        return self._replay(replace(first.verdict, equivalence=found), source, reference)

    def _simulate_later(
        self,
        verdict: Verdict,
        first: Simulated,
        source: str,
        reference: PreparedReference,
        later: Callable[[], Iterable[PreparedReference]],
    ) -> Verdict:
        pace = reference.stimulus.steps / max(first.duration_s, _SHORTEST_S)
        with suppress(BadReferenceError):  # it ran under the first stimulus, which the pass rests on
            for longer, words in zip(later(), _LATER, strict=False):
                verdict = self._simulate_longer(
                    verdict, source, longer, words, lambda found: _is_far_behind(found, pace)
                )
                if not verdict.is_passed:
                    break
        return verdict

    def _simulate_deep(self, verdict: Verdict, source: str, reference: PreparedReference, depth: Depth) -> Verdict:
        if depth.run is not None:
            longer = depth.run.unpack(reference, most_steps=self._deep_steps)
            words = (_DEEP, _DEEP_NOTE)
            verdict = self._simulate_longer(
                verdict, source, longer, words, lambda found: self._stops_again(found, source, longer)
            )
        if not verdict.is_passed or not depth.unreached:
            return verdict
        note = Diagnostic(tool=Tool.COMPARE, severity=Severity.NOTE, message=_UNREACHED_NOTE + depth.describe())
        return replace(verdict, diagnostics=(*verdict.diagnostics, note))

    def _simulate_longer(
        self,
        verdict: Verdict,
        source: str,
        longer: PreparedReference,
        words: tuple[str, str],
        is_hanging: Callable[[Simulation], bool],
    ) -> Verdict:
        """Return ``verdict``, a pass, or the failure that ``longer`` shows; ``words``: its name, and a note on that.

        Where the time is up, it passes if it was right as far as it came, unless ``is_hanging`` says that it hangs. A
        simulator that shows no part of a trace cannot tell.
        """
        simulation = self._simulator.simulate(_make_job(longer, source))
        if simulation.trace is not None:
            again = (
                verdict
                if simulation.trace.rows == longer.trace.rows
                else _compare(longer, simulation, simulation.trace)
            )
        elif simulation.status is not Status.TIMEOUT:
            again = _explain(simulation)
        elif simulation.start is None:
            return _note_unfinished(verdict, simulation, longer.stimulus.steps, words[0])
        else:
            again = _compare_start(longer, simulation, simulation.start)
            if again.is_passed and not is_hanging(simulation):
                return _note_unfinished(verdict, simulation, longer.stimulus.steps, words[0])
            again = _explain(simulation) if again.is_passed else again
        if again.is_passed:
            return verdict
        note = Diagnostic(tool=Tool.COMPARE, severity=Severity.NOTE, message=words[1])
        return replace(again, equivalence=verdict.equivalence, diagnostics=(*again.diagnostics, note))

    def _stops_again(self, simulation: Simulation, source: str, longer: PreparedReference) -> bool:
        """Whether a candidate whose time was up stops at the very same place again, given no more to do than a little.

        A slow one, or one on a busy machine, comes further or less far.
        """
        done = 0 if simulation.start is None else _count_steps(simulation.start)
        steps = min(longer.stimulus.steps, done + _LITTLE_MORE)
        stimulus = replace(longer.stimulus, rows=longer.stimulus.rows[: steps * longer.stimulus.width], steps=steps)
        again = self._simulator.simulate(_make_job(replace(longer, stimulus=stimulus), source))
        return again.status is Status.TIMEOUT and again.start is not None and _count_steps(again.start) == done

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
        note = Diagnostic(tool=Tool.PROOF, severity=Severity.NOTE, message=_REPRODUCED_NOTE)
        return replace(
            worst,
            signals=tuple(signals.values()),
            equivalence=equivalence,
            diagnostics=(*verdict.diagnostics, *worst.diagnostics, note),
        )

    def _simulate_both(self, stimulus: Stimulus, source: str, reference: PreparedReference) -> Verdict | None:
        """Return how the candidate does under ``stimulus``; ``None`` when the reference does not run under it."""
        stimulus = reference.keep_assumed(stimulus, self._trusted)
        named = replace(reference.simulated, module=reference.top)
        job = SimulationJob(source=reference.source, interface=named, stimulus=stimulus)
        expected = self._trusted.simulate(job).trace
        if expected is None:
            return None
        shown = replace(reference, stimulus=stimulus, trace=reference.forget_undriven(expected))
        return judge_simulation(self._simulator, shown, source).verdict


def _keep_refuted(equivalence: Equivalence, reason: str) -> Equivalence:
    """Return what is left where simulation and synthesis may differ: counterexamples, which are simulated."""
    outputs = tuple((name, proof if proof is Proof.DIFFERENT else Proof.UNKNOWN) for name, proof in equivalence.outputs)
    return replace(equivalence, outputs=outputs, reason=reason, is_out_of_time=False)


def _describe_hazard(hazard: Hazard) -> str:
    place = "" if hazard.line is None else f"line {hazard.line}: "
    return f"{place}{hazard.message}, so simulation and synthesis may differ"


def _is_far_behind(simulation: Simulation, pace: float) -> bool:
    """Whether a candidate whose time was up is so far behind ``pace``, its earlier steps a second, that it hangs."""
    done = 0 if simulation.start is None else _count_steps(simulation.start)
    return done * _SLOWER < pace * simulation.duration_s


def _compare_start(reference: PreparedReference, simulation: Simulation, start: Trace) -> Verdict:
    """Compare what was simulated until the time was up."""
    signals = compare_start(reference.trace, reference.retime(start))
    is_wrong = any(signal.mismatches for signal in signals)
    return Verdict(
        status=Status.MISMATCH if is_wrong else Status.PASSED,
        method=Method.SIMULATE,
        signals=signals,
        diagnostics=simulation.diagnostics,
        wave=cut_wave(replace(reference.stimulus, steps=_count_steps(start)), reference.trace, start, signals),
    )


def _note_unfinished(verdict: Verdict, simulation: Simulation, steps: int, what: str) -> Verdict:
    done = 0 if simulation.start is None else _count_steps(simulation.start)
    message = _UNFINISHED.format(what=what, done=done, steps=steps)
    note = Diagnostic(tool=Tool.COMPARE, severity=Severity.NOTE, message=message)
    return replace(verdict, diagnostics=(*verdict.diagnostics, note))


def _count_steps(trace: Trace) -> int:
    return len(trace.rows) // trace.width


def _judge_cross_check(verdict: Verdict, found: CrossCheckResult) -> Verdict:
    note = Diagnostic(tool=Tool.CROSS_CHECK, severity=Severity.NOTE, message=found.note)
    diagnostics = (*verdict.diagnostics, *([note] if found.note else []))
    if not found.disagrees:
        return replace(verdict, diagnostics=diagnostics)
    message = f"behaves otherwise in another simulator: {', '.join(found.disagrees)}"
    error = Diagnostic(tool=Tool.CROSS_CHECK, severity=Severity.ERROR, message=message)
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
