"""What counts for long is simulated for long, once something of the reference is not reached; the rest is named."""

from dataclasses import replace

import pytest
from builders import interface, problem, reset
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.confirm import Confirmer, judge_simulation
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.check.stimulus.depth import Depth, PackedRun
from pytest_rtlgen.check.stimulus.steady import Setting, SteadyRuns
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import (
    Candidate,
    Isolation,
    Proof,
    SandboxKind,
    Severity,
    Status,
    Stimulus,
    Trace,
    Verdict,
)
from pytest_rtlgen.simulators import Simulation, SimulationJob
from pytest_rtlgen.training import RewardSettings, open_reward

WATCH = """\
module watch(input clk, input rst, input run, output reg [2:0] q, output reg [5:0] m, output reg [5:0] s);
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
WRONG_WATCH = WATCH.replace("if (m == 59) q <= q == 5 ? 0 : q + 1", "if (m == 59) q <= q == 0 ? 2 : q + 1")
TURN = """\
module turn(input clk, input rst, input hold, input [1:0] way, output reg [11:0] n);
  always @(posedge clk)
    if (rst) n <= 0;
    else if (!hold && way == 2) n <= n + 1;
endmodule
"""
WRONG_TURN = TURN.replace("n + 1", "n == 4095 ? 1 : n + 1")
BLINK = """\
module blink(input clk, input rst, output reg light);
  reg [15:0] n;
  always @(posedge clk)
    if (rst) begin n <= 0; light <= 0; end
    else begin n <= n + 1; if (&n) light <= ~light; end
endmodule
"""
WRONG_BLINK = BLINK.replace("if (&n)", "if (&n[15:1])")
WIDE = """\
module wide(input clk, input rst, output reg [31:0] n, output reg late);
  always @(posedge clk)
    if (rst) begin n <= 0; late <= 0; end
    else begin n <= n + 1; late <= n > 32'd3000000000; end
endmodule
"""
DIGITS = """\
module digits(input clk, input rst, output reg [15:0] n, output [3:1] carry);
  wire [3:0] step = {n[11:0] == 12'h999, n[7:0] == 8'h99, n[3:0] == 4'h9, 1'b1};
  assign carry = step[3:1];
  always @(posedge clk)
    for (int place = 0; place < 4; place++)
      if (rst || (step[place] && n[4 * place +: 4] == 9)) n[4 * place +: 4] <= 0;
      else if (step[place]) n[4 * place +: 4] <= n[4 * place +: 4] + 1;
endmodule
"""
"""Its loop declares its own variable, which nothing outside the loop can name."""
PEDAL = """\
module pedal(input clk, input rst, input step, output reg done);
  reg last;
  reg [12:0] n;
  always @(posedge clk)
    if (rst) begin last <= 0; n <= 0; done <= 0; end
    else begin last <= step; if (step && !last) n <= n + 1; done <= n == 13'd5000; end
endmodule
"""
"""Its input must change again and again."""
TIMER = """\
module timer(input clk, input rst, input d, output reg busy, output reg done);
  reg [2:0] last;
  reg [12:0] n;
  always @(posedge clk)
    if (rst) begin last <= 0; n <= 0; busy <= 0; done <= 0; end
    else if (busy) begin
      n <= n + 1;
      if (n == 4999) done <= 1;
    end
    else begin last <= {last, d}; busy <= {last, d} == 4'b1101; end
endmodule
"""
"""It must be started before it counts."""
DEEP_NOTE = "found under a long steady run, made because other stimuli do not reach all of the reference"
UNREACHED = "not proved, and no stimulus reaches all of the reference: "
pytestmark = pytest.mark.simulator


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    """Nothing is proved."""
    return shared_checker(CheckSettings(formal=FormalMode.OFF))


def check(checker: Checker, reference: str, candidate: str, top: str) -> Verdict:
    return checker.check(Candidate(source=candidate, rule="given"), problem(reference, top))


def list_notes(verdict: Verdict) -> list[str]:
    return [item.message for item in verdict.diagnostics]


@pytest.mark.parametrize(
    ("reference", "right", "wrong", "top", "output"),
    [
        (WATCH, WATCH.replace("s + 1", "1 + s"), WRONG_WATCH, "watch", "q"),
        (TURN, TURN.replace("n + 1", "1 + n"), WRONG_TURN, "turn", "n"),
        (TIMER, TIMER.replace("n + 1", "1 + n"), TIMER.replace("4999", "5000"), "timer", "done"),
        (BLINK, BLINK.replace("n + 1", "1 + n"), WRONG_BLINK, "blink", "light"),
    ],
    ids=["after 3,600 cycles", "after 4,096 cycles", "after a start and 5,000 cycles", "after 65,536 cycles"],
)
def test_what_counts_for_long_is_simulated_for_long(
    checker: Checker, reference: str, right: str, wrong: str, top: str, output: str
) -> None:
    failed = check(checker, reference, wrong, top)
    assert failed.status is Status.MISMATCH
    assert [signal.name for signal in failed.signals if signal.mismatches] == [output]
    assert list_notes(failed) == [DEEP_NOTE]
    assert failed.wave is not None
    passed = check(checker, reference, right, top)
    assert (passed.status, list_notes(passed)) == (Status.PASSED, [])


def test_a_loop_that_declares_its_variable_hides_nothing(checker: Checker) -> None:
    failed = check(checker, DIGITS, DIGITS.replace("12'h999", "12'h998"), "digits")
    assert [signal.name for signal in failed.signals if signal.mismatches] == ["n", "carry"]
    passed = check(checker, DIGITS, DIGITS.replace("rst ||", "rst |"), "digits")
    unreached = "not proved, and no stimulus reaches all of the reference: step[0] is never 0"  # a constant
    assert (passed.status, list_notes(passed)) == (Status.PASSED, [unreached])


@pytest.mark.parametrize("mode", [FormalMode.CONFIRM, FormalMode.FIRST])
def test_it_is_simulated_for_long_where_nothing_is_proved(mode: FormalMode) -> None:
    with Checker(CheckSettings(formal=mode, formal_budget_s=0.01)) as made:
        failed = check(made, TURN, WRONG_TURN, "turn")
        assert failed.status is Status.MISMATCH
        assert failed.equivalence is not None
        assert failed.equivalence.result is Proof.UNKNOWN
        assert list_notes(failed) == [DEEP_NOTE]


def test_what_is_proved_is_not_simulated_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    with Checker(CheckSettings(no_cache=True)) as made:
        monkeypatch.setattr(made, "_depths", None)
        passed = check(made, TURN, TURN.replace("n + 1", "1 + n"), "turn")
        assert (passed.status, list_notes(passed)) == (Status.PASSED, [])


def test_a_reward_depends_on_it() -> None:
    settings = RewardSettings(check=CheckSettings(formal=FormalMode.OFF))
    texts = [TURN.replace("n + 1", "1 + n"), WRONG_TURN]
    with open_reward([problem(TURN, "turn")], settings) as reward:
        assert reward([f"```verilog\n{text}\n```\n" for text in texts], ["turn"] * 2) == [1.0, 0.0]


def test_a_wide_counter_is_followed_for_a_while_and_the_rest_is_named(checker: Checker) -> None:
    depth = checker.measure_depth(problem(WIDE, "wide"))
    assert depth.run is not None
    assert 2 * 131_072 < depth.run.steps < 2 * 132_000
    assert set(depth.unreached) == {"late is never 1", "n[31:18] is never 1"}


def test_inputs_that_must_change_are_not_changed(checker: Checker) -> None:
    passed = check(checker, PEDAL, PEDAL, "pedal")
    assert passed.is_passed
    (note,) = passed.diagnostics
    assert (note.tool, note.severity) == ("compare", Severity.NOTE)
    assert note.message.startswith(f"{UNREACHED}n is never 5000 (line 6); done is never 1; n[12:")
    assert checker.measure_depth(problem(PEDAL, "pedal")).run is None


def test_an_unreached_branch_is_named_by_its_line(checker: Checker) -> None:
    text = PEDAL.replace("done <= n == 13'd5000;", "\n    if (n > 5000) done <= 1; end")
    unreached = checker.measure_depth(
        problem(text.replace("; end end", "; end"), "pedal", problem_id="branch")
    ).unreached
    assert unreached[0] == "the condition of line 7 is never true"


def test_many_names_are_cut_short() -> None:
    assert Depth().describe() == ""
    assert Depth(unreached=tuple("abcd")).describe() == "a; b; c; d"
    assert Depth(unreached=tuple("abcdefg")).describe() == "a; b; c; d; and 3 more"


def test_more_cycles_bring_longer_stretches() -> None:
    settings = CheckSettings(formal=FormalMode.OFF, cycles=20_000)
    with Checker(settings) as made:
        reference = made.prepare(problem(WATCH, "watch"))
        verdict = judge_simulation(made.simulator, reference, WRONG_WATCH).verdict
    assert [signal.name for signal in verdict.signals if signal.mismatches] == ["q"]


# How the inputs of the steady run are chosen.

PORTS = (("clk", "input", 1), ("rst", "input", 1), ("en", "input", 1), ("way", "input", 4), ("q", "output", 4))
INTERFACE = interface("m", *PORTS, clocks=("clk",), resets=(reset("rst"),))
INSIDE = interface("m", ("q", "output", 4)).outputs


def count_while(runs: SteadyRuns, en: str, way: str) -> tuple[int, ...]:
    """Return what is chosen for a counter that moves while its inputs are ``en`` and ``way``."""

    def simulate(stimulus: Stimulus) -> Trace:
        rows, count = [], 0
        for at in range(0, len(stimulus.rows), stimulus.width):
            row = stimulus.rows[at : at + stimulus.width].decode()
            count = 0 if row[1] == "1" else count + (row[2] == en and row[3:] == way)
            rows.append(f"{count % 16:04b}")
        return Trace(outputs=INSIDE, rows="".join(rows).encode())

    setting = runs.choose(simulate)
    assert setting is not None
    return setting.values


@pytest.mark.parametrize(
    ("en", "way", "values"), [("1", "1111", (1, 15)), ("0", "0000", (0, 0)), ("1", "0110", (1, 6))]
)
def test_inputs_are_held_where_most_state_moves(en: str, way: str, values: tuple[int, ...]) -> None:
    assert count_while(SteadyRuns(INTERFACE, {"way": (5, 6, 7)}, 0), en, way) == values


def test_a_steady_run_begins_in_reset_and_moves_nothing_but_the_clock() -> None:
    runs = SteadyRuns(INTERFACE, {}, 0)
    seen: list[Stimulus] = []

    def simulate(stimulus: Stimulus) -> None:
        seen.append(stimulus)

    assert runs.choose(simulate) is None
    assert len(seen) == 1
    held = runs.make_stimulus(Setting(values=(1, 9), start=0), 2)
    rows = [held.rows[at : at + 7].decode() for at in range(0, len(held.rows), 7)]
    assert rows[:2] == ["0100000", "1100000"]
    assert rows[-5:] == ["0011001", "1011001", "0011001", "1011001", "0011001"]


# A candidate that runs out of time.


class Timed:
    """A simulator whose time is up after some steps of a trace, each time after others."""

    name, version = "timed", "Timed 1"
    isolation = Isolation(sandbox=SandboxKind.NONE, is_network_cut=False, is_filesystem_private=False, has_limits=False)

    def __init__(self, trace: Trace, stops: list[int]) -> None:
        self._trace, self._stops = trace, stops

    def simulate(self, job: SimulationJob) -> Simulation:
        done = self._stops.pop(0)
        if done >= job.stimulus.steps:
            return Simulation(trace=replace(self._trace, rows=self._cut(job.stimulus.steps)), status=None)
        start = replace(self._trace, rows=self._cut(done))
        return Simulation(trace=None, start=start, status=Status.TIMEOUT, duration_s=10.0)

    def _cut(self, steps: int) -> bytes:
        return self._trace.rows[: steps * self._trace.width]

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("stops", "status"),
    [([2000, 2000], Status.TIMEOUT), ([2000, 1900], Status.PASSED), ([2000, 9999], Status.PASSED)],
    ids=["stops at the same place", "is slower", "comes further"],
)
def test_a_candidate_hangs_if_it_stops_again_at_the_same_place(
    checker: Checker, stops: list[int], status: Status
) -> None:
    reference = checker.prepare(problem(WATCH, "watch"))
    run = checker.measure_depth(problem(WATCH, "watch")).run
    assert run is not None
    assert confirm_in_part(reference, run, stops).status is status


def confirm_in_part(reference: PreparedReference, run: PackedRun, stops: list[int]) -> Verdict:
    longer = run.unpack(reference)
    timed = Timed(longer.trace, [reference.stimulus.steps, *stops])
    first = judge_simulation(Timed(reference.trace, [reference.stimulus.steps]), reference, WATCH)
    confirmer = Confirmer(timed, timed, None, None)
    return confirmer.confirm(
        first,
        source=WATCH,
        reference=reference,
        later=lambda: [replace(reference, trace=cut(longer, reference))],
        depth=lambda: Depth(run=run),
    )


def cut(longer: PreparedReference, reference: PreparedReference) -> Trace:
    """Return a trace as long as the stimulus of ``reference``, as ``Timed`` shows it."""
    return replace(longer.trace, rows=longer.trace.rows[: reference.stimulus.steps * longer.trace.width])


def test_a_run_can_be_cut(checker: Checker) -> None:
    reference = checker.prepare(problem(WATCH, "watch"))
    run = checker.measure_depth(problem(WATCH, "watch")).run
    assert run is not None
    part = run.unpack(reference, most_steps=100)
    assert (part.stimulus.steps, len(part.stimulus.rows), len(part.trace.rows)) == (100, 300, 1500)
