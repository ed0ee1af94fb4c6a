"""What every stage that trains does around TRL, and the stage that all recipes share: the supervised start."""

import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.training.recipes.adapters import make_adapter, merge_adapter
from pytest_rtlgen.training.recipes.data import list_questions, read_chats
from pytest_rtlgen.training.recipes.early_stop import make_early_stop
from pytest_rtlgen.training.recipes.settings import Settings
from pytest_rtlgen.training.reward.callable import Reward
from pytest_rtlgen.training.reward.options import make_reward, read_reward_options


def train_supervised(settings: Settings) -> Mapping[str, float]:
    """Train the base model on the demonstrations, leave it in ``sft``, and return the steps it took and its loss.

    Raises:
        ToolError: TRL, or what ``[peft.sft]`` needs, is not installed.
    """
    trainer = make_supervised_trainer(settings)
    _train_until(settings, trainer)
    save_checkpoint(trainer, settings.out / "sft", base=settings.base)
    return {"steps": trainer.state.global_step, **read_losses(trainer.state.log_history)}


def make_supervised_trainer(settings: Settings) -> Foreign:
    """Return TRL's ``SFTTrainer`` of the base model on the demonstrations; it learns the answers, not the questions.

    Raises:
        ToolError: TRL, or what ``[peft.sft]`` needs, is not installed.
    """
    trl, datasets = import_trainers()
    rows = [{"prompt": row["messages"][:-1], "completion": row["messages"][-1:]} for row in read_chats(settings)]
    return trl.SFTTrainer(
        model=settings.base,
        train_dataset=datasets.Dataset.from_list(rows),
        args=trl.SFTConfig(**complete_fields(settings, "sft", settings.sft)),
        **make_adapter(settings, "sft"),
    )


def read_losses(log: Iterable[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return the first and the last loss in the ``log_history`` of a trainer; its mean where no step was logged."""
    entries = list(log)
    losses = [entry["loss"] for entry in entries if "loss" in entry]
    if not losses:
        return {"mean_loss": next(entry["train_loss"] for entry in entries if "train_loss" in entry)}
    return {"first_loss": losses[0], "last_loss": losses[-1]}


def _train_until(settings: Settings, trainer: Foreign) -> None:  # a trainer of TRL
    """Train to the end, or until the model is as good as ``settings.start`` says."""
    if not settings.start:
        trainer.train()
        return
    reward = open_training_reward(settings)
    try:
        trainer.add_callback(make_early_stop(settings, reward, list_questions(settings, settings.data.train)))
        trainer.train()
    finally:
        reward.close()


def open_training_reward(settings: Settings) -> Reward:
    """Return a reward for the problems that are posed in training; close it after use."""
    return make_reward(read_reward_options({**settings.reward, "suites": settings.data.train}))


def complete_fields(settings: Settings, stage: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``fields`` with what every stage has in common; what they name themselves stays."""
    common = {"output_dir": str(settings.out / "trainer" / stage), "seed": settings.seed, "report_to": []}
    return {**common, "save_strategy": "no", "disable_tqdm": True, **fields}


def save_checkpoint(trainer: Foreign, folder: Path, *, base: str) -> None:  # a trainer of TRL
    """Write the model and its tokenizer to ``folder``.

    What trained an adapter over ``base`` writes it to ``folder/adapter``, and to ``folder`` the two merged.
    """
    has_adapter = hasattr(trainer.accelerator.unwrap_model(trainer.model), "merge_and_unload")
    trainer.save_model(str(folder / "adapter" if has_adapter else folder))
    if trainer.is_world_process_zero():
        if has_adapter:
            merge_adapter(base, folder)
        trainer.processing_class.save_pretrained(str(folder))
    trainer.accelerator.wait_for_everyone()


def import_trainers() -> tuple[Any, Any]:
    """Return the modules trl and datasets, both told to draw no progress bars.

    Raises:
        ToolError: a library is missing.
    """
    try:
        trl, datasets, transformers = map(importlib.import_module, ("trl", "datasets", "transformers"))
    except ImportError as error:
        raise ToolError(f"{error.name} is not installed; run: pip install 'trl>=1.16,<2' torch") from error
    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()
    return trl, datasets
