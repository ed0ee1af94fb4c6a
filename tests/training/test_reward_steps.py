"""The stimulus of a reward changes from step to step, and a seed repeats it."""

from collections.abc import Iterator
from dataclasses import replace

import builders
import pytest

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.modes import CheckDepth, FormalMode
from pytest_rtlgen.records import Status, Stimulus
from pytest_rtlgen.training import REWARD_CHECK, Reward, RewardSettings, open_reward
from pytest_rtlgen.training.reward.steps import DEFAULT_SEEDS, SINGLE_CALLS, StepCounter, choose_seed

WIRES = "module wide(input [23:0] a, output [23:0] y); assign y = a; endmodule"
PROBLEM = builders.problem(WIRES, "wide", problem_id="wide")
SEEDS = 4


def test_calls_of_several_completions_are_steps() -> None:
    steps = StepCounter()
    assert [steps.count(8) for _ in range(3)] == [0, 1, 2]


def test_many_calls_of_one_completion_are_one_step() -> None:
    steps = StepCounter()
    found = [steps.count(1) for _ in range(2 * SINGLE_CALLS + 1)]
    assert found == [0] * SINGLE_CALLS + [1] * SINGLE_CALLS + [2]


@pytest.mark.parametrize("stride", [1, 2, 8, 10, 16, 100])
def test_every_seed_is_met_however_a_trainer_counts(stride: int) -> None:
    steps = range(0, stride * DEFAULT_SEEDS, stride)
    assert {choose_seed(step, first=3, seeds=DEFAULT_SEEDS) for step in steps} == set(range(3, 3 + DEFAULT_SEEDS))


def test_there_is_at_least_one_seed() -> None:
    with pytest.raises(UsageError, match=r"seeds is 0; use 1 \(the same stimulus at every step\) or more"):
        RewardSettings(seeds=0)


def test_by_default_nothing_is_proved_and_one_stimulus_is_simulated() -> None:
    check = RewardSettings().check
    assert (check.formal, check.depth) == (FormalMode.OFF, CheckDepth.VERDICT)
    assert check.jobs >= 1


# The rest simulates.


@pytest.mark.simulator
def test_a_constant_that_the_reference_does_not_have_is_found_at_any_step(reward: Reward) -> None:
    magic = WIRES.replace("y = a", "y = a ^ (a == 24'h5a17c3)")
    assert [reward([magic], ["wide"], step=step) for step in range(SEEDS)] == [[0.0]] * SEEDS


@pytest.fixture(scope="module")
def reward() -> Iterator[Reward]:
    with open_reward([PROBLEM], RewardSettings(check=replace(REWARD_CHECK, stimulus_seed=10), seeds=SEEDS)) as made:
        yield made


def list_values(stimulus: Stimulus) -> set[int]:
    rows = stimulus.rows.decode()
    return {int(rows[start : start + 24], 2) for start in range(0, len(rows), 24)}


@pytest.fixture(scope="module")
def missed_once(reward: Reward) -> str:
    """Return a candidate that is wrong for one value of its input, which only the seed 12 plays."""
    checker = reward._find_checker()
    by_seed = {seed: list_values(checker.prepare(PROBLEM, seed=seed).stimulus) for seed in range(10, 10 + SEEDS)}
    others = set[int]().union(*(values for seed, values in by_seed.items() if seed != 12))
    value = min(by_seed[12] - others)
    nibbles = [f"a[{low} +: 4] == 4'd{value >> low & 15}" for low in range(0, 24, 4)]  # too narrow to look suspicious
    return WIRES.replace("y = a", f"y = a ^ ({' && '.join(nibbles)})")


@pytest.mark.simulator
def test_what_one_step_misses_another_meets(reward: Reward, missed_once: str) -> None:
    found = [reward.judge([missed_once, WIRES], ["wide"] * 2, step=step) for step in range(SEEDS + 1)]
    assert [[result.value for result in results] for results in found] == [
        [1.0, 1.0],
        [1.0, 1.0],
        [0.0, 1.0],
        [1.0, 1.0],
        [1.0, 1.0],
    ]
    assert [results[0].seed for results in found] == [10, 11, 12, 13, 10]


@pytest.mark.simulator
def test_a_seed_repeats_a_call(reward: Reward, missed_once: str) -> None:
    (found,) = reward.judge([missed_once], ["wide"], step=2)
    assert found.status is Status.MISMATCH
    assert reward.judge([missed_once], ["wide"], seed=found.seed) == [found]
    with pytest.raises(UsageError, match="a step and a seed are given; leave out the step"):
        reward([missed_once], ["wide"], step=2, seed=12)


@pytest.mark.simulator
def test_without_a_step_calls_are_counted(missed_once: str) -> None:
    with open_reward([PROBLEM], RewardSettings(check=replace(REWARD_CHECK, stimulus_seed=10), seeds=SEEDS)) as made:
        found = [made.judge([missed_once, ""], ["wide"] * 2)[0] for _ in range(SEEDS)]
    assert [result.seed for result in found] == [10, 11, 12, 13]
    assert [result.value for result in found] == [1.0, 1.0, 0.0, 1.0]


@pytest.mark.simulator
def test_one_seed_is_the_same_stimulus_at_every_step(missed_once: str) -> None:
    settings = RewardSettings(check=replace(REWARD_CHECK, stimulus_seed=12), seeds=1)
    with open_reward([PROBLEM], settings) as made:
        assert [made([missed_once], ["wide"], step=step) for step in range(3)] == [[0.0]] * 3


@pytest.mark.simulator
def test_what_is_not_checked_has_the_seed_of_its_call(reward: Reward) -> None:
    found = reward.judge(["x" * 300_000, WIRES], ["wide", "nonesuch"], step=1)
    assert [(result.status, result.seed) for result in found] == [(None, 11), (None, 11)]
