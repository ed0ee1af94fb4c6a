"""A real, tiny training with adaptive sampling; each of its processes leaves what it saw as JSON.

    accelerate launch --multi_gpu --num_processes 2 … tests/adaptive_run.py FOLDER STEPS

The model is random and has one word a token, so that some of its answers are right: real Icarus judges them.
"""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_rtlgen.training import Reward, RewardSettings, find_preset
from pytest_rtlgen.training.adaptive.trl import make_adaptive_trainer
from pytest_rtlgen.training.trl import for_trl

INVERTER = "module inverter(input a, output y); assign y = ~a; endmodule"
NEVER = "module gate(input a, input b, output y); assign y = a & b; endmodule"
ANSWERS = (INVERTER, INVERTER.replace("~", " !"), INVERTER.replace("~", "1'b1 ^ "), INVERTER.replace("~", ""))
GROUP = 4


def make_model(folder: Path) -> tuple[Any, Any]:
    """Return a random model of one layer and its tokenizer, whose words are two prompts and four answers."""
    import tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, set_seed

    set_seed(0)
    words = ["<pad>", "<eos>", "some", "never", *ANSWERS]
    vocabulary = {token: number for number, token in enumerate(words)}
    raw = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<eos>"))  # noqa: S106
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="<eos>")  # noqa: S106
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=64,
        pad_token_id=0,
        eos_token_id=1,
    )
    return LlamaForCausalLM(config), tokenizer


def make_watched() -> type:
    """Return the adaptive trainer, which also writes down what each round and each batch of its process held."""
    base: Any = make_adaptive_trainer()

    class Watched(base):  # type: ignore[misc]  # the base is only known now
        def __init__(self, *args: object, **kwargs: object) -> None:
            self.rounds: list[list[float | None]] = []
            self.batches: list[dict[str, Any]] = []
            super().__init__(*args, **kwargs)

        def _calculate_rewards(self, *args: object, **kwargs: object) -> object:
            found = super()._calculate_rewards(*args, **kwargs)
            self.rounds.append(list(self._rtlgen_correct))
            return found

        def _generate_and_score_completions(self, inputs: list[Any]) -> dict[str, Any]:
            made: dict[str, Any] = super()._generate_and_score_completions(inputs)
            self.batches.append(
                {
                    "advantages": made["advantages"].tolist(),
                    "tokens": int(made["completion_mask"].sum()),
                    "num_items_in_batch": int(made["num_items_in_batch"]),
                }
            )
            return made

    return Watched


def train(
    folder: Path,
    steps: int,
    *,
    references: Sequence[str] = (INVERTER, NEVER),
    preset: str = "equivalence",
    settings: Mapping[str, Any] = {},
    **options: Any,
) -> dict[str, Any]:
    """Train with 8 samples a process and step, and return what this process saw."""
    import torch
    import trl
    from datasets import Dataset

    model, tokenizer = make_model(folder)
    rows = [{"prompt": "never" if text == NEVER else "some", "problem_id": text} for text in references]
    chosen: dict[str, Any] = {"per_device_train_batch_size": 8, **settings}
    config = trl.GRPOConfig(
        output_dir=str(folder),
        num_generations=GROUP,
        max_completion_length=2,
        max_steps=steps,
        learning_rate=1e-3,
        **chosen,
        use_cpu=True,
        bf16=False,
        report_to=[],
        save_strategy="no",
        logging_steps=1,
    )
    reward = Reward(settings=RewardSettings(preset=find_preset(preset)))
    try:
        trainer: Any = make_watched()(
            model=model,
            processing_class=tokenizer,
            args=config,
            train_dataset=Dataset.from_list(rows * 8),
            reward_funcs=[for_trl(reward), *options.pop("extra", ())],
            **options,
        )
        trainer.train()
    finally:
        reward.close()
    weights = torch.cat([value.detach().flatten() for value in trainer.accelerator.unwrap_model(model).parameters()])
    return {
        "process": trainer.accelerator.process_index,
        "rounds": trainer.rounds,
        "batches": trainer.batches,
        "log": [row for row in trainer.state.log_history if "adaptive/rounds" in row],
        "weights": hashlib.sha256(weights.numpy().tobytes()).hexdigest(),
    }


def main() -> None:
    folder, steps = Path(sys.argv[1]), int(sys.argv[2])
    found = train(
        folder, steps, settings={"per_device_train_batch_size": 6}
    )  # a group and a half in each of two processes
    (folder / f"process{found['process']}.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
