"""The screen: what may be compiled, what is refused, and which construct at which line is named."""

import json
import re
from pathlib import Path

import pytest

from pytest_rtlgen.records import Direction, Interface, Port, Severity, SourceFile, Status
from pytest_rtlgen.verilog.interface import read_interface
from pytest_rtlgen.verilog.screen import Screening, screen_candidate

SHARED = Path(__file__).parents[3] / "shared" / "hostile"
CASES = sorted(SHARED.glob("*/candidate.sv"))
INTERFACE = Interface(
    module="top",
    ports=(
        Port(name="clk", direction=Direction.INPUT, width=1),
        Port(name="d", direction=Direction.INPUT, width=4),
        Port(name="q", direction=Direction.OUTPUT, width=4),
    ),
)
HEAD = "module top(input clk, input [3:0] d, output reg [3:0] q);\n"
WORK = "always @(posedge clk) q <= d;\nendmodule\n"
GOOD = HEAD + WORK
HELPER = "module h(input [3:0] a, output [3:0] y); wire [3:0] t = a; assign y = t; endmodule\n"


def screen(text: str) -> Screening:
    return screen_candidate(text, INTERFACE)


def line(code: str) -> str:
    """Return a module with ``code`` at line 2."""
    return f"{HEAD}{code}\n{WORK}"


ACCEPTED = {
    "plain": GOOD,
    "carriage returns": GOOD.replace("\n", "\r\n"),
    "ports in another order": "module top(output reg [3:0] q, input [3:0] d, input clk);\n" + WORK,
    "reversed range": "module top(input clk, input [0:3] d, output reg [0:3] q);\n" + WORK,
    "old style": "module top(clk, d, q); input clk; input [3:0] d; output [3:0] q; reg [3:0] q;\n" + WORK,
    "parameters at default": "module top #(parameter W = 4)(input clk, input [W-1:0] d, output reg [W-1:0] q);\n"
    + WORK,
    "struct member": line("typedef struct packed {logic [3:0] v;} s_t; s_t s; assign s.v = d;"),
    "package": "package p; parameter K = 1; endpackage\n" + line("wire [3:0] w = d + p::K;"),
    "own instance's net": HELPER + line("wire [3:0] y; h u(d, y); wire [3:0] z = u.t;"),
    "generate block's net": line("for (genvar i = 0; i < 4; i++) begin : g wire t = d[i]; end wire z = g[3].t;"),
    "interface's net": "interface bus; logic v; endinterface\n" + line("bus b(); assign b.v = clk;"),
    "words in comments": line("// force, bind, $fopen, `include, $finish, assume, (* blackbox *)"),
    "words in strings": line('localparam K = "force release $fopen `include $system(ls) import assume 50% more";'),
    "guard against a second inclusion": "`ifndef __TOP_V__\n`define __TOP_V__\n" + GOOD + "`endif\n",
    "the unit's own type": "typedef logic [3:0] nib;\n" + line("$unit::nib x; always @* x = d;"),
    "unnamed generate block": line("for (genvar i = 0; i < 4; i++) begin wire t = d[i]; end wire z = genblk1[3].t;"),
    "known digits": line("wire w = d === 4'b1010;"),
    "casez": line("reg r; always @* casez (d) 4'b1???: r = 1; default: r = 0; endcase"),
    "lone surrogate": line("// \ud800"),
    "task in a macro that is not used": '`define F $fopen("x", "w")\n' + GOOD,
    "tool's condition": "`ifdef VERILATOR\n`endif\n" + GOOD,
    "netlist's names": line("wire \\$auto$proc_rom.cc:155:do_proc_rom$27 ;"),
    "own condition": "`define FAST\n`ifdef FAST\n" + GOOD + "`endif\n",
    "celldefine": "`celldefine\n" + GOOD + "`endcelldefine\n",
    "macros in macros": "`define A(x) (x+1)\n`define B(x) (`A(x)+`A(x))\n" + line("wire [3:0] w = `A(`B(`A(`B(d))));"),
    "pasted name": "`define R(n) reg n``_q;\n" + line("`R(a)"),
    "other languages in comments": line("// überprüft 状态机 ✓"),
    "extra modules": GOOD + "module tb; endmodule\nmodule RefModule; endmodule\n",
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=list(ACCEPTED))
def test_honest_text_is_let_through(text: str) -> None:
    found = screen(text)
    assert (found.status, found.diagnostics) == (None, ())
    assert found.source.count("\n") == text.count("\n")


LEFT_OUT = {
    "message": ('initial $display("100%% %0d %t %m", $clog2(9), $time);', "$display"),
    "messages in a block": ('always @(posedge clk) begin if (d == 0) $strobe("x"); else $write("y"); end', "$strobe"),
    "time format": ('initial $timeformat(-9, 0, " pass", 20);', "$timeformat"),
    "random message": ('initial $display("%d", $urandom);', "$display"),
    "dump": ('initial begin $dumpfile("x"); $dumpvars(0, top); #1; end', "$dumpfile"),
    "assertion": ('assert property (@(posedge clk) d == 1 |=> q == $past(d)) else $error("x");', "assertion"),
    "immediate assertion": ("always @* begin assert (d !== 4'bx) else $fatal; end", "$fatal"),
    "assumption": ("always @* assume (d == 0);", "assertion"),
    "restriction": ("restrict property (@(posedge clk) d == 0);", "assertion"),
    "property": ("property p; @(posedge clk) d; endproperty", "property"),
    "specify block": ("specify (clk => q) = 1; endspecify", "specify block"),
    "attribute": ("(* keep, blackbox *) wire w;", "attribute"),
    "time unit": ("timeunit 1ns/1ps;", "time unit"),
    "message under a test for X": ("always @* if (^d === 1'bx) $display(1);", "$display"),
    "X under a test for X": ("reg r; always @* begin r = 0; if (|d === 1'bx) r = 'x; end", "a test for X"),
    "end under a check of parameters": ("parameter W = 4; initial if (W > 8) begin $display; $finish; end", "$display"),
    "elaboration task": ('parameter W = 4; if (W > 8) $fatal(1, "x");', "$fatal"),
    "time that nothing reads": ("time t; always @(posedge clk) t = $time;", "$time"),
    "time that a message shows": ('time t; always @(posedge clk) begin t = $time; $display("%t", t); end', "$time"),
    "final": ('final $display("x");', "$display"),
}


@pytest.mark.parametrize(("code", "what"), LEFT_OUT.values(), ids=list(LEFT_OUT))
def test_what_no_output_depends_on_is_left_out_with_a_note(code: str, what: str) -> None:
    found = screen(line(code))
    assert found.status is None, found.diagnostics
    (note,) = found.diagnostics
    assert note.severity is Severity.NOTE
    assert f"{what} (line 2)" in note.message
    assert "$" not in found.source
    assert found.source.count("\n") == line(code).count("\n")


def test_logic_beside_a_message_stays() -> None:
    code = 'reg r; always @(posedge clk) begin if (d) $display("a"); else r <= 1; begin $display("b"); r <= 0; end end'
    found = screen(line(code))
    assert "if (d) ; else r <= 1; begin ; r <= 0; end end" in found.source


def test_random_numbers_that_fill_a_memory_are_unknown() -> None:
    found = screen(line("reg [3:0] m [1:0]; integer i; initial for (i = 0; i < 2; i = i + 1) m[i] = $random;"))
    assert found.status is None
    assert "m[i] = 32'bx;" in found.source


DICE = "in the design's logic, which only a simulator has"
UNKNOWN = "a test for X or Z"
REJECTED = {
    "upward name": ("wire [3:0] w = tb.q;", r"hierarchical name tb\.q"),
    "name in an event": ("always @(posedge tb.clk) ;", r"hierarchical name tb\.clk"),
    "task of another module": ("initial tb.done(d);", "hierarchical name"),
    "dead branch": ("if (0) begin assign q = tb.q; end", "hierarchical name"),
    "defparam": ("defparam tb.W = 1;", "hierarchical name"),
    "root": ("wire w = $root.tb.q;", r"\$root"),
    "force": ("initial force q = 1;", "force"),
    "release": ("initial release q;", "release"),
    "finish": ("initial $finish;", r"\$finish"),
    "file": ('integer f; initial f = $fopen("x");', r"\$fopen"),
    "memory file": ('reg m[0:1]; initial $readmemh("x", m);', r"\$readmemh"),
    "shell": ('initial $system("ls");', r"\$system"),
    "plusargs": ('initial if ($test$plusargs("x")) q = 1;', r"\$test\$plusargs"),
    "foreign code": ('import "DPI-C" function int f();', "DPI"),
    "foreign code under an alias": ('import "DPI-C" g = function int f();', "DPI"),
    "C expression": ('initial $c("x");', r"\$c"),
    "random": ("wire w = $random;", rf"\$random {DICE}"),
    "random in initial": ("reg r; wire w = r; initial r = $random;", rf"\$random {DICE}"),
    "random beside a memory": ("reg m [1:0]; always @* m[0] = $random;", rf"\$random {DICE}"),
    "time": ("wire w = $time > 5;", rf"\$time {DICE}"),
    "time that logic reads": ("time t; wire w = t[3]; always @(posedge clk) t = $time;", rf"\$time {DICE}"),
    "format in logic": ('string s; wire w = s == "top"; initial s = $sformatf("%m");', rf"\$sformatf {DICE}"),
    "test for X": ("wire w = d === 4'bx;", UNKNOWN),
    "test for some X": ("wire w = 4'b1?10 === d;", UNKNOWN),
    "test for Z": ("wire w = d !== 'z;", UNKNOWN),
    "unknown": ("wire w = $isunknown(d);", UNKNOWN),
    "X test with a value": ("reg r; always @* if (^d === 1'bx) r = 1; else r = 0;", UNKNOWN),
    "assertion that acts": ("reg r; always @* assert (d == 0) r = 1; else r = 0;", "action is more than a message"),
    "fork": ("initial fork q = 1; join", "ParallelBlockStatement in initial"),
    "wait": ("initial begin wait (clk); q = 1; end", "WaitStatement in initial"),
    "checker": ("checker c; endchecker", "CheckerDeclaration"),
    "clocking": ("clocking c @(posedge clk); endclocking", "ClockingDeclaration"),
    "alias": ("wire v; alias w = v; wire w;", "alias"),
    "final": ("reg r; final r = 1;", "final block"),
    "random case": ("always @* randcase 1: q = 1; endcase", "RandCaseStatement"),
    "end on a value": ("always @(posedge clk) if (d == 5) $finish;", r"\$finish"),
    "name declared elsewhere": ("h u(); wire w = tb.q; endmodule module h; wire tb;", "hierarchical name"),
    "generate block elsewhere": ("wire w = genblk1.q;", "hierarchical name genblk1"),
    "include": ('`include "x"', "`include"),
    "line": ('`line 1 "x" 0', "`line"),
    "direction override": ("// \u202e", r"U\+202E"),
    "nul": ("\0", r"U\+0000"),
}


@pytest.mark.parametrize(("code", "message"), REJECTED.values(), ids=list(REJECTED))
def test_what_reaches_outside_is_rejected_with_its_line(code: str, message: str) -> None:
    found = screen(line(code))
    assert found.status is Status.REJECTED
    assert found.diagnostics[0].line == 2
    assert re.search(message, found.diagnostics[0].message)


def test_names_made_by_macros_are_seen() -> None:
    found = screen("`define F(x) $fin``x\n" + line("initial `F(ish);"))
    assert [(item.message, item.line) for item in found.diagnostics] == [("system task $finish", 3)]


def test_bind_is_rejected() -> None:
    assert screen(GOOD + "bind tb top x();\n").status is Status.REJECTED


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (HEAD + "always @(posedge clk) q <= ;\nendmodule\n", Status.SYNTAX_ERROR),
        (GOOD + "/* never closed", Status.SYNTAX_ERROR),
        (GOOD + "`ifdef X\n", Status.SYNTAX_ERROR),
        (HEAD + "always @(posedge clk) q <= d;\n", Status.SYNTAX_ERROR),
        ("", Status.INTERFACE_MISMATCH),
        ("primitive top(q, clk); output q; input clk; table 0 : 1; endtable endprimitive\n", Status.INTERFACE_MISMATCH),
        (GOOD + GOOD, Status.INTERFACE_MISMATCH),
    ],
)
def test_broken_text(text: str, status: Status) -> None:
    assert screen(text).status is status


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("module other(input a); endmodule", ["module 'top' is missing; found 'other'"]),
        (
            "module top(input clk, input [2:0] d, inout [3:0] q);\nendmodule",
            [
                "input [3:0] d is expected, but it is input [2:0] d",
                "output [3:0] q is expected, but it is inout [3:0] q",
            ],
        ),
        (
            "module top(input clk, input [3:0] data, output [3:0] q);\nendmodule",
            ["input [3:0] d is missing", "input [3:0] data is not expected"],
        ),
    ],
)
def test_each_differing_port_is_named(text: str, messages: list[str]) -> None:
    found = screen(text)
    assert found.status is Status.INTERFACE_MISMATCH
    assert [item.message for item in found.diagnostics] == messages


def test_what_is_forbidden_in_a_module_that_nothing_uses_goes_with_it() -> None:
    found = screen(GOOD + "module tb;\ntop u();\ninitial $finish;\nendmodule\n")
    assert (found.status, found.diagnostics) == (None, ())
    assert found.source.split() == GOOD.split()
    helper = "module h(input c); initial $finish; endmodule\n"
    assert screen(helper + line("h u(clk);")).status is Status.REJECTED
    assert screen(helper + GOOD + "bind top h u(clk);\n").status is Status.REJECTED


def test_no_line_moves_where_something_is_left_out() -> None:
    text = "`define M(x) \\\n  $display(x)\n" + line('always @(posedge clk)\n  `M(\n"a");\nwire w = tb.q;')
    (item,) = screen(text).diagnostics
    assert (item.message, item.line) == ("hierarchical name tb.q", 7)


def test_a_tree_of_instances_is_not_unfolded() -> None:
    levels = [f"module m{i + 1}; {' '.join(f'm{i} u{j}();' for j in range(10))} endmodule\n" for i in range(9)]
    assert screen("module m0; endmodule\n" + "".join(levels) + line("m9 k();")).status is None


COMPILE_ERRORS = {Status.SYNTAX_ERROR, Status.ELABORATION_ERROR, Status.INTERFACE_MISMATCH, Status.NO_CODE}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_shared_hostile_cases(path: Path) -> None:
    expected = json.loads((path.parent / "expect.json").read_text(encoding="utf-8"))
    golden = SourceFile(name="golden.sv", text=(path.parent / "golden.sv").read_text(encoding="utf-8"))
    text = path.read_bytes().decode("utf-8", "replace")
    found = screen_candidate(text, read_interface(golden, expected.get("top") or "TopModule"))
    accepted = {expected["expected_verdict"], *expected["acceptable_verdicts"]}
    # without a status it is simulated, and tests/test_hostile.py holds what comes of it
    assert found.status in {None, Status.REJECTED, *COMPILE_ERRORS}
    assert found.status is not Status.REJECTED or "rejected" in accepted
    assert found.status not in COMPILE_ERRORS or "compile_error" in accepted


def test_the_shared_hostile_cases_are_there() -> None:
    if not CASES:
        pytest.skip(f"{SHARED} does not exist: the shared hostile cases lie beside the repository")
    assert len(CASES) >= 100
