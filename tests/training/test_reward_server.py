"""The reward server over real HTTP on loopback."""

import base64
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import builders
import pytest
from support.reward_client import Client, SlowReward, serving

from pytest_rtlgen.cli import main, serve
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.modes import CheckDepth, FormalMode
from pytest_rtlgen.training import Overlong, Reward, RewardSettings, open_reward
from pytest_rtlgen.training.reward.steps import DEFAULT_SEEDS
from pytest_rtlgen.training.server.access import TOKEN_VARIABLE, ServeToken, find_token
from pytest_rtlgen.training.server.serving import ServeSettings, read_conditions

TOKEN = "correct-horse-battery-staple"  # noqa: S105  of this test only
INVERTER = "module inv(input a, output y); assign y = ~a; endmodule"
RIGHT = f"```verilog\n{INVERTER}\n```"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    reward = Reward(problems=[builders.problem()], settings=RewardSettings())
    with serving(reward) as made:
        yield made
    reward.close()


@pytest.fixture
def slow() -> Iterator[SlowReward]:
    reward = SlowReward()
    yield reward
    reward.go.set()


def sample(completion: Any = "no", problem: str = "counter") -> dict[str, Any]:
    return {"completion": completion, "problem": problem}


@pytest.mark.simulator
def test_a_batch(client: Client) -> None:
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": [{"type": "text", "text": RIGHT}]}]
    samples = [sample(RIGHT, INVERTER), sample(messages, INVERTER), sample(), sample(RIGHT, "nonesuch")]
    reply = client.ask("/rewards", {"samples": samples})
    assert reply.code == 200
    results = reply.values["results"]
    assert [result["value"] for result in results] == [1.0, 1.0, 0.0, None]
    assert [result["status"] for result in results] == ["passed", "passed", "no-code", None]
    assert results[0]["parts"]["compiled"] == 1.0
    assert "unknown problem 'nonesuch'" in results[3]["reason"]


@pytest.mark.simulator
def test_a_batch_names_its_step_or_a_seed(client: Client) -> None:
    samples = [sample(RIGHT, INVERTER), sample()]
    for given, seed in (({"step": 3}, 3), ({"step": DEFAULT_SEEDS + 1}, 1), ({"seed": 99}, 99)):
        results = client.ask("/rewards", {"samples": samples, **given}).values["results"]
        assert [(result["value"], result["seed"]) for result in results] == [(1.0, seed), (0.0, seed)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"step": -1}, '"step" must be a whole number, 0 or more'),
        ({"seed": "1"}, '"seed" must be a whole number, 0 or more'),
        ({"step": True}, '"step" must be a whole number, 0 or more'),
        ({"step": 1, "seed": 2}, '"step" and "seed" do not go together; send one of them'),
    ],
)
def test_a_step_that_cannot_be_meant(client: Client, given: dict[str, Any], message: str) -> None:
    reply = client.ask("/rewards", {"samples": [sample()], **given})
    assert (reply.code, reply.values) == (400, {"error": message})


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], (FormalMode.OFF, CheckDepth.VERDICT, DEFAULT_SEEDS)),
        (["--formal", "confirm", "--seeds", "3"], (FormalMode.CONFIRM, CheckDepth.FULL, 3)),
    ],
)
def test_the_command_checks_as_rewards_do(
    arguments: list[str], expected: tuple[FormalMode, CheckDepth, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Reward] = []
    monkeypatch.setattr(serve, "run_server", lambda reward, *_: served.append(reward))
    assert main(["serve", *arguments]) == 0
    settings = served[0].settings
    assert (settings.check.formal, settings.check.depth, settings.seeds) == expected


@pytest.mark.simulator
def test_lengths_come_with_the_samples_and_change_the_value_only() -> None:
    settings = RewardSettings(overlong=Overlong(max_length=100, buffer=20))
    with open_reward([], settings) as reward, serving(reward) as made:
        samples = [{**sample(RIGHT, INVERTER), "tokens": 90}, {**sample("no", INVERTER), "tokens": 100}]
        results = made.ask("/rewards", {"samples": samples}).values["results"]
        assert [result["value"] for result in results] == [0.5, -1.0]
        assert [result["parts"]["passed"] for result in results] == [1.0, 0.0]
        response = {"output": [{"content": [{"text": RIGHT}]}], "usage": {"output_tokens": 85}}
        verified = made.ask("/verify", {"response": response, "reference": INVERTER}).values
        assert (verified["reward"], verified["reward_components"]["overlong"]) == (0.75, 0.25)
        unknown = made.ask("/rewards", {"samples": [sample(RIGHT, INVERTER)]})
        assert unknown.code == 400
        assert "needs the tokens of each answer" in unknown.values["error"]
        odd = made.ask("/rewards", {"samples": [{**sample(RIGHT, INVERTER), "tokens": -1}]})
        assert (odd.code, odd.values) == (400, {"error": '"tokens" must be a whole number, 0 or more'})


def test_the_command_has_the_buffer_and_the_prefill(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Reward] = []
    monkeypatch.setattr(serve, "run_server", lambda reward, *_: served.append(reward))
    buffer = ["--overlong-max-length=16384", "--overlong-buffer=1024", "--overlong-factor=0.5", "--tokenizer=here"]
    assert main(["serve", "--prefill=<think>", *buffer]) == 0
    settings = served[0].settings
    assert settings.prefill == "<think>"
    assert settings.overlong == Overlong(max_length=16384, buffer=1024, factor=0.5, tokenizer="here")


@pytest.mark.simulator
def test_openrlhf(client: Client) -> None:
    """Payload as ``SingleTurnAgentExecutor._fetch_rewards_via_http`` of OpenRLHF 0.11.2 sends it."""
    payload = {"query": [f"<s>Write inv.{RIGHT}</s>"], "prompts": ["<s>Write inv."], "labels": [INVERTER]}
    values = client.ask("/openrlhf", payload).values
    assert (values["rewards"], values["scores"]) == (1.0, 1.0)
    assert values["extra_logs"]["passed"] == 1.0
    assert client.ask("/openrlhf", {**payload, "labels": ["nonesuch"]}).values["rewards"] is None


@pytest.mark.simulator
def test_nemo_gym(client: Client) -> None:
    """Payload as NeMo-Gym 0.7's ``BaseVerifyRequest``; answered as ``BaseMultiRewardVerifyResponse``."""
    content = [{"type": "output_text", "text": RIGHT, "annotations": []}]
    body = {
        "responses_create_params": {"input": [{"role": "user", "content": "Write inv."}]},
        "response": {
            "id": "r",
            "output": [
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "module inv(; endmodule"}]},
                {"type": "message", "role": "assistant", "content": content},
            ],
        },
        "verifier_metadata": {"problem": INVERTER},
    }
    values = client.ask("/verify", body).values
    assert (values["reward"], values["mask_sample"], values["failure_kind"]) == (1.0, False, None)
    assert values["reward_components"]["passed"] == 1.0
    assert values["response"] == body["response"]
    failed = client.ask("/verify", {**body, "verifier_metadata": {"problem": "nonesuch"}}).values
    assert (failed["reward"], failed["mask_sample"]) == (0.0, True)
    assert failed["failure_kind"] == "rtlgen:harness_failed"
    assert "unknown problem" in failed["failure_reason"]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/rewards", b"{", "the body is no JSON"),
        ("/rewards", b"[" * 100_000, "the body is no JSON"),
        ("/rewards", [], "the body must be a JSON object"),
        ("/rewards", {}, '"samples" must be a list of objects'),
        ("/rewards", {"samples": [{"problem": "counter"}]}, 'each of "samples" needs a "completion"'),
        ("/rewards", {"samples": [{"completion": ""}]}, 'samples[0] needs a "problem"'),
        ("/openrlhf", {"query": "a", "prompts": [], "labels": []}, "must be lists of texts"),
        ("/openrlhf", {"query": ["a"], "prompts": [], "labels": []}, "differ in length"),
        ("/verify", {"response": "a"}, '"response" must be an answer of the Responses API'),
        ("/verify", {"response": {}, "verifier_metadata": {}}, 'verifier_metadata needs a "problem"'),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(client: Client, path: str, body: Any, message: str) -> None:
    reply = client.ask(path, body)
    assert reply.code == 400
    assert message in reply.values["error"]


def test_an_unknown_path(client: Client) -> None:
    assert client.ask("/docs").code == 404


def test_back_pressure_refuses_and_says_when_to_come_again(slow: SlowReward) -> None:
    with serving(slow, queue=2) as client:
        waiting = threading.Thread(target=client.ask, args=("/rewards", {"samples": [sample()] * 2}))
        waiting.start()
        while client.ask("/health").values["queue"] < 2:
            threading.Event().wait(0.01)
        refused = client.ask("/rewards", {"samples": [sample()]})
        assert refused.code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert "2 samples are waiting; try again in" in refused.values["error"]
        slow.go.set()
        waiting.join()
        assert client.ask("/rewards", {"samples": [sample()]}).values["results"][0]["value"] == 0.5
        too_many = client.ask("/rewards", {"samples": [sample()] * 3})
        assert too_many.code == 413
        assert "3 samples in one request, but the queue holds 2; send fewer" in too_many.values["error"]


def test_a_body_that_is_too_long_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_rtlgen.training.server.app.MOST_BODY_BYTES", 1 << 20)
    reply = client.ask("/rewards", {"samples": [sample("x" * (1 << 20))]})
    assert reply.code == 413
    assert "the body has more than 1 MiB; send fewer samples" in reply.values["error"]


def test_metrics_count_what_was_answered(slow: SlowReward) -> None:
    slow.go.set()
    with serving(slow) as client:
        client.ask("/rewards", {"samples": [sample()] * 3})
        client.ask("/rewards", b"{")
        reply = client.ask("/metrics")
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = reply.text.splitlines()
    assert 'rtlgen_reward_samples_total{status="unchecked"} 3' in lines
    assert 'rtlgen_reward_requests_total{route="/rewards",code="200"} 1' in lines
    assert 'rtlgen_reward_requests_total{route="/rewards",code="400"} 1' in lines
    assert "rtlgen_reward_value_sum 1.5" in lines
    assert "rtlgen_reward_queue 0" in lines
    assert "rtlgen_reward_queue_limit 8" in lines
    assert reply.text.endswith("\n")


def test_health_tells_a_harness_that_fails_all_the_time(slow: SlowReward) -> None:
    slow.go.set()
    slow.is_broken = True
    with serving(slow) as client:
        assert client.ask("/health").values["status"] == "ok"
        for _ in range(2):
            client.ask("/rewards", {"samples": [sample()] * 8})
        assert (client.ask("/health").code, client.ask("/health").values["status"]) == (503, "failing")
        slow.is_broken = False
        client.ask("/rewards", {"samples": [sample()]})
        assert client.ask("/health").code == 200


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", 401),
        ("Bearer wrong", 401),
        (f"Token {TOKEN}", 401),
        ("Basic !!!", 401),
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (f"Basic {base64.b64encode(f'any:{TOKEN}'.encode()).decode()}", 200),
        (f"Basic {base64.b64encode(f'{TOKEN}:any'.encode()).decode()}", 401),
    ],
)
def test_the_token_is_asked_for_and_never_shown(slow: SlowReward, header: str, code: int) -> None:
    slow.go.set()
    headers = {"Authorization": header} if header else {}
    with serving(slow, token=TOKEN) as client:
        reply = client.ask("/rewards", {"samples": [sample()]}, headers=headers)
        assert reply.code == code
        assert client.ask("/metrics", headers=headers).code == code
        assert client.ask("/health").code == 200, "a probe needs no token"
        assert TOKEN not in reply.text + str(reply.headers)
    assert TOKEN not in repr(ServeToken(TOKEN))


@pytest.mark.parametrize(
    ("settings", "environ", "message"),
    [
        (ServeSettings(host="0.0.0.0"), {}, "--host 0.0.0.0 lets others in; set RTLGEN_SERVE_TOKEN"),  # noqa: S104
        (ServeSettings(host="example.org"), {TOKEN_VARIABLE: TOKEN}, "would send the token in the clear"),
        (ServeSettings(), {TOKEN_VARIABLE: "short"}, "RTLGEN_SERVE_TOKEN must be 16 or more printable characters"),
        (ServeSettings(), {TOKEN_VARIABLE: "x" * 20 + "\n"}, "RTLGEN_SERVE_TOKEN must be 16 or more"),
        (ServeSettings(queue=0), {}, "--queue is 0; use 1 or more"),
        (ServeSettings(tls_key="key.pem"), {}, "--tls-key needs --tls-certificate FILE"),
        (ServeSettings(tls_certificate="nowhere.pem"), {}, "nowhere.pem: no certificate with its key: No such file"),
    ],
)
def test_what_the_server_does_not_do(settings: ServeSettings, environ: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        read_conditions(settings, environ)
    assert environ.get(TOKEN_VARIABLE, TOKEN) not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.1.2.3"])
def test_on_loopback_it_needs_no_token(host: str) -> None:
    assert read_conditions(ServeSettings(host=host), {}) is None
    assert find_token({}) is None


@pytest.mark.simulator
def test_the_command_serves_and_ends_with_a_signal() -> None:
    command = [sys.executable, "-m", "pytest_rtlgen", "serve", "--port=0", "--jobs=1", "--reward=salv"]
    env = {**os.environ, TOKEN_VARIABLE: TOKEN}
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert process.stderr is not None
    line = process.stderr.readline()
    try:
        assert line.startswith("serving salv for 0 problems on http://127.0.0.1:"), line
        client = Client(line.split()[6].rstrip(";"))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        body = {"samples": [sample(RIGHT, INVERTER)]}
        assert client.ask("/rewards", body, headers=headers).values["results"][0]["value"] == 1.0
        assert client.ask("/rewards", body).code == 401
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        process.wait(30)
        process.stderr.close()
    assert TOKEN not in line + rest
