"""The real vLLM behind its OpenAI-compatible server, with an adapter beside the model: ``make vllm-cpu-test``."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.asking import collect, request

from pytest_rtlgen.backends import BackendSettings, make_backend
from pytest_rtlgen.errors import BackendError
from pytest_rtlgen.records import Completion, Message, Role

pytestmark = pytest.mark.real_engine
START_S = 400


@pytest.fixture(scope="module")
def address(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = [
        *(sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--host", "127.0.0.1", "--port", str(port)),
        *("--model", str(checkpoints / "chat"), "--served-model-name", "tiny"),
        *("--enable-lora", "--lora-modules", f"tuned={checkpoints / 'adapter'}", "--max-lora-rank", "8"),
        *("--enforce-eager", "--kv-cache-memory-bytes", str(64 << 20), "--dtype", "float32", "--max-model-len", "512"),
    ]
    log_path = tmp_path_factory.mktemp("server") / "log.txt"
    env = {name: value for name, value in os.environ.items() if not name.endswith("_KEY")}
    with log_path.open("wb") as log:
        server = subprocess.Popen(
            argv, stdout=log, stderr=log, start_new_session=True, env={**env, "VLLM_NO_USAGE_STATS": "1"}
        )
        try:
            await_health(server, port, log_path)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # the parent alone would leave its engine alive
            server.wait()


def await_health(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.5)
        finally:
            connection.close()
    pytest.fail(f"no server: {log.read_text(encoding='utf-8')[-2000:]}")


def ask(spec: str, address: str) -> list[Completion]:
    made = make_backend(spec, BackendSettings(base_url=address))
    requests = [request("counter", *range(6)), request("adder", *range(6))]
    if "completions" in spec:
        message = (Message(role=Role.USER, content="module counter(input clk);\n"),)
        requests = [replace(one, prompt=replace(one.prompt, messages=message)) for one in requests]
    return collect(made, *requests, temperature=1.0, max_tokens=48, seed=3)


@pytest.mark.parametrize("spec", ["openai:tiny", "openai:tuned", "openai-completions:tuned"])
def test_n_samples_a_problem_all_different_and_the_same_again(spec: str, address: str) -> None:
    completions = ask(spec, address)
    assert [(c.key.problem_id, c.key.index) for c in completions] == [
        (problem, index) for problem in ("adder", "counter") for index in range(6)
    ]
    texts = [completion.text for completion in completions]
    assert len(set(texts)) == 12
    assert {completion.model for completion in completions} == {spec.partition(":")[2]}
    assert [completion.text for completion in ask(spec, address)] == texts


def test_the_adapter_is_another_model(address: str) -> None:
    assert [c.text for c in ask("openai:tiny", address)] != [c.text for c in ask("openai:tuned", address)]


def test_a_model_that_is_not_served_is_one_line(address: str) -> None:
    with pytest.raises(BackendError, match=r"HTTP 404 .*; check the model's name and --rtlgen-base-url"):
        ask("openai:no-such-model", address)
