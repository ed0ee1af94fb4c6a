"""The text of a reference with what is open written into it: as X, which any value meets, in simulation and proof."""

from dataclasses import replace

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import Care, Interface, Openings, SourceFile
from pytest_rtlgen.verilog.conditions import OUTPUT, declare_type, render_condition, spell
from pytest_rtlgen.verilog.edit import rename_definition
from pytest_rtlgen.verilog.interface import parse_reference
from pytest_rtlgen.verilog.power_up import drop_initial_values

_INNER = "rtlgen_inner"


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
        source = replace(source, text=_wrap(source, interface, openings))
    return source


def _wrap(source: SourceFile, interface: Interface, openings: Openings) -> str:
    """Return the text with a module around the reference, under its name, that shows X where a condition fails.

    The conditions read the reference's own outputs, and nothing else of it: they stand in modules of their own.
    """
    inner = rename_definition(source.text, parse_reference(source), interface.module, _INNER)
    conditions = [
        render_condition(_name(number), interface.ports, care.condition) for number, care in _number(openings)
    ]
    return "\n".join((inner.rstrip("\n"), *conditions, _render_wrapper(interface, openings)))


def _render_wrapper(interface: Interface, openings: Openings) -> str:
    ports = ", ".join(f"{port.direction} {declare_type(port)}{spell(port.name)}" for port in interface.ports)
    pins = ", ".join(f".{spell(port.name)}({spell(port.name)})" for port in interface.inputs)
    shown = [f".{spell(port.name)}({spell('rtlgen_' + port.name)})" for port in interface.outputs]
    lines = [f"wire {declare_type(port)}{spell('rtlgen_' + port.name)};" for port in interface.outputs]
    lines.append(f"{_INNER} rtlgen_u({', '.join(item for item in (pins, *shown) if item)});")
    counts: dict[str, list[str]] = {}
    for number, care in _number(openings):
        lines.append(f"wire rtlgen_holds{number};")
        read = ", ".join(item for item in (pins, *shown, f".{OUTPUT}(rtlgen_holds{number})") if item)
        lines.append(f"{_name(number)} rtlgen_c{number}({read});")
        counts.setdefault(care.output, []).append(f"rtlgen_holds{number}")
    for port in interface.outputs:
        value = spell("rtlgen_" + port.name)
        if port.name in counts:
            value = f"({' & '.join(counts[port.name])}) ? {value}: {{{port.width}{{1'bx}}}}"
        lines.append(f"assign {spell(port.name)}= {value};")
    return "\n".join((f"module {spell(interface.module)}({ports});", *lines, "endmodule\n"))


def _number(openings: Openings) -> list[tuple[int, Care]]:
    return list(enumerate(openings.care))


def _name(number: int) -> str:
    return f"rtlgen_care{number}"
