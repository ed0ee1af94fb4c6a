"""A netlist is large, and reading it takes time in proportion."""

import pytest
from support.cpu_guard import ends_within

from pytest_rtlgen.records import HazardKind
from pytest_rtlgen.verilog.examine import examine_design

MOST_CPU_S = 30


def make_netlist(size: int) -> str:
    """Return flip-flops whose gates stand in a row, each reading all before it, a bit of one vector each."""
    gates = "".join(f"  assign n[{i}] = n[{i - 1}] ^ q[{i}];\n" for i in range(1, size))
    flops = "".join(f"  always @(posedge clk) q[{i}] <= n[{i}];\n" for i in range(size))
    ports = f"input clk, input a, output reg [{size - 1}:0] q"
    return f"module top ({ports});\n  wire [{size - 1}:0] n;\n  assign n[0] = a;\n{gates}{flops}endmodule\n"


@pytest.mark.slow
def test_a_netlist_of_gates_is_read() -> None:
    """A look at every gate, for each gate of each flip-flop's cone, would take minutes: three loops of 700."""
    assert ends_within(MOST_CPU_S, lambda: examine_design(make_netlist(700), "top"))


def test_a_race_through_gates_is_found_in_it() -> None:
    text = make_netlist(40).replace("always @(posedge clk) q[7] <= n[7];", "always @(posedge clk) q[7] = n[7];")
    hazards = examine_design(text, "top").hazards
    assert [(hazard.kind, hazard.names) for hazard in hazards] == [(HazardKind.EVENT_ORDER, ("q",))]
    assert examine_design(make_netlist(40), "top").hazards == ()
