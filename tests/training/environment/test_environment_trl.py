"""The environment as TRL's own GRPOTrainer plays it: ``make test-training``."""

import asyncio
import importlib
import inspect
import json
import math
import pickle
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import builders
import pytest

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training.environment import EnvironmentSettings, RtlEnvironment, ToolName, open_environment
from pytest_rtlgen.training.environment.trl import TrlEpisode, TrlFactory, list_rows, log_outcomes

INVERTER = "module inv(input a, output y); assign y = ~a; endmodule"
WRONG = INVERTER.replace("~", "")
PROBLEM = builders.problem(INVERTER, "inv")
SETTINGS = EnvironmentSettings(tools=(ToolName.COMPILE, ToolName.SIMULATE, ToolName.SUBMIT), max_turns=4)


@pytest.fixture(scope="module")
def environment() -> Iterator[RtlEnvironment]:
    with open_environment([PROBLEM], SETTINGS) as made:
        yield made


def list_public(instance: TrlEpisode) -> set[str]:
    """Return what TRL finds on the class."""
    found = inspect.getmembers(type(instance), predicate=inspect.isfunction)
    return {name for name, _ in found if not name.startswith("_")}


@pytest.mark.simulator
@pytest.mark.parametrize("is_async", [False, True])
def test_one_episode(environment: RtlEnvironment, *, is_async: bool) -> None:
    factory: TrlFactory = pickle.loads(pickle.dumps(TrlFactory(environment, is_async=is_async)))  # noqa: S301
    instance: Any = factory()
    assert list_public(instance) == {"reset", "get_reward", "compile", "simulate", "submit"}
    assert inspect.iscoroutinefunction(instance.submit) is is_async
    assert "Args:\n    verilog: The Verilog text" in instance.simulate.__doc__

    def call(tool: str, verilog: str) -> str:
        answer = getattr(instance, tool)(verilog=verilog)
        return str(asyncio.run(answer) if is_async else answer)

    try:
        assert instance.reset(problem_id="inv", prompt="x") is None
        assert call("compile", INVERTER) == "It compiles.\n\n3 calls left."
        moved: Any = pickle.loads(pickle.dumps(instance))  # noqa: S301  in the middle of an episode
        assert moved.get_reward() == 0.0
        assert call("submit", INVERTER) == "Submitted. The episode is over."
        assert instance.get_reward() == 1.0
        instance.reset(problem_id="inv")
        call("submit", WRONG)
        assert instance.get_reward() == 0.0
    finally:
        factory.environment.close()


def test_a_row_without_the_column_is_refused(environment: RtlEnvironment) -> None:
    instance = TrlFactory(environment, column="task")()
    with pytest.raises(UsageError, match="no column 'task'; found problem_id; name it in TrlFactory"):
        instance.reset(problem_id="inv")
    with pytest.raises(UsageError, match="call reset first"):
        instance.get_reward()


def test_a_harness_that_fails_leaves_the_rollout_out() -> None:
    broken = builders.problem(INVERTER.replace("~a", "b"), "inv")
    with open_environment([broken]) as made:
        instance: Any = TrlFactory(made)()
        instance.reset(problem_id="inv")
        assert "a reason that is not yours" in instance.simulate(verilog=INVERTER)
        assert instance.get_reward() is None
        logged: dict[str, float] = {}
        assert log_outcomes([instance], logged.__setitem__) == [None]
    assert logged == {"rtlgen/failed": 1.0, "rtlgen/told_bits": 0.0, "rtlgen/turns": 1.0}


def make_model(texts: Sequence[str]) -> tuple[Any, Any]:
    """Return a small random model and a tokenizer that has the chat template of Qwen 2.5, as TRL ships it."""
    import torch
    import trl
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    parts = importlib.import_module("tokenizers")
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = parts.Tokenizer(parts.models.BPE())
    tokenizer.pre_tokenizer = parts.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = parts.decoders.ByteLevel()
    alphabet = parts.pre_tokenizers.ByteLevel.alphabet()
    trainer = parts.trainers.BpeTrainer(
        vocab_size=1500, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=special[0], eos_token=special[2])
    template = Path(trl.__file__).parent / "chat_templates" / "qwen2_5.jinja"
    fast.chat_template = template.read_text(encoding="utf-8")
    torch.set_num_threads(1)  # more only wait for each other where the cores are shared
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=2048,
        pad_token_id=fast.pad_token_id,
        eos_token_id=fast.eos_token_id,
        bos_token_id=None,
    )
    return LlamaForCausalLM(config), fast


def write_chat(verilog: str) -> list[dict[str, Any]]:
    """Return what a model says that submits ``verilog`` at once."""
    call = {"type": "function", "function": {"name": "submit", "arguments": {"verilog": verilog}}}
    return [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "name": "submit", "content": "Submitted. The episode is over."},
        {"role": "assistant", "content": "Done."},
    ]


def teach(model: Any, tokenizer: Any, chats: Sequence[Sequence[dict[str, Any]]], tools: list[Any]) -> None:
    """Train ``model`` on ``chats`` until it says them by heart."""
    import torch

    ids = [tokenizer.apply_chat_template(list(chat), tools=tools, tokenize=True, return_dict=False) for chat in chats]
    longest = max(map(len, ids))
    batch = torch.tensor([row + [tokenizer.pad_token_id] * (longest - len(row)) for row in ids])
    labels = batch.masked_fill(batch == tokenizer.pad_token_id, -100)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(150):
        loss = model(input_ids=batch, attention_mask=batch != tokenizer.pad_token_id, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


def train(factory: TrlFactory, folder: Path, *, steps: int) -> tuple[list[dict[str, Any]], list[float]]:
    """Return what GRPO logs of ``steps`` steps with a model that submits a right or a wrong design, and its rewards."""
    from datasets import Dataset
    from transformers.utils import get_json_schema
    from trl import GRPOConfig, GRPOTrainer

    warnings.simplefilter("default")  # what the libraries say to each other is not ours
    probe: Any = factory()
    rows = list_rows(factory.environment, style="chat")
    chats = [[*rows[0]["prompt"], *write_chat(verilog)] for verilog in (INVERTER, WRONG)]
    tools = [probe.compile, probe.simulate, probe.submit]
    model, tokenizer = make_model([json.dumps([*chats, *(get_json_schema(tool) for tool in tools)])] * 3)
    teach(model, tokenizer, chats, tools)
    trainer = GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=[log_outcomes],
        environment_factory=factory,
        train_dataset=Dataset.from_list(rows * 2),
        args=GRPOConfig(
            output_dir=str(folder),
            per_device_train_batch_size=8,
            num_generations=8,
            max_completion_length=160,
            max_steps=steps,
            logging_steps=1,
            report_to=[],
            use_cpu=True,
            bf16=False,
            save_strategy="no",
            seed=1,
        ),
    )
    trainer.train()
    logged = [entry for entry in trainer.state.log_history if "rtlgen/failed" in entry]
    return logged, list(trainer._logs["rewards"]["RtlEpisode"])


@pytest.mark.simulator
@pytest.mark.slow
@pytest.mark.training_stack
@pytest.mark.parametrize("is_async", [False, True])
def test_three_steps_of_grpo(
    environment: RtlEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_async: bool
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    logged, rewards = train(TrlFactory(environment, is_async=is_async), tmp_path, steps=3)
    assert len(logged) == 3
    assert all(math.isfinite(entry["loss"]) for entry in logged)
    assert {entry["rtlgen/failed"] for entry in logged} == {0.0}
    assert {entry["tools/failure_frequency"] for entry in logged} == {0.0}
    assert all(entry["tools/call_frequency"] >= 0.5 for entry in logged)
    assert set(rewards) == {0.0, 1.0}, "some designs were right, some wrong"
    assert all(entry["rtlgen/sealed"] == entry["rtlgen/feedback"] for entry in logged)


@pytest.mark.simulator
@pytest.mark.slow
@pytest.mark.training_stack
def test_grpo_learns_nothing_from_a_harness_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    broken = builders.problem(INVERTER.replace("~a", "b"), "inv")
    with open_environment([broken], SETTINGS) as made:
        (logged,), rewards = train(TrlFactory(made), tmp_path, steps=1)
    masked = sum(math.isnan(reward) for reward in rewards)
    assert masked == len(rewards) * logged["rtlgen/failed"] > 0, "not 0: TRL leaves them out"
    assert logged["loss"] == 0.0
    assert "rtlgen/sealed" not in logged
