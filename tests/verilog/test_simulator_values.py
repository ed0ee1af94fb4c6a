"""Logic that depends on time, dice, X or computed delays is found; honest uses of the same words are not."""

import pytest

from pytest_rtlgen.verilog.simulator_values import list_simulator_values
from pytest_rtlgen.verilog.syntax import parse_text

HEAD = "module m #(parameter TPD = 1, parameter BIG = 9) (input clk, input [3:0] d, output reg [3:0] q);\n"
DICE = "in the design's logic, which only a simulator has"
UNKNOWN = "a test for X or Z, which no circuit can make"
COMPUTED = "a delay that is computed"

# (line 2 of the module, what is named)
FOUND = [
    ("wire w = $random;", f"$random {DICE}"),
    ("always @* q = $urandom;", f"$urandom {DICE}"),
    ("always @* q = $urandom_range(1, 0);", f"$urandom_range {DICE}"),
    ("always @* q = $time;", f"$time {DICE}"),
    ("always @* q = $stime > 100 ? d : ~d;", f"$stime {DICE}"),
    ("always @* if ($realtime > 5) q = d;", f"$realtime {DICE}"),
    ("initial q = $random;", f"$random {DICE}"),
    ("initial q[0] = $random & 1;", f"$random {DICE}"),
    ("reg [1:0] dice; initial dice[1] = $urandom;", f"$urandom {DICE}"),
    ("reg [3:0] memory [1:0]; always @* memory[0] = $random;", f"$random {DICE}"),
    ("always @* q = $isunknown(d);", UNKNOWN),
    ("always @* q = d === 4'bx;", UNKNOWN),
    ("always @* q = d === 4'b1?10;", UNKNOWN),
    ("always @* q = 1'bZ === d;", UNKNOWN),
    ("always @* q = d !== 'x;", UNKNOWN),
    ("always @* q = d !== 4'hz;", UNKNOWN),
    ("always @* q = (d[0] === 1'sbx) ? 1 : 0;", UNKNOWN),
    ("always @* q = #d d;", COMPUTED),
    ("always @(posedge clk) #(d + 1) q = d;", COMPUTED),
    ("wire #(BIG) w = d;", COMPUTED),
    ("wire #BIG w = d;", COMPUTED),
    ("localparam LATE = 6; always @* q = #LATE d;", COMPUTED),
    ("assign #(1, d) w = d;", COMPUTED),
    ("real r; always @* #(r) q = d;", COMPUTED),
]

NOTHING = [
    "always @(posedge clk) q <= #1 d;",
    "always @(posedge clk) q <= #1.5ns d;",
    "assign #(2, 3) w = d;",
    "assign #(1:2:3) w = d;",
    "assign #TPD w = d;",
    "always @(posedge clk) q <= #(TPD) d;",
    "localparam LATE = 5; always @* q = #LATE d;",
    "always @* q = d === 4'b1010;",
    "always @* q = d == 4'bx;",
    "always @* q = d ? 4'bx : 4'bz;",
    "always @* casez (d) 4'b1???: q = 1; default: q = 0; endcase",
    'initial $display("%t %d", $time, $random);',
    'always @(posedge clk) $strobe("%t", $realtime);',
    'initial $error("%t", $time);',
    "reg [3:0] memory [1:0]; integer i; initial for (i = 0; i < 2; i = i + 1) memory[i] = $random;",
    "reg [3:0] memory [1:0]; initial begin memory[0] = $urandom; memory[1] = $random; end",
    "logic [1:0][3:0] other, memory [1:0]; initial memory[0][1] = $random;",
    "// $random\nwire w;",
    "wire time_out, random;",
]


def list_found(code: str) -> list[tuple[str, int]]:
    return list(list_simulator_values(parse_text(f"{HEAD}{code}\nendmodule\n")))


@pytest.mark.parametrize(("code", "what"), FOUND, ids=[row[0] for row in FOUND])
def test_found_with_its_line(code: str, what: str) -> None:
    assert list_found(code) == [(what, 2)]


@pytest.mark.parametrize("code", NOTHING)
def test_nothing_is_found(code: str) -> None:
    assert list_found(code) == []


def test_all_are_found_in_source_order() -> None:
    code = "wire w = $random;\nwire v = d === 4'bx;\nalways @* q = #d $time;"
    assert list_found(code) == [(f"$random {DICE}", 2), (UNKNOWN, 3), (COMPUTED, 4), (f"$time {DICE}", 4)]


def test_what_a_macro_expands_to_is_found() -> None:
    text = f"`define DICE $random\n{HEAD}wire w = `DICE;\nendmodule\n"
    assert list(list_simulator_values(parse_text(text))) == [(f"$random {DICE}", 3)]
