"""A design whose resets wait for the clock, or do not, whatever they did before: a change of sensitivity lists."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from pytest_rtlgen.records import Interface, Polarity, ResetKind, SourceFile
from pytest_rtlgen.verilog.clocking import Block, list_blocks
from pytest_rtlgen.verilog.edit import Replacement, find_range
from pytest_rtlgen.verilog.interface import find_instance, parse_reference
from pytest_rtlgen.verilog.survey import apply_spans

if TYPE_CHECKING:
    from pyslang import syntax

_EDGES = {"PosEdge": "posedge", "NegEdge": "negedge", "BothEdges": "edge"}


def change_reset_kind(source: SourceFile, interface: Interface, names: Iterable[str], kind: ResetKind) -> str:
    """Return the text with the resets ``names`` of module ``interface.module`` of ``kind``, as far as they can be.

    A block takes part whose first condition tests the reset. One that lists its edge loses it for a synchronous reset,
    one that does not gains it for an asynchronous one.

    Raises:
        BadReferenceError: the text does not parse.
    """
    instance = find_instance(parse_reference(source), interface.module)
    if instance is None:
        return source.text
    active = {reset.port: reset.active for reset in interface.resets if reset.port in set(names)}
    found = (
        change for block in list_blocks(instance) if (change := _change(block, active, kind, source.text)) is not None
    )
    return apply_spans(source.text, sorted(set(found)))


def _change(block: Block, active: Mapping[str, Polarity], kind: ResetKind, text: str) -> Replacement | None:
    kept = [event for event in block.events if event.port not in active or kind is ResetKind.ASYNCHRONOUS]
    listed = {event.port for event in kept}
    code = text.encode()
    written = _cut(code, block.timing)
    if not written.startswith("@") or "`" in written:  # it comes out of a macro
        return None
    shown = [f"{_EDGES[event.edge]} {_cut(code, event.expression)}" for event in kept]
    if kind is ResetKind.ASYNCHRONOUS:
        shown += _list_added(block, active, listed)
    if len(shown) == len(block.events) or not shown:
        return None
    return Replacement(*find_range(block.timing), f"@({' or '.join(shown)})")


def _list_added(block: Block, active: Mapping[str, Polarity], listed: set[str | None]) -> Iterator[str]:
    for test in block.tests:
        if test.port in active and test.port not in listed:
            is_rising = (active[test.port] is Polarity.HIGH) == test.is_same
            yield f"{'posedge' if is_rising else 'negedge'} {test.name}"


def _cut(code: bytes, node: "syntax.SyntaxNode") -> str:
    start, end = find_range(node)
    return code[start:end].decode()
