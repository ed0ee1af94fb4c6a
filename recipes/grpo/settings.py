"""The configuration of a run: one TOML file, for a model of any size."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_rtlgen.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    """Where the three sets come from."""

    generated: Mapping[str, int] = field(default_factory=dict)
    """How many rows of each set are made up: ``demonstrations``, ``train``, ``held_out``; empty: none."""
    demonstrations: str = "{out}/demonstrations.jsonl"
    """Chats, ``{"messages": […]}`` a line, as ``roundtrip`` writes them; ``{out}`` is the run's folder."""
    train: tuple[str, ...] = ("references:{out}/train.jsonl",)
    """Suites that GRPO poses, as for ``--rtlgen-suite``."""
    held_out: tuple[str, ...] = ("references:{out}/held_out.jsonl",)
    """Suites that the model is judged on; none of their problems may be in the other sets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a run depends on."""

    out: Path
    """Folder of the run."""
    seed: int
    prompt: str
    """One of the prompt styles, or a template file."""
    data: DataSettings
    model: Mapping[str, Any]
    """``name``: a checkpoint; or the fields of a ``LlamaConfig`` and ``vocabulary``: random weights."""
    sft: Mapping[str, Any]
    """Fields of TRL's ``SFTConfig``."""
    start: Mapping[str, Any] = field(default_factory=dict)
    """When the supervised start ends early, as in ``early_stop``; empty: it does not."""
    grpo: Mapping[str, Any]
    """Fields of TRL's ``GRPOConfig``."""
    reward: Mapping[str, Any]
    """Fields of ``RewardOptions`` but ``suites``."""
    evaluation: Mapping[str, Any]
    """Options of ``generate`` by name, such as ``n`` and ``temperature``; ``backend``: what loads the checkpoint."""

    @property
    def base(self) -> str:
        """The checkpoint that the supervised start begins from."""
        return str(self.model.get("name", self.out / "base"))


def read_settings(path: Path, out: Path) -> Settings:
    """Return the settings in ``path`` for a run in ``out``.

    Raises:
        UsageError: the file cannot be read, or a key is missing or unknown.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        data = DataSettings(**{key: _fill(value, out) for key, value in values.pop("data", {}).items()})
        filled = DataSettings(
            generated=data.generated,
            demonstrations=_fill(data.demonstrations, out),
            train=_fill(data.train, out),
            held_out=_fill(data.held_out, out),
        )
        return Settings(out=out, data=filled, **values)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}; name a configuration file") from error
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise UsageError(f"{path}: {error}; compare with recipes/grpo/tiny.toml") from error


def _fill(value: Any, out: Path) -> Any:  # noqa: ANN401  a value of TOML
    """Return ``value`` with ``{out}`` in its texts replaced; lists become tuples."""
    if isinstance(value, str):
        return value.replace("{out}", str(out))
    return tuple(_fill(item, out) for item in value) if isinstance(value, list | tuple) else value
