"""What trainers call: verdicts as numbers."""

from pytest_rtlgen.training.reward import EquivalenceReward

__all__ = ["EquivalenceReward"]
