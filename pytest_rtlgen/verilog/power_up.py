"""Give the registers of a design power-up values: those that an edge of a clock loads and that have no value yet."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_rtlgen.verilog.interface import find_instance
from pytest_rtlgen.verilog.survey import apply_spans
from pytest_rtlgen.verilog.syntax import Node, find_initial_value, list_assigned, parse_text, symbol_key, walk

if TYPE_CHECKING:
    from pyslang import ast, syntax

_MOST_BITS = 1 << 16
"""Of one memory: what fills a larger one costs more than the simulation."""


Registers = tuple[tuple[str, int], ...]
"""(path below the top, bits) of each, sorted."""


class PowerUp(StrEnum):
    """What registers hold at power-up."""

    ZEROS = "zeros"
    ONES = "ones"
    RANDOM = "random"
    """A value drawn from the register's name, so that designs with the same registers start alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoweredText:
    """A text whose registers have values at power-up."""

    text: str
    """Lines keep their numbers."""
    registers: Registers = ()
    """Those that got one; where there are none, the text is as it was."""
    set_bits: int = 0
    """Bits in all those that have an initial value in the text as it was."""


def power_up(text: str, top: str, value: PowerUp) -> PoweredText:
    """Return module ``top`` of ``text``, which is canonical, with ``value`` in every register without an initial value.

    Latches, and variables that are declared inside a process, keep their unknown values, and so does what is
    set in an ``initial`` block.

    >>> power_up("module m(input c, output reg q); always @(posedge c) q <= ~q; endmodule", "m", PowerUp.ONES).text
    "module m(input c, output reg q = 1'h1); always @(posedge c) q <= ~q; endmodule"
    """
    instance = find_instance(parse_text(text), top)
    if instance is None:
        return PoweredText(text=text)
    loaded, kept, named = _list_loaded(instance)
    widest: dict[tuple[int, str], tuple[int, str]] = {}
    registers: list[tuple[str, int]] = []
    set_bits = 0
    for symbol in named.values():
        if symbol_key(symbol) not in loaded:
            continue
        bits = _count_bits(symbol.type)
        if find_initial_value(symbol) is not None or symbol_key(symbol) in kept:
            set_bits += bits
            continue
        if not _is_open(symbol):
            continue
        registers.append((symbol_key(symbol).removeprefix(f"{top}."), bits))
        place, put = _render(symbol, value)
        key = (place, str(symbol.name))
        if bits > widest.get(key, (0, ""))[0]:  # one declaration may stand for instances of several widths
            widest[key] = (bits, put)
    spans = [(place, place, put) for (place, _), (_, put) in sorted(widest.items())]
    return PoweredText(text=apply_spans(text, spans), registers=tuple(sorted(registers)), set_bits=set_bits)


def _list_loaded(instance: "ast.InstanceSymbol") -> tuple[set[str], set[str], dict[str, Node]]:
    """Return the keys of the variables that clock edges load, of those that ``initial`` sets, and all by key."""
    named: dict[str, Node] = {}
    loaded: set[str] = set()
    kept: set[str] = set()
    for node in walk(instance):
        kind = type(node).__name__
        if kind == "VariableSymbol":
            named[symbol_key(node)] = node
        elif kind == "ProceduralBlockSymbol":
            is_initial = node.procedureKind.name == "Initial"
            if is_initial or _is_clocked(node.body):
                (kept if is_initial else loaded).update(map(symbol_key, list_assigned(node.body)))
    return loaded, kept, named


def _is_clocked(body: Node) -> bool:
    """Whether the process waits for edges, and for nothing else."""
    if type(body).__name__ != "TimedStatement":
        return False
    timing = body.timing
    events = timing.events if type(timing).__name__ == "EventListControl" else [timing]
    return all(type(one).__name__ == "SignalEventControl" and one.edge.name != "None_" for one in events)


def _is_open(symbol: "ast.VariableSymbol") -> bool:
    """Whether a value can be put behind the declaration of ``symbol``."""
    if symbol.syntax is None or type(symbol.syntax).__name__ != "DeclaratorSyntax":
        return False
    if symbol.parentScope.isProceduralContext or symbol.lifetime.name != "Static":
        return False
    kind: Node = symbol.type.canonicalType
    if kind.isIntegral:
        return True
    is_memory = type(kind).__name__ == "FixedSizeUnpackedArrayType" and kind.elementType.canonicalType.isIntegral
    return is_memory and not _is_enumeration(kind.elementType) and _count_bits(kind) <= _MOST_BITS


def _count_bits(kind: "ast.Type") -> int:
    return int(kind.canonicalType.bitstreamWidth)


def _is_enumeration(kind: "ast.Type") -> bool:
    return type(kind.canonicalType).__name__ == "EnumType"


def _render(symbol: "ast.VariableSymbol", value: PowerUp) -> tuple[int, str]:
    """Return the byte behind which the value of ``symbol`` is put, and what is put there."""
    kind: Node = symbol.type.canonicalType
    syntax: Node = symbol.syntax
    name = str(syntax.name.rawText)
    if kind.isIntegral:
        shown = _choose_member(kind, name, value) or _spell(name, _count_bits(kind), value)
        if _is_listed_port(syntax.parent):
            return _find_end(syntax), f"initial {name} = {shown}; "
        return int(syntax.sourceRange.end.offset), f" = {shown}"
    index, limits = f"rtlgen_index_of_{_hash(name)}", kind.range
    filled = f"{name} [{index}] = {_spell(name, _count_bits(kind.elementType), value)};"
    loop = f"for ({index} = {limits.lower}; {index} <= {limits.upper}; {index} = {index} + 1)"
    return int(syntax.parent.sourceRange.end.offset), f" integer {index}; initial {loop} {filled}"


def _choose_member(kind: Node, name: str, value: PowerUp) -> str:
    """Return the name of a member of an enumeration; empty for any other type."""
    if not _is_enumeration(kind):
        return ""
    members = sorted(kind, key=lambda member: int(member.value.value))
    number = {PowerUp.ZEROS: 0, PowerUp.ONES: -1, PowerUp.RANDOM: _draw(name, 32) % len(members)}[value]
    return str(members[number].name)


def _is_listed_port(syntax: "syntax.SyntaxNode") -> bool:
    """Whether a port stands in a list with ``output reg a, b``: Icarus takes no values there."""
    if syntax.kind.name != "ImplicitAnsiPort":
        return False
    ports = (item for item in syntax.parent if hasattr(item, "header"))
    return any(not str(port.header).strip() for port in ports)


def _find_end(syntax: Node) -> int:
    """Return the byte of the ``endmodule`` behind ``syntax``."""
    while syntax.kind.name != "ModuleDeclaration":
        syntax = syntax.parent
    return int(syntax.endmodule.location.offset)


def _spell(name: str, bits: int, value: PowerUp) -> str:
    ones = (1 << bits) - 1
    return f"{bits}'h{ {PowerUp.ZEROS: 0, PowerUp.ONES: ones, PowerUp.RANDOM: _draw(name, bits)}[value]:x}"


def _draw(name: str, bits: int) -> int:
    """Return a number of ``bits`` bits that depends on ``name`` alone."""
    return int.from_bytes(hashlib.shake_128(name.encode()).digest((bits + 7) // 8)) >> (-bits % 8)


def _hash(name: str) -> str:
    return hashlib.shake_128(name.encode()).hexdigest(8)
