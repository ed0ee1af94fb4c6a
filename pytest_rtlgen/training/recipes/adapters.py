"""Adapters: a stage that trains a LoRA, over weights that are quantized or not, instead of every weight."""

import importlib
import inspect
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.training.recipes.settings import Settings

_QUANTIZATION = ("load_in_", "bnb_", "llm_int8_")
"""What the fields of ``BitsAndBytesConfig`` begin with, and none of ``LoraConfig`` does."""


def make_adapter(settings: Settings, stage: str) -> dict[str, Foreign]:
    """Return the arguments of a trainer of TRL that make ``stage`` train the adapter of ``[peft.STAGE]``.

    ``peft_config``, and with ``load_in_4bit`` or ``load_in_8bit`` also ``quantization_config``: QLoRA. Without the
    table: nothing, so every weight is trained.

    Raises:
        ToolError: peft or bitsandbytes, which the table needs, is not installed.
        UsageError: a field that neither library knows.
    """
    if stage not in settings.peft:
        return {}
    place = f"[peft.{stage}]"
    lora, quantization = split_fields(settings.peft[stage])
    if find_spec("peft") is None:
        raise ToolError(f"{place} needs peft; run: pip install peft, or leave {place} out")
    made = {"peft_config": _make(place, "peft", "LoraConfig", {"task_type": "CAUSAL_LM", **lora})}
    if quantization:
        if find_spec("bitsandbytes") is None:
            names = ", ".join(quantization)
            raise ToolError(f"{place} {names}: needs bitsandbytes; run: pip install bitsandbytes, or leave them out")
        made["quantization_config"] = _make(place, "transformers", "BitsAndBytesConfig", quantization)
    return made


def split_fields(fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields of peft's ``LoraConfig``, and those of transformers' ``BitsAndBytesConfig``.

    >>> split_fields({"r": 16, "load_in_4bit": True})
    ({'r': 16}, {'load_in_4bit': True})
    """
    quantization = {name: value for name, value in fields.items() if name.startswith(_QUANTIZATION)}
    return {name: value for name, value in fields.items() if name not in quantization}, quantization


def merge_adapter(base: str, folder: Path) -> None:
    """Write to ``folder`` the checkpoint ``base`` with the adapter in ``folder/adapter`` merged into its weights.

    They are those of ``base`` as it is stored, also where the adapter was trained over quantized ones.

    Source: ``load_model_and_tokenizer`` in ``scripts/train_grpo.py`` of github.com/NoahSabb/spec2RTL (06a74f4), for
    merging into weights that are not quantized.
    """
    models, peft = importlib.import_module("transformers"), importlib.import_module("peft")
    model = models.AutoModelForCausalLM.from_pretrained(base, dtype="auto")
    merged = peft.PeftModel.from_pretrained(model, str(folder / "adapter")).merge_and_unload()
    merged.save_pretrained(str(folder))


def _make(place: str, module: str, name: str, fields: Mapping[str, Any]) -> Foreign:
    """Return an object of a library's class ``name`` with ``fields``.

    Raises:
        UsageError: one of them is unknown to it.
    """
    kind: Any = getattr(importlib.import_module(module), name)
    known = inspect.signature(kind).parameters
    for field in fields:
        if field not in known:
            raise UsageError(f"{place} {field}: unknown; use fields of {module}'s {name}")
    return kind(**fields)
