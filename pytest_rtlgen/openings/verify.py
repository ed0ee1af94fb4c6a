"""Whether openings fit the reference that they stand beside."""

import re
from collections.abc import Iterator, Sequence

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import Interface, Latency, Openings, Port
from pytest_rtlgen.verilog.conditions import find_condition_fault


def verify_openings(openings: Openings, interface: Interface) -> None:
    """Raise ``BadReferenceError``, with the place of the opening, for the first that does not fit ``interface``."""
    for fault in _list_faults(openings, interface):
        raise BadReferenceError(fault)


def list_assumed(interface: Interface) -> tuple[Port, ...]:
    """Return the ports that assumptions may read: inputs, clocks left out."""
    clocks = {clock.port for clock in interface.clocks}
    return tuple(port for port in interface.inputs if port.name not in clocks)


def _list_faults(openings: Openings, interface: Interface) -> Iterator[str]:
    outputs = {port.name for port in interface.outputs}
    for care in openings.care:
        if care.output not in outputs:
            yield f"{care.place}: care: {_describe_missing(care.output, 'output', interface.outputs)}"
        if fault := find_condition_fault(care.condition, interface.ports):
            yield f"{care.place}: care of {care.output}: {fault}; write a condition over {_list_names(interface.ports)}"
    for assumption in openings.assumptions:
        ports = list_assumed(interface)
        if fault := find_condition_fault(assumption.condition, ports):
            yield f"{assumption.place}: assume {assumption.condition!r}: {fault}; write it over {_list_names(ports)}"
    yield from _list_hold_faults(openings, interface)
    resets = [reset.port for reset in interface.resets]
    for name in openings.reset_kind:
        if name not in resets:
            found = ", ".join(resets) or "none"
            what = f"{name!r} is no reset (found {found}); name one, or state it as [[reset]]"
            yield f"{openings.place}: reset_kind: {what}"
    if openings.is_parameter_open and not interface.parameters:
        yield f"{openings.place}: parameters: the reference has no integer parameter; remove it"
    if openings.latency is not None:
        yield from _list_latency_faults(openings.latency, interface)


def _list_hold_faults(openings: Openings, interface: Interface) -> Iterator[str]:
    resets = {reset.port for reset in interface.resets}
    ports = [port for port in list_assumed(interface) if port.name not in resets]
    for hold in openings.holds:
        if hold.port not in {port.name for port in ports}:
            yield f"{hold.place}: hold: {_describe_missing(hold.port, 'data input', ports)}"
        if not interface.clocks:
            yield f"{hold.place}: hold: the reference has no clock to count by; remove it, or state one [[clock]]"
        if any(re.search(rf"\b{re.escape(hold.port)}\b", item.condition) for item in openings.assumptions):
            yield f"{hold.place}: hold: an assumption reads {hold.port!r} too, which is not supported; keep one"


def _list_latency_faults(latency: Latency, interface: Interface) -> Iterator[str]:
    widths = {port.name: port.width for port in interface.outputs}
    for name in (latency.valid, *latency.data):
        if name not in widths:
            yield f"{latency.place}: latency: {_describe_missing(name, 'output', interface.outputs)}"
    if widths.get(latency.valid, 1) != 1:
        yield f"{latency.place}: latency: valid must be one bit, but {latency.valid!r} has {widths[latency.valid]}"
    if len(interface.clocks) != 1:
        found = ", ".join(clock.port for clock in interface.clocks) or "none"
        what = f"it is counted in cycles of one clock (found {found}); remove it, or state one [[clock]]"
        yield f"{latency.place}: latency: {what}"


def _describe_missing(name: str, what: str, ports: Sequence[Port]) -> str:
    return f"{name!r} is no {what} of the reference; name one of {_list_names(ports)}"


def _list_names(ports: Sequence[Port]) -> str:
    return ", ".join(port.name for port in ports)
