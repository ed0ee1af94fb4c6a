"""Make the input sequence that drives a reference and its candidates. Pure: the same arguments give the same rows.

A stimulus is a list of steps; clocks are inputs like any other. A clock cycle is three or more steps: the inputs
move while the clock rests, the clock goes to its other level, the inputs may move again, the clock returns. So no input
ever moves with a clock edge, outputs are observed after every kind of change, and no two clocks move in one step.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_rtlgen.check.stimulus.patterns import Activity, AskedOf, draw_asked, draw_values, list_corners
from pytest_rtlgen.records import Clock, ClockEdge, Interface, Polarity, Port, Reset, ResetKind, Stimulus, count_bits

DEFAULT_CYCLES = 700
"""Clock cycles of one check; without a clock, a third of the input changes."""
_STEPS_PER_CYCLE = 3
_EXHAUSTIVE_BITS = 12
_COMPOSED = 256
_SEGMENTS = (8, 16, 32, 64)
"""Lengths, in cycles, of the stretches between which every input changes its pattern."""
_ACTIVITIES = (Activity.ANY, Activity.ANY, Activity.BUSY)
_ASKED_ACTIVITIES = (Activity.ASKED, Activity.ASKED, Activity.ASKED, Activity.BUSY)
_LONG_CYCLES = 4 * DEFAULT_CYCLES
"""Half of the cycles beyond so many go into two long stretches in which inputs are held."""
_STEADY_CYCLES = (300, 600, 600, 1200, 1200, 2400, 2400)
_PATIENCE = 3
"""Stretches in a row that may reach nothing new before those that come after are left out."""
_RESET_RATES = (0.0, 0.0, 1 / 64, 1 / 32, 1 / 16)
_FIRST_RESET_CYCLES = 3
_LONGEST_RESET = 3
_SEGMENT_RESET = 0.5
_PULSE = 0.3
_MOVE_WHILE_ACTIVE = 0.2
_CLOCK_RATES = (1, 1, 2, 3, 7)


Asked = tuple[tuple[str, AskedOf], ...]
"""By input, what a candidate asks for besides its reference."""
Measure = Callable[[Stimulus, Sequence[int]], Sequence[int]]
"""How much each stretch of a stimulus reaches that those before it did not; they end before the given steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StimulusPlan:
    """What the stimuli of one reference have in common, whatever their seeds."""

    hints: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """(input, constants that the reference compares it with)."""
    slices: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = ()
    """(input, (mask, constant) of slices of it)."""
    cycles: int = DEFAULT_CYCLES
    """About three steps each; of many, some make long stretches in which inputs are held."""
    stretches: int = 0
    """Ever longer ones that follow, with a clock."""
    asked: Asked = ()
    """What a candidate asks for; most stretches are about that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """A stimulus, and the plan by which those of other seeds are made."""

    stimulus: Stimulus
    plan: StimulusPlan


def make_stimulus(
    interface: Interface,
    *,
    hints: Mapping[str, Sequence[int]] | None = None,
    slices: Mapping[str, Sequence[tuple[int, int]]] | None = None,
    cycles: int | None = None,
    seed: int = 0,
    measure: Measure | None = None,
) -> Stimulus:
    """Return the stimulus for a design with ``interface``, as ``grow_stimulus`` does; for the rest see its plan."""
    plan = make_plan(hints=hints or {}, slices=slices or {}, cycles=cycles)
    return grow_stimulus(interface, plan, seed=seed, measure=measure).stimulus


def make_plan(
    *,
    hints: Mapping[str, Sequence[int]],
    slices: Mapping[str, Sequence[tuple[int, int]]],
    cycles: int | None,
) -> StimulusPlan:
    """Return a plan without stretches; ``cycles`` defaults to ``DEFAULT_CYCLES``."""
    return StimulusPlan(
        hints=tuple((name, tuple(values)) for name, values in hints.items()),
        slices=tuple((name, tuple(pairs)) for name, pairs in slices.items()),
        cycles=cycles or DEFAULT_CYCLES,
    )


def make_planned(interface: Interface, plan: StimulusPlan, *, seed: int) -> Stimulus:
    """Return the stimulus of ``seed`` for a design with ``interface``, with all of the plan's stretches."""
    writer = _begin(interface, plan, seed)
    for steady_cycles in _STEADY_CYCLES[: plan.stretches]:
        _play_stretch(writer, plan, steady_cycles)
    return writer.finish(seed)


def grow_stimulus(interface: Interface, plan: StimulusPlan, *, seed: int = 0, measure: Measure | None = None) -> Grown:
    """Return the stimulus of ``seed`` for a design with ``interface``.

    With ``measure`` and a clock it goes on, ever longer stretches at a time, until they reach nothing new.
    """
    if measure is None or not interface.clocks:
        return Grown(stimulus=make_planned(interface, plan, seed=seed), plan=plan)
    writer = _begin(interface, plan, seed)
    ends = [len(writer.rows)]
    for steady_cycles in _STEADY_CYCLES:
        _play_stretch(writer, plan, steady_cycles)
        ends.append(len(writer.rows))
    whole = writer.finish(seed)
    stretches = idle = 0
    for number, news in enumerate(measure(whole, ends)[1:], start=1):
        idle = 0 if news else idle + 1
        if not idle:
            stretches = number
        elif idle > _PATIENCE:
            break
    steps = ends[stretches]
    stimulus = replace(whole, rows=whole.rows[: steps * whole.width], steps=steps)
    return Grown(stimulus=stimulus, plan=replace(plan, stretches=stretches))


def _play_stretch(writer: "_RowWriter", plan: StimulusPlan, steady_cycles: int) -> None:
    writer.add_steady_cycles(steady_cycles)
    writer.add_cycles(plan.cycles // 2)


def _begin(interface: Interface, plan: StimulusPlan, seed: int) -> "_RowWriter":
    """Return a writer that has added the first cycles of ``plan``."""
    rng = random.Random(f"rtlgen stimulus {seed}")  # noqa: S311  reproducible on purpose
    writer = _RowWriter(interface, dict(plan.hints), dict(plan.slices), rng, dict(plan.asked))
    held = max(0, plan.cycles - _LONG_CYCLES) // 4 if interface.clocks else 0
    writer.add_cycles(plan.cycles - 2 * held)
    if held:
        writer.add_steady_cycles(held * len(interface.clocks))
        writer.add_steady_cycles(held * len(interface.clocks), is_opposite=True)
    return writer


class _RowWriter:
    """Writes rows while it moves clocks, resets and data inputs."""

    def __init__(
        self,
        interface: Interface,
        hints: Mapping[str, Sequence[int]],
        slices: Mapping[str, Sequence[tuple[int, int]]],
        rng: random.Random,
        asked: Mapping[str, AskedOf],
    ) -> None:
        self._asked = asked
        self.rows: list[str] = []
        self._rng = rng
        self._hints = hints
        self._slices = slices
        self._inputs = interface.inputs
        self._clocks = interface.clocks
        self._resets = interface.resets
        special = {clock.port for clock in interface.clocks} | {reset.port for reset in interface.resets}
        self._data = tuple(port for port in interface.inputs if port.name not in special)
        self._values = {port.name: 0 for port in interface.inputs}
        """By input, in the order of a row."""
        self._row = "".join(f"{{:0{port.width}b}}" for port in interface.inputs)
        self._values.update({clock.port: _rest_level(clock) for clock in interface.clocks})
        self._values.update({reset.port: 1 - _active_level(reset) for reset in interface.resets})
        self._left_active = {reset.port: 0 for reset in interface.resets}
        self._sources: dict[str, Iterator[int]] = {}
        self._reset_rate = 0.0
        self._clock_rates: tuple[int, ...] = ()

    def add_cycles(self, cycles: int) -> None:
        """Write all rows."""
        if not self._clocks:
            self._add_unclocked_steps(cycles * _STEPS_PER_CYCLE)
            return
        self._begin_segment()
        for reset in self._resets:
            self._left_active[reset.port] = _FIRST_RESET_CYCLES * len(self._clocks) + self._rng.randrange(2)
        added, total = 0, cycles * len(self._clocks)
        while added < total:
            length = min(self._rng.choice(_SEGMENTS), total - added)
            for _ in range(length):
                self._cycle(self._next_clock())
            added += length
            self._begin_segment()
            self._maybe_reset(_SEGMENT_RESET)

    def add_steady_cycles(self, cycles: int, *, is_opposite: bool = False) -> None:
        """Write rows in which clocks run, resets rest and inputs hold still: what counts gets far.

        ``is_opposite``: inputs of one bit hold the other level than they have now.
        """
        levels = {port.name: 1 - self._values[port.name] for port in self._data if port.width == 1}
        self._begin_segment(Activity.STEADY)
        for reset in self._resets:
            self._values[reset.port] = 1 - _active_level(reset)
            self._left_active[reset.port] = 0
        self._move_data()
        self._values.update(levels if is_opposite else {})
        self._emit()
        cycle_of = {clock.port: self._list_cycle(clock) for clock in self._clocks}
        for _ in range(cycles):
            self.rows += cycle_of[self._next_clock().port]

    def _list_cycle(self, clock: Clock) -> list[str]:
        """Return the rows of one cycle of ``clock`` in which nothing else moves."""
        rows = []
        for level in (1 - _rest_level(clock), _rest_level(clock)):
            self._values[clock.port] = level
            rows.append(self._render())
        return rows

    def finish(self, seed: int) -> Stimulus:
        """Return what has been written so far."""
        rows = "".join(self.rows).encode("ascii")
        return Stimulus(inputs=self._inputs, rows=rows, steps=len(self.rows), seed=seed)

    def _add_unclocked_steps(self, steps: int) -> None:
        for values in self._list_first_values():
            self._values.update(values)
            self._emit()
        self._begin_segment()
        while len(self.rows) < steps:
            for _ in range(min(self._rng.choice(_SEGMENTS), steps - len(self.rows))):
                self._step_resets()
                self._move_data()
                self._emit()
            self._begin_segment()
            self._maybe_reset(_SEGMENT_RESET)

    def _list_first_values(self) -> list[dict[str, int]]:
        """Return every combination of few input bits, shuffled; of many, each input's corners and constants in turn."""
        bits = count_bits(self._inputs)
        if bits <= _EXHAUSTIVE_BITS:
            chosen = [_split(number, self._inputs) for number in range(1 << bits)]
            self._rng.shuffle(chosen)
            return chosen
        chosen = [dict.fromkeys(self._values, 0), {port.name: (1 << port.width) - 1 for port in self._inputs}]
        for port in self._inputs:
            for value in (*list_corners(port.width), *self._hints.get(port.name, ())):
                others = {other.name: self._rng.getrandbits(other.width) for other in self._inputs}
                chosen.append({**others, port.name: value & ((1 << port.width) - 1)})
            if port.name in self._slices:
                composed = draw_values(port, (), self._rng, slices=self._slices[port.name], activity=Activity.BUSY)
                chosen += [{**dict.fromkeys(self._values, 0), port.name: next(composed)} for _ in range(_COMPOSED)]
        return chosen

    def _begin_segment(self, activity: Activity | None = None) -> None:
        rng = self._rng
        activity = activity or rng.choice(_ASKED_ACTIVITIES if self._asked else _ACTIVITIES)
        self._sources = {port.name: self._draw(port, activity) for port in self._data}
        self._reset_rate = rng.choice(_RESET_RATES)
        self._clock_rates = tuple(rng.choice(_CLOCK_RATES) for _ in self._clocks)

    def _draw(self, port: Port, activity: Activity) -> Iterator[int]:
        if activity is Activity.ASKED:
            if port.name in self._asked:
                return draw_asked(port, self._asked[port.name], self._rng)
            activity = Activity.ANY
        hints, slices = self._hints.get(port.name, ()), self._slices.get(port.name, ())
        return draw_values(port, hints, self._rng, slices=slices, activity=activity)

    def _next_clock(self) -> Clock:
        if len(self._clocks) == 1:
            return self._clocks[0]
        return self._rng.choices(self._clocks, self._clock_rates)[0]

    def _cycle(self, clock: Clock, *, is_nested: bool = False) -> None:
        """Move the inputs, then add one cycle of ``clock``; another clock's cycle may lie inside its active half."""
        rest = _rest_level(clock)
        self._maybe_reset(self._reset_rate)
        self._step_resets()
        self._move_data()
        self._emit()
        self._values[clock.port] = 1 - rest
        self._emit()
        if not is_nested and len(self._clocks) > 1 and self._rng.random() < _MOVE_WHILE_ACTIVE:
            self._cycle(self._rng.choice([other for other in self._clocks if other != clock]), is_nested=True)
        elif clock.edge is ClockEdge.BOTH or self._rng.random() < _MOVE_WHILE_ACTIVE:
            self._maybe_reset(self._reset_rate, only=ResetKind.ASYNCHRONOUS)
            self._move_data()
            self._emit()
        self._values[clock.port] = rest
        self._emit()

    def _maybe_reset(self, rate: float, *, only: ResetKind | None = None) -> None:
        """Begin a reset with probability ``rate`` each; an asynchronous one may come and go between clock edges."""
        for reset in self._resets:
            if self._left_active[reset.port] or (only and reset.kind is not only) or self._rng.random() >= rate:
                continue
            if reset.kind is ResetKind.ASYNCHRONOUS and self._rng.random() < _PULSE:
                self._values[reset.port] = _active_level(reset)
                self._emit()
                self._values[reset.port] = 1 - _active_level(reset)
                self._emit()
            else:
                self._left_active[reset.port] = self._rng.randint(1, _LONGEST_RESET)
                self._values[reset.port] = _active_level(reset)

    def _step_resets(self) -> None:
        for reset in self._resets:
            left = self._left_active[reset.port]
            active = _active_level(reset)
            self._values[reset.port] = active if left else 1 - active
            self._left_active[reset.port] = max(0, left - 1)

    def _move_data(self) -> None:
        for name, source in self._sources.items():
            self._values[name] = next(source)

    def _emit(self) -> None:
        self.rows.append(self._render())

    def _render(self) -> str:
        return self._row.format(*self._values.values())


def _rest_level(clock: Clock) -> int:
    """Return the level from which the clock's first edge is one that the design uses."""
    return 1 if clock.edge is ClockEdge.FALLING else 0


def _active_level(reset: Reset) -> int:
    return 1 if reset.active is Polarity.HIGH else 0


def _split(number: int, ports: Sequence[Port]) -> dict[str, int]:
    values = {}
    for port in ports:
        values[port.name] = number & ((1 << port.width) - 1)
        number >>= port.width
    return values
