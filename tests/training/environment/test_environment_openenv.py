"""The environment in OpenEnv's own server, through its own client, and before its own validator."""

import importlib
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import builders
import pytest

from pytest_rtlgen.errors import RewardError, SuiteError, UsageError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.training.environment import EnvironmentSettings, RtlEnvironment, open_environment
from pytest_rtlgen.training.environment.folders import write_package

pytestmark = [pytest.mark.simulator, pytest.mark.training_stack]
RIGHT = builders.COUNTER
WRONG = builders.COUNTER.replace("4'd11", "4'd12")
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


@pytest.fixture(scope="module")
def environment() -> Iterator[RtlEnvironment]:
    with open_environment([builders.problem()], EnvironmentSettings(max_turns=4)) as made:
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("hub") / "openenv_rtlgen"
    write_package("openenv", made)
    return made


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The server of the package, as the Dockerfile starts it."""
    settings = json.dumps({"suites": "core:", "max_turns": 6})
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "server.app:app", "--host", "127.0.0.1", "--port", "0"],
        cwd=folder,
        env={**os.environ, "RTLGEN_ENVIRONMENT": settings},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        said = ""
        for line in server.stderr:
            said += line
            if found := _ADDRESS.search(line):
                yield found.group()
                break
        else:
            pytest.fail(said)
    finally:
        server.terminate()
        server.communicate()


def test_one_episode(environment: RtlEnvironment) -> None:
    from pytest_rtlgen.training.openenv import OpenEnvSession, RtlAction

    session = OpenEnvSession(environment, prompt="chat")
    posed = session.reset(seed=1, episode_id="e")
    assert (posed.problem_id, posed.turns_left, posed.done) == ("counter", 4, False)
    assert "only that counts" in posed.messages[-1]["content"]
    tried = session.step(RtlAction(tool="simulate", verilog=WRONG))
    assert (tried.done, tried.reward, tried.turns_left) == (False, None, 3)
    assert "Around the first difference" in tried.text
    assert session.step(RtlAction(tool="wave", first_step=3)).text.splitlines()[1].startswith("step 3 |")
    told = session.state.told_bits
    answered = session.step(RtlAction(verilog=RIGHT))
    assert (answered.done, answered.reward, answered.status, answered.failed) == (True, 1.0, "passed", False)
    assert (answered.metrics["overfit"], answered.metrics["told_bits"]) == (0.0, told)
    assert (session.state.episode_id, session.state.step_count) == ("e", 3)


def test_tasks_are_listed_and_chosen(environment: RtlEnvironment) -> None:
    from pytest_rtlgen.training.openenv import OpenEnvSession, RtlAction

    session = OpenEnvSession(environment, prompt="chat")
    assert session.num_tasks(session.list_splits()[0]) == 1
    assert session.get_task("all", 0) == {"id": "counter", "index": 0}
    assert session.reset(index=0).problem_id == "counter"
    with pytest.raises(SuiteError, match="unknown problem 'nonesuch'"):
        session.reset(problem_id="nonesuch")
    assert session.reset(problem_id=RIGHT).problem_id, "the text of a reference is a problem as well"
    with pytest.raises(UsageError, match="reset first, or name a problem_id"):
        OpenEnvSession(environment, prompt="chat").step(RtlAction(verilog=RIGHT))


def test_a_harness_that_fails_gives_no_reward() -> None:
    from pytest_rtlgen.training.openenv import OpenEnvSession, RtlAction

    broken = builders.problem(reference=builders.COUNTER.replace("4'd11", "nonesuch"))
    with open_environment([broken]) as made:
        answered = OpenEnvSession(made, prompt="chat").step(RtlAction(verilog=RIGHT, problem_id="counter"))
    assert (answered.done, answered.reward, answered.failed) == (True, None, True)
    assert "does not run" in answered.reason or "nonesuch" in answered.reason


@pytest.mark.slow
def test_its_client_plays_over_a_websocket(address: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client is that of the written package, which needs openenv alone."""
    monkeypatch.syspath_prepend(str(folder.parent))
    package: Any = importlib.import_module("openenv_rtlgen")
    with package.RtlEnv(base_url=address).sync() as env:
        posed = env.reset(index=0).observation
        assert posed.messages[-1]["role"] == "user"
        empty = env.step(package.RtlAction(tool="compile", verilog="module nothing; endmodule"))
        assert (empty.done, empty.reward, empty.observation.turns_left) == (False, None, 5)
        assert "does not get through the compiler" in empty.observation.text
        assert env.state().step_count == 1
        wrong = env.step(package.RtlAction(tool="submit", verilog="module nothing; endmodule"))
        assert (wrong.done, wrong.reward, wrong.observation.failed) == (True, 0.0, False)
        assert wrong.observation.metrics["turns"] == 2
        second = env.reset(index=1).observation.problem_id
        assert second != posed.problem_id
        assert env.state().step_count == 0
        reference = next(one.reference.text for one in load_suite("core:").problems if one.problem_id == second)
        right = env.step(package.RtlAction(tool="submit", verilog=reference))
        assert (right.done, right.reward, right.observation.metrics["overfit"]) == (True, 1.0, 0.0)


@pytest.mark.slow
def test_openenv_validates_the_package_and_its_server(address: str, folder: Path) -> None:
    command = [str(Path(sys.executable).with_name("openenv")), "validate"]
    static = subprocess.run(
        [*command, str(folder), "--level", "static", "--skip-build"], capture_output=True, text=True, check=False
    )
    assert static.returncode == 0, static.stdout + static.stderr
    assert "Verdict: PASS" in static.stdout
    served = subprocess.run([*command, "--url", address], capture_output=True, text=True, check=False)
    assert served.returncode == 0, served.stdout + served.stderr


def test_the_package_can_be_deployed_but_for_a_lock_file(folder: Path) -> None:
    from openenv.cli._validation import validate_multi_mode_deployment

    _, issues = validate_multi_mode_deployment(folder)
    assert issues == ["Missing uv.lock - run 'uv lock' to generate it"]


@pytest.mark.slow
def test_the_package_builds_a_wheel(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    built = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["openenv_rtlgen-0.1.0-py3-none-any.whl"]


def test_what_the_variable_may_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_rtlgen.training.openenv import read_variable

    monkeypatch.setenv("RTLGEN_ENVIRONMENT", '{"suites": "core:", "tools": ["submit"]}')
    assert len(read_variable().problems) > 50
    for text, message in (("{", "not JSON"), ("[]", "must be a JSON object"), ('{"suite": "core:"}', "did you mean")):
        monkeypatch.setenv("RTLGEN_ENVIRONMENT", text)
        with pytest.raises(UsageError, match=message):
            read_variable()


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
