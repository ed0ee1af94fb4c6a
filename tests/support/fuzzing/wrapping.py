"""A reference as the one instance in a module of its name and ports: a submodule, and wires to its outputs."""

from collections.abc import Mapping
from functools import lru_cache

from pytest_rtlgen.records import Direction, Interface, Port, SourceFile
from pytest_rtlgen.verilog.interface import parse_reference, read_interface
from pytest_rtlgen.verilog.syntax import Node

INNER_SUFFIX = "_fz_inner"


def wrap_module(
    source: SourceFile, top: str, *, outputs: Mapping[str, str] | None = None, declarations: str = ""
) -> str:
    """Return the text with ``top`` renamed and a module ``top`` after it that instantiates it.

    ``outputs``: for the outputs named there, the expression that drives them, in which ``{}`` stands for what the inner
    module gives. The others are connected straight. ``declarations`` stand in the new module.
    """
    interface, renamed = _read(source, top)
    outputs = outputs or {}
    header = ", ".join(_declare(port) for port in interface.ports)
    pins = ", ".join(f".{port.name}({_inner(port, outputs)})" for port in interface.ports)
    lines = [f"module {top} ({header});"]
    lines += [f"  wire {_range(port)}{_inner(port, outputs)};" for port in interface.ports if port.name in outputs]
    lines += [f"  {line}" for line in declarations.splitlines()]
    lines += [f"  {top}{INNER_SUFFIX} fz_inner ({pins});"]
    lines += [f"  assign {name} = {text.format(f'{name}_fz')};" for name, text in outputs.items()]
    return f"{renamed}\n{chr(10).join(lines)}\nendmodule\n"


@lru_cache
def _read(source: SourceFile, top: str) -> tuple[Interface, str]:
    return read_interface(source, top), _rename(source, top)


def _rename(source: SourceFile, top: str) -> str:
    parsed = parse_reference(source)
    root: Node = parsed.tree.root
    members = root.members if root.kind.name == "CompilationUnit" else [root]
    names = [member.header.name for member in members if member.kind.name == "ModuleDeclaration"]
    area = next(name.range for name in names if str(name.valueText) == top)
    code = source.text.encode()
    return (code[: area.start.offset] + f"{top}{INNER_SUFFIX}".encode() + code[area.end.offset :]).decode()


def _declare(port: Port) -> str:
    sign = "signed " if port.is_signed else ""
    return f"{port.direction} wire {sign}{_range(port)}{port.name}"


def _range(port: Port) -> str:
    return f"[{port.width - 1}:0] " if port.width > 1 else ""


def _inner(port: Port, outputs: Mapping[str, str]) -> str:
    return f"{port.name}_fz" if port.direction is Direction.OUTPUT and port.name in outputs else port.name
