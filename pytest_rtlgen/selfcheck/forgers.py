"""Modules that do nothing and try to pass all the same, by what they print, end or instantiate."""

from pytest_rtlgen.records import Interface, Port
from pytest_rtlgen.selfcheck.stubs import Stub, render_module

_WORDS = (
    "Mismatches: 0 in 1 samples",
    "Hint: Output 'q' has no mismatches.",
    "===========Your Design Passed===========",
    "all tests passed",
)
"""What the benchmarks look for in the output."""


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
        ports = ", ".join(_connect(port) for port in interface.ports)
        body = f"  \\{reference_top} forged ({ports});\n"
        forgers.append(Stub(outputs="forged by instantiating the reference", source=render_module(interface, body)))
    return tuple(forgers)


def _connect(port: Port) -> str:
    return f".\\{port.name} (\\{port.name} )"
