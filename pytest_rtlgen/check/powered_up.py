"""References that are never known, as nothing loads their registers: both sides get the same power-up values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from pytest_rtlgen.check.reading.reader import TOO_LARGE, Reader
from pytest_rtlgen.check.reference import PoweredUp, PreparedReference, prepare_reference, render_opened
from pytest_rtlgen.errors import NeverKnownError
from pytest_rtlgen.records import Diagnostic, Method, Problem, Proof, Severity, Status, Tool, Trace, Verdict
from pytest_rtlgen.simulators import SimulationJob, Simulator
from pytest_rtlgen.verilog.initial_values import drop_initial_values
from pytest_rtlgen.verilog.power_up import PoweredText, PowerUp, Registers

_NOTE = (
    "nothing loads registers that the reference depends on: all registers of both designs, {count} in the reference, "
    "started with {values}"
)
_WORDS = {PowerUp.ZEROS: "zeros", PowerUp.ONES: "ones", PowerUp.RANDOM: "a value drawn from each one's name"}


def prepare_powered_up(
    problem: Problem, simulator: Simulator, reader: Reader, *, seed: int, cycles: int | None
) -> PreparedReference | None:
    """Return the reference of ``problem`` with zeros in its registers, and with other values in ``powered_up.others``.

    ``None``: it has no registers to power up, or is not known then either.

    Raises:
        BadReferenceError: it does not run with these values.
        ToolError: a tool is missing or broken.
    """
    if problem.openings.is_power_up_open:
        text = drop_initial_values(problem.reference, problem.reference_top)
        openings = replace(problem.openings, is_power_up_open=False)
        problem = replace(problem, reference=replace(problem.reference, text=text), openings=openings)
    texts = {value: reader.power_up(problem.reference.text, problem.reference_top, value) for value in PowerUp}
    zeros = texts.pop(PowerUp.ZEROS)
    if zeros is None or not zeros.registers:
        return None
    source = replace(problem.reference, text=zeros.text)
    try:
        first = prepare_reference(replace(problem, reference=source), simulator, seed=seed, cycles=cycles)
    except NeverKnownError:
        return None
    found = [
        _simulate_with(problem, first, simulator, value, text) for value, text in texts.items() if text is not None
    ]
    others = tuple(one for one in found if one is not None)
    return replace(
        first,
        powered_up=PoweredUp(value=PowerUp.ZEROS, registers=zeros.registers, set_bits=zeros.set_bits, others=others),
    )


def _simulate_with(
    problem: Problem, first: PreparedReference, simulator: Simulator, value: PowerUp, powered: PoweredText
) -> PreparedReference | None:
    interface = replace(first.simulated, module=first.top)
    source = render_opened(problem, powered.text, first)
    job = SimulationJob(source=source, interface=interface, stimulus=first.stimulus)
    trace = simulator.simulate(job).trace
    if trace is None:
        return None
    return replace(
        first,
        source=source,
        trace=first.forget_undriven(trace),
        powered_up=PoweredUp(value=value, registers=powered.registers, set_bits=powered.set_bits),
    )


def judge_powered_up(
    source: str, reference: PreparedReference, reader: Reader, judge: Callable[[str, PreparedReference], Verdict]
) -> Verdict:
    """Return what ``judge`` says of the screened ``source``, with a note where both sides have power-up values.

    It must pass with each of them, and what is proved is what is proved with all; with one of them, where the candidate
    sets more of its registers itself than the reference does.

    Raises:
        ToolError: a tool is missing or broken.
    """
    if reference.powered_up is None:
        return judge(source, reference)
    top = reference.interface.module
    texts = {value: reader.power_up(source, top, value) for value in PowerUp}
    zeros = texts[PowerUp.ZEROS]
    if zeros is None or None in texts.values():
        error = Diagnostic(tool=Tool.SCREEN, severity=Severity.ERROR, message=TOO_LARGE)
        return Verdict(status=Status.RESOURCE_LIMIT, method=Method.SCREEN, diagnostics=(error,))
    sets_more = not zeros.registers or zeros.set_bits > reference.powered_up.set_bits
    either = _list_moving_all(reference) if sets_more else ()
    compared, verdicts = list[PreparedReference](), list[Verdict]()
    for one in either or _list_comparisons(reference, zeros.registers):
        verdicts.append(judge(_take(texts, one, source), one))
        compared.append(one)
        if verdicts[-1].is_passed is bool(either):
            break
    chosen = (max if either else min)(verdicts, key=_rank)
    return replace(chosen, diagnostics=(*chosen.diagnostics, _describe(reference, compared)))


def _take(texts: Mapping[PowerUp, PoweredText | None], like: PreparedReference, source: str) -> str:
    text = texts[like.powered_up.value] if like.powered_up is not None else None
    return source if text is None else text.text


def _list_comparisons(reference: PreparedReference, registers: Registers) -> tuple[PreparedReference, ...]:
    """Return the references that a candidate with ``registers`` to power up must be equal to, one after the other.

    A value drawn from names is for candidates that have the reference's registers; others get ones.
    """
    powered = reference.powered_up
    if powered is None:
        return (reference,)
    value = PowerUp.RANDOM if registers == powered.registers else PowerUp.ONES
    return (reference, *(one for one in powered.others if one.powered_up and one.powered_up.value is value))


def _list_moving_all(reference: PreparedReference) -> tuple[PreparedReference, ...]:
    """Return the references of which a candidate that sets registers itself must equal one.

    Each output moves in them that moves with any power-up value, so that none is a state that the design never leaves.
    """
    others = reference.powered_up.others if reference.powered_up is not None else ()
    moving = {one: _list_moving(one.trace) for one in (reference, *others)}
    every = frozenset[int]().union(*moving.values())
    return tuple(one for one, bits in moving.items() if bits == every)


def _rank(verdict: Verdict) -> tuple[bool, int]:
    """Whether it passed, and how many outputs are proved."""
    outputs = verdict.equivalence.outputs if verdict.equivalence is not None else ()
    return verdict.is_passed, sum(proof is Proof.EQUIVALENT for _, proof in outputs)


def find_same(reference: PreparedReference, like: PreparedReference) -> PreparedReference:
    """Return ``reference``, which has a stimulus of its own, with the power-up values of ``like``.

    One that is known under its stimulus without such values is as good.

    Raises:
        NeverKnownError: it has no version with these values.
    """
    others = reference.powered_up.others if reference.powered_up is not None else ()
    value = _name_value(like)
    found = next((one for one in (reference, *others) if _name_value(one) is value), None)
    if found is None and reference.powered_up is not None:
        raise NeverKnownError(f"{reference.top}: not known under this stimulus with the same power-up values")
    return found or reference


def _name_value(reference: PreparedReference) -> PowerUp | None:
    return reference.powered_up.value if reference.powered_up is not None else None


def _describe(reference: PreparedReference, compared: Sequence[PreparedReference]) -> Diagnostic:
    """Return the note that says with which values both designs were compared."""
    values = [_WORDS[one.powered_up.value] for one in compared if one.powered_up is not None]
    count = len(reference.powered_up.registers) if reference.powered_up is not None else 0
    message = _NOTE.format(count=count, values=", then with ".join(values))
    return Diagnostic(tool=Tool.COMPARE, severity=Severity.NOTE, message=message)


def _list_moving(trace: Trace) -> frozenset[int]:
    """Return the output bits, by place in a row, that are both 0 and 1 at some time."""
    import numpy as np

    table: np.ndarray[tuple[int, int], np.dtype[np.uint8]]
    table = np.frombuffer(trace.rows, dtype=np.uint8).reshape(-1, trace.width)
    both = (table == ord("0")).any(axis=0) & (table == ord("1")).any(axis=0)
    return frozenset(int(place) for place in np.flatnonzero(both))
