"""``depth=verdict``: one stimulus of a given seed; more only for what may hide more than that shows."""

from collections.abc import Iterator

import builders
import pytest

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.modes import CheckDepth, FormalMode
from pytest_rtlgen.records import Candidate, Status, Verdict

pytestmark = pytest.mark.simulator
PROBLEM = builders.problem()
COUNTS_TO_12 = builders.COUNTER.replace("4'd11", "4'd12")
BOMB = builders.COUNTER.replace(
    "endmodule",
    "  reg [11:0] age = 0;\n  always @(posedge clk) age <= age + 1;\nendmodule",
).replace("wrap = ", "wrap = age[11] ^ ")


@pytest.fixture(scope="module")
def checker() -> Iterator[Checker]:
    with Checker(CheckSettings(formal=FormalMode.OFF, depth=CheckDepth.VERDICT)) as made:
        yield made


def check(checker: Checker, source: str, seed: int | None = None) -> Verdict:
    return checker.check(Candidate(source=source, rule="given"), PROBLEM, seed=seed)


def test_what_passes_one_stimulus_passes(checker: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checker, "_seconds", None)
    monkeypatch.setattr(checker, "_depths", None)
    verdict = check(checker, builders.COUNTER.replace("q + 4'd1", "4'd1 + q"))
    assert (verdict.status, verdict.equivalence, verdict.diagnostics) == (Status.PASSED, None, ())


def test_a_design_that_counts_how_long_it_runs_is_checked_in_full(checker: Checker) -> None:
    harmless = check(checker, BOMB.replace("age[11] ^ ", ""))
    assert harmless.is_passed
    assert harmless.equivalence is None, "it gains nothing by what it has too much"
    assert [item.message for item in harmless.diagnostics] == [
        "checked in full, as it has what stimuli may not show: 16 bits of state, 4 in the reference"
    ]
    assert check(checker, BOMB).status is Status.MISMATCH


def test_every_seed_has_its_own_stimulus_of_about_the_same_length(checker: Checker) -> None:
    first, again, other = (checker.prepare(PROBLEM, seed=seed) for seed in (0, 0, 5))
    assert first is again
    assert (first.stimulus.seed, other.stimulus.seed) == (0, 5)
    assert first.stimulus.rows != other.stimulus.rows
    assert 0.9 < first.stimulus.steps / other.stimulus.steps < 1.1
    assert len(other.trace.rows) == other.stimulus.steps * other.trace.width
    assert checker.prepare(PROBLEM) is first
    assert check(checker, builders.COUNTER, seed=5).is_passed
    assert check(checker, COUNTS_TO_12, seed=5).status is Status.MISMATCH


def test_a_seed_means_the_same_wherever_it_began() -> None:
    with Checker(CheckSettings(formal=FormalMode.OFF, stimulus_seed=5)) as made:
        direct = made.prepare(PROBLEM)
    with Checker(CheckSettings(formal=FormalMode.OFF)) as made:
        assert made.prepare(PROBLEM, seed=5).trace.rows[:1000] == direct.trace.rows[:1000]


def test_what_is_wrong_on_every_output_is_not_simulated_to_the_end(checker: Checker) -> None:
    steps = checker.prepare(PROBLEM).stimulus.steps
    early = check(checker, builders.COUNTER.replace("q + 4'd1", "q + 4'd2"))
    assert early.status is Status.MISMATCH
    (note,) = early.diagnostics
    assert note.message.startswith("every output was wrong within ")
    assert early.signals[0].checked < steps
    assert early.wave is not None


def test_where_an_output_is_right_the_counts_are_whole(checker: Checker) -> None:
    text = builders.COUNTER.replace("wrap ? 4'd0", "q == 4'd11 ? 4'd0").replace(
        "wrap = q == 4'd11", "wrap = q == 4'd10"
    )
    half = check(checker, text)
    with Checker(CheckSettings(formal=FormalMode.OFF)) as full:
        assert half.signals == check(full, text).signals
    assert [bool(signal.mismatches) for signal in half.signals] == [False, True]


def test_depth_stimulus_shows_one_stimulus_and_nothing_else() -> None:
    with Checker(CheckSettings(formal=FormalMode.OFF, depth=CheckDepth.STIMULUS)) as checker:
        verdict = check(checker, BOMB)
        assert (verdict.status, verdict.equivalence, verdict.diagnostics) == (Status.PASSED, None, ())
        assert check(checker, COUNTS_TO_12).status is Status.MISMATCH
