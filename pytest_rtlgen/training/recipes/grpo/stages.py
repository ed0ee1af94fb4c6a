"""The stage that is this recipe's own: GRPO."""

from collections.abc import Sequence

from pytest_rtlgen.training.recipes.data import list_questions
from pytest_rtlgen.training.recipes.grpo.curve import Step, read_steps, write_steps
from pytest_rtlgen.training.recipes.grpo.settings import GrpoSettings
from pytest_rtlgen.training.recipes.trainers import (
    complete_fields,
    import_trainers,
    open_training_reward,
    save_checkpoint,
)
from pytest_rtlgen.training.trl import for_trl


def train_grpo(settings: GrpoSettings) -> Sequence[Step]:
    """Train the supervised model by GRPO with our reward, leave it in ``grpo``, and return the steps.

    Raises:
        ToolError: TRL is not installed.
    """
    trl, datasets = import_trainers()
    reward = open_training_reward(settings)
    try:
        trainer = trl.GRPOTrainer(
            model=str(settings.out / "sft"),
            reward_funcs=[for_trl(reward)],
            train_dataset=datasets.Dataset.from_list(list_questions(settings, settings.data.train)),
            args=trl.GRPOConfig(**complete_fields(settings, "grpo", settings.grpo)),
        )
        trainer.train()
    finally:
        reward.close()
    save_checkpoint(trainer, settings.out / "grpo")
    steps = read_steps(trainer.state.log_history)
    if trainer.is_world_process_zero():
        write_steps(settings.out, steps)
    return steps
