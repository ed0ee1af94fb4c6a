"""Slow inputs: none of them changes again before so many active clock edges, in a stimulus and in a proof."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pytest_rtlgen.records import ClockEdge, Hold, Interface, Stimulus, find_place

_ACTIVE = {ClockEdge.RISING: (ord("1"),), ClockEdge.FALLING: (ord("0"),), ClockEdge.BOTH: (ord("0"), ord("1"))}
_COUNTER_BITS = 32


def hold_inputs(stimulus: Stimulus, holds: Sequence[Hold], interface: Interface) -> Stimulus:
    """Return ``stimulus`` in which a change of a slow input that comes too early is put off, or left out.

    It then comes with a later row in which no clock moves.
    """
    if not holds or not stimulus.steps:
        return stimulus
    rows = bytearray(stimulus.rows)
    moves = list(_list_moves(stimulus, interface))
    for hold in holds:
        _hold(rows, stimulus.width, find_place(stimulus.inputs, hold.port), hold.cycles, moves)
    return replace(stimulus, rows=bytes(rows))


def render_holds(
    holds: Sequence[tuple[str, int, int]], start: Mapping[str, str], edge: str | None
) -> tuple[list[str], str]:
    """Return lines for the module around a proof that watch ``holds``, (name, cycles, width), and what holds with them.

    ``edge``: whether an active edge comes in this step; ``None``: in each, after the inputs have moved.
    """
    lines = []
    for number, (name, cycles, width) in enumerate(holds):
        count = f"since_{number}"
        value = f"\\driven_{name} "
        fewest = f"{_COUNTER_BITS}'d{cycles}"
        more = f"({count} < {fewest} ? {count} + {edge or 1} : {count})"
        lines += [
            f"reg [{width - 1}:0] was_{number} = {width}'b{start[name]};",
            f"reg [{_COUNTER_BITS - 1}:0] {count} = {fewest};",
            f"wire moves_{number} = {value}!= was_{number};",
            f"wire steady_{number} = ~moves_{number} | {count} >= {fewest};",
            f"always @($global_clock) was_{number} <= {value};",
            f"always @($global_clock) {count} <= moves_{number} ? {0 if edge else 1} : {more};",
        ]
    return lines, " & ".join(f"steady_{number}" for number in range(len(holds)))


def render_edge(interface: Interface) -> str:
    """Return an expression for whether some clock has an active edge in a step of the module around a proof."""
    edges = []
    for clock in interface.clocks:
        now, before = f"\\driven_{clock.port} ", f"\\held_{clock.port} "
        level = {ClockEdge.RISING: f" & {now}", ClockEdge.FALLING: f" & ~{now}", ClockEdge.BOTH: ""}[clock.edge]
        edges.append(f"(({now} ^ {before}){level})")
    return f"({' | '.join(edges)})"


def _hold(rows: bytearray, width: int, columns: slice, cycles: int, moves: Sequence[tuple[bool, bool]]) -> None:
    """Change ``rows`` in place; ``moves``: whether a clock moves in each row, and whether that is an active edge."""
    value, since = rows[columns], cycles
    for step, (is_moving, is_active) in enumerate(moves):
        place = slice(step * width + columns.start, step * width + columns.stop)
        since += is_active
        if rows[place] == value:
            continue
        if since >= cycles and not is_moving:
            value, since = rows[place], 0
        else:
            rows[place] = value


def _list_moves(stimulus: Stimulus, interface: Interface) -> Iterator[tuple[bool, bool]]:
    clocks = [(find_place(stimulus.inputs, clock.port).start, _ACTIVE[clock.edge]) for clock in interface.clocks]
    before = stimulus.rows[: stimulus.width]
    for start in range(0, stimulus.steps * stimulus.width, stimulus.width):
        row = stimulus.rows[start : start + stimulus.width]
        moved = [row[column] in levels for column, levels in clocks if row[column] != before[column]]
        yield bool(moved), any(moved)
        before = row
