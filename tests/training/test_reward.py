"""The reward is the checker's verdict as a number, wherever a trainer takes it."""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import builders
import pytest
from support.hostile_cases import OURS, SECRET, SHARED, HostileCase, is_untouched, lay_canary, load_cases

from pytest_rtlgen.check import CheckSettings
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Problem, SourceFile, Status
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.training import EquivalenceReward

RIGHT = builders.problem()
BROKEN = replace(
    builders.problem(), problem_id="broken", reference=SourceFile(name="broken.sv", text="module counter(; endmodule")
)
LIMITS = Limits(cpu_s=1, wall_s=4)
CASES = {f"{case.folder.parents[1].name}-{case.folder.name}": case for case in (*load_cases(OURS), *load_cases(SHARED))}
pytestmark = pytest.mark.simulator


def fence(source: str) -> str:
    return f"Here is the design.\n\n```verilog\n{source}\n```\n"


@pytest.fixture(scope="module")
def reward() -> Iterator[EquivalenceReward]:
    made = EquivalenceReward(problems=[RIGHT, BROKEN])
    yield made
    made.close()


def test_right_wrong_and_missing_code(reward: EquivalenceReward) -> None:
    wrong = builders.COUNTER.replace("4'd11", "4'd10")
    completions = [fence(builders.COUNTER), fence(wrong), "I cannot.", fence("module counter(; endmodule"), ""]
    assert reward(completions, ["counter"] * 5) == [1.0, 0.0, 0.0, 0.0, 0.0]


def test_a_harness_that_fails_gives_no_reward_and_says_why(
    reward: EquivalenceReward, caplog: pytest.LogCaptureFixture
) -> None:
    completions = [fence(builders.COUNTER)] * 3
    assert reward(completions, ["broken", "counter", "unheard-of"]) == [None, 1.0, None]
    assert "reward: broken: no reward, the harness failed: broken.sv:1:" in caplog.text
    assert "unknown problem 'unheard-of'" in caplog.text


def test_a_simulator_that_is_missing_gives_no_reward() -> None:
    made = EquivalenceReward(problems=[RIGHT], settings=CheckSettings(simulator="nonesuch"))
    assert made([fence(builders.COUNTER)], ["counter"]) == [None]


def test_it_is_pickled_without_its_processes(reward: EquivalenceReward) -> None:
    assert reward([fence(builders.COUNTER)], ["counter"]) == [1.0]
    copy = pickle.loads(pickle.dumps(reward))  # noqa: S301  what a trainer does to reach its workers
    try:
        assert copy._checker is None
        assert copy([fence(builders.COUNTER), ""], ["counter", "counter"]) == [1.0, 0.0]
    finally:
        copy.close()


def test_it_starts_again_after_close(reward: EquivalenceReward) -> None:
    reward.close()
    assert reward([fence(builders.COUNTER)], ["counter"]) == [1.0]


def test_lengths_must_agree(reward: EquivalenceReward) -> None:
    with pytest.raises(UsageError, match="2 completions but 1 problem ids; give one id a completion"):
        reward(["", ""], ["counter"])


def _pose(name: str, case: HostileCase) -> Problem:
    golden = SourceFile(name=str(case.folder / "golden.sv"), text=case.golden)
    return replace(builders.problem(top=case.top), problem_id=name, reference=golden)


@pytest.mark.slow
def test_of_all_hostile_cases_only_what_may_pass_is_rewarded(tmp_path: Path) -> None:
    canary = lay_canary(tmp_path / "canary")
    made = EquivalenceReward(
        problems=[_pose(name, case) for name, case in CASES.items()],
        settings=CheckSettings(limits=LIMITS, jobs=2),
    )
    completions = [fence(case.source(str(canary), str(case.folder / "golden.sv"))) for case in CASES.values()]
    rewards = made(completions, list(CASES))
    made.close()
    found = dict(zip(CASES, rewards, strict=True))
    assert [name for name, reward in found.items() if reward is None] == []
    sound = {name for name, case in CASES.items() if case.is_sound}
    may_pass = {name for name, case in CASES.items() if Status.PASSED in case.acceptable}
    assert {name for name in sound if found[name] != 1.0} == set()
    assert {name for name, reward in found.items() if reward == 1.0} - may_pass == set()
    assert is_untouched(canary)
    assert SECRET not in repr(rewards)
