"""DPO on the pairs, with the signal-aware loss or with the plain one: the same pairs in the same order."""

from dataclasses import dataclass
from statistics import fmean
from typing import Any

from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.training.recipes.adapters import make_adapter
from pytest_rtlgen.training.recipes.salv.settings import SalvSettings
from pytest_rtlgen.training.recipes.trainers import complete_fields, import_trainers, save_checkpoint
from pytest_rtlgen.training.signals.dpo import make_salv_trainer
from pytest_rtlgen.training.signals.export import make_row, read_pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Means over the first and over the last tenth of what was logged."""

    steps: int
    loss: tuple[float, float]
    margin: tuple[float, float]
    """Of the chosen answer's implicit reward over the rejected one's, over the tokens that the loss sees."""

    def __str__(self) -> str:
        """Return one line."""
        loss, margin = (f"{first:.3f} -> {last:.3f}" for first, last in (self.loss, self.margin))
        return f"{self.steps} steps, loss {loss}, reward margin {margin}"


def train_dpo(settings: SalvSettings, stage: str, *, is_plain: bool) -> Progress:
    """Train the supervised model on the pairs, leave it in the folder ``stage``, and return how the loss fell.

    Raises:
        ToolError: TRL, or what ``[peft.dpo]`` needs, is not installed.
        UsageError: there are no pairs.
    """
    trainer = make_trainer(settings, stage, is_plain=is_plain)
    trainer.train()
    save_checkpoint(trainer, settings.out / stage, base=str(settings.out / "sft"))
    return read_progress(trainer.state.log_history)


def make_trainer(settings: SalvSettings, stage: str, *, is_plain: bool) -> Foreign:
    """Return the ``DPOTrainer`` of the supervised model on the pairs: TRL's own, or the signal-aware one.

    Raises:
        ToolError: TRL, or what ``[peft.dpo]`` needs, is not installed.
        UsageError: there are no pairs.
    """
    trl, datasets = import_trainers()
    rows = [make_row(pair) for pair in read_pairs(settings.pairs)]
    kind: Any = trl.DPOTrainer if is_plain else make_salv_trainer()
    return kind(
        model=str(settings.out / "sft"),
        train_dataset=datasets.Dataset.from_list(rows),
        args=trl.DPOConfig(**complete_fields(settings, stage, settings.dpo)),
        **make_adapter(settings, "dpo"),
    )


def read_progress(log: list[dict[str, Any]]) -> Progress:
    """Return what the ``log_history`` of TRL's DPOTrainer says."""
    entries = [entry for entry in log if "loss" in entry]
    tenth = max(1, len(entries) // 10)

    def compare(name: str) -> tuple[float, float]:
        first, last = (fmean(float(entry[name]) for entry in part) for part in (entries[:tenth], entries[-tenth:]))
        return first, last

    return Progress(steps=int(entries[-1]["step"]), loss=compare("loss"), margin=compare("rewards/margins"))
