"""A reference is read as its candidates are, so that none is good whose text would be refused as an answer."""

from dataclasses import dataclass, replace

from pytest_rtlgen.check.powered_up import prepare_powered_up
from pytest_rtlgen.check.reading.reader import TOO_LARGE, Reader
from pytest_rtlgen.check.reference import PreparedReference, list_memory_files, prepare_reference, read_interface_of
from pytest_rtlgen.errors import BadReferenceError, NeverKnownError
from pytest_rtlgen.records import Interface, Problem, SourceFile
from pytest_rtlgen.simulators import Simulator
from pytest_rtlgen.verilog.enclosure import enclose, find_simulated
from pytest_rtlgen.verilog.examine import Examination
from pytest_rtlgen.verilog.power_up import PowerUp

_ADVICE = "no answer may hold that, so the reference may not either"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedReference:
    """A reference that the screen takes as an answer to its problem."""

    source: SourceFile
    """Its text as answers are compiled: without what no output can depend on."""
    examination: Examination
    """With power-up values, where they are needed."""
    unset: str = ""
    """What it decides on that nothing loads, so that it needs power-up values; empty: nothing."""


def prepare_accepted(
    problem: Problem, simulator: Simulator, reader: Reader, *, seed: int, cycles: int | None = None
) -> PreparedReference:
    """Return the reference of ``problem``, prepared, if its text is accepted as an answer.

    Where nothing loads its registers, it gets power-up values. ``simulator`` is that of references; for the rest see
    ``prepare_reference``.

    Raises:
        BadReferenceError: it is refused as an answer, does not run, or shows no known output.
        ToolError: a tool is missing or broken.
    """
    accepted = accept_reference(problem, reader)
    problem = replace(problem, reference=accepted.source)
    reason = NeverKnownError(accepted.unset)
    reference: PreparedReference | None = None
    if not accepted.unset:
        try:
            reference = prepare_reference(problem, simulator, seed=seed, cycles=cycles)
        except NeverKnownError as error:
            reason = error
    reference = reference or prepare_powered_up(problem, simulator, reader, seed=seed, cycles=cycles)
    if reference is None:
        raise reason
    _require_one_reading(reference, accepted)
    return replace(reference, extent=accepted.examination.extent)


def accept_reference(problem: Problem, reader: Reader) -> AcceptedReference:
    """Return the reference of ``problem`` as an answer with its text is read.

    Raises:
        BadReferenceError: it is incomplete, or refused as an answer; the message starts with ``name:line``.
        ToolError: no reader can be started.
    """
    source, top = problem.reference, problem.reference_top
    interface = read_interface_of(problem)
    screening = reader.screen(source.text, interface, list_memory_files(problem), encloses=False)
    if screening.status is not None:
        first = screening.diagnostics[0]
        raise BadReferenceError(f"{_place(source.name, first.line)}: {first.message}; {_ADVICE}")
    examination, unset = _examine(reader, screening.source, interface), ""
    if examination is not None and examination.refusals:
        refusal = examination.refusals[0]
        unset = f"{_place(source.name, refusal.line)}: {refusal.message}; {_ADVICE}"
        powered = reader.power_up(screening.source, top, PowerUp.ZEROS)
        examination = None if powered is None else _examine(reader, powered.text, interface)
        if examination is not None and examination.refusals:
            raise BadReferenceError(unset)
    if examination is None:
        raise BadReferenceError(f"{source.name}: {TOO_LARGE}; {_ADVICE}")
    return AcceptedReference(source=replace(source, text=screening.source), examination=examination, unset=unset)


def _examine(reader: Reader, text: str, interface: Interface) -> Examination | None:
    return reader.examine(enclose(text, interface, module=interface.module), find_simulated(interface).module)


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


def _place(name: str, line: int | None) -> str:
    return name if line is None else f"{name}:{line}"
