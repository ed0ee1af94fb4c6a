"""Choose the values at which inputs are held in a steady run: those under which most of a reference moves. Pure."""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_rtlgen.check.proof.prover import make_prefix
from pytest_rtlgen.check.stimulus.make import make_stimulus
from pytest_rtlgen.records import Interface, Port, Stimulus, Trace, count_bits, list_places

_TRIAL_CYCLES = 128
_MOST_TRIALS = 64
_ROUNDS = 2
_HINTS = 4
_STARTS = 8
_START_CYCLES = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a steady run begins, and what its inputs are held at."""

    values: tuple[int, ...]
    """One for each input that is neither clock nor reset, in declared order."""
    start: int
    """Which of several random sequences comes before: it may load something, or start it; 0: none but a reset."""


class SteadyRuns:
    """Writes steady runs for one interface."""

    def __init__(self, interface: Interface, hints: Mapping[str, Sequence[int]], seed: int) -> None:
        self._interface = interface
        special = {clock.port for clock in interface.clocks} | {reset.port for reset in interface.resets}
        self._data = tuple(port for port in interface.inputs if port.name not in special)
        self._choices = tuple(_list_values(port, hints.get(port.name, ())) for port in self._data)
        self._seed = seed
        self.width = max(count_bits(interface.inputs), count_bits(interface.outputs))
        """Characters of one row, of the stimulus or of the trace."""
        prefix, self._rest = make_prefix(interface)
        active = {reset.port: self._rest[reset.port] for reset in interface.resets}
        self._rest = {**self._rest, **{name: "10"[int(level)] for name, level in active.items()}}
        self._reset = prefix.encode("ascii")
        self._starts = (b"", *(self._draw_start(hints, number) for number in range(_STARTS)))

    def _draw_start(self, hints: Mapping[str, Sequence[int]], number: int) -> bytes:
        seed = self._seed + number
        return make_stimulus(self._interface, hints=hints, cycles=_START_CYCLES, seed=seed).rows

    def render(self, setting: Setting, cycles: int) -> bytes:
        """Return the rows of a run of ``cycles`` cycles, the clocks in turn, from reset."""
        held = dict(self._rest)
        for port, value in zip(self._data, setting.values, strict=True):
            held[port.name] = f"{value:0{port.width}b}"
        resting = self._row(held)
        turn = b"".join(
            self._row({**held, clock.port: "10"[int(held[clock.port])]}) + resting for clock in self._interface.clocks
        )
        return self._reset + self._starts[setting.start] + resting + turn * (cycles // len(self._interface.clocks))

    def make_stimulus(self, setting: Setting, cycles: int) -> Stimulus:
        """Return ``render`` as a stimulus."""
        return self._wrap(self.render(setting, cycles))

    def choose(self, simulate: Callable[[Stimulus], Trace | None]) -> Setting | None:
        """Return the setting under which most state moves, tried on short runs; ``None``: they cannot be simulated.

        ``simulate`` shows what is inside the reference.
        """
        best: tuple[int, Setting] | None = None
        pool = self._draw_settings()
        for _ in range(1 + _ROUNDS):
            scores = self._try(pool, simulate)
            if scores is None:
                break
            score, place = max((score, -place) for place, score in enumerate(scores))
            if best is not None and score <= best[0]:
                break
            best = score, pool[-place]
            pool = list(itertools.islice(self._list_neighbours(best[1]), _MOST_TRIALS))
        return None if best is None else best[1]

    def _draw_settings(self) -> list[Setting]:
        """Return every setting, or some where there are many: all inputs at their first and last value, then others."""
        count = len(self._starts)
        for choices in self._choices:
            count *= len(choices)
        if count <= _MOST_TRIALS:
            return [
                Setting(values=values, start=start)
                for start in range(len(self._starts))
                for values in itertools.product(*self._choices)
            ]
        rng = random.Random(f"rtlgen steady {self._seed}")  # noqa: S311  reproducible on purpose
        ends = [tuple(choices[end] for choices in self._choices) for end in (0, -1)]
        found = [Setting(values=values, start=start) for start in (0, 1) for values in ends]
        while len(found) < _MOST_TRIALS:
            values = tuple(rng.choice(choices) for choices in self._choices)
            found.append(Setting(values=values, start=rng.randrange(len(self._starts))))
        return found

    def _list_neighbours(self, setting: Setting) -> Iterator[Setting]:
        """Yield the settings that differ from ``setting`` in one point."""
        for place, choices in enumerate(self._choices):
            for value in choices:
                if value != setting.values[place]:
                    values = (*setting.values[:place], value, *setting.values[place + 1 :])
                    yield Setting(values=values, start=setting.start)
        yield from (Setting(values=setting.values, start=start) for start in range(len(self._starts)))

    def _try(self, pool: Sequence[Setting], simulate: Callable[[Stimulus], Trace | None]) -> list[int] | None:
        """Return, by setting, how many values the reference's registers and nets take together."""
        runs = [self.render(setting, _TRIAL_CYCLES) for setting in pool]
        stimulus = self._wrap(b"".join(runs))
        trace = simulate(stimulus)
        if trace is None:
            return None
        steps = list(itertools.accumulate(len(run) // stimulus.width for run in runs))
        cycles = _TRIAL_CYCLES // len(self._interface.clocks) * len(self._interface.clocks)
        return _count_values(trace, steps, 2 * cycles)

    def _wrap(self, rows: bytes) -> Stimulus:
        inputs = self._interface.inputs
        return Stimulus(inputs=inputs, rows=rows, steps=len(rows) // count_bits(inputs), seed=self._seed)

    def _row(self, values: Mapping[str, str]) -> bytes:
        return "".join(values[port.name] for port in self._interface.inputs).encode("ascii")


def _list_values(port: Port, hints: Sequence[int]) -> tuple[int, ...]:
    """Return the values at which an input may be held."""
    top = (1 << port.width) - 1
    mined = sorted(value for value in set(hints) if 1 < value < top)
    return tuple(dict.fromkeys((0, 1, *mined[:: max(1, len(mined) // _HINTS)], top)))


def _count_values(trace: Trace, ends: Sequence[int], steps: int) -> list[int]:
    """Return, by run, how many known values all outputs take together in its last ``steps`` steps."""
    import numpy as np

    table = np.frombuffer(trace.rows, dtype=np.uint8).reshape(-1, trace.width)
    rows = np.concatenate([np.arange(end - steps, end) for end in ends])
    counts = np.zeros(len(ends), dtype=np.int64)
    for port, place in list_places(trace.outputs):
        columns = table[rows, place]
        values = (columns == ord("1")) @ (np.uint64(1) << np.arange(port.width, dtype=np.uint64))
        ordered = np.sort(values.reshape(len(ends), steps), axis=1)
        counts += (ordered[:, 1:] != ordered[:, :-1]).sum(axis=1)
    return [int(count) for count in counts]
