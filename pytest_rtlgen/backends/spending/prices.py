"""What tokens cost: a TOML file with a table a model, as the user writes it; none comes with the package."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import TokenUsage

_MILLION = 1_000_000
_KEYS = {"prompt", "completion"}
_EXPECTED = "prompt = USD and completion = USD, for a million tokens each"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """USD for a million tokens."""

    prompt: float
    completion: float
    """Reasoning is part of it."""

    def measure_usd(self, usage: TokenUsage) -> float:
        """Return what ``usage`` costs, tokens that were not counted left out."""
        return ((usage.prompt or 0) * self.prompt + (usage.completion or 0) * self.completion) / _MILLION


def load_prices(path: Path) -> Mapping[str, Price]:
    """Return the prices in ``path`` by model.

    Raises:
        UsageError: the file cannot be read, or holds something else.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"--rtlgen-prices={path}: cannot be read: {error.strerror}; check the path") from error
    except ValueError as error:
        raise UsageError(f"--rtlgen-prices={path}: is no TOML: {error}; fix the file") from error
    return {model: _read_price(path, model, table) for model, table in tables.items()}


def explain_missing(model: str, path: Path | None) -> str:
    """Return how to give a price for ``model``."""
    where = "to a file that --rtlgen-prices names" if path is None else f"to {path}"
    return f'no price for {model!r}; write a table ["{model}"] with {_EXPECTED}, {where}'


def _read_price(path: Path, model: str, table: object) -> Price:
    if not isinstance(table, dict) or table.keys() != _KEYS:
        raise UsageError(
            f"--rtlgen-prices={path}: [{model}] must hold {_EXPECTED}, and nothing else; a name with dots is quoted, "
            f'as in ["gpt-4.1"]'
        )
    for name, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not (0 <= value < math.inf):
            raise UsageError(f"--rtlgen-prices={path}: [{model}] {name} must be a number, 0 or more")
    return Price(prompt=float(table["prompt"]), completion=float(table["completion"]))
