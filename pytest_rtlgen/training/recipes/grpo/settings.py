"""The configuration of a GRPO run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from pytest_rtlgen.training.recipes.settings import Settings

SHIPPED = Path(__file__).parent
"""Where the configurations of this recipe are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpoSettings(Settings):
    """Everything that a run depends on."""

    trained: ClassVar[tuple[str, ...]] = ("sft", "grpo")
    grpo: Mapping[str, Any]
    """Fields of TRL's ``GRPOConfig``."""
    reward: Mapping[str, Any]
    """Fields of ``RewardOptions`` but ``suites``."""
    adaptive: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of the trainer with adaptive sampling, such as ``sampling_rounds``; empty: TRL's own trainer."""
