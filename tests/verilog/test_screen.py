"""The screen: what may be compiled, what is refused, and which construct at which line is named."""

import json
import re
from pathlib import Path

import pytest

from pytest_rtlgen.records import Direction, Interface, Port, SourceFile, Status
from pytest_rtlgen.verilog.interface import read_interface
from pytest_rtlgen.verilog.screen import Screening, screen_candidate

SHARED = Path(__file__).parents[3] / "shared" / "hostile"
CASES = sorted(SHARED.glob("*/candidate.sv"))
WANTED = Interface(
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
    return screen_candidate(text, WANTED)


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
    "harmless tasks": line('initial $display("100%% %0d %t", $clog2(9), $time);'),
    "words in comments": line("// force, bind, $fopen, `include, $finish, assume, (* blackbox *)"),
    "words in strings": line('initial $display("force release $fopen `include $system(ls) import assume");'),
    "assertion": line('assert property (@(posedge clk) d == 1 |=> q == $past(d)) else $error("x");'),
    "attributes": "(* keep *)\n" + line('(* ram_style = "block" *) reg r; (* full_case *) reg s;'),
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
    "dump": ('initial $dumpfile("x");', r"\$dumpfile"),
    "shell": ('initial $system("ls");', r"\$system"),
    "plusargs": ('initial if ($test$plusargs("x")) q = 1;', r"\$test\$plusargs"),
    "foreign code": ('import "DPI-C" function int f();', "DPI"),
    "foreign code under an alias": ('import "DPI-C" g = function int f();', "DPI"),
    "C expression": ('initial $c("x");', r"\$c"),
    "assume": ("always @* assume (d == 0);", "assume"),
    "restrict": ("restrict property (@(posedge clk) d == 0);", "restrict"),
    "own path": ('initial $display("%m");', "%m"),
    "hidden code": ("// synopsys translate_off", "hides code"),
    "attribute": ("(* keep, blackbox *) wire w;", "blackbox"),
    "include": ('`include "x"', "`include"),
    "line": ('`line 1 "x" 0', "`line"),
    "tool": ("`ifdef SYNTHESIS\n`endif", "SYNTHESIS"),
    "simulator": ("`ifndef VERILATOR\n`endif", "VERILATOR"),
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
    assert screen('`define S(x) `"%x`"\n' + line("initial $display(`S(m));")).status is Status.REJECTED


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
                "input [3:0] d is wanted, but it is input [2:0] d",
                "output [3:0] q is wanted, but it is inout [3:0] q",
            ],
        ),
        (
            "module top(input clk, input [3:0] data, output [3:0] q);\nendmodule",
            ["input [3:0] d is missing", "input [3:0] data is not wanted"],
        ),
    ],
)
def test_each_differing_port_is_named(text: str, messages: list[str]) -> None:
    found = screen(text)
    assert found.status is Status.INTERFACE_MISMATCH
    assert [item.message for item in found.diagnostics] == messages


def test_timescale_is_blanked_and_lines_stay() -> None:
    found = screen("`timescale 1s/1s\n" + GOOD)
    assert found.source == " " * len("`timescale 1s/1s") + "\n" + GOOD


LAUGHS = "`define A0 aaaaaaaaaa\n" + "".join(f"`define A{i + 1} {f'`A{i} ' * 10}\n" for i in range(12))
BOMBS = {
    "billion laughs": LAUGHS + line("initial `A12;"),
    "arguments": "`define D(x) x x x x x x x x x x\n" + line(f"initial {'`D(' * 9}a{')' * 9};"),
    "recursion": "`define A `B `B\n`define B `A `A\n" + line("initial `A;"),
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=list(BOMBS))
def test_macro_bombs_are_rejected_unexpanded(text: str) -> None:
    found = screen(text)
    assert found.status is Status.REJECTED
    assert "macro" in found.diagnostics[0].message


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
    if found.status is None:
        # compile_error alone: the compiler says it, after the screen
        assert expected["expected_verdict"] != "rejected"
    elif found.status is Status.REJECTED:
        assert "rejected" in accepted
    else:
        assert found.status in COMPILE_ERRORS
        assert "compile_error" in accepted


def test_the_shared_hostile_cases_are_there() -> None:
    if not CASES:
        pytest.skip(f"{SHARED} does not exist: the shared hostile cases lie beside the repository")
    assert len(CASES) >= 100
