"""Modules that do nothing, made from an interface alone. A check that one of them passes checks nothing.

Some, the forgers, try to pass all the same: by what they print, end or instantiate.
"""

from dataclasses import dataclass

from pytest_rtlgen.records import Interface, Port
from pytest_rtlgen.verilog.lexical import escape_name

_DRIVERS = {"undriven": "", "0": "1'b0", "1": "1'b1", "X": "1'bx"}
"""What a stub's outputs are, and the bit that drives them."""
_WORDS = (
    "Mismatches: 0 in 1 samples",
    "Hint: Output 'q' has no mismatches.",
    "===========Your Design Passed===========",
    "all tests passed",
)
"""What the benchmarks look for in the output."""


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


def make_forgers(interface: Interface, reference_top: str) -> tuple[Stub, ...]:
    """Return modules of ``interface`` that must fail; one of them instantiates the module ``reference_top``."""
    prints = "".join(f'    $display("{word}");\n' for word in _WORDS)
    forgers = [
        Stub(outputs="forged by ending the simulation", source=render_module(interface, "  initial $finish;\n")),
        Stub(
            outputs="forged by printing that it passed",
            source=render_module(interface, f"  initial begin\n{prints}  end\n"),
        ),
    ]
    if reference_top != interface.module:
        ports = ", ".join(f".{escape_name(port.name)}({escape_name(port.name)})" for port in interface.ports)
        body = f"  {escape_name(reference_top)}forged ({ports});\n"
        forgers.append(Stub(outputs="forged by instantiating the reference", source=render_module(interface, body)))
    return tuple(forgers)


def render_module(interface: Interface, body: str) -> str:
    """Return a module of ``interface`` with ``body``, whole lines, in it."""
    ports = ",\n".join(f"  {_declare(port)}" for port in interface.ports)
    return f"module {escape_name(interface.module)}(\n{ports}\n);\n{body}endmodule\n"


def _render(interface: Interface, bit: str) -> str:
    drivers = [f"  assign {escape_name(port.name)}= {{{port.width}{{{bit}}}}};\n" for port in interface.outputs if bit]
    return render_module(interface, "".join(drivers))


def _declare(port: Port) -> str:
    sign = "signed " if port.is_signed else ""
    bounds = f"[{port.width - 1}:0] " if port.width > 1 else ""
    return f"{port.direction} wire {sign}{bounds}{escape_name(port.name)}"
