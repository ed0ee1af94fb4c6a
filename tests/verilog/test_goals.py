"""What a stimulus should reach: constants of registers, conditions as nets; what counts loops is left out."""

from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.verilog.goals import ComparedConstant, list_constants, list_loop_variables, show_conditions

TEXT = """\
module part(input clk, input [3:0] d, output reg [3:0] q);
  localparam LAST = 4'd9;
  always @(posedge clk) if (q == LAST) q <= 0; else q <= q < 3 ? d : q + 1;
endmodule
module top(input clk, input [3:0] d, output [3:0] q, output reg [1:0] state, output reg odd);
  integer i;
  part p(clk, d, q);
  genvar g;
  generate for (g = 0; g < 2; g = g + 1) begin : bit_of
    reg mark;
    always @(posedge clk) if (mark ^ d[g]) mark <= d[g];
  end endgenerate
  always @(posedge clk) begin
    case (state)
      2'd0, 2'd2: state <= d == 4'd7 ? 1 : 2;
      default: state <= 0;
    endcase
    odd = 0;
    for (i = 0; i < 4; i = i + 1) if (d[i] & odd) odd = ~odd;
  end
endmodule
"""
SOURCE = SourceFile(name="top.v", text=TEXT)


def test_constants_belong_to_registers_and_not_to_inputs() -> None:
    assert set(list_constants(SOURCE, "top")) == {
        ComparedConstant(path="p.q", value=9, line=3),
        ComparedConstant(path="state", value=0, line=15),
        ComparedConstant(path="state", value=2, line=15),
    }


def test_variables_of_loops_are_known() -> None:
    assert list_loop_variables(SOURCE, "top") == {"i"}


def test_conditions_become_nets_of_their_modules() -> None:
    shown = show_conditions(SOURCE, "top")
    added = [line for line in shown.text.splitlines() if line not in TEXT.splitlines()]
    conditions = {line.split(" = ")[1]: shown.lines[line.split()[1]] for line in added}
    assert conditions == {"|(q == LAST);": 3, "|(q < 3);": 3, "|(d == 4'd7);": 15}


def test_each_condition_stands_once_however_often_its_module_is_used() -> None:
    twice = TEXT.replace("part p(clk, d, q);", "part p(clk, d, q); wire [3:0] r; part s(clk, q, r);")
    assert len(show_conditions(SourceFile(name="top.v", text=twice), "top").lines) == 3


def test_a_text_without_the_module_has_nothing_to_reach() -> None:
    assert list_constants(SOURCE, "nowhere") == ()
    assert list_loop_variables(SOURCE, "nowhere") == frozenset()
    assert show_conditions(SOURCE, "nowhere").text == TEXT


def test_conditions_on_variables_that_only_a_loop_has_stay_where_they_are() -> None:
    text = (
        "module m(input clk, input [3:0] d, output reg [3:0] q);\nalways @(posedge clk) begin\n"
        "for (int i = 0; i < 4; i++) if (d[i]) q[i] <= 1;\nif (d == 3) q <= 0;\nend\nendmodule\n"
    )
    assert list(show_conditions(SourceFile(name="m.sv", text=text), "m").lines.values()) == [4]
