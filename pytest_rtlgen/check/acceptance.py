"""A reference is read as its candidates are, so that none is good whose text would be refused as an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pytest_rtlgen.check.powered_up import prepare_powered_up
from pytest_rtlgen.check.reference import PreparedReference, prepare_reference, read_reference
from pytest_rtlgen.check.screening import TOO_LARGE, Screener
from pytest_rtlgen.errors import BadReferenceError, NeverKnownError
from pytest_rtlgen.records import Diagnostic, Problem, SourceFile
from pytest_rtlgen.simulators import Simulator
from pytest_rtlgen.verilog.examine import Examination
from pytest_rtlgen.verilog.interface import read_interface

_ADVICE = "no answer may hold that, so the reference may not either"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedReference:
    """A reference that the screen takes as an answer to its problem."""

    source: SourceFile
    """Its text as answers are compiled: without what no output can depend on."""
    examination: Examination


def prepare_accepted(
    problem: Problem, simulator: Simulator, screener: Screener, *, seed: int, cycles: int | None = None
) -> PreparedReference:
    """Return the reference of ``problem``, prepared, if its text is accepted as an answer.

    ``simulator`` is that of references; for the rest see ``prepare_reference``.

    Raises:
        BadReferenceError: it is refused as an answer, does not run, or shows no known output.
        ToolError: a tool is missing or broken.
    """
    accepted = accept_reference(problem, screener)
    problem = replace(problem, reference=accepted.source)
    try:
        reference = prepare_reference(problem, simulator, seed=seed, cycles=cycles)
    except NeverKnownError:
        powered = prepare_powered_up(problem, simulator, screener, seed=seed, cycles=cycles)
        if powered is None:
            raise
        reference = powered
    _require_one_reading(reference, accepted)
    return reference


def accept_reference(problem: Problem, screener: Screener) -> AcceptedReference:
    """Return the reference of ``problem`` as an answer with its text is read.

    Raises:
        BadReferenceError: it is incomplete, or refused as an answer; the message starts with ``name:line``.
        ToolError: no reader can be started.
    """
    source, top = problem.reference, problem.reference_top
    wanted = read_interface(read_reference(source), top)
    screening = screener.screen(source.text, wanted)
    if screening.status is not None:
        raise BadReferenceError(_describe(source.name, screening.diagnostics))
    examination = screener.examine(screening.source, top)
    if examination is None:
        raise BadReferenceError(f"{source.name}: {TOO_LARGE}; {_ADVICE}")
    if examination.refusals:
        message, line = examination.refusals[0]
        raise BadReferenceError(f"{_place(source.name, line)}: {message}; {_ADVICE}")
    return AcceptedReference(source=replace(source, text=screening.source), examination=examination)


def _require_one_reading(reference: PreparedReference, accepted: AcceptedReference) -> None:
    """Raise ``BadReferenceError`` for a design that the second simulator ran and may read otherwise than the first."""
    examination = accepted.examination
    if not reference.is_simulated_elsewhere or (examination.is_clean and not examination.hazards):
        return
    name = accepted.source.name
    if not examination.hazards:
        raise BadReferenceError(f"{name}: the simulator cannot compile it, and it does not elaborate without errors")
    hazard = examination.hazards[0]
    place = _place(name, hazard.line)
    raise BadReferenceError(
        f"{place}: the simulator cannot compile it, and Yosys may read it otherwise: {hazard.message}"
    )


def _describe(name: str, diagnostics: Sequence[Diagnostic]) -> str:
    first = diagnostics[0]
    return f"{_place(name, first.line)}: {first.message}; {_ADVICE}"


def _place(name: str, line: int | None) -> str:
    return name if line is None else f"{name}:{line}"
