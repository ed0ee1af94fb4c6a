"""A correct design is never failed: references in other words pass (all of them: tests/benchmarks/false_alarms.py)."""

from pathlib import Path

import pytest
from support.checkers import SharedChecker
from support.rewrites import FAMILIES, netlist, restyle, rewrite

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Candidate, Problem

ROOT = Path(__file__).parents[2]
VERILOG_EVAL = ROOT.parent / "shared" / "benchmarks" / "verilog-eval-v2"
CHOSEN_CORE = {
    "toggle_cdc_pulse", "bcd_to_7seg", "lifo_stack_8", "elevator_3floor", "reset_bridge", "seq_detect_10110",
}  # fmt: skip
"""Two clocks, none, a memory, two state machines, an asynchronous reset."""
CHOSEN_VERILOG_EVAL = {"018", "053", "063", "078", "121", "140"}
"""A wide multiplexer, a reference that is mostly X, gates that forget X, both edges, state machines."""

TRAFFIC = """
`define STEP 2'd1
module light(input clk, input reset, input go, output [1:0] shown, output busy);
  localparam [1:0] RED = 2'd0, GREEN = 2'd1, AMBER = 2'd2;
  reg [1:0] state, next;
  always @(*) case (state)
    RED: next = go ? GREEN : RED;
    GREEN: next = AMBER;
    AMBER: next = RED;
    default: next = 'x;
  endcase
  always @(posedge clk) if (reset) state <= RED; else state <= next;
  reg [1:0] count;
  always @(posedge clk) if (reset) count <= 0; else count <= count + `STEP;
  assign shown = count;
  assign busy = state != RED;
endmodule
"""
LIFT = """
module lift(input clk, input reset, input up, output moving);
  reg [2:0] floor;
  always @(posedge clk)
    if (reset) floor <= 3'd0;
    else case (floor)
      3'd0: floor <= up ? 3'd1 : 3'd0;
      3'd1: floor <= up ? 3'd4 : 3'd1;
      3'd2: floor <= up ? 3'd1 : 3'd2;
      3'd3: floor <= up ? 3'd2 : 3'd1;
      3'd4: floor <= up ? 3'd4 : 3'd3;
      default: floor <= 3'bx;
    endcase
  assign moving = floor == 3'd3 || floor == 3'd4;
endmodule
"""


def choose(problems: tuple[Problem, ...], names: set[str]) -> list[Problem]:
    return [problem for problem in problems if problem.problem_id.partition("_")[0][4:] in names]


CORE = [item for item in load_suite(str(ROOT / "suites" / "core")).problems if item.problem_id in CHOSEN_CORE]
EVAL = (
    choose(load_suite(f"verilog-eval-v2:{VERILOG_EVAL}").problems, CHOSEN_VERILOG_EVAL) if VERILOG_EVAL.is_dir() else []
)


FORGETS = ("netlist, gates", "Prob063_review2015_shiftcount")
"""Right, but X through gates: a register that nothing has loaded yet (a known limit, docs/explanation/verdicts.md)."""


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings())


def test_all_chosen_problems_exist() -> None:
    assert len(CORE) == len(CHOSEN_CORE)
    assert len(EVAL) in {0, len(CHOSEN_VERILOG_EVAL)}


@pytest.mark.simulator
@pytest.mark.parametrize("problem", [*CORE, *EVAL], ids=lambda problem: problem.problem_id)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_reference_in_other_words_passes(checker: Checker, problem: Problem, family: str) -> None:
    made = FAMILIES[family](problem, 1)
    verdict = checker.check(Candidate(source=made.text, rule="rewritten"), problem)
    if (family, problem.problem_id) == FORGETS:
        assert ["X" in (signal.actual or "") for signal in verdict.signals if signal.mismatches] == [True]
        return
    assert verdict.is_passed, (verdict.status, verdict.signals, verdict.diagnostics, made.text)


def test_a_rewriting_changes_names_layout_blocks_and_codes() -> None:
    made = rewrite(TRAFFIC, "light", new_top="lamp", seed=3)
    assert made.changes == ("layout", "names", "state codes", "block style")
    words = set(made.text.split())
    assert not words & {"light", "RED", "GREEN", "AMBER", "state", "next", "count", "`STEP"}
    assert words >= {"lamp", "clk", "reset", "go", "shown", "busy", "always_comb", "always_ff", "2'd1"}


def test_a_rewriting_gives_state_constants_other_values() -> None:
    def codes(seed: int) -> list[str]:
        words = rewrite(TRAFFIC, "light", new_top="light", seed=seed).text.split()
        return [words[place + 1] for place, word in enumerate(words) if word == "="][:3]

    found = {tuple(codes(seed)) for seed in range(8)}
    assert len(found) > 3
    assert ("2'd0", "2'd1", "2'd2") not in found


def test_constants_whose_number_shows_keep_it() -> None:
    shown = TRAFFIC.replace("assign shown = count;", "assign shown = state;")
    assert "state codes" not in rewrite(shown, "light", new_top="light", seed=3).changes


def test_the_same_seed_gives_the_same_text() -> None:
    first, second, other = (rewrite(TRAFFIC, "light", new_top="light", seed=seed).text for seed in (3, 3, 4))
    assert first == second != other


def test_restyling_makes_the_state_machine_one_hot() -> None:
    made = restyle(LIFT, "lift", new_top="hoist", seed=0)
    assert set(made.changes) >= {"block style", "one-hot", "names", "layout"}


def test_a_netlist_is_gates_under_the_new_name() -> None:
    made = netlist(TRAFFIC, "light", new_top="lamp")
    assert "module lamp(" in made.text
    assert "case" not in made.text
