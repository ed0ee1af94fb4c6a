"""Modules that do nothing, made from an interface alone. A check that one of them passes checks nothing."""

from dataclasses import dataclass

from pytest_rtlgen.records import Interface, Port

_DRIVERS = {"undriven": "", "0": "1'b0", "1": "1'b1", "X": "1'bx"}
"""What a stub's outputs are, and the bit that drives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub:
    """One such module."""

    outputs: str
    """What every output bit is: ``undriven``, ``0``, ``1`` or ``X``; of forgers, how they try to pass."""
    source: str
    """Verilog text with the interface's module."""


def make_stubs(interface: Interface) -> tuple[Stub, ...]:
    """Return the stubs of ``interface``: outputs undriven, all 0, all 1, all X."""
    return tuple(Stub(outputs=name, source=_render(interface, bit)) for name, bit in _DRIVERS.items())


def render_module(interface: Interface, body: str) -> str:
    """Return a module of ``interface`` with ``body``, whole lines, in it."""
    ports = ",\n".join(f"  {_declare(port)}" for port in interface.ports)
    return f"module {_spell(interface.module)}(\n{ports}\n);\n{body}endmodule\n"


def _render(interface: Interface, bit: str) -> str:
    drivers = [f"  assign {_spell(port.name)}= {{{port.width}{{{bit}}}}};\n" for port in interface.outputs if bit]
    return render_module(interface, "".join(drivers))


def _declare(port: Port) -> str:
    sign = "signed " if port.is_signed else ""
    bounds = f"[{port.width - 1}:0] " if port.width > 1 else ""
    return f"{port.direction} wire {sign}{bounds}{_spell(port.name)}"


def _spell(name: str) -> str:
    r"""Return ``name`` as an escaped identifier: any name may be written so, and ``\q `` is the same as ``q``."""
    return f"\\{name} "
