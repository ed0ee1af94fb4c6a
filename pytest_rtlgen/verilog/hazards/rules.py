"""The rules: which places of a model may be read in two ways."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from pytest_rtlgen.records import Hazard, HazardKind
from pytest_rtlgen.verilog.hazards.model import Event, Kind, Model, Process, Signal
from pytest_rtlgen.verilog.hazards.nets import Bits, Nets
from pytest_rtlgen.verilog.hazards.unset import list_unset_decisions

_Found = tuple[Iterable[int], int | None]
"""Signals and line."""


def list_hazards(rules: "Rules") -> Iterator[Hazard]:
    """Yield the hazards of a model, kind by kind."""
    model = rules.model
    yield from rules.list_two_drivers()
    checks: tuple[tuple[HazardKind, Callable[[], Iterator[_Found]]], ...] = (
        (HazardKind.INCOMPLETE_LIST, rules.list_incomplete_lists),
        (HazardKind.INCOMPLETE_LIST, rules.list_silent_starts),
        (HazardKind.EVENT_ORDER, rules.list_races),
        (HazardKind.EVENT_ORDER, rules.list_late_reads),
        (HazardKind.EVENT_ORDER, rules.list_unordered_starts),
        (HazardKind.DERIVED_CLOCK, rules.list_derived_clocks),
        (HazardKind.LOOP, rules.list_loops),
        (HazardKind.LOOP, rules.list_held),
        (HazardKind.UNSET_DECISION, rules.list_unset),
    )
    for kind, check in checks:
        for signals, line in check():
            names = tuple(dict.fromkeys(model.signals[signal].name for signal in signals))
            yield Hazard(kind=kind, names=names, line=line)


class Rules:
    """What the rules ask of a model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._nets = Nets(model)
        self._drivers: dict[int, list[tuple[Process, int]]] = defaultdict(list)
        self._readers: dict[int, list[tuple[Process, int]]] = defaultdict(list)
        self._starts: dict[int, int] = defaultdict(int)
        """Bits by signal that ``initial`` blocks set."""
        for process in model.processes:
            for signal, mask in process.list_driven():
                if process.kind is not Kind.INITIAL:
                    self._drivers[signal].append((process, mask))
                else:
                    self._starts[signal] |= mask
            for signal, mask in process.reads.items():
                self._readers[signal].append((process, mask))

    def _is_temporary(self, signal: int) -> bool:
        """Whether each process that reads it has set it before: no value of it goes from process to process."""
        if self.model.signals[signal].is_local:
            return True
        is_seen = signal in self._readers or self.model.signals[signal].is_output
        return not is_seen and all(process.kind is not Kind.ASSIGN for process, _ in self._drivers[signal])

    def count_state(self) -> int:
        """Return how many bits keep their value: those that an edge sets, and those that a latch holds."""
        kept: dict[int, int] = defaultdict(int)
        for process in self.model.processes:
            found = process.list_driven() if process.kind is Kind.EDGE else process.held.items()
            for signal, mask in found if process.kind in {Kind.EDGE, Kind.LEVEL} else ():
                kept[signal] |= 0 if self._is_temporary(signal) else mask
        signals = self.model.signals
        return sum(
            mask.bit_count() if signals[key].is_fine else max(signals[key].width, 1)
            for key, mask in kept.items()
            if mask
        )

    def list_two_drivers(self) -> Iterator[Hazard]:
        """Yield what has a bit that two processes set; the surroundings drive the inputs.

        An initial value beside one process is no second driver, beside a continuous assignment it is.
        """
        for number, drivers in self._drivers.items():
            signal = self.model.signals[number]
            seen = signal.mask if signal.is_input else 0
            for process, mask in drivers:
                started = self._starts[number] if process.kind is Kind.ASSIGN else 0
                if (seen | started) & mask and not self._is_temporary(number):
                    yield self._describe_two(signal, process, mask)
                    break
                seen |= mask

    def _describe_two(self, signal: Signal, second: Process, mask: int) -> Hazard:
        drivers = self._drivers[signal.number]
        others = (other for other, bits in drivers if other is not second and bits & mask)
        first = next(others, None)
        is_variable = first is not None and Kind.ASSIGN not in {first.kind, second.kind}
        return Hazard(
            kind=HazardKind.TWO_PROCESSES if is_variable else HazardKind.TWO_DRIVERS,
            names=(signal.name,),
            line=second.line,
            other_line=first.line if first is not None else None,
        )

    def list_incomplete_lists(self) -> Iterator[_Found]:
        """Yield what event lists leave out; all that a process sets where its list has no usual form."""
        for process in self.model.processes:
            driven = [signal for signal, _ in process.list_driven()]
            if process.is_odd:
                missing = driven
            elif process.kind is Kind.EDGE:
                missing = list(process.reset_reads) or (driven if len(process.resets) > 1 else [])
            elif process.kind is Kind.INITIAL:
                missing = []
            elif process.is_complete:
                missing = self._list_missing(process.task_reads, {})  # always_comb sees into functions, not into tasks
            elif process.kind is Kind.ASSIGN or process.is_implicit:
                missing = self._list_missing(process.inner_reads, {})  # an argument may hand over some bits only
            else:
                missing = self._list_missing({**process.inner_reads, **process.outer_reads}, _sum(process.events))
            if missing:
                yield missing, process.line

    def _list_missing(self, read: Bits, listed: Bits) -> list[int]:
        return [
            signal for signal, mask in read.items() if mask & ~listed.get(signal, 0) and not self._is_constant(signal)
        ]

    def _is_constant(self, signal: int) -> bool:
        """Whether nothing changes the signal once the design runs."""
        if self.model.signals[signal].is_input:
            return False
        return all(
            flow.value.reads == 0
            for process, flow in self._nets.into.get(signal, ())
            if process.kind is not Kind.INITIAL
        )

    def list_silent_starts(self) -> Iterator[_Found]:
        """Yield processes that nothing may trigger at the start, though their result is known then.

        A list of inputs, or of what follows inputs at once, fires when the first values are applied; one of registers
        without a value fires when they get one. A register with an initial value has it before any process waits.
        """
        lively = self._find_lively()
        for process in self.model.processes:
            if process.kind is not Kind.LEVEL or process.is_complete or process.is_odd:
                continue
            listed = process.outer_reads if process.is_implicit else _sum(process.events)
            driven = [signal for signal, _ in process.list_driven() if not self._is_temporary(signal)]
            is_fired = any(signal in lively for signal in listed)
            is_slow = any(not self._is_constant(signal) for signal in listed)
            if driven and not is_fired and (not is_slow or any(map(self._is_initial, listed))):
                yield driven, process.line

    def _is_initial(self, signal: int) -> bool:
        return any(process.kind is Kind.INITIAL for process, _ in self._nets.into.get(signal, ()))

    def _find_lively(self) -> set[int]:
        """Return the signals that change when the inputs get their first values."""
        found = {signal.number for signal in self.model.signals if signal.is_input}
        after: dict[int, set[int]] = defaultdict(set)
        for process in self.model.processes:
            if process.is_combinational:
                for flow in process.flows:
                    for source, _ in self.model.list_atoms(flow.value.reads):
                        after[source].add(flow.target)
        pending = list(found)
        while pending:
            fresh = after[pending.pop()] - found
            found |= fresh
            pending += fresh
        return found

    def list_races(self) -> Iterator[_Found]:
        """Yield what one clocked process sets at once and another reads at the same edge; and clocks read as data."""
        clocked = [process for process in self.model.processes if process.kind is Kind.EDGE]
        hasty = [(process, self._list_hasty(process)) for process in clocked]
        hasty = [(process, bits) for process, bits in hasty if bits]
        for process in clocked:
            if process.is_mixed:
                yield sorted(process.blocking.keys() & process.nonblocking.keys()), process.line
            cone = self._nets.find_cone(process.reads)
            for other, bits in hasty:
                if other is not process and self._is_together(process, other):
                    raced = [signal for signal, mask in bits.items() if mask & cone.get(signal, 0)]
                    if raced:
                        yield raced, other.line
            yield from self._list_read_clocks(process, cone)

    def _list_hasty(self, process: Process) -> dict[int, int]:
        return {
            signal: mask
            for signal, mask in process.blocking.items()
            if not self.model.signals[signal].is_local
            and any(reader is not process and mask & read for reader, read in self._readers[signal])
        }

    def _is_together(self, one: Process, other: Process) -> bool:
        """Whether two clocked processes may run at the same edge."""
        if one.clock is None or other.clock is None:
            return True
        return self._resolve(one.clock) != self._resolve(other.clock, flips=True)

    def _resolve(self, event: Event, *, flips: bool = False) -> tuple[int, int, bool]:
        """Return (signal, bit, does it rise) of the edge that ``event`` copies; ``flips``: of the opposite edge."""
        signal, mask, is_inverted = self._nets.resolve(event.signal, event.mask)
        return signal, mask, ((event.edge == "PosEdge") != is_inverted) != flips

    def _list_read_clocks(self, process: Process, cone: Bits) -> Iterator[_Found]:
        if process.clock is not None:
            signal, mask, _ = self._resolve(process.clock)
            if cone.get(signal, 0) & mask or cone.get(process.clock.signal, 0) & process.clock.mask:
                yield (process.clock.signal,), process.line

    def list_late_reads(self) -> Iterator[_Found]:
        """Yield what a process without a clock reads and only then sets: it does not see its own change."""
        for process in self.model.processes:
            if process.kind is not Kind.LEVEL:
                continue
            listed = _sum(process.events)
            late = [
                signal
                for signal, mask in process.outer_reads.items() | process.inner_reads.items()
                if mask
                & (process.blocking.get(signal, 0) | (process.nonblocking.get(signal, 0) & ~listed.get(signal, 0)))
            ]
            if late:
                yield late, process.line

    def list_unordered_starts(self) -> Iterator[_Found]:
        """Yield initial values that depend on other values at the start, or that two ``initial`` blocks set."""
        seen: dict[int, int] = defaultdict(int)
        for process in self.model.processes:
            if process.kind is not Kind.INITIAL:
                continue
            taken = (*process.outer_reads, *process.inner_reads)
            if taken:
                yield taken, process.line
            for signal, mask in process.list_driven() if not process.is_declaration else ():
                if seen[signal] & mask and not self._is_temporary(signal):
                    yield (signal,), process.line
                seen[signal] |= mask

    def list_derived_clocks(self) -> Iterator[_Found]:
        """Yield clocks that are no copy of an input, and resets that are neither that nor a register."""
        for process in self.model.processes:
            if process.clock is None:
                continue
            if not self.model.signals[self._resolve(process.clock)[0]].is_input:
                yield (process.clock.signal,), process.line
            for event in process.resets:
                if not self._is_steady(event.signal, event.mask):
                    yield (event.signal,), process.line

    def _is_steady(self, signal: int, mask: int) -> bool:
        """Whether a bit is free of glitches: a copy of an input, a register, or a constant."""
        signal, mask, _ = self._nets.resolve(signal, mask)
        if self.model.signals[signal].is_input or self._is_constant(signal):
            return True
        return all(
            process.kind is Kind.EDGE and signal in process.nonblocking and signal not in process.blocking
            for process, _ in self._drivers[signal]
        )

    def list_loops(self) -> Iterator[_Found]:
        """Yield combinational loops."""
        for group in self._nets.list_loops():
            signals = sorted(group)
            yield signals, self.model.signals[signals[0]].line

    def list_held(self) -> Iterator[_Found]:
        """Yield what is held without a clock: by a function's variables, or in a latch that a glitch may open."""
        for process in self.model.processes:
            if process.kind is Kind.INITIAL:
                continue
            held = [signal for signal in process.reads if self.model.signals[signal].is_local]
            if process.kind is Kind.LEVEL:
                held += [
                    signal
                    for signal in process.held
                    if not self._is_temporary(signal) and not self._is_opened_steadily(process.controls[signal])
                ]
            if held:
                yield held, process.line

    def _is_opened_steadily(self, controls: int) -> bool:
        return all(
            self._is_steady(signal, bit)
            for signal, mask in self.model.list_atoms(controls)
            for bit in _list_masks(mask)
        )

    def list_unset(self) -> Iterator[_Found]:
        """Yield decisions on what nothing sets."""
        for line, signals in list_unset_decisions(self._nets):
            yield signals, line


def _sum(events: Iterable[Event]) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    for event in events:
        if event.signal >= 0:
            found[event.signal] |= event.mask
    return dict(found)


def _list_masks(mask: int) -> Iterator[int]:
    while mask:
        yield mask & -mask
        mask &= mask - 1
