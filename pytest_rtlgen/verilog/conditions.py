"""Conditions over a module's ports, as modules of their own: what is no port cannot be read there."""

from collections.abc import Sequence

from pytest_rtlgen.records import Port
from pytest_rtlgen.verilog.interface import list_modules
from pytest_rtlgen.verilog.lexical import escape_name
from pytest_rtlgen.verilog.syntax import Node, elaborate, list_errors, parse_text

OUTPUT = "rtlgen_holds"
"""The output of a module that ``render_condition`` makes."""
_MODULE = "rtlgen_condition"


def render_condition(module: str, ports: Sequence[Port], condition: str) -> str:
    r"""Return a module with ``ports`` as inputs; its output says whether ``condition`` holds, X where that is unknown.

    >>> print(render_condition("m", [Port(name="a", direction="input", width=2)], "a != 0"), end="")
    module m(input [1:0] \a , output rtlgen_holds);
    assign rtlgen_holds = (a != 0
    ) ? 1'b1 : 1'b0;
    endmodule
    """
    inputs = "".join(f"input {declare_type(port)}{escape_name(port.name)}, " for port in ports)
    return f"module {module}({inputs}output {OUTPUT});\nassign {OUTPUT} = ({condition}\n) ? 1'b1 : 1'b0;\nendmodule\n"


def find_condition_fault(condition: str, ports: Sequence[Port]) -> str:
    """Return why ``condition`` is no expression over ``ports``; empty: it is one."""
    try:
        parsed = parse_text(render_condition(_MODULE, ports, condition))
    except RuntimeError as error:
        return f"it cannot be read: {error}"
    errors = list_errors(parsed, parsed.tree.diagnostics, most=1)
    root: Node = parsed.tree.root
    if not errors and (list_modules(parsed) != (_MODULE,) or len(list(root.members)) != 1):
        return "it must be one expression"
    if not errors:
        compilation, _ = elaborate(parsed)
        errors = list_errors(parsed, compilation.getAllDiagnostics(), most=1)
    return errors[0].message if errors else ""


def declare_type(port: Port) -> str:
    """Return sign and range of ``port`` as a declaration has them, with a blank after."""
    sign = "signed " if port.is_signed else ""
    return f"{sign}[{port.width - 1}:0] "
