"""The stage that is this recipe's own: GRPO."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.training.adaptive.trl import make_adaptive_trainer
from pytest_rtlgen.training.recipes.adapters import make_adapter
from pytest_rtlgen.training.recipes.data import list_questions, read_chats
from pytest_rtlgen.training.recipes.grpo.curve import Step, read_steps, write_steps
from pytest_rtlgen.training.recipes.grpo.settings import GrpoSettings
from pytest_rtlgen.training.recipes.trainers import (
    complete_fields,
    import_trainers,
    open_training_reward,
    save_checkpoint,
)
from pytest_rtlgen.training.reward.callable import Reward
from pytest_rtlgen.training.trl import for_trl

_LOG = logging.getLogger(__package__)


def train_grpo(settings: GrpoSettings) -> Sequence[Step]:
    """Train the supervised model by GRPO with our reward, leave it in ``grpo``, and return the steps.

    Raises:
        ToolError: TRL, or what ``[peft.grpo]`` needs, is not installed.
        UsageError: every prompt is too long.
    """
    import_trainers()
    reward = open_training_reward(settings)
    try:
        trainer = make_trainer(settings, reward)
        trainer.train()
    finally:
        reward.close()
    save_checkpoint(trainer, settings.out / "grpo", base=str(settings.out / "sft"))
    steps = read_steps(trainer.state.log_history)
    if trainer.is_world_process_zero():
        write_steps(settings.out, steps)
    return steps


def make_trainer(settings: GrpoSettings, reward: Reward) -> Foreign:
    """Return TRL's ``GRPOTrainer`` of the supervised model, with adaptive sampling where ``[adaptive]`` asks for it.

    Raises:
        ToolError: what ``[peft.grpo]`` needs is not installed.
        UsageError: every prompt is too long.
    """
    trl, datasets = import_trainers()
    questions = _list_short_questions(settings)
    _warn_of_known(settings, questions)
    kind: Any = make_adaptive_trainer() if settings.adaptive else trl.GRPOTrainer
    return kind(
        model=str(settings.out / "sft"),
        reward_funcs=for_trl(reward),
        train_dataset=datasets.Dataset.from_list(questions),
        args=trl.GRPOConfig(**complete_fields(settings, "grpo", settings.grpo)),
        **settings.adaptive,
        **make_adapter(settings, "grpo"),
    )


def _list_short_questions(settings: GrpoSettings) -> list[dict[str, Any]]:
    """Return the problems of the training without those whose prompts have more tokens than ``max_prompt_tokens``."""
    from transformers import AutoTokenizer

    questions, most = list_questions(settings, settings.data.train), settings.data.max_prompt_tokens
    if not most:
        return questions
    tokenizer = AutoTokenizer.from_pretrained(str(settings.out / "sft"))
    texts = [
        tokenizer.apply_chat_template(question["prompt"], tokenize=False, add_generation_prompt=True)
        for question in questions
    ]
    lengths = [len(tokenizer.encode(text, add_special_tokens=False)) for text in texts]
    short = [question for question, length in zip(questions, lengths, strict=True) if length <= most]
    if not short:
        raise UsageError(f"max_prompt_tokens = {most}: every prompt is longer; the shortest has {min(lengths)} tokens")
    if len(short) < len(questions):
        _LOG.info("%d of %d prompts have more than %d tokens", len(questions) - len(short), len(questions), most)
    return short


def _warn_of_known(settings: GrpoSettings, questions: Sequence[Mapping[str, Any]]) -> None:
    """Log how many of ``questions`` the model has been shown the answer to, where the demonstrations are there."""
    source = settings.data.demonstrations
    if not source.startswith("references:") and not Path(source).is_file():
        return
    shown = {json.dumps(row["messages"][:-1], sort_keys=True) for row in read_chats(settings)}
    known = sum(json.dumps(question["prompt"], sort_keys=True) in shown for question in questions)
    if known:
        _LOG.warning("%d of %d problems are among the demonstrations, too", known, len(questions))
