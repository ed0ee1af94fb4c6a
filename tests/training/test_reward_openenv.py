"""The OpenEnv environment in OpenEnv's own server: ``make test-training``."""

from collections.abc import Iterator
from typing import Any

import builders
import pytest

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training import Reward, RewardSettings, open_reward

RIGHT = f"```verilog\n{builders.COUNTER}```"
pytestmark = [pytest.mark.simulator, pytest.mark.training_stack]


@pytest.fixture(scope="module")
def reward() -> Iterator[Reward]:
    with open_reward([builders.problem()], RewardSettings()) as made:
        yield made


def test_one_episode(reward: Reward) -> None:
    from pytest_rtlgen.training.openenv import RtlAction, RtlEnvironment

    environment = RtlEnvironment(reward, prompt="codev-r1")
    posed = environment.reset(seed=1, episode_id="e")
    assert posed.problem_id == "counter"
    assert [message["role"] for message in posed.messages] == ["system", "user"]
    assert not posed.done
    answered = environment.step(RtlAction(completion=RIGHT))
    assert (answered.done, answered.reward, answered.status) == (True, 1.0, "passed")
    assert tuple(answered.parts) == reward.part_names
    assert (environment.state.episode_id, environment.state.step_count) == ("e", 1)


def test_tasks_are_listed_and_chosen(reward: Reward) -> None:
    from pytest_rtlgen.training.openenv import RtlEnvironment

    environment = RtlEnvironment(reward, prompt="chat")
    assert environment.num_tasks(environment.list_splits()[0]) == 1
    assert environment.get_task("all", 0) == {"id": "counter", "index": 0}
    assert environment.reset(index=0).problem_id == "counter"
    with pytest.raises(UsageError, match="unknown problem 'nonesuch'"):
        environment.reset(problem_id="nonesuch")


def test_a_harness_that_fails_gives_no_reward(reward: Reward) -> None:
    from pytest_rtlgen.training.openenv import RtlAction, RtlEnvironment

    answered = RtlEnvironment(reward, prompt="chat").step(RtlAction(completion=RIGHT, problem_id="nonesuch"))
    assert answered.reward is None
    assert "unknown problem" in answered.reason


def test_over_its_server(reward: Reward) -> None:
    from fastapi.testclient import TestClient

    from pytest_rtlgen.training.openenv import make_openenv_app

    with TestClient(make_openenv_app(reward)) as client:
        posed: dict[str, Any] = client.post("/reset", json={"index": 0}).json()
        assert posed["observation"]["problem_id"] == "counter"
        action = {"completion": RIGHT, "problem_id": "counter"}
        answered: dict[str, Any] = client.post("/step", json={"action": action}).json()
    assert (answered["reward"], answered["done"]) == (1.0, True)
    assert answered["observation"]["status"] == "passed"
