"""Blocking and nonblocking assignments exchanged, and clocks that are made: what hangs on the order of events."""

import random
from collections.abc import Iterator

from support.fuzzing.changes import Change, pick
from support.fuzzing.facts import ModuleFacts, Process, read_facts

from pytest_rtlgen.records import SourceFile

_EACH = 4
_CLOCKS = {
    "clock by nonblocking": "reg fz_clock; always @({clock}) fz_clock <= {clock};",
    "clock by nonblocking, always @*": "reg fz_clock; always @* fz_clock <= {clock};",
    "clock by blocking": "reg fz_clock; always @* fz_clock = {clock};",
    "clock by assign": "wire fz_clock; assign fz_clock = {clock};",
    "clock through gates": "wire fz_clock, fz_other; not fz_1 (fz_other, {clock}); not fz_2 (fz_clock, fz_other);",
    "clock gated": "wire fz_clock; assign fz_clock = {clock} & 1'b1;",
}


def list_order_changes(source: SourceFile, top: str, rng: random.Random) -> Iterator[Change]:
    """Yield one change for each exchange, made clock or race."""
    code = source.text.encode()
    for module in read_facts(source, top):
        for process in module.processes:
            yield from _exchange(process, code)
            if process.is_edge:
                yield from _make_clock(module, process)
                yield from _race(module, process, code, rng)


def _exchange(process: Process, code: bytes) -> Iterator[Change]:
    old, new = ("<=", "=") if process.is_edge else ("=", "<=")
    found = [item for item in process.assignments if code[item[1] : item[2]].decode() == old]
    edits = tuple((start, end, new) for _, start, end, _ in found)
    if not edits:
        return
    operator = "blocking in a clocked process" if process.is_edge else "nonblocking in a combinational process"
    yield Change(operator=operator, edits=edits)
    for name in process.writes:
        part = tuple((start, end, new) for target, start, end, _ in found if target == name)
        if part and part != edits:
            yield Change(operator=f"{operator}, one signal", edits=part)


def _make_clock(module: ModuleFacts, process: Process) -> Iterator[Change]:
    for number, event in enumerate(process.events):
        edge, _, clock = event.partition(" ")
        if process.control_span is None or clock not in module.signals:
            continue
        events = [*process.events[:number], f"{edge} fz_clock", *process.events[number + 1 :]]
        for operator, text in _CLOCKS.items():
            declared = (process.start, process.start, text.format(clock=clock) + "\n  ")
            yield Change(operator=operator, edits=(declared, (*process.control_span, f"@({' or '.join(events)})")))


def _race(module: ModuleFacts, process: Process, code: bytes, rng: random.Random) -> Iterator[Change]:
    """Yield the process with one right side computed at the same edge by another one, before it or after it."""
    wide = [item for item in process.assignments if not item[3].strip().replace("'", "").isalnum()]
    for target, _, end, right in pick(rng, wide, _EACH):
        first = code.index(right.encode(), end)
        signal = module.signals[target]
        width = f"[{signal.width - 1}:0] " if signal.is_vector else ""
        edge = next((event for event in process.events if " " in event), "")
        made = f"always @({edge}) fz_race = {right};"
        used = (first, first + len(right.encode()), "fz_race")
        before = (process.start, process.start, f"reg {width}fz_race; {made}\n  ")
        declared = (process.start, process.start, f"reg {width}fz_race;\n  ")
        after = (process.end, process.end, f"\n  {made}")
        yield Change(operator="race, computed before", edits=(before, used))
        yield Change(operator="race, computed after", edits=(declared, used, after))
        later = (process.end, process.end, f"\n  {made.replace('fz_race =', 'fz_race <=')}")
        yield Change(operator="one cycle late", edits=(declared, used, later))
