"""Inouts without tri-state nets: which are resolved, into what, and which texts stay as they are."""

import pytest

from pytest_rtlgen.records import Direction, Interface, Port
from pytest_rtlgen.verilog.enclosure import enclose
from pytest_rtlgen.verilog.tristate import resolve_inouts

INTERFACE = Interface(
    module="m",
    ports=(
        Port(name="p", direction=Direction.INOUT, width=2),
        Port(name="e", direction=Direction.INPUT, width=1),
        Port(name="d", direction=Direction.INPUT, width=2),
    ),
)
HEAD = "module m(inout [1:0] p, input e, input [1:0] d);\n"
OLD_HEAD = "module m(p, e, d);\ninout [1:0] p; input e; input [1:0] d;\n"


def enclosed(body: str, head: str = HEAD) -> str:
    return enclose(f"{head}{body}\nendmodule\n", INTERFACE, module="m")


@pytest.mark.parametrize(
    ("body", "resolved"),
    [
        ("assign p = e ? d : 2'bz;", "assign p = e ? d : \\p.in  ;"),
        ("assign p = e ? 'z : d;", "assign p = e ? \\p.in  : d;"),
        ("assign p[0] = e ? d[0] : 1'bz, p[1] = d[1];", "assign p[0] = e ? d[0] : \\p.in [0] , p[1] = d[1];"),
        ("assign p = e ? (d[0] ? 2'bzz : 2'b1) : d;", "assign p = e ? (d[0] ? \\p.in   : 2'b1) : d;"),
        ("wire [1:0] w; assign w = p;", "wire [1:0] w; assign w = p;"),
        ("reg r; always @* casez (d) 2'b?1: r = 1; default: r = 0; endcase", "casez (d) 2'b?1: r = 1;"),
    ],
)
@pytest.mark.parametrize("head", [HEAD, OLD_HEAD])
def test_plain_drivers_are_resolved(body: str, resolved: str, head: str) -> None:
    found = " ".join(resolve_inouts(enclosed(body, head)).split())
    assert " ".join(resolved.split()) in found
    assert "inout" not in found
    assert "weak0" not in found
    assert ("assign \\p = \\p.in ;" in found) == ("assign p" not in body)


@pytest.mark.parametrize(
    "body",
    [
        "assign p = e ? d : 1'bz;",
        "assign p = {e ? d[1] : 1'bz, d[0]};",
        "assign p[0] = e ? d[0] : 1'bz;",
        "assign p = e ? d : 2'bz; assign p = d;",
        "localparam Z = 2'bz; assign p = e ? d : Z;",
        "reg [1:0] t; always @* t = e ? d : 2'bz; assign p = t;",
        "reg [1:0] t; always @* t = e ? d : 2'b??; assign p = t;",
        "bufif1 b(p[0], d[0], e);",
        "assign p = e ? d : 2'bz; wire [1:0] w; assign w[0:1] = d;",
        "pad u(p[0], e, d[0]);\nendmodule\nmodule pad(inout x, input e, input d); assign x = e ? d : 1'b0;",
    ],
)
def test_what_is_not_plain_stays_as_it_is(body: str) -> None:
    text = enclosed(body)
    assert resolve_inouts(text) == text


def test_a_text_without_an_inout_stays_as_it_is() -> None:
    assert resolve_inouts("module m(input a); endmodule\n") == "module m(input a); endmodule\n"
