"""The overlong buffer in verl 0.9.1: its own ``dapo`` manager around our score, and ours by a tokenizer's count."""

import asyncio
import importlib
from pathlib import Path
from typing import Any

import pytest

from pytest_rtlgen.training.recipes.small_model import write_small_model

pytestmark = [
    pytest.mark.training_stack,
    pytest.mark.simulator,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # what the libraries say to each other is not ours
]
INVERTER = "module inv(input a, output y); assign y = ~a; endmodule"
RIGHT = f"<think>Flip it.</think><answer>```verilog\n{INVERTER}\n```</answer>"
ANSWERS = (RIGHT, RIGHT.replace("~", ""), f"{RIGHT} Is it? {'Yes. ' * 20}")
FIELDS = {"vocabulary": 300, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("model")
    write_small_model(made, FIELDS, ANSWERS, seed=1)
    return made


def make_row(tokens: list[int]) -> Any:
    """Return one completion as verl's workers hold it."""
    import torch
    from verl import DataProto

    ids = torch.tensor([tokens])
    return DataProto.from_dict(
        tensors={"responses": ids, "attention_mask": torch.ones_like(ids)},
        non_tensors={"data_source": ["rtl"], "reward_model": [{"ground_truth": INVERTER}], "extra_info": [{}]},
    )


def score(manager: str, folder: Path, kwargs: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Return what verl's reward manager of that name gives to each of ``ANSWERS``, as its configuration loads it."""
    from transformers import AutoTokenizer
    from verl.trainer.ppo.reward import load_reward_manager

    conf = importlib.import_module("omegaconf").OmegaConf
    function = {
        "path": "pkg://pytest_rtlgen.training.verl",
        "name": "compute_score_async",
        "reward_kwargs": {"preset": "codev-r1", **kwargs},
    }
    reward = {"custom_reward_function": function, "reward_manager": {"source": "register", "name": manager}, **more}
    tokenizer = AutoTokenizer.from_pretrained(str(folder))

    async def run() -> list[dict[str, Any]]:
        loaded = load_reward_manager(conf.create({"reward": reward}), tokenizer)
        rows = [make_row(tokenizer.encode(text, add_special_tokens=False)) for text in ANSWERS]
        return [await loaded.run_single(row) for row in rows]

    return asyncio.run(run())


def test_verls_dapo_manager_and_our_buffer_give_the_same(folder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    short, wrong, long = (len(tokenizer.encode(text, add_special_tokens=False)) for text in ANSWERS)
    assert wrong < short < long
    buffer = {"enable": True, "len": long - wrong, "penalty_factor": 0.5, "log": True}
    theirs = score("dapo", folder, {}, reward_kwargs={"overlong_buffer_cfg": buffer, "max_resp_len": long})
    options = {"overlong_max_length": long, "overlong_buffer": long - wrong, "overlong_factor": 0.5}
    ours = score("naive", folder, {**options, "tokenizer": str(folder)})
    expected = [1 - 0.5 * (short - wrong) / (long - wrong), 0.0, 0.5]
    assert [float(item["reward_score"]) for item in theirs] == pytest.approx(expected)
    assert [float(item["reward_score"]) for item in ours] == pytest.approx(expected)
    for found in (theirs, ours):
        assert [item["reward_extra_info"]["acc"] for item in found] == [1.0, 0.0, 1.0]
        assert [item["reward_extra_info"]["codev-r1"] for item in found] == [1.0, 0.0, 1.0]
