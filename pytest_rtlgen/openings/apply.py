"""The text of a reference with what is open written into it: as X, which any value meets, in simulation and proof."""

from collections.abc import Sequence
from dataclasses import replace

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import Care, Interface, Openings, Port, SourceFile
from pytest_rtlgen.verilog.conditions import OUTPUT, declare_type, render_condition
from pytest_rtlgen.verilog.edit import rename_definition
from pytest_rtlgen.verilog.initial_values import drop_initial_values
from pytest_rtlgen.verilog.interface import parse_reference
from pytest_rtlgen.verilog.lexical import escape_name, spell_name

_INNER = "rtlgen_inner"
_UNKNOWN = "{{{width}{{1'bx}}}}"


def open_reference(source: SourceFile, interface: Interface, openings: Openings) -> SourceFile:
    """Return the reference with X wherever its outputs do not count; ``interface`` has its module's own name.

    Raises:
        BadReferenceError: it does not parse, or has nothing that an opening could apply to.
    """
    if openings.is_power_up_open:
        text = drop_initial_values(source, interface.module)
        if text == source.text:
            raise BadReferenceError(
                f"{openings.place}: power_up: no register of the reference has a value before it is loaded; remove it"
            )
        source = replace(source, text=text)
    if openings.care:
        source = replace(source, text=wrap(source, interface, openings.care, held="{value}", other=_UNKNOWN))
    return source


def wrap(source: SourceFile, interface: Interface, cares: Sequence[Care], *, held: str, other: str) -> str:
    """Return the text with a module around the reference, under its name, that changes some of its outputs.

    Where all conditions on an output hold it shows ``held``, elsewhere ``other``: expressions in which ``{value}`` is
    what the reference shows and ``{width}`` its bits. The conditions read the reference's own ports, and nothing else
    of it: they stand in modules of their own.
    """
    inner = rename_definition(source.text, parse_reference(source), interface.module, _INNER)
    conditions = [
        render_condition(f"rtlgen_care{number}", interface.ports, care.condition) for number, care in enumerate(cares)
    ]
    return "\n".join((inner.rstrip("\n"), *conditions, _render_wrapper(interface, cares, held, other)))


def _render_wrapper(interface: Interface, cares: Sequence[Care], held: str, other: str) -> str:
    ports = ", ".join(f"{port.direction} {declare_type(port)}{escape_name(port.name)}" for port in interface.ports)
    pins = [f".{escape_name(port.name)}({escape_name(port.name)})" for port in interface.inputs]
    pins += [f".{escape_name(port.name)}({_name_inner(port)})" for port in interface.outputs]
    lines = [f"wire {declare_type(port)}{_name_inner(port)};" for port in interface.outputs]
    lines.append(f"{_INNER} rtlgen_u({', '.join(pins)});")
    conditions: dict[str, list[str]] = {}
    for number, care in enumerate(cares):
        lines.append(f"wire rtlgen_holds{number};")
        lines.append(f"rtlgen_care{number} rtlgen_c{number}({', '.join(pins)}, .{OUTPUT}(rtlgen_holds{number}));")
        conditions.setdefault(care.output, []).append(f"rtlgen_holds{number}")
    for port in interface.outputs:
        value = _name_inner(port)
        if port.name in conditions:
            first, second = (text.format(value=value, width=port.width) for text in (held, other))
            value = f"({' & '.join(conditions[port.name])}) ? {first} : {second}"
        lines.append(f"assign {escape_name(port.name)}= {value};")
    return "\n".join((f"module {spell_name(interface.module)} ({ports});", *lines, "endmodule\n"))


def _name_inner(port: Port) -> str:
    return escape_name(f"rtlgen_{port.name}")
