"""transformers, at the seam: a model that writes given tokens. ``tests/real_engines`` runs the real library."""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from support.asking import collect, request

from pytest_rtlgen.backends import BackendSettings, derive_seed
from pytest_rtlgen.backends.engines.transformers_load import Model, ModelOrder, load_model
from pytest_rtlgen.backends.engines.transformers_model import TransformersBackend
from pytest_rtlgen.backends.engines.weights import Weights
from pytest_rtlgen.errors import BackendError, ToolError, UsageError
from pytest_rtlgen.records import Completion, FinishReason, SampleKey, SamplingParams, TokenUsage

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # where the hub's library is installed it would be asked
END = 0


class Tokenizer:
    """A token a byte; the end is byte 0."""

    chat_template = "a template"

    def apply_chat_template(self, messages: list[dict[str, str]], **_: object) -> str:
        return "".join(f"<{message['role']}>{message['content']}" for message in messages)

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        assert not add_special_tokens
        return list(text.encode())

    def decode(self, tokens: list[int], *, skip_special_tokens: bool) -> str:
        assert skip_special_tokens
        return bytes(token for token in tokens if token != END).decode()


@dataclass
class Writer:
    """A model that writes ``ab``, an end and filling for even samples, and ``abcd`` without an end for odd ones."""

    fails_at: int | None = None
    asked: list[tuple[bytes, int, int]] = field(default_factory=list)
    """(prompt, samples, most new tokens) of each batch."""
    is_closed: bool = False
    order: ModelOrder | None = None

    def load(self, order: ModelOrder) -> Model:
        warnings.warn("of a library; here it would be an error", DeprecationWarning, stacklevel=1)
        self.order = order
        return Model(tokenizer=Tokenizer(), context=64, ends=frozenset({END}), write=self.write, close=self.close)

    def close(self) -> None:
        self.is_closed = True

    def write(self, prompt: Sequence[int], seeds: Sequence[int], _: SamplingParams, most: int) -> list[list[int]]:
        if self.fails_at == len(self.asked):
            raise RuntimeError("CUDA out of memory")
        self.asked.append((bytes(prompt), len(seeds), most))
        rows = ([*b"ab", END, END], [*b"abcd"])
        return [rows[place % 2] for place in range(len(seeds))]


def backend(writer: Writer, **settings: Any) -> TransformersBackend:
    return TransformersBackend("owner/name", BackendSettings(**settings), load=writer.load)


def test_samples_of_a_problem_are_written_together_in_batches() -> None:
    writer = Writer()
    prompt = b"<system>Write Verilog.<user>counter"
    engine = (("batch_size", "2"),)
    completions = collect(backend(writer, engine=engine), request("counter", 0, 1, 2), request("adder"), max_tokens=9)
    assert writer.asked == [(prompt, 2, 9), (prompt, 1, 9), (b"<system>Write Verilog.<user>adder", 1, 9)]
    assert len(completions) == 4
    assert writer.is_closed


def test_an_answer_ends_where_the_model_ended_it() -> None:
    ended, cut = collect(backend(Writer()), request("counter", 4, 5))
    key = SampleKey(suite="test", problem_id="counter", index=4)
    assert ended == Completion(
        key=key,
        text="ab",
        finish_reason=FinishReason.STOP,
        usage=TokenUsage(prompt=35, completion=3),
        model="owner/name",
        prompt_digest="digest of counter",
        seed=derive_seed(0, key),
        latency_s=ended.latency_s,
    )
    assert (cut.text, cut.finish_reason, cut.usage.completion) == ("abcd", FinishReason.LENGTH, 4)


def test_without_a_limit_an_answer_may_fill_the_model() -> None:
    writer = Writer()
    collect(backend(writer), request("counter"))
    collect(backend(writer), request("counter"), max_tokens=4096)
    assert [most for *_, most in writer.asked] == [64 - 35, 64 - 35]


def test_a_prompt_that_does_not_fit_is_told_before_anything_runs() -> None:
    writer = Writer()
    with pytest.raises(
        UsageError, match=r"the prompt of x+ has 68 tokens, the model takes 64 with the answer; shorten"
    ):
        collect(backend(writer), request("counter"), request("x" * 40))
    assert writer.asked == []
    assert writer.is_closed


def test_what_was_written_before_a_failure_is_kept() -> None:
    writer, arrived = Writer(fails_at=1), list[Completion]()
    with pytest.raises(BackendError, match=r"failed at adder \(RuntimeError: CUDA out of memory\); lower --rtlgen-eng"):
        backend(writer).generate(
            [request("counter", 0, 1), request("adder")], SamplingParams(), lambda *some: arrived.extend(some)
        )
    assert [completion.key.problem_id for completion in arrived] == ["counter", "counter"]
    assert writer.is_closed


def test_no_more_batches_than_may_be_asked() -> None:
    left = iter([True, False])
    assert len(collect(backend(Writer(), may_ask=lambda: next(left)), request("a", 0, 1), request("b"))) == 2


def test_a_base_model_wants_one_text() -> None:
    made = TransformersBackend("owner/name", BackendSettings(), is_chat=False, load=Writer().load)
    with pytest.raises(UsageError, match="transformers-completions:owner/name: the prompt of test/a is a chat of 2"):
        collect(made, request("a"))


def test_what_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text('{"r": 8}', encoding="utf-8")
    writer = Writer()
    engine = (("dtype", "float32"), ("device", "cpu"), ("revision", "a1b2"), ("batch_size", "4"))
    (completion,) = collect(backend(writer, lora=str(tmp_path), engine=engine), request("a"))
    assert writer.order == ModelOrder(
        label="transformers:owner/name",
        weights=Weights(name="owner/name", revision="a1b2", digest="owner/name@a1b2"),
        adapter=tmp_path,
        device="cpu",
        arguments={"dtype": "float32"},
    )
    assert completion.model == f"owner/name+{tmp_path.name}"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"engine": (("tensor_parallel_size", "2"),)}, "transformers: no such setting; it has dtype, device, attn_"),
        ({"engine": (("batch_size", "many"),)}, "--rtlgen-engine=batch_size=many: must be a whole number, 1 or more"),
        ({"lora": "nowhere"}, "--rtlgen-lora=nowhere: no LoRA adapter"),
    ],
)
def test_settings_that_cannot_be_meant(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        backend(Writer(), **settings)


def test_the_identity_tells_settings_apart() -> None:
    plain = backend(Writer()).identity
    assert plain == 'transformers of owner/name@main with none {"chat_template_kwargs": {}}'
    assert backend(Writer(), engine=(("dtype", "float16"),)).identity != plain
    assert backend(Writer(), engine=(("batch_size", "2"),)).identity == plain


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr("importlib.import_module", refuse)
    weights = Weights(name="m", revision=None, digest="d")
    order = ModelOrder(label="transformers:m", weights=weights, adapter=None, device=None, arguments={})
    with pytest.raises(ToolError, match=r"No module named 'torch'; pip install 'pytest-rtlgen\[transformers\]'"):
        load_model(replace(order))
