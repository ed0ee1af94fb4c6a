"""vLLM in process, at the seam: an engine that plays what the real one put out (``tests/real_engines`` records it)."""

import json
import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.asking import collect, request

from pytest_rtlgen.backends import BackendSettings, GenerationRequest, derive_seed
from pytest_rtlgen.backends.engines.vllm_engine import VllmBackend
from pytest_rtlgen.backends.engines.vllm_load import Engine, LoadOrder, list_arguments, load_engine
from pytest_rtlgen.backends.engines.weights import Weights
from pytest_rtlgen.errors import BackendError, ToolError, UsageError
from pytest_rtlgen.records import Completion, FinishReason, SampleKey, SamplingParams, TokenUsage

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # where the hub's library is installed it would be asked
RECORDED = json.loads((Path(__file__).with_name("recorded") / "vllm_outputs.json").read_text(encoding="utf-8"))
BOTH = (request("counter", *range(6)), request("adder", *range(6)))


def as_object(value: Any) -> Any:
    """Return recorded values with attributes in place of keys, as vLLM's objects have them."""
    if isinstance(value, dict):
        return SimpleNamespace(**{name: as_object(item) for name, item in value.items()})
    return [as_object(item) for item in value] if isinstance(value, list) else value


class Tokenizer:
    """A token a byte."""

    chat_template: str | None = "a template"

    def apply_chat_template(self, messages: list[dict[str, str]], **options: object) -> str:
        assert options.pop("tokenize") is False
        assert options.pop("add_generation_prompt") is True
        if "refuse" in options:
            raise ValueError("System role not supported")
        return f"{options}" + "".join(f"<{message['role']}>{message['content']}" for message in messages)

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        return [256] * add_special_tokens + list(text.encode())


@dataclass
class Player:
    """An engine that answers with the recording, two samples a step."""

    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Request id to what its answer is to have instead."""
    fails_after: int | None = None
    given: list[Any] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    tokenizer: Tokenizer = field(default_factory=Tokenizer)
    most_waiting: int = 0
    is_closed: bool = False

    def load(self, order: LoadOrder) -> Engine:
        warnings.warn("of a library of vLLM's; here it would be an error", DeprecationWarning, stacklevel=1)
        self.order = order
        return Engine(
            core=self,
            tokenizer=self.tokenizer,
            max_model_len=512,
            make_params=lambda sampling, seed: (sampling, seed),
            adapter=f"adapter at {order.adapter}" if order.adapter else None,
            close=self.close,
        )

    def close(self) -> None:
        self.is_closed = True

    def add_request(self, name: str, prompt: dict[str, list[int]], params: Any, *, lora_request: Any) -> None:
        self.given.append((name, prompt["prompt_token_ids"], params, lora_request))
        self.waiting.append(name)
        self.most_waiting = max(self.most_waiting, len(self.waiting))

    def step(self) -> list[Any]:
        if self.fails_after is not None and len(self.given) - len(self.waiting) >= self.fails_after:
            raise RuntimeError("CUDA out of memory.\nTried to allocate 2 GiB")
        done = [output for output in RECORDED if output["request_id"] in self.waiting][:2]
        outputs = []
        for output in done:
            self.waiting.remove(output["request_id"])
            answer = {**output["outputs"][0], **self.changes.get(output["request_id"], {})}
            outputs.append(as_object({**output, "outputs": [answer]}))
        unfinished = as_object({"request_id": "of a stream", "finished": False})
        return [unfinished, *outputs]


def ask(
    player: Player,
    *requests: GenerationRequest,
    settings: BackendSettings | None = None,
    is_chat: bool = True,
    **more: Any,
) -> list[Completion]:
    made = VllmBackend("owner/name", settings or BackendSettings(), is_chat=is_chat, load=player.load)
    return collect(made, *requests, **more)


def test_every_sample_is_a_request_with_a_seed_of_its_own() -> None:
    player = Player()
    completions = ask(player, *BOTH, seed=3, max_tokens=96)
    keys = [
        SampleKey(suite="test", problem_id=name, index=index) for name in ("counter", "adder") for index in range(6)
    ]
    sampling = SamplingParams(seed=3, max_tokens=96)
    assert [name for name, *_ in player.given] == [f"test/{key.problem_id}/{key.index}" for key in keys]
    assert [params for *_, params, _ in player.given] == [(sampling, derive_seed(3, key)) for key in keys]
    assert [completion.key for completion in completions] == sorted(keys)
    assert {c.key: c.seed for c in completions} == {key: derive_seed(3, key) for key in keys}
    assert player.is_closed


def test_an_answer_is_what_the_engine_put_out() -> None:
    (recorded,) = (output for output in RECORDED if output["request_id"] == "test/counter/3")
    answer = recorded["outputs"][0]
    (completion,) = ask(Player(), request("counter", 3))
    assert completion == Completion(
        key=SampleKey(suite="test", problem_id="counter", index=3),
        text=answer["text"],
        finish_reason=FinishReason(answer["finish_reason"]),
        usage=TokenUsage(prompt=len(recorded["prompt_token_ids"]), completion=len(answer["token_ids"])),
        model="owner/name",
        prompt_digest="digest of counter",
        seed=derive_seed(0, completion.key),
        latency_s=recorded["metrics"]["last_token_ts"] - recorded["metrics"]["scheduled_ts"],
    )
    assert {output["outputs"][0]["finish_reason"] for output in RECORDED} == {"stop", "length"}


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("stop", FinishReason.STOP), ("length", FinishReason.LENGTH), ("repetition", FinishReason.OTHER)],
)
def test_why_a_model_stopped(finish: str, reason: FinishReason) -> None:
    player = Player(changes={"test/counter/0": {"finish_reason": finish}})
    assert [completion.finish_reason for completion in ask(player, request("counter"))] == [reason]


@pytest.mark.parametrize("finish", ["abort", "error"])
def test_what_the_engine_did_not_answer_is_no_answer_of_the_model(finish: str) -> None:
    player = Player(changes={f"test/counter/{index}": {"finish_reason": finish} for index in (1, 2)})
    arrived: list[Completion] = []
    made = VllmBackend("owner/name", BackendSettings(), load=player.load)
    with pytest.raises(BackendError, match=rf"no answer to counter\[\d\] \({finish}\), 2 samples in all; run the same"):
        made.generate(BOTH, SamplingParams(), lambda *some: arrived.extend(some))
    assert len(arrived) == 10


def test_what_came_before_the_engine_failed_is_kept_and_its_memory_freed() -> None:
    player = Player(fails_after=4)
    arrived: list[Completion] = []
    made = VllmBackend("owner/name", BackendSettings(), load=player.load)
    with pytest.raises(
        BackendError, match=r"the engine failed \(RuntimeError: CUDA out of memory. Tried to allocate 2"
    ):
        made.generate(BOTH, SamplingParams(), lambda *some: arrived.extend(some))
    assert len(arrived) == 4
    assert player.is_closed


def test_no_more_is_given_to_the_engine_than_may_be_asked() -> None:
    left = iter([True] * 5 + [False] * 99)
    settings = BackendSettings(may_ask=lambda: next(left))
    assert len(ask(Player(), *BOTH, settings=settings)) == 5


def test_the_engine_is_never_given_more_than_it_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_rtlgen.backends.engines.vllm_engine._MOST_UNDER_WAY", 3)
    player = Player()
    assert len(ask(player, *BOTH)) == 12
    assert player.most_waiting == 3


def test_a_chat_goes_through_the_models_template_and_its_options() -> None:
    player = Player()
    ask(player, request("counter"), settings=BackendSettings(engine=(("chat_template_kwargs", '{"think": false}'),)))
    assert bytes(player.given[0][1]) == b"{'think': False}<system>Write Verilog.<user>counter"


def one_text(problem_id: str = "counter") -> GenerationRequest:
    asked = request(problem_id)
    return replace(asked, prompt=replace(asked.prompt, messages=asked.prompt.messages[1:]))


def test_a_base_model_is_given_the_text_as_it_is() -> None:
    player = Player()
    ask(player, one_text(), is_chat=False)
    assert player.given[0][1] == [256, *b"counter"]


def refuse_long(player: Player) -> list[Completion]:
    return ask(player, one_text("counter"), one_text("x" * 511), is_chat=False)


def refuse_untemplated(player: Player) -> list[Completion]:
    player.tokenizer.chat_template = None
    return ask(player, *BOTH)


def refuse_role(player: Player) -> list[Completion]:
    return ask(player, *BOTH, settings=BackendSettings(engine=(("chat_template_kwargs", '{"refuse": 1}'),)))


def refuse_chat(player: Player) -> list[Completion]:
    return ask(player, *BOTH, is_chat=False)


@pytest.mark.parametrize(
    ("asking", "message"),
    [
        (refuse_long, r"prompt of x+ has 512 tokens, the engine takes 512 with the answer; raise --rtlgen-engine=max_"),
        (refuse_untemplated, "no chat template, so it is a base model; write vllm-completions:owner/name and add"),
        (refuse_role, r"refuses the prompt of counter \(System role not supported\); choose a prompt style"),
        (refuse_chat, "prompt of test/counter is a chat of 2 messages; a base model goes on with one text: add"),
    ],
)
def test_prompts_that_do_not_fit_are_told_before_anything_runs(
    asking: Callable[[Player], list[Completion]], message: str
) -> None:
    player = Player()
    with pytest.raises(UsageError, match=message):
        asking(player)
    assert player.given == []
    assert player.is_closed


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    (tmp_path / "adapter_config.json").write_text('{"r": 24, "rank_pattern": {"q_proj": 40}}', encoding="utf-8")
    return tmp_path


def test_an_adapter_goes_with_every_request(adapter: Path) -> None:
    player = Player()
    completions = ask(player, *BOTH, settings=BackendSettings(lora=str(adapter)))
    assert {lora for *_, lora in player.given} == {f"adapter at {adapter}"}
    assert {completion.model for completion in completions} == {f"owner/name+{adapter.name}"}


def order(**changes: Any) -> LoadOrder:
    weights = Weights(name="m", revision=None, digest="d")
    return LoadOrder(**{"label": "vllm:m", "weights": weights, "adapter": None, "arguments": {}, **changes})


def test_what_vllm_is_told(adapter: Path) -> None:
    always = {"model": "m", "disable_log_stats": False, "use_tqdm_on_load": False}
    assert list_arguments(order()) == always
    pinned = Weights(name="m", revision="a1b2", digest="a1b2")
    assert list_arguments(order(weights=pinned, arguments={"revision": "main", "dtype": "float32"})) == {
        **always,
        "dtype": "float32",
        "revision": "a1b2",
    }
    assert list_arguments(order(adapter=adapter)) == {**always, "enable_lora": True, "max_lora_rank": 64}
    assert list_arguments(order(adapter=adapter, arguments={"max_lora_rank": 256}))["max_lora_rank"] == 256


def test_without_vllm_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(ToolError, match=r"vllm:m: vLLM cannot be imported \(.*\); pip install 'pytest-rtlgen\[vllm\]'"):
        load_engine(order())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"engine": (("tensor_paralel_size", "2"),)}, "vllm: no such setting; did you mean tensor_parallel_size?"),
        ({"engine": (("qqq", "2"),)}, "--rtlgen-engine=qqq=2: vllm: no such setting; it has tensor_parallel_size, "),
        ({"engine": (("max_model_len", "8k"),)}, "--rtlgen-engine=max_model_len=8k: must be a whole number, 1 or more"),
        ({"engine": (("enforce_eager", "maybe"),)}, "must be true or false"),
        ({"engine": (("gpu_memory_utilization", "90"),)}, "must be a number above 0, at most 1"),
        ({"engine": (("hf_overrides", "[1]"),)}, "must be a JSON object"),
        ({"lora": "nowhere"}, "--rtlgen-lora=nowhere: no LoRA adapter .*; name the folder that peft's save_pretrained"),
    ],
)
def test_settings_that_cannot_be_meant(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        VllmBackend("owner/name", BackendSettings(**settings))


def test_the_identity_tells_weights_adapter_and_settings_apart(adapter: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}", encoding="utf-8")

    def identify(**settings: Any) -> str:
        return VllmBackend(str(folder), BackendSettings(**settings)).identity

    first = identify()
    assert identify() == first
    assert str(tmp_path) not in first
    others = {identify(lora=str(adapter)), identify(engine=(("dtype", "float16"),))}
    (folder / "model.safetensors").write_bytes(b"weights")
    others.add(identify())
    assert len({first, *others}) == 4
