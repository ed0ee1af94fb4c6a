"""Adaptive sampling in TRL: the parts, and TRL's own trainer with a tiny model (``make test-training``)."""

import itertools
import math
import random
from pathlib import Path
from typing import Any

import pytest

from pytest_rtlgen.training.adaptive.trl import add_rewards, draw_rows, make_adaptive_trainer


def test_rewards_are_added_as_trl_adds_them() -> None:
    table = [[1.0, 0.5], [math.nan, 0.5], [math.nan, math.nan]]
    assert add_rewards(table, [1.0, 2.0]) == [2.0, 1.0, None]


def test_rows_are_drawn_without_end_each_pass_whole_and_in_another_order() -> None:
    rows = list(itertools.islice(draw_rows("abcdef", seed=3), 12))
    assert sorted(rows[:6]) == sorted(rows[6:]) == list("abcdef")
    assert rows[:6] != rows[6:]
    assert rows == list(itertools.islice(draw_rows("abcdef", seed=3), 12))


def make_tiny(folder: Path) -> tuple[Any, Any]:
    """Return a random model of two layers and its tokenizer of single characters."""
    import tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, set_seed

    set_seed(0)
    vocabulary = {token: number for number, token in enumerate(["<pad>", "<eos>", *"abcdefgh"])}
    raw = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<eos>"))  # noqa: S106
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="<eos>")  # noqa: S106
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=64,
        pad_token_id=0,
        eos_token_id=1,
    )
    return LlamaForCausalLM(config), tokenizer


@pytest.mark.training_stack
@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("is_hopeless", [False, True], ids=["learnable", "hopeless"])
def test_a_real_trainer_trains_on_useful_groups_only(tmp_path: Path, is_hopeless: bool) -> None:
    import trl
    from datasets import Dataset

    model, tokenizer = make_tiny(tmp_path)
    rng = random.Random(0)
    seen: list[int] = []

    def reward(prompts: list[str], **_: object) -> list[float]:
        seen.append(len(prompts))
        return [float(prompt == "ab" and rng.random() < 0.5 and not is_hopeless) for prompt in prompts]

    settings = trl.GRPOConfig(
        output_dir=str(tmp_path),
        per_device_train_batch_size=8,
        num_generations=4,
        max_completion_length=6,
        max_steps=3,
        use_cpu=True,
        bf16=False,
        report_to=[],
        save_strategy="no",
        logging_steps=1,
    )
    trainer = make_adaptive_trainer()(
        model=model,
        processing_class=tokenizer,
        args=settings,
        train_dataset=Dataset.from_dict({"prompt": ["ab", "cd", "ef"] * 8}),
        reward_funcs=[reward],
        sampling_rounds=4,
    )
    trainer.train()
    log = [row for row in trainer.state.log_history if "adaptive/rounds" in row]
    assert len(log) == 3
    assert sum(seen) == sum(row["adaptive/generated_prompts"] for row in log) * 4
    assert all(row["adaptive/rounds"] <= 4 for row in log)
    if is_hopeless:
        assert all((row["adaptive/useful_groups"], row["grad_norm"]) == (0, 0) for row in log)
    else:
        assert [row["adaptive/useful_groups"] for row in log] == [2, 2, 2]
        assert all(row["grad_norm"] > 0 for row in log)
