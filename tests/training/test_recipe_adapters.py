"""LoRA and QLoRA in the recipes: spec2rtl's two stages, with a tiny model and, for their size, on meta."""

import json
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.recipe_runs import NO_VLLM, ON_CPU, drop_quantization, make_run

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.training.recipes import grpo
from pytest_rtlgen.training.recipes.adapters import make_adapter, split_fields
from pytest_rtlgen.training.recipes.grpo.settings import GrpoSettings
from pytest_rtlgen.training.recipes.grpo.stages import make_trainer, train_grpo
from pytest_rtlgen.training.recipes.settings import find_configuration, read_settings
from pytest_rtlgen.training.recipes.trainers import (
    make_supervised_trainer,
    open_training_reward,
    read_losses,
    train_supervised,
)

GRPO = Path(grpo.__file__).parent
quiet = pytest.mark.filterwarnings("ignore")  # what the libraries say to each other is not ours


def read_spec2rtl(out: Path) -> GrpoSettings:
    return read_settings(GrpoSettings, find_configuration("spec2rtl", GRPO), out)


def test_fields_of_the_two_libraries_stand_in_one_table(tmp_path: Path) -> None:
    settings = read_spec2rtl(tmp_path)
    lora, quantization = split_fields(settings.peft["sft"])
    assert (lora["r"], lora["lora_alpha"], len(lora["target_modules"])) == (32, 64, 7)
    assert quantization == {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_use_double_quant": True,
        "bnb_4bit_compute_dtype": "bfloat16",
    }
    assert split_fields(settings.peft["grpo"])[1] == {}


def test_losses_come_from_the_trainers_log() -> None:
    log = [{"step": 20, "loss": 2.0}, {"step": 40, "loss": 1.0}, {"step": 45, "train_loss": 1.4}]
    assert read_losses(log) == {"first_loss": 2.0, "last_loss": 1.0}
    assert read_losses(log[2:]) == {"mean_loss": 1.4}


def test_without_the_table_every_weight_is_trained(tmp_path: Path) -> None:
    assert make_adapter(replace(read_spec2rtl(tmp_path), peft={}), "sft") == {}


def test_a_missing_peft_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(ToolError, match=r"^\[peft\.grpo\] needs peft; run: pip install peft, or leave"):
        make_adapter(read_spec2rtl(tmp_path), "grpo")


@pytest.mark.training_stack
def test_a_missing_bitsandbytes_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(ToolError, match=r"^\[peft\.sft\] load_in_4bit, .*: needs bitsandbytes; run: pip install"):
        make_adapter(read_spec2rtl(tmp_path), "sft")


@pytest.mark.training_stack
@pytest.mark.parametrize(
    ("fields", "message"),
    [({"rank": 4}, r"^\[peft\.grpo\] rank: unknown; use fields of peft's LoraConfig$")],
)
def test_an_unknown_field_is_named(fields: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        make_adapter(replace(read_spec2rtl(tmp_path), peft={"grpo": fields}), "grpo")


@pytest.mark.training_stack
@quiet
def test_the_adapter_has_as_many_weights_as_the_published_one(tmp_path: Path) -> None:
    import peft
    import torch
    from transformers import AutoModelForCausalLM, Qwen2Config

    shape = Qwen2Config(  # of Qwen2.5-Coder-32B
        vocab_size=152_064,
        hidden_size=5120,
        intermediate_size=27_648,
        num_hidden_layers=64,
        num_attention_heads=40,
        num_key_value_heads=8,
        tie_word_embeddings=False,
    )
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(shape)
        adapted = peft.get_peft_model(model, make_adapter(read_spec2rtl(tmp_path), "grpo")["peft_config"])
    assert adapted.get_nb_trainable_parameters() == (134_217_728, 32_898_094_080)  # the adapter's card


@pytest.mark.training_stack
@pytest.mark.simulator
@pytest.mark.slow
@quiet
def test_spec2rtls_two_stages_leave_merged_checkpoints(tmp_path: Path) -> None:
    from peft import PeftConfig
    from transformers import AutoModelForCausalLM

    settings = drop_quantization(make_run(read_spec2rtl(tmp_path)))
    settings = replace(
        settings,
        sft={**settings.sft, "max_steps": 1, "learning_rate": 1e-2, "warmup_steps": 0, "save_strategy": "no"},
        grpo={**settings.grpo, **ON_CPU, **NO_VLLM, "max_steps": 1, "max_completion_length": 8, "save_strategy": "no"},
        reward={**settings.reward, "sandbox": "auto", "jobs": 1},
    )
    assert train_supervised(settings).keys() == {"steps", "mean_loss"}  # one step, none of which is logged
    (step,) = train_grpo(settings)
    assert step.failed == 0
    ranks = [PeftConfig.from_pretrained(str(tmp_path / stage / "adapter")).r for stage in ("sft", "grpo")]
    assert ranks == [32, 16]
    base, sft = (AutoModelForCausalLM.from_pretrained(tmp_path / name).state_dict() for name in ("base", "sft"))
    moved = {name.split(".")[-2] for name, weight in sft.items() if (weight - base[name]).abs().max() > 0}
    assert moved == set(settings.peft["sft"]["target_modules"])
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "grpo").config.architectures == ["Qwen2ForCausalLM"]


@pytest.mark.training_stack
@pytest.mark.simulator
@pytest.mark.slow
@quiet
def test_adapters_over_weights_of_four_bits_are_merged_into_those_of_the_base(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    settings = make_run(read_spec2rtl(tmp_path))
    settings = replace(
        settings,
        sft={**settings.sft, "max_steps": 1, "learning_rate": 1e-2, "warmup_steps": 0, "save_strategy": "no"},
        grpo={**settings.grpo, **ON_CPU, **NO_VLLM, "max_steps": 1, "max_completion_length": 8, "save_strategy": "no"},
        peft={**settings.peft, "grpo": settings.peft["sft"]},
        reward={**settings.reward, "sandbox": "auto", "jobs": 1},
    )
    layers = {type(module).__name__ for module in make_supervised_trainer(settings).model.modules()}
    assert "Linear4bit" in layers
    train_supervised(settings)
    train_grpo(settings)
    base = AutoModelForCausalLM.from_pretrained(tmp_path / "base").state_dict()
    for stage in ("sft", "grpo"):
        assert "quantization_config" not in json.loads((tmp_path / stage / "config.json").read_text(encoding="utf-8"))
        found = AutoModelForCausalLM.from_pretrained(tmp_path / stage).state_dict()
        assert {name: weight.dtype for name, weight in found.items()} == {
            name: weight.dtype for name, weight in base.items()
        }
        moved = {name.split(".")[-2] for name, weight in found.items() if (weight - base[name]).abs().max() > 0}
        assert moved == set(settings.peft["sft"]["target_modules"])


@pytest.mark.training_stack
@pytest.mark.simulator
@quiet
def test_spec2rtls_grpo_trains_a_fresh_adapter_over_one_problem_a_step(tmp_path: Path) -> None:
    settings = make_run(read_spec2rtl(tmp_path))
    settings = replace(settings, grpo={**settings.grpo, **ON_CPU, **NO_VLLM})
    with closing(open_training_reward(settings)) as reward:
        trainer = make_trainer(settings, reward)
    assert type(trainer).__name__ == "GRPOTrainer"
    assert trainer.args.generation_batch_size == trainer.num_generations == 2
    assert [function.__name__ for function in trainer.reward_funcs] == ["rtlgen_spec2rtl"]
    trained = [name for name, weight in trainer.model.named_parameters() if weight.requires_grad]
    assert len(trained) == 2 * 7  # of the one layer
    assert all("lora" in name for name in trained)
