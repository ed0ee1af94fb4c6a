"""The module around a design that has ports or instances which no stimulus drives: it has inputs and outputs only.

An ``inout`` becomes an input, which drives the net weakly at all times, and an output that shows the net: where the
design drives, that is its value, and where it does not, the input's. So both its value and its enable are seen. A black
box becomes a module with no inside: what the design puts on its pins are outputs, and what it reads from them, inputs.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pytest_rtlgen.records import BlackBox, Direction, Interface, Port
from pytest_rtlgen.verilog.lexical import escape_name

ENCLOSED = "rtlgen_enclosed"
"""Name of the module around the design, which no text may use."""
_DESIGN = "rtlgen_design"
_OUTSIDE = {Direction.INPUT: Direction.OUTPUT, Direction.OUTPUT: Direction.INPUT}
_PLAIN_PATH = re.compile(r"[A-Za-z_]\w*(\[\d+\])*(\.[A-Za-z_]\w*(\[\d+\])*)*\Z")


def is_enclosed(interface: Interface) -> bool:
    """Whether a design with ``interface`` is simulated inside a module of ours."""
    return bool(interface.boxes) or any(port.direction is Direction.INOUT for port in interface.ports)


def find_simulated(interface: Interface) -> Interface:
    """Return the interface that is simulated for a design with ``interface``: the same one where it is not enclosed."""
    if not is_enclosed(interface):
        return interface
    ports = [simulated for port in interface.ports for simulated in _split(port)]
    ports += [_place(box, pin) for box in interface.boxes for pin in box.pins]
    return replace(interface, module=ENCLOSED, ports=tuple(ports), boxes=())


def can_enclose(path: str) -> bool:
    """Whether the instance at ``path`` can be reached from outside by its name."""
    return _PLAIN_PATH.match(path) is not None


def enclose(
    text: str,
    interface: Interface,
    *,
    module: str,
    paths: Mapping[str, str] | None = None,
    empty: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Return ``text`` with the module around ``module``, which has ``interface``; its lines keep their numbers.

    ``paths``: for each box's path, that of the instance in ``text``, where those differ. ``empty``: by module, further
    pins that the text names and connects to nothing.
    """
    if not is_enclosed(interface):
        return text
    simulated = find_simulated(interface)
    ports = ", ".join(f"{port.direction} {_range(port.width)}{escape_name(port.name)}" for port in simulated.ports)
    pins = ", ".join(f".{escape_name(port.name)}({escape_name(_net(port))})" for port in interface.ports)
    inner = [
        *(line for port in interface.ports if port.direction is Direction.INOUT for line in _join(port)),
        f"{escape_name(module)} {_DESIGN} ({pins});",
        *(line for box in interface.boxes for line in _reach(box, (paths or {}).get(box.path, box.path))),
    ]
    around = f"module {ENCLOSED} ({ports});\n" + "\n".join(inner) + "\nendmodule\n"
    return "\n".join((text.removesuffix("\n"), *render_stubs(interface.boxes, empty), around))


def render_stubs(boxes: Sequence[BlackBox], empty: Mapping[str, Sequence[str]] | None = None) -> Iterator[str]:
    """Yield a module for each that ``boxes`` are instances of; its pins are as wide as the widest, ``empty`` open."""
    for name in dict.fromkeys(box.module for box in boxes):
        alike = [box for box in boxes if box.module == name]
        pins: dict[str, Port] = {}
        for pin in (pin for box in alike for pin in box.pins):
            known = pins.get(pin.name, pin)
            pins[pin.name] = max(known, pin, key=lambda item: item.width)
        for key in (*(key for box in alike for key in box.open_pins), *(empty or {}).get(name, ())):
            pins.setdefault(key, Port(name=key, direction=Direction.INPUT, width=1))
        names = dict.fromkeys(key for box in alike for key, _ in box.parameters)
        parameters = f"#({', '.join(f'parameter {escape_name(key)}= 0' for key in names)}) " if names else ""
        ports = ", ".join(f"{pin.direction} {_range(pin.width)}{escape_name(pin.name)}" for pin in pins.values())
        yield f"module {escape_name(name)}{parameters}({ports});\nendmodule"


def _split(port: Port) -> tuple[Port, ...]:
    """Return the input and the output that an ``inout`` is driven by, or the port itself."""
    if port.direction is not Direction.INOUT:
        return (port,)
    return (
        replace(port, name=f"{port.name}.in", direction=Direction.INPUT),
        replace(port, direction=Direction.OUTPUT),
    )


def _place(box: BlackBox, pin: Port) -> Port:
    return replace(pin, name=f"{box.path}.{pin.name}", direction=_OUTSIDE[pin.direction])


def _net(port: Port) -> str:
    return f"{port.name}.net" if port.direction is Direction.INOUT else port.name


def _join(port: Port) -> Iterator[str]:
    net = escape_name(_net(port))
    yield f"wire {_range(port.width)}{net};"
    yield _drive_weakly(port.name)
    yield f"assign {escape_name(port.name)} = {net};"


def is_inout_net(name: str) -> bool:
    """Whether ``name``, as source spells it, is that of an ``inout``'s net in the module around the design."""
    return name.startswith("\\") and name.strip().endswith(".net")


def _drive_weakly(name: str) -> str:
    return f"assign (weak0, weak1) {escape_name(f'{name}.net')}= {escape_name(f'{name}.in')};"


def list_inout_texts(name: str) -> tuple[tuple[str, str], ...]:
    """Return (text, replacement) in the module around a design whose ``inout`` became an input and an output."""
    pin = f".{escape_name(name)}({escape_name(f'{name}.net')})"
    inside = escape_name(f"{name}.in")
    return (_drive_weakly(name), ""), (pin, f"{pin}, .{inside}({inside})")


def _reach(box: BlackBox, path: str) -> Iterator[str]:
    for pin in box.pins:
        inside, outside = f"{_DESIGN}.{path}.{escape_name(pin.name)}", escape_name(_place(box, pin).name)
        target, value = (outside, inside) if pin.direction is Direction.INPUT else (inside, outside)
        yield f"assign {target}= {value};"


def _range(width: int) -> str:
    return "" if width == 1 else f"[{width - 1}:0] "
