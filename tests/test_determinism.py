"""The same candidates, seed and versions give the same verdicts; what depends on anything else is found out."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from builders import COUNTER, problem
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.records import Candidate, Proof, Status, Verdict

pytestmark = pytest.mark.simulator

WRAP = "assign wrap = q == 4'd11;"
CANDIDATES = {
    "right": COUNTER.replace("q + 4'd1", "4'd1 + q"),
    "right, not proved": COUNTER.replace("q <= wrap", "q <= #1 wrap"),
    "wrong at once": COUNTER.replace("q + 4'd1", "q - 4'd1"),
    "wrong in one output": COUNTER.replace(WRAP, "assign wrap = q >= 4'd10;"),
    "undriven": COUNTER.replace(WRAP, ""),
    "X": COUNTER.replace("q <= 4'd0;", "q <= 4'bx;"),
    "wrong by proof": COUNTER.replace(
        "always", "reg [8:0] age = 0; always @(posedge clk) age <= age + en;\nalways"
    ).replace("? 4'd0 :", "? {3'd0, &age[8:3] & rst} :"),
    "does not parse": COUNTER.replace("endmodule", ""),
    "unknown name": COUNTER.replace("else if (en)", "else if (enable)"),
    "other port": COUNTER.replace("input en", "input enable"),
    "early end": COUNTER.replace("endmodule", "initial $finish;\nendmodule"),
    "dice": COUNTER.replace(WRAP, "assign wrap = q == 4'd11 ^ ($random == 7);"),
    "no code": "",
}
EXPECTED = {
    "right": Status.PASSED,
    "right, not proved": Status.PASSED,
    "does not parse": Status.SYNTAX_ERROR,
    "early end": Status.REJECTED,
    "dice": Status.REJECTED,
    "no code": Status.NO_CODE,
    "X": Status.MISMATCH,
    "wrong at once": Status.MISMATCH,
    "wrong in one output": Status.MISMATCH,
}


def judge(checker: Checker, sources: Sequence[str], threads: int) -> list[Verdict]:
    """Return the verdicts without the time that they took."""

    def check(source: str) -> Verdict:
        verdict = checker.check(Candidate(source=source, rule="given"), problem())
        return replace(verdict, duration_s=0.0)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(check, sources))


@pytest.fixture(scope="module")
def first() -> Iterator[dict[str, Verdict]]:
    """Verdicts of one worker, one after the other."""
    with Checker(CheckSettings(jobs=1, cycles=120, no_cache=True)) as checker:
        yield dict(zip(CANDIDATES, judge(checker, list(CANDIDATES.values()), 1), strict=True))


def test_the_candidates_end_in_many_ways(first: dict[str, Verdict]) -> None:
    assert {name: first[name].status for name in EXPECTED} == EXPECTED
    assert len({verdict.status for verdict in first.values()}) >= 5


def test_two_workers_and_another_order_give_the_same_verdicts(first: dict[str, Verdict]) -> None:
    backwards = list(reversed(CANDIDATES))
    with Checker(CheckSettings(jobs=2, cycles=120, no_cache=True)) as checker:
        found = judge(checker, [CANDIDATES[name] for name in backwards], 2)
        again = judge(checker, list(CANDIDATES.values()), 2)
    assert dict(zip(backwards, found, strict=True)) == first
    assert dict(zip(CANDIDATES, again, strict=True)) == first


def test_another_seed_plays_other_inputs_and_comes_to_the_same_end(first: dict[str, Verdict]) -> None:
    with Checker(CheckSettings(jobs=2, cycles=120, stimulus_seed=7, no_cache=True)) as checker:
        found = dict(zip(CANDIDATES, judge(checker, list(CANDIDATES.values()), 2), strict=True))
    assert {name: verdict.status for name, verdict in found.items()} == {
        name: verdict.status for name, verdict in first.items()
    }
    assert found["wrong at once"].signals != first["wrong at once"].signals


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("assign wrap = (q == 4'd11) ^ ($random == 7);", r"\$random in the design's logic"),
        ("assign wrap = (q == 4'd11) ^ ($urandom_range(999) == 7);", r"\$urandom_range in the design's logic"),
        ("assign wrap = (q == 4'd11) & $time < 100000;", r"\$time in the design's logic"),
        ("assign wrap = (q == 4'd11) ^ ($realtime > 1e5);", r"\$realtime in the design's logic"),
        ("reg [7:0] dice; initial dice[0] = $random; assign wrap = q == 4'd11 ^ dice[0];", r"\$random in the design's"),
        ("reg never; assign wrap = q == 4'd11 & never === 1'bx;", "a test for X or Z"),
    ],
    ids=["random", "urandom", "time", "realtime", "one bit", "X"],
)
def test_what_depends_on_dice_or_time_or_x_is_rejected(checker: Checker, code: str, reason: str) -> None:
    (verdict,) = judge(checker, [COUNTER.replace(WRAP, code)], 1)
    assert (verdict.status, verdict.method) == (Status.REJECTED, "screen")
    with pytest.raises(ValueError, match=reason):
        raise ValueError(verdict.diagnostics[0].message)
    assert verdict.diagnostics[0].line == 2


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(cross_check="yosys", cycles=60))


RACE = """\
module counter (input clk, input rst, input en, output reg [3:0] q, output wrap);
  reg [3:0] early;
  wire late_clk = clk;
  assign wrap = q == 4'd11;
  always @(posedge clk) if (rst) early = 0; else if (en) early = wrap ? 0 : early + 1;
  always @(posedge LATE) q = early;
endmodule
"""


def test_a_race_within_one_step_is_no_pass(checker: Checker) -> None:
    lines = RACE.replace("LATE", "clk").splitlines()
    swapped = [*lines[:4], lines[5], lines[4], *lines[6:]]
    for text in (lines, swapped):
        (verdict,) = judge(checker, ["\n".join(text)], 1)
        assert verdict.status is Status.MISMATCH


def test_a_race_that_one_simulator_happens_to_win_is_found_out_by_another(checker: Checker) -> None:
    race = RACE.replace("LATE", "late_clk")
    (found,) = judge(checker, [race], 1)
    assert found.status is Status.MISMATCH
    assert found.equivalence is not None
    assert found.equivalence.result is Proof.UNKNOWN
    assert found.diagnostics[-1].message.startswith("behaves otherwise in another simulator: q")


def test_a_candidate_that_passes_by_the_inputs_of_one_seed_is_found_out_by_the_second(checker: Checker) -> None:
    first = checker.prepare(problem()).stimulus
    rises = sum(1 for step in range(1, first.steps) if first.rows[3 * step - 3 : 3 * step + 1 : 3] == b"01")
    later = f"reg [15:0] age = 0; always @(posedge clk) age <= #1 age + 1;\n  assign wrap = q == 4'd11 ^ age > {rises};"
    (verdict,) = judge(checker, [COUNTER.replace(WRAP, later)], 1)
    assert verdict.status is Status.MISMATCH
    assert "found under a second, longer stimulus" in verdict.diagnostics[-1].message
