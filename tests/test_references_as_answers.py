"""A reference is accepted as an answer to its problem, always: what an answer may not hold, no reference holds."""

import re
from pathlib import Path

import pytest
from builders import problem
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import Candidate, Problem, Verdict
from pytest_rtlgen.verilog.rename import rename_module

pytestmark = pytest.mark.simulator

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "benchmarks"
SUITES = {
    "core": (ROOT / "suites" / "core", 8),
    "verilog-eval-v1-human": (SHARED / "verilog-eval-v1", 20),
    "verilog-eval-v1-machine": (SHARED / "verilog-eval-v1", 20),
    "rtllm-v1.1": (SHARED / "rtllm-v1.1", 4),
    "rtllm-v2": (SHARED / "rtllm-v2", 7),
}
"""Where each suite is, and every how manyth is taken; ``test_verilog_eval_v2.py`` takes every problem."""
CLOCKED = "always @(posedge clk) "
HEAD = "module m(input clk, input [3:0] d, output reg [3:0] q);\n"
STORE = f"{CLOCKED}q <= d;\n"
END = "endmodule\n"

ACCEPTED = {
    "messages": f'{HEAD}{STORE}initial $display("up");\n{CLOCKED}if (d == 3) $display("%t", $time);\n{END}',
    "switched off": f"{HEAD}// synthesis translate_off\ninitial q = 1; initial #7 $finish;\n"
    f"// synthesis translate_on\n{STORE}{END}",
    "a guard against X": f"{HEAD}{CLOCKED}begin if (d[0] === 1'bx) q <= 4'bx; q <= d; end\n{END}",
    "compared with all bits": f"{HEAD}{CLOCKED}q <= d === 4'd3 ? 4'd0 : d;\n{END}",
    "for a simulator only": f"`timescale 1ns / 10ps\n{HEAD}`ifndef SYNTHESIS\ninitial #9 $stop;\n`endif\n{STORE}{END}",
    "an assertion": f"{HEAD}{STORE}assert property (@(posedge clk) d != 4'hf);\n{END}",
    "directives": f"`celldefine\n`default_nettype none\n{HEAD.replace('input', 'input wire')}{STORE}{END}"
    "`endcelldefine\n`default_nettype wire\n`resetall\n",
    "macros": f"`define KEEP(x) q <= x\n{HEAD}{CLOCKED}`KEEP(d);\n{END}",
    "attributes and timing": f"(* keep = 1 *) {HEAD}{STORE}specify\n(clk => q) = 1;\nendspecify\n{END}",
    "its testbench": f"{HEAD}{STORE}{END}module test;\nreg clk = 0; always #5 clk = ~clk;\nwire [3:0] q;\n"
    "m u(clk, 4'd1, q);\ninitial begin $dumpvars; #90 $finish; end\nendmodule\n",
    "a check of a parameter": f"{HEAD}parameter N = 4;\ninitial if (N % 2) $finish;\n{STORE}{END}",
    "escaped names": "module \\m (input clk, input [3:0] d, output reg [3:0] q);\nreg [3:0] \\a+b ;\n"
    f"{CLOCKED}begin \\a+b <= d; q <= \\a+b ; end\n{END}",
    "a short delay": f"{HEAD}{CLOCKED}q <= #1 d;\n{END}",
    "nothing loads it": f"module m(input clk, output reg [3:0] q);\n{CLOCKED}q <= q + 1;\n{END}",
    "what Icarus cannot compile": "module m(input clk, input [3:0] d, output logic [3:0] q);\n"
    "typedef struct packed {logic [1:0] a, b;} pair;\npair p;\nassign p = '{a: d[1:0], b: d[3:2]};\n"
    f"always_ff @(posedge clk) q <= p;\n{END}",
}

REFUSED = {
    "an end of the simulation": (f"{HEAD}{CLOCKED}if (d == 9) $finish;\nelse q <= d;\n{END}", "2: system task $finish"),
    "a random number": (f"{HEAD}{CLOCKED}q <= $random;\n{END}", "2: $random in the design's logic"),
    "a test for X": (f"{HEAD}{CLOCKED}q <= d[0] === 1'bx ? 4'd1 : d;\n{END}", "2: a test for X or Z"),
    "a long delay": (f"{HEAD}{CLOCKED}q <= #90 d;\n{END}", "2: a delay of 90 ns"),
    "a decision on what nothing sets": (
        f"{HEAD}reg s;\n{CLOCKED}if (s) q <= 1; else q <= d;\n{END}",
        "3: a decision depends on s, which nothing ever sets",
    ),
    "a file that is not there": (f'`include "parts.vh"\n{HEAD}{STORE}{END}', "1: 'parts.vh': No such file"),
    "a forced value": (f"{HEAD}{CLOCKED}force q = d;\n{END}", "2: force"),
}
"""The text, and how the message starts behind the name of the file."""


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(cycles=30, formal=FormalMode.OFF))


def check_itself(checker: Checker, one: Problem) -> Verdict:
    text = one.reference.text
    if one.reference_top != one.top:
        text = rename_module(text, one.reference_top, one.top)
    return checker.check(Candidate(source=text, rule="itself"), one)


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_a_design_in_any_style_is_accepted(checker: Checker, text: str) -> None:
    assert check_itself(checker, problem(text, "m")).is_passed


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_no_answer_may_hold_is_an_error_of_the_reference(checker: Checker, text: str, message: str) -> None:
    right = problem(f"{HEAD}{STORE}{END}", "m")
    assert not checker.check(Candidate(source=text, rule="given"), right).is_passed
    with pytest.raises(BadReferenceError, match=re.escape(f"m.sv:{message}")):
        checker.prepare(problem(text, "m"))


@pytest.mark.parametrize("name", SUITES)
def test_references_of_suites_are_accepted(checker: Checker, name: str) -> None:
    folder, step = SUITES[name]
    if not folder.is_dir():
        pytest.skip("the published benchmarks are not at ../shared/benchmarks")
    spec = str(folder) if name == "core" else f"{name}:{folder}"
    taken = [one for one in load_suite(spec).problems if one.has_reference and not one.unjudged][::step]
    refused = {one.problem_id: str(verdict) for one in taken if not (verdict := check_itself(checker, one)).is_passed}
    assert len(taken) >= 7
    assert not refused
