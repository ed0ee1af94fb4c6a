"""Keep a stimulus within what is assumed of the inputs: values that break an assumption give way to some that do not.

The same value always gives way to the same one, so inputs that hold still go on doing so, and none moves with a clock.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rtlgen.check.stimulus.patterns import Activity, draw_values
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.openings import list_assumed
from pytest_rtlgen.records import (
    Assumption,
    Direction,
    Interface,
    Openings,
    Polarity,
    Port,
    SourceFile,
    Stimulus,
    count_bits,
    list_places,
)
from pytest_rtlgen.simulators import SimulationJob, Simulator
from pytest_rtlgen.verilog.conditions import OUTPUT, render_condition
from pytest_rtlgen.verilog.constants import mine_constants

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ASSUMED = "rtlgen_assumed"
"""The module that tells whether a group's assumptions hold."""
_EXHAUSTIVE_BITS = 12
_TRIED = 16384
_STRETCH = 16
_NAME = re.compile(r"(?<![\w$.'])[A-Za-z_][\w$]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumedGroup:
    """Inputs that assumptions tie together."""

    ports: tuple[Port, ...]
    """In the order in which a stimulus has them."""
    condition: str
    """All of the group's assumptions in one."""
    allowed: tuple[bytes, ...]
    """Values under which it holds, ``01`` characters: all of them where the inputs are few, else some."""
    resting: bytes
    """The one among them at which the inputs are while a design is reset for a proof."""


def find_groups(
    openings: Openings, interface: Interface, simulator: Simulator, *, seed: int
) -> tuple[AssumedGroup, ...]:
    """Return the inputs that are tied together, each input in one group at most.

    Raises:
        BadReferenceError: no input satisfies an assumption.
        ToolError: the simulator is missing or broken.
    """
    groups = []
    for names, assumptions in _tie(openings.assumptions, interface):
        ports = tuple(port for port in interface.inputs if port.name in names)
        condition = " && ".join(f"({assumption.condition}\n)" for assumption in assumptions)
        rng = random.Random(f"rtlgen assumptions {seed}")  # noqa: S311  reproducible on purpose
        tried = list(dict.fromkeys(_list_values(ports, condition, rng)))
        held = _evaluate(ports, condition, tried, simulator)
        allowed = tuple(value for value, is_held in zip(tried, held, strict=True) if is_held)
        if not allowed:
            raise BadReferenceError(_describe_empty(assumptions, ports, len(tried)))
        resting = _Chooser(ports, allowed, interface).choose(_rest(ports, interface))
        groups.append(AssumedGroup(ports=ports, condition=condition, allowed=allowed, resting=resting))
    return tuple(groups)


def restrict(
    stimulus: Stimulus, groups: Sequence[AssumedGroup], interface: Interface, simulator: Simulator
) -> Stimulus:
    """Return ``stimulus`` with every row as all of ``groups`` allow.

    Raises:
        ToolError: the simulator is missing or broken.
    """
    if not groups or not stimulus.steps:
        return stimulus
    import numpy as np

    table = np.frombuffer(stimulus.rows, dtype=np.uint8).reshape(stimulus.steps, stimulus.width).copy()
    for group in groups:
        columns = _list_columns(stimulus.inputs, group.ports)
        table[:, columns] = _replace(table[:, columns], group, interface, simulator)
    return Stimulus(inputs=stimulus.inputs, rows=table.tobytes(), steps=stimulus.steps, seed=stimulus.seed)


def render_assumed(groups: Sequence[AssumedGroup]) -> tuple[str, tuple[str, ...]]:
    """Return a module that tells whether all of ``groups`` hold, and the names of its inputs."""
    ports = tuple(port for group in groups for port in group.ports)
    condition = " && ".join(f"({group.condition})" for group in groups)
    return render_condition(ASSUMED, ports, condition), tuple(port.name for port in ports)


def _tie(assumptions: Iterable[Assumption], interface: Interface) -> list[tuple[set[str], list[Assumption]]]:
    """Return assumptions with the inputs that they read, those together that share one."""
    inputs = {port.name for port in list_assumed(interface)}
    groups: list[tuple[set[str], list[Assumption]]] = []
    for assumption in assumptions:
        names, found = set(_NAME.findall(assumption.condition)) & inputs, [assumption]
        for group in [group for group in groups if group[0] & names]:
            groups.remove(group)
            names, found = names | group[0], [*group[1], *found]
        groups.append((names, found))
    return groups


def _list_values(ports: Sequence[Port], condition: str, rng: random.Random) -> Iterator[bytes]:
    bits = count_bits(ports)
    if bits <= _EXHAUSTIVE_BITS:
        yield from (f"{number:0{bits}b}".encode() if bits else b"" for number in range(1 << bits))
        return
    text = SourceFile(name="assume", text=render_condition(ASSUMED, ports, condition))
    hints = {port.name: {0, 1} for port in ports}
    for constant in mine_constants(text, ASSUMED):
        for port in ports:
            if constant.port in {port.name, None}:
                hints[port.name] |= {constant.value - 1, constant.value, constant.value + 1}
    activities = (Activity.ANY, Activity.ANY, Activity.BUSY)
    for _ in range(_TRIED // _STRETCH):
        sources = [draw_values(port, sorted(hints[port.name]), rng, activity=rng.choice(activities)) for port in ports]
        for _ in range(_STRETCH):
            row = (f"{next(source):0{port.width}b}" for port, source in zip(ports, sources, strict=True))
            yield "".join(row).encode()


def _evaluate(ports: tuple[Port, ...], condition: str, values: Sequence[bytes], simulator: Simulator) -> list[bool]:
    """Return whether ``condition`` holds for each of ``values``."""
    if not ports:
        return [False] * len(values)
    shown = Port(name=OUTPUT, direction=Direction.OUTPUT, width=1)
    job = SimulationJob(
        source=render_condition(ASSUMED, ports, condition),
        interface=Interface(module=ASSUMED, ports=(*ports, shown)),
        stimulus=Stimulus(inputs=ports, rows=b"".join(values), steps=len(values)),
    )
    trace = simulator.simulate(job).trace
    if trace is None:
        raise BadReferenceError(f"assume {condition!r}: it cannot be simulated; write it in plainer Verilog")
    return [bit == ord("1") for bit in trace.rows]


def _replace(
    rows: "NDArray[np.uint8]", group: AssumedGroup, interface: Interface, simulator: Simulator
) -> "NDArray[np.uint8]":
    import numpy as np

    found, where = np.unique(rows, axis=0, return_inverse=True)
    values = [row.tobytes() for row in found]
    held = _evaluate(group.ports, group.condition, values, simulator)
    chooser = _Chooser(group.ports, group.allowed, interface)
    kept = [value if is_held else chooser.choose(value) for value, is_held in zip(values, held, strict=True)]
    table = np.frombuffer(b"".join(kept), dtype=np.uint8).reshape(found.shape)
    return table[where.reshape(-1)]


class _Chooser:
    """Chooses what stands in for a value, always the same for the same one; resets stay as they are where they can."""

    def __init__(self, ports: Sequence[Port], allowed: Sequence[bytes], interface: Interface) -> None:
        resets = {reset.port for reset in interface.resets}
        self._resets = [at for port in ports if port.name in resets for at in _list_columns(ports, (port,))]
        self._allowed = allowed
        self._alike: dict[bytes, list[bytes]] = defaultdict(list)
        for value in allowed:
            self._alike[self._read_resets(value)].append(value)

    def choose(self, value: bytes) -> bytes:
        """Return one of the allowed values."""
        alike = self._alike.get(self._read_resets(value), self._allowed)
        return random.Random(value).choice(alike)  # noqa: S311  reproducible on purpose

    def _read_resets(self, value: bytes) -> bytes:
        return bytes(value[at] for at in self._resets)


def _rest(ports: Sequence[Port], interface: Interface) -> bytes:
    """Return all zeros but for resets, which are active."""
    active = {reset.port for reset in interface.resets if reset.active is Polarity.HIGH}
    return "".join(("1" if port.name in active else "0") * port.width for port in ports).encode()


def _list_columns(inputs: Sequence[Port], ports: Sequence[Port]) -> list[int]:
    """Return the places of the bits of ``ports`` in a row of ``inputs``."""
    places = {port.name: place for port, place in list_places(inputs)}
    return [place for port in ports for place in range(places[port.name].start, places[port.name].stop)]


def _describe_empty(assumptions: Sequence[Assumption], ports: Sequence[Port], tried: int) -> str:
    first = assumptions[0]
    names = ", ".join(port.name for port in ports)
    conditions = " and ".join(repr(assumption.condition) for assumption in assumptions)
    if not ports:
        return f"{first.place}: assume {conditions}: it reads no input, so nothing can follow from it; remove it"
    bits = count_bits(ports)
    how = "no value" if bits <= _EXHAUSTIVE_BITS else f"none of {tried} values"
    return f"{first.place}: assume {conditions}: {how} of {names} satisfies it; correct the condition"
