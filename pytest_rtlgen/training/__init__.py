"""What trainers call: verdicts as numbers (``docs/how-to/reward-a-trainer.md``)."""

from pytest_rtlgen.training.reward.callable import REWARD_CHECK, Reward, RewardSettings, open_reward
from pytest_rtlgen.training.reward.guards import Guards, OnMemorised
from pytest_rtlgen.training.reward.overlong import Overlong
from pytest_rtlgen.training.reward.parts import RewardResult
from pytest_rtlgen.training.reward.presets import PRESETS, Preset, find_preset, mix

__all__ = [
    "PRESETS",
    "REWARD_CHECK",
    "Guards",
    "OnMemorised",
    "Overlong",
    "Preset",
    "Reward",
    "RewardResult",
    "RewardSettings",
    "find_preset",
    "mix",
    "open_reward",
]
