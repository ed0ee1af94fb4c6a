"""The OpenEnv environment in OpenEnv's own server: ``make test-training``."""

import math
from collections.abc import Iterator
from typing import Any

import builders
import pytest

from pytest_rtlgen.errors import RewardError, UsageError
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


@pytest.mark.parametrize("value", [None, math.nan, RewardError("no simulator")], ids=["None", "NaN", "raises"])
def test_what_openenv_makes_of_a_reward_that_fails(value: float | RewardError | None) -> None:
    """The truth about OpenEnv 0.10: ``docs/reference/trainers.md``."""
    from fastapi.testclient import TestClient
    from openenv.core.env_server import create_app
    from openenv.core.env_server.interfaces import Environment
    from openenv.core.env_server.types import Action, Observation, State

    class Failing(Environment[Action, Observation, State]):  # type: ignore[misc]  # known only now
        def reset(self, **_: object) -> Observation:
            return Observation()

        def step(self, *_: object, **__: object) -> Observation:
            if isinstance(value, RewardError):
                raise value
            return Observation(done=True, reward=value)

        @property
        def state(self) -> State:
            return State()

    app = create_app(Failing, Action, Observation, env_name="failing")
    with TestClient(app, raise_server_exceptions=False) as client:
        answered = client.post("/step", json={"action": {}})
        with client.websocket_connect("/ws") as socket:
            socket.send_json({"type": "step", "data": {}})
            told = socket.receive_json()
    if isinstance(value, RewardError):
        assert answered.status_code == 500
        assert (told["type"], told["data"]["message"]) == ("error", "no simulator")
    else:
        assert (answered.status_code, answered.json()["reward"]) == (200, None), "JSON has no NaN"
        assert (told["type"], told["data"]["reward"]) == ("observation", None)


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
