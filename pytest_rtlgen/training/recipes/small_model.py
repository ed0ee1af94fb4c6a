"""A model small enough for a CPU, with random weights, and a tokenizer of the run's own text."""

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_rtlgen.foreign import Foreign

PAD, ANSWER, END = "<|pad|>", "<|answer|>", "<|end|>"
TEMPLATE = (
    "{% for message in messages %}{{ message['content'] }}"
    "{{ '<|end|>' if message['role'] == 'assistant' else '<|answer|>' }}{% endfor %}"
)


def write_small_model(folder: Path, fields: Mapping[str, Any], texts: Sequence[str], *, seed: int) -> int:
    """Write a Llama of random weights and its tokenizer into ``folder``; return its number of parameters.

    ``fields``: those of ``LlamaConfig``, and ``vocabulary``, the most tokens; ``texts``: what the tokenizer learns on.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _make_tokenizer(texts, int(fields["vocabulary"]))
    torch.manual_seed(seed)
    config = LlamaConfig(
        **{name: value for name, value in fields.items() if name != "vocabulary"},
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.convert_tokens_to_ids(PAD),
        eos_token_id=tokenizer.convert_tokens_to_ids(END),
        bos_token_id=None,
    )
    model = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return sum(int(weight.numel()) for weight in model.parameters())


def _make_tokenizer(texts: Sequence[str], vocabulary: int) -> Foreign:  # a tokenizer of transformers
    """Return a byte-level BPE tokenizer; every text can be written, so that nothing is an unknown token."""
    from transformers import PreTrainedTokenizerFast

    parts = importlib.import_module("tokenizers")
    tokenizer = parts.Tokenizer(parts.models.BPE())
    tokenizer.pre_tokenizer = parts.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = parts.decoders.ByteLevel()
    alphabet = parts.pre_tokenizers.ByteLevel.alphabet()
    trainer = parts.trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=[PAD, ANSWER, END], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=PAD, eos_token=END, additional_special_tokens=[ANSWER]
    )
    fast.chat_template = TEMPLATE
    return fast
