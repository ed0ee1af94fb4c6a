"""Everything a problem's candidates are compared with, made from the reference alone."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from pytest_rtlgen.check.holds import hold_inputs
from pytest_rtlgen.check.latency import count_compared, retime
from pytest_rtlgen.check.stimulus.assumptions import AssumedGroup, find_groups, restrict
from pytest_rtlgen.check.stimulus.coverage import list_reached
from pytest_rtlgen.check.stimulus.hints import list_hints, list_slices
from pytest_rtlgen.check.stimulus.make import Asked, Measure, StimulusPlan, grow_stimulus, make_plan, make_planned
from pytest_rtlgen.errors import BadReferenceError, NeverKnownError
from pytest_rtlgen.openings import open_reference, verify_openings
from pytest_rtlgen.records import Interface, Openings, Problem, SourceFile, Stimulus, Trace
from pytest_rtlgen.simulators import Simulation, SimulationJob, Simulator
from pytest_rtlgen.verilog.boxes import read_boxes
from pytest_rtlgen.verilog.canonical import read_canonical
from pytest_rtlgen.verilog.constants import ConstantHint, mine_constants
from pytest_rtlgen.verilog.enclosure import ENCLOSED, enclose, find_simulated, is_enclosed
from pytest_rtlgen.verilog.extent import Extent
from pytest_rtlgen.verilog.hazards import find_undriven
from pytest_rtlgen.verilog.interface import find_instance, parse_reference, read_interface
from pytest_rtlgen.verilog.memory_files import load_memories
from pytest_rtlgen.verilog.parameters import list_open_parameters
from pytest_rtlgen.verilog.power_up import PowerUp, Registers
from pytest_rtlgen.verilog.probes import add_probes
from pytest_rtlgen.verilog.survey import compare_by_value

_DESIGN_FILES = frozenset({".v", ".sv", ".vh", ".svh", ".vhd", ".py"})


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

    interface: Interface
    """The interface that a candidate must have, under the name that the problem asks for."""
    stimulus: Stimulus
    trace: Trace
    source: str
    """The reference's text."""
    top: str
    """Its module's own name, or that of the module around it (``verilog/enclosure.py``)."""
    openings: Openings = Openings()  # noqa: RUF009  immutable
    """What is open besides the X in ``trace``."""
    assumed: tuple[AssumedGroup, ...] = ()
    """What every stimulus keeps to."""
    undriven: tuple[tuple[str, int], ...] = ()
    """(output, mask) of bits that it never drives: they float, are specified by nobody, and X in ``trace``."""
    is_simulated_elsewhere: bool = False
    """Whether the simulator that candidates run in could not compile it, so that the second one ran it."""
    powered_up: PoweredUp | None = None
    """Set where the reference is never known unless its registers, and those of candidates, have power-up values."""
    plan: StimulusPlan = StimulusPlan()  # noqa: RUF009  immutable
    """By which its stimuli of other seeds are made."""
    extent: Extent | None = None
    """Of the reference's text; ``None``: it is not known."""

    def keep_assumed(self, stimulus: Stimulus, simulator: Simulator) -> Stimulus:
        """Return ``stimulus``, changed where it breaks what is assumed of the inputs: of that, nothing is asked.

        Raises:
            ToolError: the simulator is missing or broken.
        """
        kept = restrict(stimulus, self.assumed, self.simulated, simulator)
        return hold_inputs(kept, self.openings.holds, self.simulated)

    def retime(self, trace: Trace) -> Trace:
        """Return what a candidate showed under ``stimulus``, moved in time where a latency is open."""
        return retime(self.openings.latency, self.simulated, self.stimulus, self.trace, trace)

    def forget_undriven(self, trace: Trace) -> Trace:
        """Return a trace of the reference with X where nothing drives it."""
        return _forget(trace, self.undriven)

    def describe_undriven(self) -> tuple[str, ...]:
        """Return, for a reader, a sentence for each output that nothing drives, wholly or in part."""
        widths = {port.name: port.width for port in self.simulated.outputs}
        return tuple(_describe_undriven(name, mask, widths[name]) for name, mask in self.undriven)

    @property
    def simulated(self) -> Interface:
        """The interface that is simulated: inputs that are driven, outputs that are observed."""
        return find_simulated(self.interface)


def prepare_reference(
    problem: Problem, simulator: Simulator, *, seed: int, cycles: int | None = None
) -> PreparedReference:
    """Read the reference's interface, make its stimulus and simulate it.

    ``cycles`` overrides the problem's own length; without it the stimulus grows while it reaches more of the reference.

    Raises:
        BadReferenceError: it does not build, does not finish, or shows no known output.
        ToolError: the simulator is missing or broken.
    """
    problem = replace(problem, reference=_load_memories(problem, read_reference(problem.reference)))
    interface = _read_interface_of(problem)
    if problem.openings.is_parameter_open:
        instance = find_instance(parse_reference(problem.reference), problem.reference_top)
        if instance is not None:
            interface = replace(interface, parameters=list_open_parameters(instance))
    required = replace(interface, module=problem.top)
    problem, interface = _enclose(problem, interface)
    _refuse_unsimulatable(problem, interface)
    verify_openings(problem.openings, interface)
    opened = open_reference(problem.reference, interface, problem.openings)
    groups = find_groups(problem.openings, interface, simulator, seed=seed)
    constants = mine_constants(problem.reference, problem.reference_top)
    grown = grow_stimulus(
        interface,
        make_plan(
            hints=list_hints(constants, interface), slices=list_slices(constants), cycles=cycles or problem.cycles
        ),
        seed=seed,
        measure=None if cycles else _make_measure(problem, interface, simulator, groups, constants),
    )
    stimulus = hold_inputs(restrict(grown.stimulus, groups, interface, simulator), problem.openings.holds, interface)
    simulation = simulator.simulate(SimulationJob(source=opened.text, interface=interface, stimulus=stimulus))
    trace = _require_trace(problem.reference.name, simulation)
    undriven = _list_undriven(problem, trace)
    latency = problem.openings.latency
    if latency is not None and not count_compared(latency, interface, stimulus, trace):
        raise BadReferenceError(
            f"{latency.place}: latency: {latency.valid} is never 1 more than {latency.bound} cycles before a reset or "
            "the end, so nothing could be compared; lower bound"
        )
    return PreparedReference(
        interface=replace(required, clocks=interface.clocks, resets=interface.resets),
        stimulus=stimulus,
        trace=_forget(trace, undriven),
        source=opened.text,
        top=problem.reference_top,
        undriven=undriven,
        openings=problem.openings,
        assumed=groups,
        plan=grown.plan,
        is_simulated_elsewhere=simulation.is_fallback,
    )


def ask_for(reference: PreparedReference, asked: Asked, simulator: Simulator) -> PreparedReference:
    """Return ``reference`` under a stimulus of the same length in which inputs take what is ``asked``, often together.

    Raises:
        BadReferenceError: it does not finish under this one, or shows no known output.
        ToolError: the simulator is missing or broken.
    """
    plan = replace(reference.plan, asked=asked)
    return change_seed(replace(reference, plan=plan), simulator, seed=reference.stimulus.seed)


def change_seed(reference: PreparedReference, simulator: Simulator, *, seed: int) -> PreparedReference:
    """Return ``reference`` under a stimulus of another seed, as long as its own; only the simulation is made anew.

    Raises:
        BadReferenceError: it does not finish under this one, or shows no known output.
        ToolError: the simulator is missing or broken.
    """
    planned = make_planned(reference.simulated, reference.plan, seed=seed)
    stimulus = reference.keep_assumed(planned, simulator)
    trace = _require_trace(reference.top, _simulate_under(stimulus, reference, simulator))
    found = replace(reference, stimulus=stimulus, trace=reference.forget_undriven(trace))
    if reference.powered_up is None:
        return found
    traces = [(one, _simulate_under(stimulus, one, simulator).trace) for one in reference.powered_up.others]
    others = tuple(
        replace(one, stimulus=stimulus, trace=one.forget_undriven(trace)) for one, trace in traces if trace is not None
    )
    return replace(found, powered_up=replace(reference.powered_up, others=others))


def _simulate_under(stimulus: Stimulus, reference: PreparedReference, simulator: Simulator) -> Simulation:
    interface = replace(reference.simulated, module=reference.top)
    return simulator.simulate(SimulationJob(source=reference.source, interface=interface, stimulus=stimulus))


def read_interface_of(problem: Problem) -> Interface:
    """Return the interface that a reference has, under its own module's name.

    Raises:
        BadReferenceError: its text cannot be read, or loads a memory from a file that is not given.
    """
    return _read_interface_of(replace(problem, reference=_load_memories(problem, read_reference(problem.reference))))


def _read_interface_of(problem: Problem) -> Interface:
    interface = read_interface(problem.reference, problem.reference_top, may_miss_modules=True)
    return replace(
        interface,
        boxes=read_boxes(problem.reference, problem.reference_top, problem.box_outputs),
        clocks=interface.clocks if problem.clocks is None else problem.clocks,
        resets=interface.resets if problem.resets is None else problem.resets,
    )


def render_opened(problem: Problem, text: str, like: PreparedReference) -> str:
    """Return another ``text`` of the reference with the modules around it that ``like``, made of the same one, has.

    Raises:
        BadReferenceError: an opening does not fit it.
    """
    problem = replace(problem, reference=replace(problem.reference, text=text))
    problem, interface = _enclose(problem, replace(like.interface, module=problem.reference_top))
    return open_reference(problem.reference, interface, problem.openings).text


def _enclose(problem: Problem, interface: Interface) -> tuple[Problem, Interface]:
    """Return the problem and the interface with the module around the reference, where it needs one."""
    if not is_enclosed(interface):
        return problem, interface
    source, top = problem.reference, problem.reference_top
    if ENCLOSED in source.text:
        raise BadReferenceError(f"{source.name}: the name {ENCLOSED} is reserved; rename it")
    source = replace(source, text=enclose(source.text, interface, module=top))
    simulated = find_simulated(interface)
    found = read_interface(source, simulated.module, may_miss_modules=True)
    clocks = found.clocks if problem.clocks is None else simulated.clocks
    resets = found.resets if problem.resets is None else simulated.resets
    return (
        replace(problem, reference=source, reference_top=simulated.module),
        replace(simulated, clocks=clocks, resets=resets),
    )


def read_reference(source: SourceFile) -> SourceFile:
    """Return a reference as candidates are read: preprocessed once, with ``SYNTHESIS`` defined (``canonical.py``).

    One that includes files, or that cannot be read so, is left to the simulator as it is: references are trusted, so
    nothing is left out of them.
    """
    canonical = read_canonical(source.text, kept=re.findall(r"\\(\S+)", source.text))
    return source if canonical.status is not None else replace(source, text=compare_by_value(canonical.text))


def list_memory_files(problem: Problem) -> tuple[SourceFile, ...]:
    """Return those of the given files that designs may load memories from; for the others none is looked at."""
    return tuple(file for file in problem.given if PurePosixPath(file.name).suffix not in _DESIGN_FILES)


def _load_memories(problem: Problem, source: SourceFile) -> SourceFile:
    """Return a reference with what its memories are loaded with. Raises ``BadReferenceError`` where that is unknown."""
    loaded = load_memories(source.text, problem.reference_top, list_memory_files(problem))
    if loaded.problems:
        what, line = loaded.problems[0]
        raise BadReferenceError(f"{source.name}:{line}: {what}; give the file beside the description, or leave it out")
    return replace(source, text=loaded.text)


def _make_measure(
    problem: Problem,
    interface: Interface,
    simulator: Simulator,
    groups: Sequence[AssumedGroup],
    constants: Sequence[ConstantHint],
) -> Measure | None:
    """Return what measures stimuli on the reference's inside; ``None`` where it cannot be looked into."""
    probed = add_probes(problem.reference, replace(interface, module=problem.reference_top))
    if probed is None or not interface.clocks:
        return None
    values = {constant.value for constant in constants}

    def measure(stimulus: Stimulus, ends: Sequence[int]) -> list[int]:
        stimulus = restrict(stimulus, groups, interface, simulator)
        stimulus = hold_inputs(stimulus, problem.openings.holds, interface)
        trace = simulator.simulate(
            SimulationJob(source=probed.text, interface=probed.interface, stimulus=stimulus)
        ).trace
        if trace is None:  # too slow to simulate for so long
            return [0] * len(ends)
        reached: set[Hashable] = set()
        news = []
        for first, end in zip((0, *ends), ends, strict=False):
            part = replace(trace, rows=trace.rows[first * trace.width : end * trace.width])
            found = list_reached(part, constants=values) - reached
            reached |= found
            news.append(len(found))
        return news

    return measure


def _refuse_unsimulatable(problem: Problem, interface: Interface) -> None:
    name = problem.reference.name
    if not interface.outputs:
        raise BadReferenceError(f"{name}: module {interface.module!r} has no outputs, so there is nothing to check")
    inputs = {port.name for port in interface.inputs}
    for special in (*(clock.port for clock in interface.clocks), *(reset.port for reset in interface.resets)):
        if special not in inputs:
            raise BadReferenceError(
                f"{name}: {special!r} is named as a clock or reset but is no input of {interface.module!r}"
            )


def _require_trace(name: str, simulation: Simulation) -> Trace:
    if simulation.trace is None:
        messages = "; ".join(_describe(item.line, item.message) for item in simulation.diagnostics[:3])
        raise BadReferenceError(f"{name}: the reference does not run ({simulation.status}): {messages}")
    if not simulation.trace.rows.strip(b"Z"):
        raise NeverKnownError(f"{name}: nothing drives an output of the reference; the reference must be complete")
    if not simulation.trace.rows.strip(b"XZ"):
        raise NeverKnownError(f"{name}: no output of the reference is ever known, so nothing could be checked")
    return simulation.trace


def _list_undriven(problem: Problem, trace: Trace) -> tuple[tuple[str, int], ...]:
    """Return (output, mask) of the bits that float in all of ``trace`` and that nothing in the reference drives."""
    if b"Z" not in trace.rows:
        return ()
    found = find_undriven(problem.reference.text, problem.reference_top)
    floating = _list_floating(trace)
    masks = ((name, mask & floating.get(name, 0)) for name, mask in found.items())
    return tuple((name, mask) for name, mask in masks if mask)


def _list_floating(trace: Trace) -> dict[str, int]:
    """Return, by output, the mask of the bits that are Z in every step."""
    found, place = {}, 0
    for port in trace.outputs:
        columns = (trace.rows[place + at :: trace.width] for at in range(port.width))
        found[port.name] = int("".join("01"[not column.strip(b"Z")] for column in columns), 2)
        place += port.width
    return found


def _forget(trace: Trace, undriven: Sequence[tuple[str, int]]) -> Trace:
    """Return ``trace`` with X in the bits ``undriven``."""
    if not undriven:
        return trace
    masks, rows, place = dict(undriven), bytearray(trace.rows), 0
    for port in trace.outputs:
        for at in range(port.width):
            if masks.get(port.name, 0) >> (port.width - 1 - at) & 1:
                rows[place + at :: trace.width] = b"X" * (len(rows) // trace.width)
        place += port.width
    return replace(trace, rows=bytes(rows))


def _describe_undriven(name: str, mask: int, width: int) -> str:
    if mask == (1 << width) - 1:
        return f"output {name} is not compared: the reference never drives it"
    bits = ", ".join(str(place) for place in range(width - 1, -1, -1) if mask >> place & 1)
    return f"output {name} is not compared in bits {bits}: the reference never drives them"


def _describe(line: int | None, message: str) -> str:
    return message if line is None else f"line {line}: {message}"
