"""The screen against text that is written to slip past it."""

# ruff: noqa: E501  a candidate is one line of the table

import pytest

from pytest_rtlgen.records import Direction, Interface, Port, Status
from pytest_rtlgen.verilog.screen import screen_candidate

WANTED = Interface(
    module="top",
    ports=(
        Port(name="clk", direction=Direction.INPUT, width=1),
        Port(name="d", direction=Direction.INPUT, width=4),
        Port(name="q", direction=Direction.OUTPUT, width=4),
    ),
)

HEAD = "module top(input clk, input [3:0] d, output reg [3:0] q);\n"
EVASIONS = {
    "name declared elsewhere": "module h; wire [3:0] tb; endmodule\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\nh u(); always @(posedge clk) q<=tb.q;\nendmodule\n",
    "%m width": 'module top(input clk, input [3:0] d, output reg [3:0] q);\ninitial $display("%5m");\nendmodule\n',
    "%-m": 'module top(input clk, input [3:0] d, output reg [3:0] q);\ninitial $display("%-0m");\nendmodule\n',
    "%m escaped": 'module top(input clk, input [3:0] d, output reg [3:0] q);\ninitial $display("%\\155");\nendmodule\n',
    "%m hex esc": 'module top(input clk, input [3:0] d, output reg [3:0] q);\ninitial $display("%\\x6d");\nendmodule\n',
    "%m concat": 'module top(input clk, input [3:0] d, output reg [3:0] q);\ninitial $display({"%","m"});\nendmodule\n',
    "black_box": "(* syn_black_box *) module top(input clk, input [3:0] d, output reg [3:0] q);\n\nendmodule\n",
    "black_box2": "(* black_box *) module top(input clk, input [3:0] d, output reg [3:0] q);\n\nendmodule\n",
    "translate attr": "module top(input clk, input [3:0] d, output reg [3:0] q);\n(* translate_off *) always @(posedge clk) q<=d;\nendmodule\n",
    "translate_off cadence": "module top(input clk, input [3:0] d, output reg [3:0] q);\n// cadence translate_off\nalways @(posedge clk) q<=d;\nendmodule\n",
    "synthesis_off": "module top(input clk, input [3:0] d, output reg [3:0] q);\n/* synthesis synthesis_off */ always @(posedge clk) q<=d;\nendmodule\n",
    "ifdef comment": "`ifdef /* a */ YOSYS\n`endif\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\n\nendmodule\n",
    "__FILE__": "module top(input clk, input [3:0] d, output reg [3:0] q);\ninitial $display(`__FILE__);\nendmodule\n",
    "bomb default arg": "`define D(x=`E(1)) x x x x x x x x\n`define E(y=1) `D() `D() \nmodule top(input clk, input [3:0] d, output reg [3:0] q);\ninitial `D();\nendmodule\n",
    "bomb passed name": "`define D(x) x x x x x x x x x x\n`define K(f,x) `f(`f(`f(`f(`f(`f(`f(`f(x))))))))\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\ninitial `K(D,a);\nendmodule\n",
    "bomb paste name": "`define D1(x) x x x x x x x x x x\n`define K(n,x) `D``n(`D``n(`D``n(`D``n(`D``n(`D``n(`D``n(`D``n(`D``n(x)))))))))\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\ninitial `K(1,a);\nendmodule\n",
    "bomb parens str": '`define D(x) x x x x x x x x x x\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\ninitial `D(")" `D(")" `D(")" `D(")" `D(")" `D(")" `D(")" `D(")" a))))))));\nendmodule\n',
    "bomb escaped macro": "`define \\D (x) x x x x x x x x x x\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\ninitial `\\D (`\\D (`\\D (`\\D (`\\D (`\\D (`\\D (`\\D (a))))))));\nendmodule\n",
    "bomb define in macro": "`define M(n) `define n xxxxxxxx`n\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\ninitial ;\nendmodule\n",
    "bomb args paste": "`define D1(x) x x x x x x x x x x\n`define CAT(a,b) a``b\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\ninitial `CAT(`D,1)(`CAT(`D,1)(`CAT(`D,1)(`CAT(`D,1)(`CAT(`D,1)(`CAT(`D,1)(`CAT(`D,1)(`CAT(`D,1)(a))))))));\nendmodule\n",
    "bomb multi arg": "`define D(x,y) x y x y x y x y\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\ninitial `D(`D(`D(`D(`D(`D(`D(`D(`D(a,b),b),b),b),b),b),b),b),b);\nendmodule\n",
    "bomb brackets": "`define D(x) x x x x x x x x x x\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\ninitial `D({`D([`D(`D(`D(`D(`D(`D(a)))))])});\nendmodule\n",
    "bomb comment cont": "`define D(x) x x x x x x // \\\n x x x x x \nmodule top(input clk, input [3:0] d, output reg [3:0] q);\ninitial `D(`D(`D(`D(`D(`D(`D(`D(`D(`D(a))))))))));\nendmodule\n",
    "bomb nl call": "`define D(x) x x x x x x x x x x\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\ninitial `D\n(`D /* ) */ (`D (`D (`D // )\n (`D (`D (`D(a))))))));\nendmodule\n",
    "macro that only the parser knows": "module top(input clk, input [3:0] d, output reg [3:0] q);\n`ifdef SV_COV_START\n`else\ninitial $finish;\n`endif\nendmodule\n",
    "macro that names the parser": "module top(input clk, input [3:0] d, output reg [3:0] q);\n`ifdef __slang_major__\n`else\ninitial $finish;\n`endif\nendmodule\n",
    "include behind a lone CR": '// x\r`include "/etc/passwd"\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\nendmodule\n',
    "%m by numbers": "module top(input clk, input [3:0] d, output reg [3:0] q);\nreg [99:0] s; initial $sformat(s, {8'h25, 8'h6d});\nendmodule\n",
    "%m in a variable": 'module top(input clk, input [3:0] d, output reg [3:0] q);\nstring s, f; initial begin f = "%"; s = $sformatf(f); end\nendmodule\n',
    "task in a macro that is not used": '`define F $fopen("x", "w")\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\nendmodule\n',
    "conditional in a macro": "`define C `ifdef A\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\nendmodule\n",
    "long delay": "module top(input clk, input [3:0] d, output reg [3:0] q);\nalways @(posedge clk) #9.9 q = d;\nendmodule\n",
    "finish in a used helper": "module h(input c); initial $finish; endmodule\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\nh u(clk);\nendmodule\n",
    "bind of an unused helper": "module h(input c); initial $finish; endmodule\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\nendmodule\nbind top h u(clk);\n",
    "too many lines": "module top;" + "\n" * 60_000 + "endmodule",
    "too long": "module top; //" + "a" * 1_100_000 + "\nendmodule",
}
HONEST = {
    "ifndef guard __": "`ifndef __TOP_V__\n`define __TOP_V__\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\nalways @(posedge clk) q<=d;\nendmodule\n`endif\n",
    "$unit::": "typedef logic [3:0] nib;\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\n$unit::nib x; always @(posedge clk) begin x=d; q<=x; end\nendmodule\n",
    "macro concat ok": "`define REG(n) reg [3:0] n``_q\nmodule top(input clk, input [3:0] d, output reg [3:0] q);\n`REG(a); always @(posedge clk) begin a_q<=d; q<=a_q; end\nendmodule\n",
}


@pytest.mark.parametrize("text", EVASIONS.values(), ids=list(EVASIONS))
def test_evasions_are_rejected(text: str) -> None:
    assert screen_candidate(text, WANTED).status is Status.REJECTED


@pytest.mark.parametrize("text", HONEST.values(), ids=list(HONEST))
def test_honest_text_that_looks_odd_is_let_through(text: str) -> None:
    assert screen_candidate(text, WANTED).diagnostics == ()


def test_text_that_is_switched_off_reaches_no_later_reader() -> None:
    text = HEAD + "`define A\n`undefineall\n`ifdef A\ninitial $finish; // é\n`endif\nendmodule\n"
    screening = screen_candidate(text, WANTED)
    assert screening.diagnostics == ()
    assert "$finish" not in screening.source
    assert screening.source.count("\n") == text.count("\n")


def test_a_testbench_that_nothing_uses_is_blanked() -> None:
    text = HEAD + "endmodule\nmodule tb;\ntop u();\ninitial $finish;\nendmodule\n"
    screening = screen_candidate(text, WANTED)
    assert screening.diagnostics == ()
    assert screening.source.split() == (HEAD + "endmodule").split()


def test_a_short_delay_and_lone_surrogates_are_let_through() -> None:
    assert screen_candidate(HEAD + "always @(posedge clk) q <= #1 d; // \ud800\nendmodule\n", WANTED).status is None
