"""The deep run: one long steady run for what no other stimulus reaches inside a reference, and what stays unreached."""

import base64
import zlib
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.check.stimulus.coverage import list_levels, list_reached
from pytest_rtlgen.check.stimulus.hints import list_hints
from pytest_rtlgen.check.stimulus.steady import Setting, SteadyRuns
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import Port, Problem, SourceFile, Stimulus, Trace, count_bits
from pytest_rtlgen.simulators import Simulation, SimulationJob, Simulator
from pytest_rtlgen.tools.cut_short import note_cut_short
from pytest_rtlgen.verilog.constants import mine_constants
from pytest_rtlgen.verilog.goals import ComparedConstant, list_constants, list_loop_variables, show_conditions
from pytest_rtlgen.verilog.probes import Probed, add_probes

_SIZES = tuple((1 << power) + 64 for power in range(12, 18))
"""Cycles of the steady run as it is doubled; a few more than a power of two, so that a wrap is seen."""
_PATIENCE = 2
"""Doublings in a row that may reach nothing new before the run is given up."""
_MOST_PROBES = 128
_MOST_SHOWN = 1 << 25
"""Most characters of a trace of the reference's inside."""
_MOST_COMPARED = 1 << 24
"""Most characters of the stimulus, and of the trace that candidates are compared with."""
_SLOW_S = 6.0
"""A reference that takes longer is not doubled again: candidates must have time to spare."""
_SMALL_BITS = 5
_NAMED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedRun:
    """A long stimulus and the reference's trace, compressed while nobody compares."""

    stimulus: bytes
    """Rows as ``_compress`` writes them, as are those of ``trace``."""
    trace: bytes
    steps: int

    def unpack(self, reference: PreparedReference, *, most_steps: int | None = None) -> PreparedReference:
        """Return ``reference`` with this stimulus and trace, or the first ``most_steps`` steps of them."""
        steps = min(self.steps, most_steps or self.steps)
        rows = _decompress(self.stimulus)[: steps * reference.stimulus.width]
        answers = _decompress(self.trace)[: steps * reference.trace.width]
        stimulus = replace(reference.stimulus, rows=rows, steps=steps)
        return replace(reference, stimulus=stimulus, trace=replace(reference.trace, rows=answers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """What a problem's deep run is, and what no stimulus reaches."""

    unreached: tuple[str, ...] = ()
    """What of the reference stays unreached, each as words: conditions, constants, bits."""
    run: PackedRun | None = None
    """``None``: everything is reached, or a steady run reaches nothing more."""

    def describe(self) -> str:
        """Return ``unreached`` as one line, the first few by name; empty: everything is reached."""
        more = len(self.unreached) - _NAMED
        return "; ".join((*self.unreached[:_NAMED], *([f"and {more} more"] if more > 0 else [])))


def measure_depth(
    problem: Problem, first: PreparedReference, second: PreparedReference | None, simulator: Simulator
) -> Depth:
    """Return the problem's deep run, made where ``first`` and ``second`` leave something of the reference unreached.

    Inputs are held at the values that move most state, resets rest, and the run is doubled while it reaches more, up
    to 2^17 cycles.

    Raises:
        ToolError: the simulator is missing or broken.
    """
    found = _look_inside(first, simulator)
    if found is None:
        return Depth()
    view, reached = found
    if second is not None:
        reached |= view.list_reached(view.show(second.stimulus))
    targets, run = view.list_targets(), None
    if targets - reached and first.simulated.clocks:
        hints = list_hints(mine_constants(view.source, problem.reference_top), first.simulated)
        runs = SteadyRuns(first.simulated, hints, first.stimulus.seed)
        setting = runs.choose(view.show)
        if setting is not None:
            news, cycles = _grow(view.narrow(reached), runs, setting, reached)
            reached |= news
            run = _pack(first, runs, setting, cycles, simulator) if cycles else None
    return Depth(unreached=tuple(view.describe(targets - reached)), run=run)


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """A reference that shows its inside."""

    source: SourceFile
    top: str
    lines: Mapping[str, int]
    """Line of each condition, by the name of its net."""
    constants: tuple[ComparedConstant, ...]
    hidden: frozenset[str]
    """Variables that count loops."""
    probed: Probed
    reference: PreparedReference
    simulator: Simulator

    @property
    def ports(self) -> tuple[Port, ...]:
        """What is shown, under its path in the reference."""
        shown = self.probed.interface.outputs
        return tuple(replace(port, name=path) for port, path in zip(shown, self.probed.paths, strict=True))

    def list_targets(self) -> set[Hashable]:
        """Return what a good stimulus would reach: both levels of each bit, and the constants."""
        widths = {port.name: port.width for port in self.ports}
        floating = dict(self.reference.undriven)
        levels = {
            (name, bit, level)
            for name, width in widths.items()
            for bit in range(width)
            for level in (0, 1)
            if not floating.get(name, 0) >> (width - 1 - bit) & 1
        }
        return levels | {(item.path, item.value) for item in self.constants if item.path in widths}

    def narrow(self, reached: set[Hashable]) -> "_View":
        """Return a view of only what is not wholly reached yet, which takes less memory."""
        missing = {item[0] for item in self.list_targets() - reached if isinstance(item, tuple)}
        ended = [port.name for port in self.ports if port.name not in missing and not _is_open(port, reached)]
        interface = replace(self.probed.interface, module=self.top)
        inputs = replace(interface, ports=interface.inputs)
        probed = add_probes(self.source, inputs, most=_MOST_PROBES, without=self.hidden.union(ended))
        return self if probed is None else replace(self, probed=probed)

    def simulate(self, stimulus: Stimulus) -> Simulation:
        """Return how the reference does under ``stimulus``, as far as that is allowed: a trace of what is shown."""
        stimulus = self.reference.keep_assumed(stimulus, self.simulator)
        job = SimulationJob(source=self.probed.text, interface=self.probed.interface, stimulus=stimulus)
        simulation = self.simulator.simulate(job)
        trace = simulation.trace
        return simulation if trace is None else replace(simulation, trace=replace(trace, outputs=self.ports))

    def show(self, stimulus: Stimulus) -> Trace | None:
        """Return the trace of ``simulate``."""
        return self.simulate(stimulus).trace

    def list_reached(self, trace: Trace | None) -> set[Hashable]:
        """Return what ``trace`` reaches: the targets, and what else tells that a stimulus gets further."""
        if trace is None:
            return set()
        return list_reached(trace, constants={item.value for item in self.constants}) | list_levels(trace)

    def describe(self, missing: set[Hashable]) -> Iterator[str]:
        """Yield what is missing in words: conditions, then constants, then bits."""
        conditions = {port.name: self.lines.get(port.name.rpartition(".")[2]) for port in self.ports}
        named = {line for name, line in conditions.items() if missing & {(name, 0, 0), (name, 0, 1)}}
        for name, line in conditions.items():
            if line is not None:
                words = (f"the condition of line {line} is never {word}" for word in ("true", "false"))
                yield from (text for text, level in zip(words, (1, 0), strict=True) if (name, 0, level) in missing)
        for item in self.constants:
            if (item.path, item.value) in missing and item.line not in named:
                yield f"{item.path} is never {item.value} (line {item.line})"
        for port in self.ports:
            for level in (1, 0) if conditions[port.name] is None else ():
                bits = [port.width - 1 - bit for bit in range(port.width) if (port.name, bit, level) in missing]
                yield from (f"{port.name}{place} is never {level}" for place in _list_ranges(bits, port.width))


def _look_inside(reference: PreparedReference, simulator: Simulator) -> tuple[_View, set[Hashable]] | None:
    """Return a view of the reference and what its stimulus reaches; ``None``: it cannot be looked into.

    Conditions are shown, too, where they can be made nets.
    """
    for source, lines, outputs_only in _list_sources(reference):
        try:
            view = _make_view(reference, source, lines, simulator, outputs_only=outputs_only)
        except BadReferenceError:  # pyslang does not take it, which the simulator does
            continue
        trace = None if view is None else view.show(reference.stimulus)
        if view is not None and trace is not None:
            return view, view.list_reached(trace)
    return None


def _list_sources(reference: PreparedReference) -> Iterator[tuple[SourceFile, Mapping[str, int], bool]]:
    """Yield the reference with its conditions as nets, and their lines; then as it is; then for its outputs alone."""
    plain = SourceFile(name="reference", text=reference.source)
    if "`" not in plain.text:  # canonical: what stands in a node's place is the node
        with suppress(BadReferenceError):
            shown = show_conditions(plain, reference.top)
            yield replace(plain, text=shown.text), shown.lines, False
    yield plain, {}, False
    yield plain, {}, True


def _make_view(
    reference: PreparedReference,
    source: SourceFile,
    lines: Mapping[str, int],
    simulator: Simulator,
    *,
    outputs_only: bool,
) -> _View | None:
    hidden = list_loop_variables(source, reference.top)
    interface = replace(reference.simulated, module=reference.top)
    probed = add_probes(source, interface, most=_MOST_PROBES, without=hidden, outputs_only=outputs_only)
    if probed is None:
        return None
    return _View(
        source=source,
        top=reference.top,
        lines=lines,
        constants=list_constants(source, reference.top),
        hidden=hidden,
        probed=probed,
        reference=reference,
        simulator=simulator,
    )


def _grow(view: _View, runs: SteadyRuns, setting: Setting, reached: set[Hashable]) -> tuple[set[Hashable], int]:
    """Return what a steady run reaches beyond ``reached``, and its cycles: twice as many as that took; 0: nothing."""
    news: set[Hashable] = set()
    cycles = without_news = 0
    width = max(count_bits(view.ports) * _MOST_COMPARED // _MOST_SHOWN, runs.width)
    sizes = [size for size in _SIZES if 2 * size * width <= _MOST_COMPARED]
    for size, next_size in zip(sizes, (*sizes[1:], *sizes[-1:]), strict=True):
        simulation = view.simulate(runs.make_stimulus(setting, size))
        found = view.list_reached(simulation.trace) - reached - news
        news |= found
        without_news = 0 if found else without_news + 1
        cycles = next_size if found else cycles
        if simulation.duration_s > _SLOW_S:
            note_cut_short()
            break
        if simulation.trace is None or without_news >= _PATIENCE:
            break
    return news, cycles


def _pack(
    reference: PreparedReference, runs: SteadyRuns, setting: Setting, cycles: int, simulator: Simulator
) -> PackedRun | None:
    """Return the deep run of ``cycles`` cycles, or of half as many; ``None``: the reference is too slow for both."""
    named = replace(reference.simulated, module=reference.top)
    for size in (cycles, cycles // 2):
        stimulus = reference.keep_assumed(runs.make_stimulus(setting, size), simulator)
        trace = simulator.simulate(SimulationJob(source=reference.source, interface=named, stimulus=stimulus)).trace
        if trace is not None:
            rows = _compress(stimulus.rows)
            answers = _compress(reference.forget_undriven(trace).rows)
            return PackedRun(stimulus=rows, trace=answers, steps=stimulus.steps)
    return None


def _compress(rows: bytes) -> bytes:
    """Return ``rows`` smaller, and in ASCII, as records on disk are."""
    return base64.b64encode(zlib.compress(rows, 1))


def _decompress(packed: bytes) -> bytes:
    return zlib.decompress(base64.b64decode(packed))


def _is_open(port: Port, reached: set[Hashable]) -> bool:
    """Whether some value of a small register is not reached."""
    return port.width <= _SMALL_BITS and any((port.name, value) not in reached for value in range(1 << port.width))


def _list_ranges(bits: Iterable[int], width: int) -> Iterator[str]:
    """Yield bits, given from the highest one, as selects: ``[7:5]``, ``[2]``; nothing after a single bit's name."""
    runs: list[list[int]] = []
    for bit in bits:
        if runs and runs[-1][-1] == bit + 1:
            runs[-1].append(bit)
        else:
            runs.append([bit])
    for run in runs:
        yield "" if width == 1 else f"[{run[0]}]" if len(run) == 1 else f"[{run[0]}:{run[-1]}]"
