"""Outputs of a wrong candidate that are right: proved, or right under a second, longer stimulus as well."""

from collections.abc import Callable
from dataclasses import replace

from pytest_rtlgen.check.confirm import judge_simulation
from pytest_rtlgen.check.powered_up import judge_powered_up
from pytest_rtlgen.check.proof.prover import Prover
from pytest_rtlgen.check.reading.reader import Reader
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import Equivalence, Proof, SignalVerdict, Status, Trace, Verdict
from pytest_rtlgen.simulators import Simulator

Second = Callable[[PreparedReference], PreparedReference]
"""Returns a reference under the second stimulus, with the power-up values of the one given; may raise."""


def confirm_outputs(
    source: str,
    reference: PreparedReference,
    *,
    reader: Reader,
    simulator: Simulator,
    prover: Prover,
    second: Second,
) -> frozenset[str]:
    """Return the outputs of the screened ``source`` that count as right although others are wrong.

    Each was compared and never differed under the first stimulus, and is proved; or it did not differ under the second
    one either, and no proof contradicts it. Where the second does not run to its end, only the proof counts. Where
    simulation and synthesis may differ, nothing is proved.

    Raises:
        ToolError: a tool is missing or broken.
    """

    def judge(text: str, compared: PreparedReference) -> Verdict:
        first = judge_simulation(simulator, compared, text)
        if first.trace is None or not any(signal.is_right for signal in first.verdict.signals):
            return replace(first.verdict, signals=())
        proofs = dict(_prove(text, compared, reader, prover, first.trace).outputs)
        right = [signal for signal in first.verdict.signals if signal.is_right]
        if any(proofs.get(signal.name) is not Proof.EQUIVALENT for signal in right):
            again = _find_right(text, compared, simulator, second)
            right = [signal for signal in right if _counts(signal, proofs, again)]
        status = Status.PASSED if len(right) == len(first.verdict.signals) else Status.MISMATCH
        return replace(first.verdict, status=status, signals=tuple(right))

    verdict = judge_powered_up(source, reference, reader, judge)
    return frozenset(signal.name for signal in verdict.signals)


def _counts(signal: SignalVerdict, proofs: dict[str, Proof], again: frozenset[str]) -> bool:
    proof = proofs.get(signal.name, Proof.UNKNOWN)
    return proof is Proof.EQUIVALENT or (proof is Proof.UNKNOWN and signal.name in again)


def _prove(source: str, reference: PreparedReference, reader: Reader, prover: Prover, trace: Trace) -> Equivalence:
    examination = reader.examine(source, reference.simulated.module)
    if examination is None or examination.hazards or examination.refusals:
        return Equivalence(outputs=())
    return prover.compare(reference, source, trace)


def _find_right(source: str, reference: PreparedReference, simulator: Simulator, second: Second) -> frozenset[str]:
    try:
        longer = second(reference)
    except BadReferenceError:  # too slow for the longer one, or not known under it
        return frozenset()
    verdict = judge_simulation(simulator, longer, source).verdict
    return frozenset(signal.name for signal in verdict.signals if signal.is_right)
