"""What no design can be asked for: values that hang on the 0 or 1 that a register holds at power-up.

A simulator guesses: ``if`` and ``case`` take X for false, so a reference may seem to know what hangs on power-up. And
it forgets: through gates, X stays X where any real value would give the same. Where the reference guesses, nothing is
compared; where the candidate's simulation merely forgets, a proof over its real values excuses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pytest_rtlgen.check.compare import compare_from, drop_guesses, fill_unknown, list_unknown_only
from pytest_rtlgen.check.formal import Prover
from pytest_rtlgen.check.reference import PreparedReference
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

_PLAYED = 400
"""Steps in which a reference's guesses must have come to an end."""
_KEPT = 512
_EXCUSED = "X in the simulator, but proved to be right whatever its registers hold at power-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """A proof that some outputs are X to the simulator only: the design itself always gives the reference's value."""

    outputs: frozenset[str]
    equivalence: Equivalence

    def turn(self, verdict: Verdict) -> Verdict:
        """Return the pass that ``verdict``, a mismatch by nothing but these bits, is instead."""
        names = ", ".join(signal.name for signal in verdict.signals if signal.mismatches)
        note = Diagnostic(tool="proof", severity=Severity.NOTE, message=f"{names}: {_EXCUSED}")
        signals = tuple(SignalVerdict(name=one.name, checked=one.checked, mismatches=0) for one in verdict.signals)
        return replace(
            verdict, status=Status.PASSED, signals=signals, wave=None, diagnostics=(*verdict.diagnostics, note)
        )

    def apply(self, expected: Trace, actual: Trace) -> Trace:
        """Return ``actual`` with the X bits of the excused outputs as in ``expected``."""
        return fill_unknown(expected, actual, self.outputs)


class PowerUp:
    """Tells what hangs on power-up. Thread-safe; each reference is looked at once.

    ``careful`` is a simulator that never guesses; without ``prover`` nothing is ever excused.
    """

    def __init__(self, careful: Simulator, prover: Prover | None) -> None:
        self._careful = careful
        self._prover = prover
        self._play_known = lru_cache(_KEPT)(self._play)

    def settle(self, reference: PreparedReference, *, is_replay: bool = False) -> PreparedReference:
        """Return ``reference`` with X where its simulator guessed, which must end early unless this ``is_replay``.

        A guess is a bit that is known there and X for the careful simulator, which agrees in all that both know.

        Raises:
            ToolError: the careful simulator is missing or broken.
        """
        steps = min(_PLAYED, reference.stimulus.steps)
        played = (self._play if is_replay else self._play_known)(reference, steps)
        if played is None:
            return reference
        return replace(reference, trace=drop_guesses(reference.trace, played, must_end=not is_replay))

    def excuse(self, reference: PreparedReference, source: str, actual: Trace) -> Excuse | None:
        """Return why the mismatches of ``actual`` are none, if they are all X and proved to be the simulator's only.

        Raises:
            ToolError: no worker can be started.
        """
        if self._prover is None:
            return None
        reference = self.settle(reference)
        unknown = list_unknown_only(reference.trace, actual)
        if unknown is None:
            return None
        found = self._prover.compare(reference, source, actual, is_settled=True)
        proved = frozenset(name for name, proof in found.outputs if proof is Proof.EQUIVALENT)
        return Excuse(outputs=proved, equivalence=found) if unknown <= proved else None

    @staticmethod
    def is_early(signals: Sequence[SignalVerdict], expected: Trace, actual: Trace) -> bool:
        """Return whether some output is wrong nowhere but in the first steps, where guesses are looked for."""
        late = compare_from(expected, actual, _PLAYED)
        return any(signal.mismatches and not after.mismatches for signal, after in zip(signals, late, strict=True))

    def _play(self, reference: PreparedReference, steps: int) -> Trace | None:
        stimulus = reference.stimulus
        start = Stimulus(inputs=stimulus.inputs, rows=stimulus.rows[: steps * stimulus.width], steps=steps)
        own = replace(reference.wanted, module=reference.top)
        return self._careful.simulate(SimulationJob(source=reference.source, interface=own, stimulus=start)).trace
