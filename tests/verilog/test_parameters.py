"""Which parameters size ports, and texts with other defaults."""

import pytest

from pytest_rtlgen.records import Parameter
from pytest_rtlgen.verilog.interface import find_instance
from pytest_rtlgen.verilog.parameters import adjust_parameters, list_parameters
from pytest_rtlgen.verilog.syntax import parse_text

SIZING = {
    "none": ("module m(input a);", ()),
    "in the header": ("module m #(parameter N = 8, Q = 3)(input [N-1:0] a);", (("N", "8"),)),
    "in the body": ("module m(a); input [N-1:0] a; parameter N = 8; parameter Q = 3;", (("N", "8"),)),
    "through a local constant": (
        "module m #(parameter N = 8)(a); localparam L = N - 1; input [L:0] a;",
        (("N", "8"),),
    ),
    "through another parameter": (
        "module m #(parameter N = 3, D = 1 << N)(input [D-1:0] a);",
        (("N", "3"), ("D", "8")),
    ),
    "with a width": ("module m #(parameter [3:0] N = 8)(input [N-1:0] a);", (("N", "4'h8"),)),
    "with a sign": ("module m #(parameter signed [7:0] N = -8)(input [-N:0] a);", (("N", "8'shf8"),)),
    "local constants": ("module m #(localparam N = 8)(input [N-1:0] a);", ()),
    "in the body behind a list in the header": (
        "module m #(parameter Q = 3)(a); input [N-1:0] a; parameter N = 8;",
        (),
    ),
    "types and reals": ("module m #(parameter type T = logic, parameter real R = 4.0)(input T a, input [R:0] b);", ()),
}


@pytest.mark.parametrize("case", SIZING)
def test_parameters_that_size_ports_are_listed(case: str) -> None:
    head, expected = SIZING[case]
    instance = find_instance(parse_text(f"{head} endmodule"), "m")
    assert instance is not None
    assert tuple((found.name, found.value) for found in list_parameters(instance)) == expected


ADJUSTED = {
    "in the header": (
        "module m #(parameter N = 16)(input [N-1:0] a);",
        "module m #(parameter N = 8)(input [N-1:0] a);",
    ),
    "over two lines": (
        "module m(a); input [N-1:0] a; parameter N = 2 *\n8;",
        "module m(a); input [N-1:0] a; parameter N = 8\n;",
    ),
    "what sizes no port stays": (
        "module m #(parameter N = 16, Q = 1)(input [N-1:0] a);",
        "module m #(parameter N = 8, Q = 1)(input [N-1:0] a);",
    ),
    "the same default": ("module m #(parameter N = 8)(input [N-1:0] a);", None),
    "a fixed width": ("module m #(parameter N = 16)(input [15:0] a);", None),
    "another name": ("module m #(parameter W = 16)(input [W-1:0] a);", None),
    "a local constant": ("module m #(localparam N = 16)(input [N-1:0] a);", None),
}


@pytest.mark.parametrize("case", ADJUSTED)
def test_defaults_become_the_values_of_the_same_names(case: str) -> None:
    head, expected = ADJUSTED[case]
    text = f"{head} endmodule\n"
    parsed = parse_text(text)
    requested = (Parameter(name="N", value="8"), Parameter(name="Q", value="3"))
    instance = find_instance(parsed, "m")
    assert instance is not None
    found = adjust_parameters(text, parsed, instance, requested)
    assert (found.text if found is not None else None) == (f"{expected} endmodule\n" if expected else None)
