"""Everything a problem's candidates are compared with, made from the reference alone."""

import re
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_rtlgen.check.coverage import list_reached
from pytest_rtlgen.check.stimulus import Measure, make_stimulus
from pytest_rtlgen.errors import BadReferenceError, NeverKnownError
from pytest_rtlgen.records import Direction, Interface, Problem, SourceFile, Stimulus, Trace
from pytest_rtlgen.simulators import Simulation, SimulationJob, Simulator
from pytest_rtlgen.verilog.canonical import read_canonical
from pytest_rtlgen.verilog.constants import mine_constants
from pytest_rtlgen.verilog.interface import read_interface
from pytest_rtlgen.verilog.power_up import PowerUp, Registers
from pytest_rtlgen.verilog.probes import add_probes
from pytest_rtlgen.verilog.survey import compare_by_value


@dataclass(frozen=True, slots=True, kw_only=True)
class PoweredUp:
    """A reference that nothing loads, with power-up values in its registers."""

    value: PowerUp
    registers: Registers
    """Those that have the value."""
    set_bits: int = 0
    """Bits in the others, which have initial values in the reference's text."""
    others: "tuple[PreparedReference, ...]" = ()
    """The same reference with other values, under the same stimulus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedReference:
    """A reference, ready to compare with."""

    wanted: Interface
    """The interface that a candidate must have, under the name that the problem asks for."""
    stimulus: Stimulus
    trace: Trace
    source: str
    """The reference's text."""
    top: str
    """Its module's own name."""
    is_simulated_elsewhere: bool = False
    """Whether the simulator that candidates run in could not compile it, so that the second one ran it."""
    powered_up: PoweredUp | None = None
    """Set where the reference is never known unless its registers, and those of candidates, have power-up values."""


def prepare_reference(
    problem: Problem, simulator: Simulator, *, seed: int, cycles: int | None = None
) -> PreparedReference:
    """Read the reference's interface, make its stimulus and simulate it.

    ``cycles`` overrides the problem's own length; without it the stimulus grows while it reaches more of the reference.

    Raises:
        BadReferenceError: it does not build, does not finish, or shows no known output.
        ToolError: the simulator is missing or broken.
    """
    problem = replace(problem, reference=read_reference(problem.reference))
    interface = read_interface(problem.reference, problem.reference_top)
    interface = replace(
        interface,
        clocks=interface.clocks if problem.clocks is None else problem.clocks,
        resets=interface.resets if problem.resets is None else problem.resets,
    )
    _refuse_unplayable(problem, interface)
    stimulus = make_stimulus(
        interface,
        hints=list_hints(problem, interface),
        slices=list_slices(problem),
        cycles=cycles or problem.cycles,
        seed=seed,
        measure=None if cycles else _make_measure(problem, interface, simulator),
    )
    simulation = simulator.simulate(
        SimulationJob(source=problem.reference.text, interface=interface, stimulus=stimulus)
    )
    trace = _require_trace(problem, simulation)
    return PreparedReference(
        wanted=replace(interface, module=problem.top),
        stimulus=stimulus,
        trace=trace,
        source=problem.reference.text,
        top=problem.reference_top,
        is_simulated_elsewhere=simulation.is_fallback,
    )


def read_reference(source: SourceFile) -> SourceFile:
    """Return a reference as candidates are read: preprocessed once, with ``SYNTHESIS`` defined (``canonical.py``).

    One that includes files, or that cannot be read so, is left to the simulator as it is: references are trusted, so
    nothing is left out of them.
    """
    canonical = read_canonical(source.text, kept=re.findall(r"\\(\S+)", source.text))
    return source if canonical.status is not None else replace(source, text=compare_by_value(canonical.text))


def _make_measure(problem: Problem, interface: Interface, simulator: Simulator) -> Measure | None:
    """Return what measures stimuli on the reference's inside; ``None`` where it cannot be looked into."""
    probed = add_probes(problem.reference, replace(interface, module=problem.reference_top))
    if probed is None or not interface.clocks:
        return None
    source, shown = probed
    constants = {hint.value for hint in mine_constants(problem.reference, problem.reference_top)}

    def measure(stimulus: Stimulus, ends: Sequence[int]) -> list[int]:
        trace = simulator.simulate(SimulationJob(source=source, interface=shown, stimulus=stimulus)).trace
        if trace is None:  # too slow to play for so long
            return [0] * len(ends)
        reached: set[Hashable] = set()
        news = []
        for first, end in zip((0, *ends), ends, strict=False):
            part = replace(trace, rows=trace.rows[first * trace.width : end * trace.width])
            found = list_reached(part, constants=constants) - reached
            reached |= found
            news.append(len(found))
        return news

    return measure


def list_hints(problem: Problem, interface: Interface) -> Mapping[str, tuple[int, ...]]:
    """Return, per input, the constants worth playing: those compared with it and their neighbours.

    A constant that belongs to no input goes to every input of its width.
    """
    hints: dict[str, set[int]] = defaultdict(set)
    for constant in mine_constants(problem.reference, problem.reference_top):
        for port in interface.inputs:
            if constant.port == port.name or (constant.port is None and constant.width == port.width):
                hints[port.name] |= {constant.value - 1, constant.value, constant.value + 1}
    return {name: tuple(sorted(values)) for name, values in hints.items()}


def list_slices(problem: Problem) -> Mapping[str, tuple[tuple[int, int], ...]]:
    """Return, per input, the (mask, value) of constants that only a slice of it is compared with."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for constant in mine_constants(problem.reference, problem.reference_top):
        if constant.port is not None and constant.mask >= 0:
            found[constant.port].append((constant.mask, constant.value))
    return {name: tuple(pairs) for name, pairs in found.items()}


def _refuse_unplayable(problem: Problem, interface: Interface) -> None:
    name = problem.reference.name
    inouts = [port.name for port in interface.ports if port.direction is Direction.INOUT]
    if inouts:
        raise BadReferenceError(
            f"{name}: port {inouts[0]!r} is an inout, which cannot be played; split it into input, output and enable"
        )
    if not interface.outputs:
        raise BadReferenceError(f"{name}: module {interface.module!r} has no outputs, so there is nothing to check")
    inputs = {port.name for port in interface.inputs}
    for special in (*(clock.port for clock in interface.clocks), *(reset.port for reset in interface.resets)):
        if special not in inputs:
            raise BadReferenceError(
                f"{name}: {special!r} is named as a clock or reset but is no input of {interface.module!r}"
            )


def _require_trace(problem: Problem, simulation: Simulation) -> Trace:
    name = problem.reference.name
    if simulation.trace is None:
        said = "; ".join(_describe(item.line, item.message) for item in simulation.diagnostics[:3])
        raise BadReferenceError(f"{name}: the reference does not run ({simulation.status}): {said}")
    if not simulation.trace.rows.strip(b"Z"):
        raise NeverKnownError(f"{name}: nothing drives an output of the reference; the reference must be complete")
    if not simulation.trace.rows.strip(b"XZ"):
        raise NeverKnownError(f"{name}: no output of the reference is ever known, so nothing could be checked")
    return simulation.trace


def _describe(line: int | None, message: str) -> str:
    return message if line is None else f"line {line}: {message}"
