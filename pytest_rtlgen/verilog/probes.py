"""Make a reference show its registers and wires, so that a stimulus can be measured by what it reaches."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from pytest_rtlgen.records import Direction, Interface, Port, SourceFile
from pytest_rtlgen.verilog.interface import find_instance, parse_reference
from pytest_rtlgen.verilog.syntax import has_path, walk

_MOST_BITS = 64
_MOST_PROBES = 64
_PATH = re.compile(r"[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)*\Z")
_TOP = "rtlgen_probed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A text that shows what is inside one of its modules."""

    text: str
    interface: Interface
    """Of the module around it: the same inputs, and an output for each of ``paths``, in order."""
    paths: tuple[str, ...]


def add_probes(
    source: SourceFile,
    interface: Interface,
    *,
    most: int = _MOST_PROBES,
    without: Collection[str] = (),
    outputs_only: bool = False,
) -> Probed | None:
    """Return the text with one more module around module ``interface.module``, and that module's interface.

    Its inputs are the same; its outputs are the variables and nets inside, each up to 64 bits wide, at most ``most``.
    Memories, variables that have no path (``for (int i``), and the paths ``without`` are left out; with
    ``outputs_only``, all but the module's outputs. ``None``: there is nothing to show.

    Raises:
        BadReferenceError: the text does not parse.
    """
    instance = find_instance(parse_reference(source), interface.module)
    if instance is None:
        return None
    root = str(instance.hierarchicalPath)
    hidden = {*without, *(port.name for port in interface.inputs)}
    outputs = {port.name for port in interface.outputs}
    found: dict[str, int] = {}
    for node in walk(instance):
        if type(node).__name__ not in {"VariableSymbol", "NetSymbol"} or not node.type.isIntegral:
            continue
        path = str(node.hierarchicalPath).removeprefix(f"{root}.")
        if not has_path(node) or path in hidden or (outputs_only and path not in outputs):
            continue
        if _PATH.match(path) and int(node.type.bitWidth) <= _MOST_BITS:
            found.setdefault(path, int(node.type.bitWidth))
    probes = list(found.items())[:most]
    return _render(source.text, interface, probes) if probes else None


def _render(text: str, interface: Interface, probes: Sequence[tuple[str, int]]) -> Probed:
    shown = tuple(
        Port(name=f"rtlgen_p{number}", direction=Direction.OUTPUT, width=width)
        for number, (_, width) in enumerate(probes)
    )
    pins = [f".\\{port.name} (\\{port.name} )" for port in interface.inputs]
    pins += [f".\\{port.name} ()" for port in interface.outputs]
    ports = [f"{port.direction} [{port.width - 1}:0] \\{port.name} " for port in (*interface.inputs, *shown)]
    wires = [f"assign {port.name} = u.{path};" for port, (path, _) in zip(shown, probes, strict=True)]
    module = f"\nmodule {_TOP}({', '.join(ports)});\n\\{interface.module} u({', '.join(pins)});\n"
    probed = replace(interface, module=_TOP, ports=(*interface.inputs, *shown))
    return Probed(
        text=text + module + "\n".join(wires) + "\nendmodule\n",
        interface=probed,
        paths=tuple(path for path, _ in probes),
    )
