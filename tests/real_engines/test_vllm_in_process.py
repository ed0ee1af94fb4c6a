"""The real vLLM in this process, on a CPU, with a random checkpoint: ``make vllm-cpu-test``."""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from support.asking import collect, request

from pytest_rtlgen.backends import BackendSettings, GenerationRequest
from pytest_rtlgen.backends.engines.vllm_engine import VllmBackend
from pytest_rtlgen.backends.engines.vllm_load import Engine, LoadOrder, load_engine
from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.records import Completion, FinishReason, Message, Role

pytestmark = pytest.mark.real_engine

RECORDING = Path(__file__).parents[1] / "backends" / "recorded" / "vllm_outputs.json"
SMALL = {"enforce_eager": "true", "kv_cache_memory_bytes": str(64 << 20), "dtype": "float32", "max_model_len": "512"}
CORES = os.sched_getaffinity(0)
ASKED = {"n": 6, "temperature": 1.0, "max_tokens": 96, "seed": 3}


@dataclass
class Witness:
    """Loads the real engine and keeps what it put out."""

    outputs: list[dict[str, Any]]

    def load(self, order: LoadOrder) -> Engine:
        engine = load_engine(order)
        step = engine.core.step

        def watched() -> list[Any]:
            found: list[Any] = step()
            self.outputs.extend(describe(output) for output in found)
            return found

        engine.core.step = watched
        return engine


def describe(output: Any) -> dict[str, Any]:
    """Return a ``RequestOutput`` as plain values."""
    answer = output.outputs[0]
    return {
        "request_id": output.request_id,
        "finished": output.finished,
        "prompt_token_ids": list(output.prompt_token_ids),
        "metrics": {name: getattr(output.metrics, name) for name in ("scheduled_ts", "last_token_ts")},
        "outputs": [
            {
                "index": answer.index,
                "text": answer.text,
                "token_ids": list(answer.token_ids),
                "finish_reason": answer.finish_reason,
                "stop_reason": answer.stop_reason,
            }
        ],
    }


def backend(checkpoints: Path, *, lora: bool = False, model: str = "chat", **settings: str) -> VllmBackend:
    engine = tuple({**SMALL, **settings}.items())
    given = BackendSettings(engine=engine, lora=str(checkpoints / "adapter") if lora else None)
    return VllmBackend(str(checkpoints / model), given, is_chat=model == "chat")


def ask(made: VllmBackend) -> list[Completion]:
    return collect(made, request("counter", *range(6)), request("adder", *range(6)), **ASKED)


def texts(completions: list[Completion]) -> list[str]:
    return [completion.text for completion in completions]


@pytest.fixture(scope="module")
def witness() -> Witness:
    return Witness([])


@pytest.fixture(scope="module")
def plain(checkpoints: Path, witness: Witness) -> list[Completion]:
    made = backend(checkpoints)
    made._load = witness.load
    return ask(made)


def test_every_sample_comes_once_with_its_own_seed_and_text(plain: list[Completion]) -> None:
    assert [(c.key.problem_id, c.key.index) for c in plain] == [(p, i) for p in ("adder", "counter") for i in range(6)]
    assert len({c.seed for c in plain}) == len(set(texts(plain))) == 12
    assert {c.finish_reason for c in plain} == {FinishReason.STOP, FinishReason.LENGTH}
    for completion in plain:
        assert completion.usage.prompt is not None
        assert completion.usage.prompt > 40
        assert 0 < (completion.usage.completion or 0) <= 96
        assert (completion.finish_reason is FinishReason.LENGTH) == (completion.usage.completion == 96)
        assert completion.latency_s > 0


@pytest.mark.usefixtures("plain")
def test_the_engine_leaves_the_process_its_cores() -> None:
    assert os.sched_getaffinity(0) == CORES


def test_a_second_run_brings_the_same_texts(checkpoints: Path, plain: list[Completion]) -> None:
    assert texts(ask(backend(checkpoints))) == texts(plain)


def test_an_adapter_changes_the_texts_and_they_stay_the_same_too(checkpoints: Path, plain: list[Completion]) -> None:
    tuned = ask(backend(checkpoints, lora=True))
    assert texts(tuned) != texts(plain)
    assert len(set(texts(tuned))) == 12
    assert {completion.model for completion in tuned} == {f"{checkpoints / 'chat'}+adapter"}
    assert texts(ask(backend(checkpoints, lora=True))) == texts(tuned)


def text_request() -> GenerationRequest:
    asked = request("counter", 0, 1)
    message = Message(role=Role.USER, content="module counter(input clk);\n")
    return replace(asked, prompt=replace(asked.prompt, messages=(message,)))


def test_a_base_model_goes_on_with_a_text(checkpoints: Path) -> None:
    completions = collect(backend(checkpoints, model="base"), text_request(), max_tokens=8, temperature=1.0)
    assert [c.usage.prompt for c in completions] == [len("module counter(input clk);\n")] * 2  # a token a byte
    assert len(set(texts(completions))) == 2


def test_a_prompt_longer_than_the_engine_takes_is_told_before_anything_runs(checkpoints: Path) -> None:
    with pytest.raises(UsageError, match=r"the prompt of counter has \d+ tokens, the engine takes 32 with the answer"):
        collect(backend(checkpoints, max_model_len="32"), request("counter"))


def test_a_setting_that_vllm_refuses_is_one_line(checkpoints: Path) -> None:
    with pytest.raises(ToolError, match=r"vLLM cannot load the model \(.*; check the model and --rtlgen-engine$"):
        collect(backend(checkpoints, quantization="no-such-scheme"), request("counter"))


def test_the_recording_that_other_tests_play_is_of_this_engine(plain: list[Completion], witness: Witness) -> None:
    assert len(witness.outputs) == len(plain)
    if os.environ.get("RECORD_ENGINE"):
        RECORDING.parent.mkdir(exist_ok=True)
        lines = ",\n".join(json.dumps(output) for output in witness.outputs)
        RECORDING.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    recorded = json.loads(RECORDING.read_text(encoding="utf-8"))
    assert [shape(output) for output in recorded] == [shape(output) for output in witness.outputs]


def shape(value: Any) -> Any:
    """Return the types of a description."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])]
    return "int or none" if value is None or type(value) is int else type(value).__name__
