"""What a trace reaches: values and changes of small registers, levels and constants of wide ones; how stimuli grow."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from builders import COUNTER, COUNTER_INTERFACE, interface, port, problem
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.stimulus.coverage import list_levels, list_reached
from pytest_rtlgen.check.stimulus.make import make_stimulus
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import Candidate, Status, Stimulus, Trace, Verdict


def trace(rows: list[str], *widths: int) -> Trace:
    names = "pqrs"
    return Trace(
        outputs=tuple(port(name, "output", width) for name, width in zip(names, widths, strict=False)),
        rows="".join(rows).encode(),
    )


def test_a_register_of_three_bits_shows_values_and_changes() -> None:
    assert list_reached(trace(["000", "011", "011", "000"], 3)) == {
        *(("p", 0), ("p", 3)),
        *(("p", 0, 3, "change"), ("p", 3, 3, "change"), ("p", 3, 0, "change")),
    }


@pytest.mark.parametrize(("width", "last"), [(4, "1111"), (5, "11111")])
def test_up_to_five_bits_every_value_counts_and_no_change(width: int, last: str) -> None:
    zero = "0" * width
    assert list_reached(trace([zero, last, zero], width)) == {("p", 0), ("p", (1 << width) - 1)}


def test_of_six_bits_each_level_counts_and_no_value() -> None:
    levels = {("p", bit, 0) for bit in range(6)}
    assert list_reached(trace(["000000", "000001", "000000"], 6)) == levels | {("p", 5, 1)}


def test_a_wide_register_shows_the_constants_that_it_takes() -> None:
    levels = {("p", bit, level) for bit in range(8) for level in (0, 1)}
    rows = ["00000000", "11111111", "00001010"]
    assert list_reached(trace(rows, 8), constants={10, 11}) == levels | {("p", 10)}


def test_of_more_bits_than_a_number_holds_only_levels_count() -> None:
    rows = ["0" * 64, "1" + "0" * 63]
    assert list_reached(trace(rows, 64), constants={0, 1 << 63}) == {("p", bit, 0) for bit in range(64)} | {("p", 0, 1)}


def test_a_small_register_takes_no_constants_twice() -> None:
    assert list_reached(trace(["01", "01"], 2), constants={1}) == {("p", 1), ("p", 1, 1, "change")}


@pytest.mark.parametrize("unknown", ["X1", "Z1", "1X", "XX"])
def test_unknown_values_count_for_nothing(unknown: str) -> None:
    assert list_reached(trace([unknown, unknown], 2)) == set()


def test_outputs_are_told_apart() -> None:
    assert list_reached(trace(["010", "011"], 1, 2)) == {
        *(("p", 0), ("p", 0, 0, "change")),
        *(("q", 2), ("q", 3), ("q", 2, 3, "change")),
    }


class Measured:
    """Answers what the test says, and keeps what it was asked."""

    def __init__(self, *answers: int) -> None:
        self.ends: Sequence[int] = ()
        self._answers = answers

    def __call__(self, stimulus: Stimulus, ends: Sequence[int]) -> Sequence[int]:
        assert stimulus.steps == ends[-1]
        self.ends = tuple(ends)
        return (*self._answers, *(0 for _ in ends[len(self._answers) :]))


def test_a_stimulus_that_reaches_nothing_new_stays_as_it_was() -> None:
    plain = make_stimulus(COUNTER_INTERFACE, cycles=40)
    measure = Measured(9)
    assert make_stimulus(COUNTER_INTERFACE, cycles=40, measure=measure) == plain
    assert measure.ends[0] == plain.steps
    assert sorted(set(measure.ends)) == list(measure.ends)


def test_a_stimulus_grows_while_it_reaches_more() -> None:
    grown = make_stimulus(COUNTER_INTERFACE, cycles=40, measure=(measure := Measured(9, 1, 1, 0, 1)))
    plain = make_stimulus(COUNTER_INTERFACE, cycles=40)
    assert grown.rows.startswith(plain.rows)
    assert grown.steps == measure.ends[4]
    assert len(grown.rows) == grown.steps * grown.width


def test_what_reached_nothing_at_the_end_is_left_out() -> None:
    grown = make_stimulus(COUNTER_INTERFACE, cycles=40, measure=(measure := Measured(9, 1)))
    assert grown.steps == measure.ends[1]


def test_what_comes_after_too_many_idle_stretches_does_not_count() -> None:
    grown = make_stimulus(COUNTER_INTERFACE, cycles=40, measure=(measure := Measured(9, 1, 0, 0, 0, 0, 1)))
    assert grown.steps == measure.ends[1]


def test_a_design_without_a_clock_is_not_measured() -> None:
    design = interface("m", ("d", "input", 4), ("y", "output", 1))
    assert make_stimulus(design, cycles=40, measure=(measure := Measured())).steps
    assert measure.ends == ()


# The rest simulates real designs.


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(formal=FormalMode.OFF))


def check(checker: Checker, reference: str, candidate: str, top: str, seed: int = 0) -> Verdict:
    checker.settings = replace(checker.settings, stimulus_seed=seed)
    return checker.check(
        Candidate(source=candidate, rule="given"), problem(reference, top, problem_id=f"{top} seed {seed}")
    )


def list_wrong(verdict: Verdict) -> list[str]:
    return [signal.name for signal in verdict.signals if signal.mismatches]


FAR = """\
module far(input clk, input rst, output reg done);
  reg [10:0] count;
  always @(posedge clk)
    if (rst) begin count <= 0; done <= 0; end
    else begin count <= count + 1; done <= count == 11'd1500; end
endmodule
"""


@pytest.mark.simulator
@pytest.mark.parametrize("seed", range(3))
def test_a_counter_is_followed_as_far_as_the_reference_looks(checker: Checker, seed: int) -> None:
    wrong = FAR.replace("11'd1500", "11'd1501")
    assert list_wrong(check(checker, FAR, wrong, "far", seed)) == ["done"]


@pytest.mark.simulator
def test_a_small_design_is_not_simulated_longer_than_it_needs(checker: Checker) -> None:
    assert check(checker, COUNTER, COUNTER, "counter").status is Status.PASSED
    small = checker.prepare(problem(COUNTER, "counter", problem_id="counter seed 0")).stimulus
    far = checker.prepare(problem(FAR, "far", problem_id="far seed 0")).stimulus
    assert small.steps < far.steps


DECODER = """\
module decoder(input [15:0] code, output left, output right, output [1:0] axis, output known);
  assign left = code == 16'h001c;
  assign right = code == 16'h0023;
  assign axis = left ? 2'd1 : right ? 2'd2 : 2'd0;
  assign known = left | right;
endmodule
"""
CLOCKED = DECODER.replace("input [15:0] code", "input clk, input [15:0] raw").replace(
    "assign left", "reg [15:0] code; always @(posedge clk) code <= raw;\n  assign left"
)
# (text, text instead, the output that is wrong under one code of 65,536)
RARE = [
    ("right ? 2'd2 : 2'd0", "right ? 2'd3 : 2'd0", "axis"),
    ("known = left | right", "known = right", "known"),
]


@pytest.mark.simulator
@pytest.mark.parametrize("seed", range(20))
def test_rare_code_decoder_every_seed(checker: Checker, seed: int) -> None:
    """A decoder that is wrong in one output under one code of 65,536 is caught, and the output named."""
    for reference in (DECODER, CLOCKED):
        for right, wrong, name in RARE:
            verdict = check(checker, reference, reference.replace(right, wrong), "decoder", seed)
            assert (verdict.status, verdict.equivalence) == (Status.MISMATCH, None)
            assert list_wrong(verdict) == [name]


@pytest.mark.simulator
@pytest.mark.parametrize("reference", [DECODER, CLOCKED], ids=["combinational", "clocked"])
def test_a_right_decoder_passes(checker: Checker, reference: str) -> None:
    other = reference.replace("left ? 2'd1 : right ? 2'd2 : 2'd0", "{right, left}")
    assert check(checker, reference, other, "decoder").status is Status.PASSED


def test_levels_are_told_bit_by_bit_whatever_else_is_unknown() -> None:
    assert list_levels(trace(["0X1", "Z01"], 1, 2)) == {("p", 0, 0), ("q", 0, 0), ("q", 1, 1)}
