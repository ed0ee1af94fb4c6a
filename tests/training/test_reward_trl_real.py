"""TRL's own GRPOTrainer takes two steps with our reward: ``make test-training``."""

import math
import warnings
from pathlib import Path
from typing import Any

import builders
import pytest

from pytest_rtlgen.training import Overlong, RewardSettings, find_preset, open_reward
from pytest_rtlgen.training.trl import for_trl

pytestmark = [pytest.mark.simulator, pytest.mark.slow, pytest.mark.training_stack]


def make_model() -> tuple[Any, Any]:
    """Return a random model of two layers and its tokenizer, a byte a token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate(["<pad>", "<eos>", *letters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        pad_token_id=0,
        eos_token_id=1,
    )
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>")  # noqa: S106
    return LlamaForCausalLM(config), fast


@pytest.mark.parametrize("overlong", [None, Overlong(max_length=16, buffer=16)])
def test_two_steps_of_grpo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overlong: Overlong | None) -> None:
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    warnings.simplefilter("default")  # what the libraries say to each other is not ours
    rows = Dataset.from_list(
        [{"prompt": "Write a counter.", "problem_id": "counter"}, {"prompt": "Write it.", "problem_id": "nonesuch"}] * 2
    )
    model, tokenizer = make_model()
    with open_reward([builders.problem()], RewardSettings(preset=find_preset("graded"), overlong=overlong)) as reward:
        trainer = GRPOTrainer(
            model=model,
            processing_class=tokenizer,
            reward_funcs=[for_trl(reward)],
            train_dataset=rows,
            args=GRPOConfig(
                output_dir=str(tmp_path),
                per_device_train_batch_size=4,
                num_generations=2,
                max_completion_length=16,
                max_steps=2,
                logging_steps=1,
                report_to=[],
                use_cpu=True,
                bf16=False,
                save_strategy="no",
            ),
        )
        trainer.train()
    logged = [entry for entry in trainer.state.log_history if "rtlgen/failed" in entry]
    assert len(logged) == 2
    assert {entry["rtlgen/failed"] for entry in logged} == {0.5}
    assert all((entry["rtlgen/overlong"] > 0) == (overlong is not None) for entry in logged)
    for entry in logged:
        assert entry["rewards/rtlgen_graded/mean"] == pytest.approx(-entry["rtlgen/overlong"]), "of those with a reward"
        assert entry["rtlgen/graded"] == entry["rtlgen/passed"] == 0.0
    assert all(math.isfinite(entry["loss"]) for entry in logged)
