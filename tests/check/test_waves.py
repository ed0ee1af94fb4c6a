"""A check that is simulated again shows what its verdict says: the same outputs, wrong as often, from the same time."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import given, problem
from support.checkers import SharedChecker
from support.recorded_answers import RECORDINGS

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.waves import Waves
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import STEP_NS, Care, Latency, Openings, Problem, SourceFile, Status, Verdict

pytestmark = pytest.mark.simulator

HEAD = "module m(input clk, input rst, input [15:0] code, output reg hit, output reg [7:0] n);\n"
REFERENCE = HEAD + (
    "always @(posedge clk) if (rst) begin hit <= 0; n <= 0; end\n"
    "else begin hit <= code == 16'h001c; n <= n + 1; end\nendmodule\n"
)
MAGIC = REFERENCE.replace("16'h001c", "16'h001c | code == 16'hbeef")
AGED = REFERENCE.replace("always", "reg [15:0] age = 0; always @(posedge clk) age <= age + 1;\nalways")
LATE = AGED.replace("== 16'h001c", "== 16'h001c | age > 2200")
ADD = "module m(input clk, input rst, input en, input [3:0] a, input [3:0] b, output reg ok, output reg [4:0] s);\n"
HOLDS = ADD + (
    "always @(posedge clk) if (rst) begin ok <= 0; s <= 0; end\n"
    "else begin ok <= en; if (en) s <= a + b; end\nendmodule\n"
)
CLEARS = HOLDS.replace("if (en) s <= a + b;", "s <= en ? a + b : 0;")
PIPE = "module m(input clk, input rst, input en, input [3:0] a, output reg ok, output reg [4:0] s);\n"
ONE_STAGE = PIPE + (
    "always @(posedge clk) if (rst) begin ok <= 0; s <= 0; end\nelse begin ok <= en; s <= a + 5'd3; end\nendmodule\n"
)
TWO_STAGES = PIPE + (
    "reg go; reg [3:0] held;\nalways @(posedge clk) if (rst) {go, ok} <= 0;\n"
    "else begin go <= en; held <= a; ok <= go; s <= held + 5'd3; end\nendmodule\n"
)
WATCH = """\
module m(input clk, input rst, input run, output reg [2:0] q, output reg [5:0] m, output reg [5:0] s);
  wire full = s == 59;
  always @(posedge clk)
    if (rst) begin q <= 0; m <= 0; s <= 0; end
    else if (run) begin
      s <= full ? 0 : s + 1;
      if (full) begin
        m <= m == 59 ? 0 : m + 1;
        if (m == 59) q <= q == 5 ? 0 : q + 1;
      end
    end
endmodule
"""
"""A quarter hand that moves after 3,600 enabled cycles."""
TOGGLE = "module m(input clk, output q);\nreg t; assign q = t; always @(posedge clk) t <= ~t;\nendmodule\n"


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings())


def judge(checker: Checker, task: Problem, source: str) -> tuple[Verdict, Waves | None]:
    candidate = given(source)
    verdict = checker.check(candidate, task)
    return verdict, checker.simulate_again(candidate, task, verdict)


def count_wrong(waves: Waves) -> dict[str, tuple[int, float]]:
    """Return, by wrong output, the number of wrong steps and the time of the first."""
    return {
        name: (steps.count(b"1"), float(steps.index(b"1") * STEP_NS)) for name, steps in waves.differs if b"1" in steps
    }


def list_wrong(verdict: Verdict) -> dict[str, tuple[int, float | None]]:
    return {one.name: (one.mismatches, one.first_mismatch_ns) for one in verdict.signals if one.mismatches}


def opened(reference: str, **openings: Any) -> Problem:
    return problem(reference, "m", openings=Openings(place="problem.toml:5", **openings))


@pytest.mark.parametrize(
    ("reference", "wrong"),
    [
        (REFERENCE, REFERENCE.replace("n + 1", "n + 2")),
        (REFERENCE, MAGIC),
        (REFERENCE, LATE),
        (WATCH, WATCH.replace("if (m == 59) q <= q == 5 ? 0 : q + 1", "if (m == 59) q <= q == 0 ? 2 : q + 1")),
        (TOGGLE, TOGGLE.replace("~t", "t")),
        (HOLDS, HOLDS.replace("en;", "1'bx;")),
    ],
    ids=["first stimulus", "counterexample", "second stimulus", "deep run", "power-up values", "unknown values"],
)
def test_the_waves_are_those_that_failed_the_candidate(checker: Checker, reference: str, wrong: str) -> None:
    verdict, waves = judge(checker, problem(reference, "m"), wrong)
    assert verdict.status is Status.MISMATCH
    assert waves is not None
    assert count_wrong(waves) == list_wrong(verdict)


def test_without_proofs_a_late_error_is_found_under_the_second_stimulus(shared_checker: SharedChecker) -> None:
    verdict, waves = judge(shared_checker(CheckSettings(formal=FormalMode.OFF)), problem(REFERENCE, "m"), LATE)
    assert verdict.status is Status.MISMATCH
    assert waves is not None
    assert count_wrong(waves) == list_wrong(verdict)
    assert waves.stimulus.seed != 0


def test_the_waves_of_a_pass_are_those_of_the_first_stimulus(checker: Checker) -> None:
    task = problem(REFERENCE, "m")
    verdict, waves = judge(checker, task, AGED)
    assert verdict.is_passed
    assert waves is not None
    assert not waves.is_wrong
    assert waves.stimulus == checker.prepare(task).stimulus


@pytest.mark.parametrize(
    "source",
    [REFERENCE.replace("n + 1", "n +"), REFERENCE.replace("n + 1", "nothing + 1"), "", REFERENCE.replace("rst", "r")],
    ids=["syntax", "elaboration", "no code", "interface"],
)
def test_what_was_not_simulated_has_no_waves(checker: Checker, source: str) -> None:
    verdict, waves = judge(checker, problem(REFERENCE, "m"), source)
    assert not verdict.is_passed
    assert waves is None


def test_a_text_that_is_refused_is_not_simulated_whatever_a_stored_verdict_says(checker: Checker) -> None:
    task = problem(REFERENCE, "m")
    passed = checker.check(given(REFERENCE), task)
    for more in ("initial $finish;", "initial $system(0);", "always @* hit = tb.secret;"):
        candidate = given(REFERENCE.replace("endmodule", f"{more}\nendmodule"))
        assert checker.check(candidate, task).status is Status.REJECTED
        assert checker.simulate_again(candidate, task, passed) is None


def test_what_a_care_condition_leaves_open_does_not_differ(checker: Checker) -> None:
    task = opened(HOLDS, care=(Care(output="s", condition="ok", place="problem.toml:6"),))
    verdict, waves = judge(checker, task, CLEARS)
    assert verdict.is_passed
    assert waves is not None
    assert not waves.is_wrong
    assert waves.actual.rows != checker.prepare(replace(task, openings=Openings())).trace.rows
    verdict, waves = judge(checker, task, CLEARS.replace("a + b", "a - b"))
    assert waves is not None
    assert count_wrong(waves) == list_wrong(verdict)


def test_a_late_member_of_an_open_sequence_does_not_differ(checker: Checker) -> None:
    task = opened(ONE_STAGE, latency=Latency(valid="ok", data=("s",), bound=3, place="problem.toml:8"))
    verdict, waves = judge(checker, task, TWO_STAGES)
    assert verdict.is_passed
    assert waves is not None
    assert not waves.is_wrong
    assert waves.actual.rows != waves.expected.rows  # what it did is shown as it did it
    verdict, waves = judge(checker, task, TWO_STAGES.replace("5'd3", "5'd2"))
    assert waves is not None
    assert count_wrong(waves) == list_wrong(verdict)


def test_a_pass_as_another_accepted_design_is_compared_with_that_one(checker: Checker) -> None:
    other = HOLDS.replace("a + b", "a - b")
    task = opened(HOLDS, variants=(SourceFile(name="other.sv", text=other),))
    verdict, waves = judge(checker, task, other)
    assert verdict.is_passed
    assert waves is not None
    assert not waves.is_wrong
    verdict, waves = judge(checker, task, HOLDS.replace("a + b", "a ^ b"))
    assert waves is not None
    assert count_wrong(waves) == list_wrong(verdict)


@pytest.mark.parametrize("name", ["abs_diff_accum_8", "alu_8_flags", "fifo_sync_8x8"])
def test_recorded_answers_to_core_problems(checker: Checker, name: str) -> None:
    root = Path(__file__).parents[2] / "suites" / "core"
    (task,) = (one for one in load_suite(str(root)).problems if one.problem_id == name)
    wrong = 0
    for file in sorted((RECORDINGS / name).glob("*.md")):
        candidate = extract_candidate(file.read_text(), top=task.top)
        verdict = checker.check(candidate, task)
        waves = checker.simulate_again(candidate, task, verdict)
        if verdict.status is Status.MISMATCH:
            assert waves is not None
            assert count_wrong(waves) == list_wrong(verdict)
            wrong += 1
    assert wrong > 0
