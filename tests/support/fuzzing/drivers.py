"""Second drivers: one more thing that drives a bit which the reference drives already."""

import random
from collections.abc import Iterator

from support.fuzzing.changes import Change, pick
from support.fuzzing.facts import INNER, INPUT, OUTPUT, ModuleFacts, Signal, read_facts

from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.verilog.interface import parse_reference
from pytest_rtlgen.verilog.mutation_edits import Edit, list_edits

_EACH = 3
"""Values tried per signal and operator."""
_BUFFER = """
module fz_buffer #(parameter W = 1) (input [W-1:0] i, output [W-1:0] o);
  assign o = i;
endmodule
"""


def list_second_drivers(source: SourceFile, top: str, rng: random.Random) -> Iterator[Change]:
    """Yield one change for each second driver; ``rng`` chooses which values are driven."""
    edits = list_edits(parse_reference(source), source.text.encode(), {})
    for module in read_facts(source, top):
        for change in _list_module(module, edits, len(source.text.encode()), rng):
            where = "" if module.is_top else ", in a submodule"
            yield Change(operator=change.operator + where, edits=change.edits)


def _list_module(module: ModuleFacts, edits: tuple[Edit, ...], length: int, rng: random.Random) -> Iterator[Change]:
    yield from _copy_assignments(module, edits, rng)
    for signal in module.pick(OUTPUT, INNER, is_net=True):
        for value in _list_values(module, signal, rng):
            yield _insert(module, "assign another value", f"assign {signal.name} = {value};")
            yield _insert(module, "weak assign", f"assign (weak0, weak1) {signal.name} = {value};")
        yield from _drive_bits(module, signal, rng)
        yield from _drive_by_instance(module, signal, length, rng)
    for signal in module.pick(INPUT, is_net=True):
        if signal.name not in module.clocks:
            for value in pick(rng, _list_values(module, signal, rng), 1):
                yield _insert(module, "assign an input", f"assign {signal.name} = {value};")
    for signal in module.pick(OUTPUT, INNER, is_net=False):
        for value in _list_values(module, signal, rng):
            yield from _drive_variable(module, signal, value)
    for before, after in module.instances:
        yield _insert(module, "instance twice", f"{before}fz_second_{after}")


def _copy_assignments(module: ModuleFacts, edits: tuple[Edit, ...], rng: random.Random) -> Iterator[Change]:
    for assignment in module.assignments:
        left, right = assignment.left, assignment.right
        yield _insert(module, "same assign again", f"assign {left} = {right};")
        yield _insert(module, "inverted assign", f"assign {left} = ~({right});")
        first, last = assignment.right_span
        inside = [edit for edit in edits if first <= edit.start and edit.end <= last]
        for edit in pick(rng, inside, _EACH):
            code = right.encode()
            changed = code[: edit.start - first] + edit.text.encode() + code[edit.end - first :]
            yield _insert(module, "assign with a mistake", f"assign {left} = {changed.decode()};")


def _list_values(module: ModuleFacts, signal: Signal, rng: random.Random) -> list[str]:
    """Return what the second driver may drive: other signals, itself inverted, itself, constants."""
    others = [other.name for other in module.signals.values() if other.name != signal.name]
    same = [name for name in others if module.signals[name].width == signal.width]
    values = [f"~{signal.name}", f"{{{signal.width}{{1'b{rng.randrange(2)}}}}}", signal.name]
    values += pick(rng, same, 2) + pick(rng, others, 1)
    return pick(rng, dict.fromkeys(values), _EACH)


def _drive_bits(module: ModuleFacts, signal: Signal, rng: random.Random) -> Iterator[Change]:
    if not signal.is_vector:
        return
    bit = signal.low + rng.randrange(signal.width)
    other = f"{signal.name}[{signal.low + rng.randrange(signal.width)}]"
    source = rng.choice([*(f"^{name}" for name in module.signals if name != signal.name), f"~{other}", "1'b0", "1'b1"])
    yield _insert(module, "assign one bit", f"assign {signal.name}[{bit}] = {source};")


def _drive_by_instance(module: ModuleFacts, signal: Signal, length: int, rng: random.Random) -> Iterator[Change]:
    values = _list_values(module, signal, rng)
    for value in values[:2]:
        text = f"fz_buffer #(.W({signal.width})) fz_second (.i({value}), .o({signal.name}));"
        change = _insert(module, "instance output", text)
        yield Change(operator=change.operator, edits=(*change.edits, (length, length, _BUFFER)))
    where = signal.name if not signal.is_vector else f"{signal.name}[{signal.low}]"
    yield _insert(module, "gate output", f"buf fz_second ({where}, {values[0]});")
    yield _insert(module, "tristate gate", f"bufif1 fz_second ({where}, {values[0]}, ^{values[-1]});")


def _drive_variable(module: ModuleFacts, signal: Signal, value: str) -> Iterator[Change]:
    yield _insert(module, "second always @*", f"always @* {signal.name} = {value};")
    yield _insert(module, "second initial", f"initial {signal.name} = {value};")
    for clock in module.clocks[:1]:
        yield _insert(module, "second clocked always", f"always @(posedge {clock}) {signal.name} <= {value};")
        yield _insert(module, "second always, other edge", f"always @(negedge {clock}) {signal.name} <= {value};")


def _insert(module: ModuleFacts, operator: str, text: str) -> Change:
    return Change(operator=operator, edits=((module.end, module.end, f"  {text}\n"),))
