"""The configuration of a GRPO run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_rtlgen.training.recipes.settings import Settings

SHIPPED = Path(__file__).parent
"""Where the configurations of this recipe are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpoSettings(Settings):
    """Everything that a run depends on."""

    grpo: Mapping[str, Any]
    """Fields of TRL's ``GRPOConfig``."""
    reward: Mapping[str, Any]
    """Fields of ``RewardOptions`` but ``suites``."""
