"""Random checkpoints that real engines load: a two-layer Qwen2, the same without a chat template, and a LoRA adapter.

Run by a Python that has torch, transformers and peft: ``python tiny_checkpoint.py FOLDER``. It is done in 5 s.
"""

import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def build(folder: Path) -> None:
    """Write ``chat``, ``base`` and ``adapter`` into ``folder``."""
    torch.manual_seed(7)
    tokenizer = _make_tokenizer()
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=8192,
        bos_token_id=None,
        eos_token_id=tokenizer.convert_tokens_to_ids("<|im_end|>"),
        pad_token_id=tokenizer.convert_tokens_to_ids("<|endoftext|>"),
    )
    model = Qwen2ForCausalLM(config).float()
    for name in ("chat", "base"):
        tokenizer.chat_template = TEMPLATE if name == "chat" else None
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    _write_adapter(model, folder / "adapter")


def _make_tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer of the 256 bytes: what a random model writes is always text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {symbol: number for number, symbol in enumerate([*SPECIAL, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",  # noqa: S106  a token, not a password
        pad_token="<|endoftext|>",  # noqa: S106
        additional_special_tokens=["<|im_start|>"],
    )


def _write_adapter(model: Qwen2ForCausalLM, folder: Path) -> None:
    lora = get_peft_model(model, LoraConfig(r=8, lora_alpha=64, target_modules=["q_proj", "v_proj", "o_proj"]))
    for name, weight in lora.named_parameters():
        if "lora_B" in name:  # zero at first, which would change nothing
            torch.nn.init.normal_(weight, std=0.2)
    lora.save_pretrained(folder)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
