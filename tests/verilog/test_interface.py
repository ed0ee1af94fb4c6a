"""Ports of a reference, and what is said of one that cannot be read."""

import pytest

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import Direction, Port, SourceFile
from pytest_rtlgen.verilog.interface import find_top, read_interface


def source(text: str) -> SourceFile:
    return SourceFile(name="suite/ref.sv", text=text)


def test_ports_keep_their_order_width_and_sign() -> None:
    text = "module top #(parameter W = 4)(input signed [W-1:0] a, output logic [0:2] y, inout z, input b); endmodule"
    assert read_interface(source(text), "top").ports == (
        Port(name="a", direction=Direction.INPUT, width=4, is_signed=True),
        Port(name="y", direction=Direction.OUTPUT, width=3),
        Port(name="z", direction=Direction.INOUT, width=1),
        Port(name="b", direction=Direction.INPUT, width=1),
    )


def test_old_style_ports() -> None:
    text = "module top(a, y);\n  input [7:0] a;\n  output y;\n  reg y;\nendmodule\n"
    assert [(port.name, port.width) for port in read_interface(source(text), "top").ports] == [("a", 8), ("y", 1)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module top(input a);\n  assign = 1;\nendmodule", r"suite/ref\.sv:2: .*must be valid"),
        ("module top(input a);\n  foo u(a);\nendmodule", r"suite/ref\.sv:2: unknown module 'foo'"),
        ("module top(output a);\n\n  assign a = b + 1;\nendmodule", r"suite/ref\.sv:3: .*undeclared identifier 'b'"),
        ("module other; endmodule", r"suite/ref\.sv: no module 'top'; found other"),
        ("interface bus; endinterface\nmodule top(bus b); endmodule", "interface port"),
    ],
)
def test_a_bad_reference_is_named_with_its_line(text: str, message: str) -> None:
    with pytest.raises(BadReferenceError, match=message):
        read_interface(source(text), "top")


def test_the_top_is_what_nothing_instantiates() -> None:
    assert find_top(source("module a; endmodule\nmodule b; a u(); endmodule")) == "b"


@pytest.mark.parametrize(
    ("text", "found"), [("module a; endmodule module b; endmodule", "a, b"), ("// nothing", "none")]
)
def test_an_ambiguous_top_is_refused(text: str, found: str) -> None:
    with pytest.raises(BadReferenceError, match=f"found {found}"):
        find_top(source(text))
