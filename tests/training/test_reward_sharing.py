"""How calls share one reward: threads, slots of the machine, event loops. A stand-in takes the checker's place."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import builders
import pytest

from pytest_rtlgen.records import Candidate, Method, Problem, Status, Verdict
from pytest_rtlgen.training import REWARD_CHECK, Reward, RewardSettings
from pytest_rtlgen.training.reward.slots import Slots

PASSED = Verdict(status=Status.PASSED, method=Method.SIMULATE)
PROBLEMS = [builders.problem(problem_id=name) for name in ("one", "two")]
LONG_S = 30


class HeldChecker:
    """Checks nothing until ``go`` is set; notes what was begun."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = threading.Semaphore(0)
        self.checked: list[tuple[str, str]] = []

    def check(self, candidate: Candidate, problem: Problem, *, seed: int) -> Verdict:
        del seed
        self.checked.append((problem.problem_id, candidate.source))
        self.begun.release()
        assert self.go.wait(LONG_S)
        return PASSED

    def close(self) -> None:
        """Nothing is kept."""


MakeReward = Callable[..., tuple[Reward, HeldChecker]]


@pytest.fixture
def make_reward(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeReward]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    made: list[tuple[Reward, HeldChecker]] = []

    def make(*, jobs: int, max_parallel: int = 8) -> tuple[Reward, HeldChecker]:
        settings = RewardSettings(check=replace(REWARD_CHECK, jobs=jobs), max_parallel=max_parallel)
        reward, checker = Reward(problems=PROBLEMS, settings=settings), HeldChecker()
        monkeypatch.setattr(reward, "_find_checker", lambda: checker)
        made.append((reward, checker))
        return reward, checker

    yield make
    for reward, checker in made:
        checker.go.set()
        reward.close()


def write(number: int) -> str:
    return builders.COUNTER.replace("4'd11", f"4'd{number}")


def wait_until_held(checker: HeldChecker) -> None:
    assert checker.begun.acquire(timeout=LONG_S)


def test_who_waits_for_a_simulator_holds_no_slot(make_reward: MakeReward) -> None:
    reward, checker = make_reward(jobs=1, max_parallel=2)
    threads = [threading.Thread(target=reward, args=([write(number)], ["one"])) for number in range(3)]
    for thread in threads:
        thread.start()
    wait_until_held(checker)
    taken = threading.Event()

    def take() -> None:
        with Slots(2).take():
            taken.set()

    other = threading.Thread(target=take)
    other.start()
    assert taken.wait(LONG_S), "calls that wait for the one simulator hold both slots"
    checker.go.set()
    for thread in (*threads, other):
        thread.join()
    assert len(checker.checked) == 3


def test_the_first_of_each_problem_is_checked_first(make_reward: MakeReward) -> None:
    reward, checker = make_reward(jobs=1)
    checker.go.set()
    assert reward([write(number) for number in (1, 2, 3)], ["one", "one", "two"]) == [1.0] * 3
    assert checker.checked == [("one", write(1)), ("two", write(3)), ("one", write(2))]


def test_a_closed_reward_gives_none_for_what_was_not_begun(make_reward: MakeReward) -> None:
    reward, checker = make_reward(jobs=1)
    found: list[Any] = []
    thread = threading.Thread(
        target=lambda: found.extend(reward.judge([write(1), write(2)], ["one", "one"])), daemon=True
    )
    thread.start()
    wait_until_held(checker)
    reward.close()
    checker.go.set()
    thread.join(LONG_S)
    assert [result.value for result in found] == [1.0, None]
    assert found[1].reason == "the reward was closed before this was checked"


def test_the_event_loop_goes_on_while_a_reward_is_awaited(make_reward: MakeReward) -> None:
    reward, checker = make_reward(jobs=2)

    async def train() -> tuple[list[Any], list[Any]]:
        first = asyncio.create_task(reward.judge_async([write(1), "", write(1)], ["one"] * 3, step=3))
        second = asyncio.create_task(reward.judge_async([write(2)], ["nonesuch"]))
        await asyncio.to_thread(wait_until_held, checker)
        checker.go.set()
        return await first, await second

    first, second = asyncio.run(train())
    assert [result.value for result in first] == [1.0] * 3
    assert {result.seed for result in first} == {3}
    assert second[0].value is None


def test_a_cancelled_call_drops_what_is_not_begun(make_reward: MakeReward) -> None:
    reward, checker = make_reward(jobs=1)

    async def train() -> None:
        task = asyncio.create_task(reward.judge_async([write(number) for number in range(5)], ["one"] * 5))
        await asyncio.to_thread(wait_until_held, checker)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        checker.go.set()
        (after,) = await reward.judge_async([write(9)], ["two"])
        assert after.value == 1.0

    asyncio.run(train())
    assert checker.checked == [("one", write(0)), ("two", write(9))]


def test_an_awaited_call_on_a_closed_reward_gives_none(make_reward: MakeReward) -> None:
    reward, checker = make_reward(jobs=1)

    async def train() -> list[Any]:
        task = asyncio.create_task(reward.judge_async([write(1), write(2)], ["one"] * 2))
        await asyncio.to_thread(wait_until_held, checker)
        reward.close()
        checker.go.set()
        return await task

    found = asyncio.run(train())
    assert [result.value for result in found] == [1.0, None]
