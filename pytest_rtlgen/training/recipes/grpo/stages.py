"""The two stages that train: supervised, then GRPO. Each starts from a checkpoint on disk and leaves one there."""

import importlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.prompts.read import read_style
from pytest_rtlgen.training.options import make_reward, read_reward_options
from pytest_rtlgen.training.recipes.grpo.curve import Step, read_steps, write_steps
from pytest_rtlgen.training.recipes.grpo.early_stop import make_early_stop
from pytest_rtlgen.training.recipes.grpo.easy import write_sets
from pytest_rtlgen.training.recipes.grpo.settings import Settings
from pytest_rtlgen.training.recipes.grpo.small_model import write_small_model
from pytest_rtlgen.training.reward import Reward
from pytest_rtlgen.training.trl import for_trl


def make_data(settings: Settings) -> str:
    """Make up the sets and the model that the settings ask for; return what was made."""
    made = []
    if settings.data.generated:
        template = read_style(settings.prompt).template
        if template is None:
            raise UsageError(f"prompt = {settings.prompt!r}: what is generated is asked with a template; name a file")
        write_sets(settings.out, settings.data.generated, seed=settings.seed, prompt=template)
        made.append(", ".join(f"{count} {name}" for name, count in settings.data.generated.items()))
    if "name" not in settings.model:
        texts = [message["content"] for row in _read_chats(settings) for message in row["messages"]]
        size = write_small_model(settings.out / "base", settings.model, texts, seed=settings.seed)
        made.append(f"a model of {size:,} parameters")
    return "; ".join(made) or "nothing to make"


def train_supervised(settings: Settings) -> Mapping[str, float]:
    """Train the base model on the demonstrations, leave it in ``sft``, and return the steps it took and its loss."""
    trl, datasets = _import_trainers()
    rows = [{"prompt": row["messages"][:-1], "completion": row["messages"][-1:]} for row in _read_chats(settings)]
    reward = _make_reward(settings)
    try:
        trainer = trl.SFTTrainer(
            model=settings.base,
            train_dataset=datasets.Dataset.from_list(rows),
            args=trl.SFTConfig(**_complete(settings, "sft", settings.sft)),
        )
        if settings.start:
            questions = list_questions(settings, settings.data.train)
            trainer.add_callback(make_early_stop(settings, reward, questions))
        trainer.train()
    finally:
        reward.close()
    _save(trainer, settings.out / "sft")
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return {"steps": trainer.state.global_step, "first_loss": losses[0], "last_loss": losses[-1]}


def train_grpo(settings: Settings) -> Sequence[Step]:
    """Train the supervised model by GRPO with our reward, leave it in ``grpo``, and return the steps.

    Raises:
        ToolError: TRL is not installed.
    """
    trl, datasets = _import_trainers()
    reward = _make_reward(settings)
    try:
        trainer = trl.GRPOTrainer(
            model=str(settings.out / "sft"),
            reward_funcs=[for_trl(reward)],
            train_dataset=datasets.Dataset.from_list(list_questions(settings, settings.data.train)),
            args=trl.GRPOConfig(**_complete(settings, "grpo", settings.grpo)),
        )
        trainer.train()
    finally:
        reward.close()
    _save(trainer, settings.out / "grpo")
    steps = read_steps(trainer.state.log_history)
    if trainer.is_world_process_zero():
        write_steps(settings.out, steps)
    return steps


def list_questions(settings: Settings, suites: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row for each problem of ``suites`` that can be judged: the chat of the harness, and its id."""
    style = read_style(settings.prompt)
    problems = [problem for spec in suites for problem in load_suite(spec).problems]
    return [
        {
            "prompt": [
                {"role": str(message.role), "content": message.content}
                for message in render_prompt(problem, style).messages
            ],
            "problem_id": problem.problem_id,
        }
        for problem in problems
        if not problem.unjudged
    ]


def _make_reward(settings: Settings) -> Reward:
    return make_reward(read_reward_options({**settings.reward, "suites": settings.data.train}))


def _read_chats(settings: Settings) -> list[dict[str, Any]]:
    path = Path(settings.data.demonstrations)
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name a file of chats in [data] demonstrations") from error


def _complete(settings: Settings, stage: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``fields`` with what every stage has in common; what they name themselves stays."""
    common = {"output_dir": str(settings.out / "trainer" / stage), "seed": settings.seed, "report_to": []}
    return {**common, "save_strategy": "no", "disable_tqdm": True, **fields}


def _save(trainer: Any, folder: Path) -> None:  # noqa: ANN401  a trainer of TRL
    trainer.save_model(str(folder))
    if trainer.is_world_process_zero():
        trainer.processing_class.save_pretrained(str(folder))


def _import_trainers() -> tuple[Any, Any]:
    try:
        trl, datasets, transformers = map(importlib.import_module, ("trl", "datasets", "transformers"))
    except ImportError as error:
        raise ToolError(f"{error.name} is not installed; run: pip install 'trl>=1.16,<2' torch") from error
    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()
    return trl, datasets
