"""The environment in verifiers' own evaluation, against a model's endpoint on loopback: ``make test-training``."""

import asyncio
import importlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from support.loopback_server import Asked, Reply, serve

from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.training.environment.folders import write_package

pytestmark = [pytest.mark.simulator, pytest.mark.slow, pytest.mark.training_stack]
PROBLEMS = load_suite("core:").problems[:2]
EMPTY = "module nothing; endmodule"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("hub") / "rtlgen"
    write_package("verifiers", made)
    return made


def stream(message: dict[str, Any]) -> Reply:
    """Return an answer of one chunk, as an endpoint streams it."""
    reason = "tool_calls" if "tool_calls" in message else "stop"
    head = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    chunk = {**head, "choices": [{"index": 0, "delta": {"role": "assistant", **message}, "finish_reason": reason}]}
    usage = {**head, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
    lines = [f"data: {json.dumps(part)}\n\n" for part in (chunk, usage)]
    return Reply(body="".join([*lines, "data: [DONE]\n\n"]).encode(), headers={"content-type": "text/event-stream"})


def say(message: dict[str, Any], asked: Asked) -> Reply:
    if asked.body.get("stream"):
        return stream(message)
    reason = "tool_calls" if "tool_calls" in message else "stop"
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **message}, "finish_reason": reason}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    body = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    return Reply(body=json.dumps(body).encode())


def play(number: int, asked: Asked) -> Reply:
    """Simulate an empty module; then submit the reference of the first problem, the empty module for the second."""
    del number
    messages = asked.body["messages"]
    posed = json.dumps(messages)
    told = [message for message in messages if message["role"] == "tool"]
    if len(told) == 2:
        return say({"content": "Done."}, asked)
    right = next((one for one in PROBLEMS[:1] if re.search(rf"\b{one.top}\b", posed)), None)
    verilog = right.reference.text if right and told else EMPTY
    name = "submit" if told else "simulate"
    function = {"name": name, "arguments": json.dumps({"verilog": verilog})}
    return say({"tool_calls": [{"index": 0, "id": f"c{len(told)}", "type": "function", "function": function}]}, asked)


def run_eval(folder: Path, out: Path, *options: str) -> list[dict[str, Any]]:
    """Return the traces of ``vf-eval`` on the first two problems of core."""
    binary = Path(sys.executable).parent
    with serve(play) as endpoint:
        done = subprocess.run(
            [
                *(str(binary / "vf-eval"), "rtlgen_env", "-n", "2", "-o", str(out), "--run.name", "one", "--no-push"),
                *("--no-rich", "--env.agent.harness.id", "null", "--env.agent.runtime.type", "subprocess"),
                *("--model", "m", "--client.base-url", endpoint.url, "--client.api-key-var", "RTLGEN_TEST_KEY"),
                *("--env.taskset.max-turns", "4", *options),
            ],
            env={
                **os.environ,
                "PYTHONPATH": str(folder),
                "RTLGEN_TEST_KEY": "none",
                "PATH": f"{binary}:{os.environ['PATH']}",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    lines = (out / "one" / "traces.jsonl").read_text(encoding="utf-8").splitlines()
    return [trace for line in lines for trace in json.loads(line)["traces"]]


def test_its_own_evaluation_plays_the_tools(folder: Path, tmp_path: Path) -> None:
    traces = run_eval(folder, tmp_path)
    found = {trace["task"]["data"]["problem_id"]: trace for trace in traces}
    assert sorted(found) == sorted(problem.problem_id for problem in PROBLEMS)
    right, wrong = (found[problem.problem_id] for problem in PROBLEMS)
    assert (right["rewards"]["rtlgen"]["score"], wrong["rewards"]["rtlgen"]["score"]) == (1.0, 0.0)
    assert (right["metrics"]["rtlgen/turns"], right["metrics"]["rtlgen/overfit"]) == (2.0, 0.0)
    assert all(not trace["errors"] for trace in traces)
    assert "Submitted. The episode is over." in json.dumps(right)
    assert PROBLEMS[1].reference.text not in json.dumps(wrong), "the reference never leaves"


def test_a_harness_that_fails_is_an_error_of_the_trace(folder: Path, tmp_path: Path) -> None:
    traces = run_eval(folder, tmp_path, "--env.taskset.timeout-s", "1e-6")
    for trace in traces:
        assert "no answer within 1e-06 s" in json.dumps(trace["errors"])
        assert trace["rewards"] == {"rtlgen": None}
        assert trace["metrics"]["rtlgen/failed"] == 1.0


def test_the_package_builds_one_wheel_with_both_task_sets(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    built = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.iterdir()
    assert wheel.name == "rtlgen_env-0.1.0-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    assert {"rtlgen_env/__init__.py", "rtlgen_set/__init__.py"} <= set(names)


def test_load_environment_returns_verifiers_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import verifiers.v1 as vf

    monkeypatch.syspath_prepend(str(folder))
    rtlgen_env: Any = importlib.import_module("rtlgen_env")

    environment = rtlgen_env.load_environment(max_turns=3, tools=["simulate", "submit"])
    assert isinstance(environment, vf.Env)
    task = next(iter(environment.taskset.take(1)))
    assert "at most 3 calls" in task.data.prompt
    assert "endmodule" not in task.data.model_dump_json()
    assert vf.load_taskset(vf.TasksetConfig(id="rtlgen_set")).__class__.__name__ == "RtlTaskset"


@pytest.mark.parametrize(
    ("state", "is_timeout", "score"),
    [
        ({}, False, 0.0),
        ({}, True, None),
        ({"is_over": True, "reward": 1.0}, True, 1.0),
        ({"is_over": True, "reward": 0.0}, False, 0.0),
        ({"is_over": True, "reason": "broken"}, False, None),
    ],
)
def test_the_reward_is_read_from_the_state(state: dict[str, Any], *, is_timeout: bool, score: float | None) -> None:
    """Neither a harness that failed nor a rollout whose time was up has a reward of 0."""
    import verifiers.v1 as vf

    from pytest_rtlgen.training.environment.verifiers_taskset import RtlEpisodeData, RtlEpisodeTask
    from pytest_rtlgen.training.environment.verifiers_tools import RtlState

    task = RtlEpisodeTask(RtlEpisodeData(problem_id="x"), vf.TaskConfig())
    trace = vf.Trace(
        task=vf.TraceTask(type="RtlEpisodeTask", data=task.data),
        agent=vf.AgentInfo(config=vf.AgentConfig()),
        state=RtlState(**state),
        is_timeout=is_timeout,
    )
    if score is None:
        with pytest.raises(vf.TaskError, match="no reward"):
            asyncio.run(task.score(trace))
    else:
        asyncio.run(task.score(trace))
        assert trace.rewards["rtlgen"].score == score
