"""Event lists that leave something out, or have something too many."""

import random
from collections.abc import Iterator, Sequence

from support.fuzzing.changes import Change, pick
from support.fuzzing.facts import Assignment, ModuleFacts, Process, read_facts

from pytest_rtlgen.records import SourceFile

_EACH = 3
_NEVER = "reg fz_never; "


def list_sensitivity_changes(source: SourceFile, top: str, rng: random.Random) -> Iterator[Change]:
    """Yield one change for each wrong list; ``rng`` chooses what is left out or added where there is much."""
    code = source.text.encode()
    for module in read_facts(source, top):
        for process in module.processes:
            if process.is_edge:
                yield from _change_edges(process, rng)
            else:
                yield from _change_process(module, process, code, rng)
        for assignment in module.assignments:
            if assignment.left == assignment.target:
                yield from _change_assignment(module, assignment, rng)


def _list_controls(module: ModuleFacts, reads: Sequence[str], rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """Yield (operator, event control, what it has to have declared before it)."""
    if len(reads) > 1:
        for left_out in pick(rng, reads, _EACH):
            yield "lacks one", f"@({' or '.join(name for name in reads if name != left_out)})", ""
    if len(reads) > 2:
        for only in pick(rng, reads, _EACH):
            yield "only one", f"@({only})", ""
    for name in pick(rng, (name for name in reads if module.signals[name].is_vector), 1):
        bit = module.signals[name].low
        others = [other for other in reads if other != name]
        yield "only one bit", f"@({' or '.join([*others, f'{name}[{bit}]'])})", ""
    for name in pick(rng, reads, 1):
        yield "rising edge only", f"@(posedge {name})", ""
    yield "never fires", "@(fz_never)", _NEVER
    yield "never fires, posedge", "@(posedge fz_never)", _NEVER
    yield "constant", "@(1'b0 or 1'b1)", ""
    for clock in module.clocks[:1]:
        yield "clocked", f"@(posedge {clock})", ""
        yield "clocked, falling", f"@(negedge {clock})", ""


def _change_process(module: ModuleFacts, process: Process, code: bytes, rng: random.Random) -> Iterator[Change]:
    start, end = process.start, process.body_span[0]
    for operator, control, before in _list_controls(module, process.reads, rng):
        yield Change(operator=operator, edits=((start, end, f"{before}always {control} "),))
    body = code[slice(*process.body_span)].decode()
    for operator, keyword in (("reads in a task", "always @*"), ("reads in a task, always_comb", "always_comb")):
        text = f"task fz_task; {body} endtask\n  {keyword} fz_task;"
        yield Change(operator=operator, edits=((process.start, process.end, text),))
    yield Change(operator="nothing fires", edits=((start, end, "always @(fz_event) "), _declare_event(process)))


def _declare_event(process: Process) -> tuple[int, int, str]:
    return process.start, process.start, "event fz_event; "


def _change_assignment(module: ModuleFacts, item: Assignment, rng: random.Random) -> Iterator[Change]:
    """Yield ``item`` written as a process with a wrong list, or as a function that reads what it is not given."""
    signal = module.signals[item.target]
    width = f"[{signal.width - 1 + signal.low}:{signal.low}] " if signal.is_vector else ""
    for operator, control, before in _list_controls(module, item.reads, rng):
        if item.declaration:
            text = f"{before}{item.declaration} always {control} {item.target} = {item.right};"
        else:
            process = f"always {control} {item.target}_fz = {item.right};"
            text = f"{before}reg {width}{item.target}_fz; {process} assign {item.target} = {item.target}_fz;"
        yield Change(operator=operator, edits=((item.start, item.end, text),))
    function = f"function {width}fz_function; input fz_unused; fz_function = {item.right}; endfunction"
    for argument in ("1'b0", *pick(rng, item.reads, 1)):
        operator = "reads in a function" if argument == "1'b0" else "reads in a function, one given"
        start, end = item.right_span
        edits = ((start, end, f"fz_function({argument})"), (module.end, module.end, f"  {function}\n"))
        yield Change(operator=operator, edits=edits)


def _change_edges(process: Process, rng: random.Random) -> Iterator[Change]:
    span = process.control_span
    if span is None:
        return
    events = process.events
    for number, event in enumerate(events):
        edge, _, name = event.partition(" ")
        rest = [other for other in events if other != event]
        if rest:
            yield _list(span, "edge list lacks one", rest)
        if edge in {"posedge", "negedge"}:
            other = "negedge" if edge == "posedge" else "posedge"
            yield _list(span, "edge list: other edge", [*events[:number], f"{other} {name}", *events[number + 1 :]])
            yield _list(span, "edge list: both edges", [*events[:number], name, *events[number + 1 :]])
            yield _list(span, "edge list: both edges, listed", [*events, f"{other} {name}"])
    others = [name for name in process.reads if f"posedge {name}" not in events and f"negedge {name}" not in events]
    for name in pick(rng, others, _EACH):
        edge = rng.choice(["posedge", "negedge"])
        yield _list(span, "edge list: one more", [*events, f"{edge} {name}"])
        yield _list(span, "edge list: one more, any edge", [*events, name])


def _list(span: tuple[int, int], operator: str, events: Sequence[str]) -> Change:
    return Change(operator=operator, edits=((*span, f"@({' or '.join(events)})"),))
