"""Signal-aware DPO on TRL's trainer: ``make test-training``."""

import logging
import math
import pickle
import warnings
from pathlib import Path
from typing import Any

import pytest

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training.signals.collator import SpanCollator, cut_mask
from pytest_rtlgen.training.signals.dpo import add_masks, make_salv_trainer

pytestmark = pytest.mark.training_stack

TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}</{{ m.role }}>\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
CHOSEN, REJECTED = "so:\nassign x = a & b;\nassign y = 真;\n", "é\nassign x = a ^ b;\nassign y = b;\n"


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    torch.set_num_threads(1)
    warnings.simplefilter("default")  # what the libraries say to each other is not ours


def make_tokenizer(tokens: list[str] | None = None) -> Any:
    """Return a tokenizer of these words, or of bytes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    if tokens is None:
        letters = sorted(pre_tokenizers.ByteLevel.alphabet())
        tokenizer = Tokenizer(models.BPE(vocab={name: at for at, name in enumerate(["<eos>", *letters])}, merges=[]))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
    else:
        tokenizer = Tokenizer(models.WordLevel(vocab={name: at for at, name in enumerate(tokens)}))
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<eos>", eos_token="<eos>")  # noqa: S106
    fast.chat_template = TEMPLATE
    return fast


def make_model(vocabulary: int, layers: int = 1, size: int = 16) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=size,
        intermediate_size=size,
        num_hidden_layers=layers,
        num_attention_heads=1,
        pad_token_id=0,
        eos_token_id=0,
        rms_norm_eps=1e-12,
    )
    return LlamaForCausalLM(config)


def make_bigram(table: dict[str, dict[str, float]], tokens: list[str]) -> Any:
    """Return a model whose P(next | last token) is ``table``, and what it lacks in equal shares."""
    import torch

    model = make_model(len(tokens), layers=0, size=len(tokens))
    weights = torch.zeros(len(tokens), len(tokens))
    for last, name in enumerate(tokens):
        given = table.get(name, {})
        rest = (1 - sum(given.values())) / (len(tokens) - len(given))
        weights[:, last] = torch.tensor([math.log(given.get(item, rest)) for item in tokens])
    with torch.no_grad():
        model.get_input_embeddings().weight.copy_(torch.eye(len(tokens)))
        model.lm_head.weight.copy_(weights / math.sqrt(len(tokens)))  # the last norm scales a unit vector so
    return model


def make_trainer(folder: Path, model: Any, tokenizer: Any, rows: list[dict[str, Any]], **settings: Any) -> Any:
    from datasets import Dataset
    from trl import DPOConfig

    reference = settings.pop("reference", None)
    options = {"per_device_train_batch_size": 2, "max_steps": 2, "logging_steps": 1, "beta": 0.5, **settings}
    args = DPOConfig(
        output_dir=str(folder), report_to=[], use_cpu=True, bf16=False, save_strategy="no", seed=1, **options
    )
    return make_salv_trainer()(
        model=model,
        ref_model=reference if reference is not None else make_model(model.config.vocab_size),
        processing_class=tokenizer,
        train_dataset=Dataset.from_list(rows),
        args=args,
    )


TOKENS = ["<eos>", "go", "x", "y", "z", "w"]
POLICY = {"go": {"x": 0.6, "z": 0.1}, "x": {"y": 0.9}, "z": {"y": 0.05}}
REFERENCE = {"go": {"x": 0.3, "z": 0.2}, "x": {"y": 0.1}, "z": {"y": 0.8}}


@pytest.mark.parametrize(
    ("spans", "is_whole", "loss"),
    [
        # chosen x: log(0.6 / 0.3) = log 2; rejected z: log(0.1 / 0.2) = -log 2; beta (log 2 + log 2) = log 2
        ([[0, 1]], False, 0.405465),  # -log sigmoid(log 2) = log(3 / 2)
        # the second tokens: log(0.9 / 0.1) = log 9; log(0.05 / 0.8) = -log 16; beta log 144 = log 12
        ([[2, 3]], False, 0.080043),  # log(13 / 12)
        # both: log 18 + log 32 = log 576; beta log 576 = log 24
        ([[0, 1], [2, 3]], False, 0.040822),  # log(25 / 24)
        # and the end: P(eos | y) is 1/6 in both, which adds nothing
        ([[0, 3]], True, 0.040822),
    ],
    ids=["first token", "second token", "both", "plain DPO"],
)
def test_the_loss_is_equation_2(tmp_path: Path, spans: list[list[int]], is_whole: bool, loss: float) -> None:
    row: dict[str, Any] = {"prompt": "go ", "chosen": "x y <eos>", "rejected": "z y <eos>"}
    row |= {"chosen_spans": spans, "rejected_spans": spans, "is_whole": is_whole}
    trainer = make_trainer(
        tmp_path, make_bigram(POLICY, TOKENS), make_tokenizer(TOKENS), [row], reference=make_bigram(REFERENCE, TOKENS)
    )
    batch = trainer.data_collator([trainer.train_dataset[0]])
    assert batch["input_ids"].tolist() == [[1, 2, 3, 0], [1, 4, 3, 0]]
    assert trainer.compute_loss(trainer.model, batch).item() == pytest.approx(loss, abs=1e-5)


def make_rows(count: int = 2, **changes: Any) -> list[dict[str, Any]]:
    row = {
        "prompt": [{"role": "user", "content": "Write it. assign x"}],
        "chosen": [{"role": "assistant", "content": CHOSEN}],
        "rejected": [{"role": "assistant", "content": REJECTED}],
        "chosen_spans": [[4, 21]],
        "rejected_spans": [[2, 19]],
        "is_whole": False,
    }
    return [{**row, **changes} for _ in range(count)]


def read_masked(tokenizer: Any, batch: dict[str, Any], row: int, bit: int = 1) -> str:
    kept = [
        int(number)
        for number, counts, real in zip(
            batch["input_ids"][row], batch["completion_mask"][row], batch["attention_mask"][row], strict=True
        )
        if counts == bit and real
    ]
    return str(tokenizer.decode(kept))


@pytest.mark.parametrize("precompute", [False, True], ids=["reference model", "precomputed"])
def test_training_counts_just_the_spans(tmp_path: Path, precompute: bool) -> None:
    tokenizer, model = make_tokenizer(), make_model(257)
    trainer = make_trainer(tmp_path, model, tokenizer, make_rows(4), precompute_ref_log_probs=precompute)
    batch = trainer.data_collator([trainer.train_dataset[0]])
    assert read_masked(tokenizer, batch, 0) == "assign x = a & b;"
    assert read_masked(tokenizer, batch, 1) == "assign x = a ^ b;"
    user = "<user>Write it. assign x</user>\n<assistant>"
    assert read_masked(tokenizer, batch, 0, bit=0) == f"{user}so:\n\nassign y = 真;</assistant>\n"
    if precompute:
        whole = trainer.model(input_ids=batch["input_ids"], labels=batch["input_ids"], fused_lm_head=True).log_probs
        counted = (whole[:, -batch["completion_mask"].shape[1] + 1 :] * batch["completion_mask"][:, 1:]).sum(dim=1)
        assert batch["ref_chosen_logps"].tolist() == pytest.approx([counted[0].item()], rel=1e-3)
    trainer.train()
    assert all(math.isfinite(entry["loss"]) for entry in trainer.state.log_history if "loss" in entry)


def test_unused_columns_may_be_removed(tmp_path: Path) -> None:
    trainer = make_trainer(tmp_path, make_model(257), make_tokenizer(), make_rows(), remove_unused_columns=True)
    batch = next(iter(trainer.get_train_dataloader()))
    assert batch["completion_mask"].sum(dim=1).tolist() == [17, 17, 17, 17]


def test_truncation_cuts_masks_like_ids(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tokenizer = make_tokenizer()
    head = len(tokenizer("<user>Write it. assign x</user>\n<assistant>").input_ids)
    late = make_rows(1, chosen_spans=[[22, 35]])
    with caplog.at_level(logging.WARNING, logger="pytest_rtlgen"):
        trainer = make_trainer(tmp_path, make_model(257), tokenizer, make_rows(1) + late, max_length=head + 10)
    assert "max_length 53 cuts off the spans of 1 pairs" in caplog.text
    batch = trainer.data_collator([trainer.train_dataset[0]])
    assert batch["input_ids"].shape == (2, head + 10)
    assert read_masked(tokenizer, batch, 0) == "assign"
    with pytest.raises(UsageError, match="max_length 46 cuts off the spans of all 2 pairs"):
        make_trainer(tmp_path, make_model(257), tokenizer, make_rows(2), max_length=head + 3)


@pytest.mark.parametrize(
    ("length", "mode", "kept"),
    [(None, "keep_start", [0, 1, 1]), (5, "keep_end", [0, 1, 1]), (2, "keep_start", [0, 1]), (2, "keep_end", [1, 1])],
)
def test_what_is_left_of_a_mask(length: int | None, mode: str, kept: list[int]) -> None:
    assert cut_mask([0, 1, 1], length, mode) == kept


def test_the_collator_cuts_from_either_end_and_can_be_pickled() -> None:
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    example = {"prompt_ids": [1, 2], "chosen_ids": [3, 4], "rejected_ids": [5]}
    example |= {"chosen_mask": [0, 1], "rejected_mask": [1]}
    for mode, expected in (("keep_start", [[0, 0, 0], [0, 0, 1]]), ("keep_end", [[0, 0, 1], [0, 0, 1]])):
        inner = DataCollatorForPreference(pad_token_id=0, max_length=3, truncation_mode=mode)
        collator = pickle.loads(pickle.dumps(SpanCollator(inner)))  # noqa: S301  made here
        assert collator([example])["completion_mask"].tolist() == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"template": "{% for m in messages %}{{ m.content | upper }}{% endfor %}"},
            "chat template changes the chosen",
        ),
        ({"ids": [1, 2]}, "reads the chosen answer in another way than TRL did"),
    ],
)
def test_what_cannot_be_masked_is_refused(changes: dict[str, Any], message: str) -> None:
    tokenizer = make_tokenizer()
    tokenizer.chat_template = changes.get("template", TEMPLATE)
    row = {**make_rows(1)[0], "prompt_ids": [], "chosen_ids": changes.get("ids", []), "rejected_ids": []}
    with pytest.raises(UsageError, match=message):
        add_masks(row, tokenizer)


def test_rows_without_spans_are_refused(tmp_path: Path) -> None:
    row = {"prompt": "go", "chosen": "x", "rejected": "y", "is_whole": False}
    with pytest.raises(UsageError, match="the data set has no chosen_spans, rejected_spans; make rows with make_row"):
        make_trainer(tmp_path, make_model(257), make_tokenizer(), [row])
