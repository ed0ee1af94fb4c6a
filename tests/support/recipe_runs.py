"""A folder in which a recipe's stages find what they need, around a tiny model of Qwen2's architecture."""

from dataclasses import replace
from typing import Any, TypeVar

from pytest_rtlgen.training.recipes.adapters import split_fields
from pytest_rtlgen.training.recipes.data import write_sets
from pytest_rtlgen.training.recipes.easy import make_expression_tasks
from pytest_rtlgen.training.recipes.settings import DataSettings, Settings
from pytest_rtlgen.training.recipes.small_model import write_small_model

ON_CPU = {"use_cpu": True, "bf16": False, "gradient_checkpointing": False, "report_to": []}
"""What a stage's own fields are replaced by on a machine without a GPU."""
NO_VLLM = {"use_vllm": False, "model_init_kwargs": {}}
COUNTS = {"demonstrations": 6, "train": 4, "held_out": 2}
SHAPE = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
S = TypeVar("S", bound=Settings)


def make_run(settings: S) -> S:
    """Leave problems, demonstrations and a tiny Qwen2, as base and as supervised model; return the settings of them."""
    import torch
    from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

    out = settings.out
    write_sets(out, COUNTS, make_expression_tasks(7), prompt="{description}")
    texts = (out / "demonstrations.jsonl").read_text(encoding="utf-8").splitlines()
    write_small_model(out / "base", {"vocabulary": 300, **SHAPE}, texts, seed=1)  # for its tokenizer
    tokenizer = AutoTokenizer.from_pretrained(out / "base")
    torch.manual_seed(1)
    ids = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id, "bos_token_id": None}
    model = Qwen2ForCausalLM(Qwen2Config(**SHAPE, **ids, num_key_value_heads=1, vocab_size=len(tokenizer)))
    for name in ("base", "sft"):
        model.save_pretrained(out / name)
        tokenizer.save_pretrained(out / name)
    data = DataSettings(
        demonstrations=f"{out}/demonstrations.jsonl",
        train=(f"references:{out}/train.jsonl",),
        held_out=(f"references:{out}/held_out.jsonl",),
        max_prompt_tokens=settings.data.max_prompt_tokens,
    )
    sft: dict[str, Any] = {**settings.sft, **ON_CPU, "optim": "adamw_torch", "model_init_kwargs": {}}
    return replace(settings, data=data, model={"name": str(out / "base")}, sft=sft)


def drop_quantization(settings: S) -> S:
    """Return ``settings`` whose adapters are over the weights as they are."""
    return replace(settings, peft={stage: split_fields(fields)[0] for stage, fields in settings.peft.items()})
