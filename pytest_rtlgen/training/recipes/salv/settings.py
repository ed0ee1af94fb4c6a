"""The configuration of a signal-aware run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pytest_rtlgen.training.recipes.settings import Settings

SHIPPED = Path(__file__).parent
"""Where the configurations of this recipe are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalvSettings(Settings):
    """Everything that a run depends on."""

    trained: ClassVar[tuple[str, ...]] = ("sft", "dpo")
    sample: Mapping[str, Any]
    """Options of ``generate`` for the answers that pairs are made of, as in ``evaluation``."""
    dpo: Mapping[str, Any]
    """Fields of TRL's ``DPOConfig``, for both losses."""

    @property
    def samples(self) -> Path:
        """Folder of the answers that pairs are made of."""
        return self.out / "samples"

    @property
    def pairs(self) -> Path:
        """File of the pairs."""
        return self.out / "pairs.jsonl"
