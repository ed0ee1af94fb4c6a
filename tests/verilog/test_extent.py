"""What a design holds and asks for beyond its reference."""

import pytest

from pytest_rtlgen.verilog.examine import examine_design
from pytest_rtlgen.verilog.extent import Extent

PORTS = "input clk, input rst, input [7:0] d, output reg [7:0] q"


def measure(body: str) -> Extent:
    found = examine_design(f"module m({PORTS});\n{body}\nendmodule\n", "m").extent
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("body", "bits"),
    [
        ("always @(posedge clk) q <= d;", 8),
        ("always @* q = d;", 0),
        ("always @* if (clk) q = d;", 8),
        ("always @(posedge clk) begin : b integer n = 0; n = n + 1; q <= n; end", 40),
        ("integer i; always @(posedge clk) for (i = 0; i < 8; i = i + 1) q[i] <= d[7 - i];", 8),
        ("reg [7:0] s [0:3]; always @(posedge clk) begin s[d[1:0]] <= d; q <= s[d[3:2]]; end", 40),
        ("reg [69999:0] s; always @(posedge clk) begin s <= {s, rst}; q <= s[69999:69992]; end", 70008),
    ],
)
def test_state_is_what_registers_and_latches_hold(body: str, bits: int) -> None:
    assert measure(body).state_bits == bits


def test_constants_are_all_integers_without_their_signs() -> None:
    found = measure(
        "localparam L = 8'd77; always @(posedge clk) q <= (d - L == 0 && d[1:0] == 2 && $signed(d) > -99) ? 5 : 6;"
    )
    assert set(found.constants) >= {2, 5, 6, 77, 99}


REFERENCE = Extent(state_bits=10, constants=(3, 100))


@pytest.mark.parametrize(
    ("state_bits", "constants"),
    [(13, ()), (10, (99, 100, 101)), (10, (2, 3, 4, 21)), (10, (64, 0, 255, 127, 0b11011111))],
)
def test_a_rewrite_has_no_excess(state_bits: int, constants: tuple[int, ...]) -> None:
    assert Extent(state_bits=state_bits, constants=constants).list_excess(REFERENCE) == ()


def test_more_state_and_other_constants_are_named() -> None:
    assert Extent(state_bits=14, constants=(100, 167)).list_excess(REFERENCE) == (
        "14 bits of state, 10 in the reference",
        "the constant 167, which is not in the reference",
    )
