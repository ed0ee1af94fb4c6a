"""What trainers call: verdicts as numbers (``docs/how-to/reward-a-trainer.md``)."""

from pytest_rtlgen.training.guards import Guards, OnMemorised
from pytest_rtlgen.training.parts import RewardResult
from pytest_rtlgen.training.presets import PRESETS, Preset, find_preset, mix
from pytest_rtlgen.training.reward import Reward, RewardSettings, open_reward

__all__ = [
    "PRESETS",
    "Guards",
    "OnMemorised",
    "Preset",
    "Reward",
    "RewardResult",
    "RewardSettings",
    "find_preset",
    "mix",
    "open_reward",
]
