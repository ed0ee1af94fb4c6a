"""The server as Gym's agents call it: seed, tools, verify."""

import json
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from nemo_gym.config_types import BaseServerConfig
from nemo_gym.server_utils import ServerClient
from omegaconf import DictConfig
from resources_servers.rtlgen.app import RtlResourcesServer, RtlServerConfig

DATA = Path(__file__).parents[1] / "data"
ROWS = [json.loads(line) for line in (DATA / "example.jsonl").read_text(encoding="utf-8").splitlines()]
ROLLOUTS = [json.loads(line) for line in (DATA / "example_rollouts.jsonl").read_text(encoding="utf-8").splitlines()]


def make_client(**environment: object) -> TestClient:
    """Return a client of the server with these settings."""
    settings = {"suites": "core:", **environment}
    config = RtlServerConfig(host="127.0.0.1", port=8080, entrypoint="", name="rtlgen", environment=settings)
    head = BaseServerConfig(host="127.0.0.1", port=8081)
    server_client = ServerClient(head_server_config=head, global_config_dict=DictConfig({}))
    return TestClient(RtlResourcesServer(config=config, server_client=server_client).setup_webserver())


def verify(client: TestClient, row: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    """Return what ``/verify`` answers."""
    answer = client.post("/verify", json={**row, "response": response})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_each_example_is_played_again() -> None:
    """The recorded calls give the recorded texts and the recorded reward."""
    for row, rollout in zip(ROWS, ROLLOUTS, strict=True):
        with make_client() as client:
            play_again(client, row, rollout)


def play_again(client: TestClient, row: dict[str, Any], rollout: dict[str, Any]) -> None:
    """Make the calls of ``rollout`` in a new session."""
    assert client.post("/seed_session", json=row).status_code == 200
    calls = [item for item in rollout["response"]["output"] if item["type"] == "function_call"]
    told = [item for item in rollout["response"]["output"] if item["type"] == "function_call_output"]
    for call, output in zip(calls, told, strict=True):
        answer = client.post(f"/{call['name']}", json=json.loads(call["arguments"]))
        assert answer.text == output["output"]
    found = verify(client, row, rollout["response"])
    names = ("reward", "feedback", "sealed", "overfit", "told_bits", "turns", "mask_sample")
    assert {name: found[name] for name in names} == {name: rollout[name] for name in names}


def test_who_never_submits_has_earned_nothing() -> None:
    """There is nothing to judge."""
    with make_client() as client:
        client.post("/seed_session", json=ROWS[0])
        found = verify(client, ROWS[0], ROLLOUTS[0]["response"])
    assert (found["reward"], found["mask_sample"], "_ng_failure_class" in found) == (0.0, False, False)


def test_a_harness_that_fails_masks_the_sample() -> None:
    """A call that takes longer than it may is no wrong design."""
    with make_client(timeout_s=1e-6) as client:
        client.post("/seed_session", json=ROWS[0])
        client.post("/submit", json={"verilog": "module nothing; endmodule"})
        found = verify(client, ROWS[0], ROLLOUTS[0]["response"])
    assert (found["mask_sample"], found["failure_kind"]) == (True, "harness")
    assert found["_ng_failure_class"] == "harness_failed"
    assert "no answer within 1e-06 s" in found["failure_reason"]


def test_a_session_without_a_seed_masks_the_sample() -> None:
    """Such as one whose worker was started again."""
    with make_client() as client:
        assert "no episode" in client.post("/simulate", json={"verilog": ""}).json()["text"]
        assert verify(client, ROWS[0], ROLLOUTS[0]["response"])["mask_sample"]
