"""The configuration of a run: one TOML file, for a model of any size."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pytest_rtlgen.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    """Where the three sets come from."""

    generated: Mapping[str, int] = field(default_factory=dict)
    """How many rows of each set are made up: ``demonstrations``, ``train``, ``held_out``; empty: none."""
    demonstrations: str = "{out}/demonstrations.jsonl"
    """Chats, ``{"messages": […]}`` a line, as ``roundtrip`` writes them; ``{out}`` is the run's folder.

    Or ``references:FILE``: its problems as the harness asks them, answered by their references.
    """
    train: tuple[str, ...] = ("references:{out}/train.jsonl",)
    """Suites whose problems are posed in training after the supervised start, as for ``--rtlgen-suite``."""
    max_prompt_tokens: int = 0
    """Problems of ``train`` whose prompts are longer are left out; 0: none is."""
    held_out: tuple[str, ...] = ("references:{out}/held_out.jsonl",)
    """Suites that the model is judged on; none of their problems may be in the other sets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the runs of every recipe depend on."""

    trained: ClassVar[tuple[str, ...]] = ("sft",)
    """Stages that train a model."""
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
    peft: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """A stage that trains to the adapter that it trains, as in ``adapters``; without: it trains every weight."""
    start: Mapping[str, Any] = field(default_factory=dict)
    """When the supervised start ends early, as in ``early_stop``; empty: it does not."""
    reward: Mapping[str, Any] = field(default_factory=dict)
    """Fields of ``RewardOptions`` but ``suites``, for whatever is judged while training."""
    evaluation: Mapping[str, Any]
    """Options of ``generate`` by name, such as ``n`` and ``temperature``; ``backend``: what loads the checkpoint.

    With ``prompt`` the questions are other ones than in training.

    A stage to a table: options that are other ones for the checkpoint that this stage left.
    """

    @property
    def base(self) -> str:
        """The checkpoint that the supervised start begins from."""
        return str(self.model.get("name", self.out / "base"))


S = TypeVar("S", bound=Settings)


def find_configuration(name: str, shipped: Path) -> Path:
    """Return the configuration file that ``name`` is.

    ``tiny`` is the one in the folder ``shipped``, ``tiny.toml`` a file of the working directory if there is one.

    Raises:
        UsageError: there is neither.
    """
    tried = (shipped / f"{name}.toml", Path(name), shipped / name)
    found = [path for path in tried if path.is_file()]
    if not found:
        names = ", ".join(sorted(path.stem for path in shipped.glob("*.toml")))
        raise UsageError(f"--config={name}: no such file; name a configuration file, or one that is shipped: {names}")
    return found[0]


def read_settings(kind: type[S], path: Path, out: Path) -> S:
    """Return the settings in ``path`` for a run in ``out``, which are of a recipe's own ``kind``.

    Paths in it are of its own folder where that holds such a file or folder, else of the working directory.

    Raises:
        UsageError: the file cannot be read, or a key is missing or unknown.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        place = partial(_place, folder=path.parent.resolve(), out=out)
        data = DataSettings(**values.pop("data", {}))
        placed = replace(
            data,
            demonstrations=place(data.demonstrations),
            train=tuple(map(place, data.train)),
            held_out=tuple(map(place, data.held_out)),
        )
        settings = kind(out=out, data=placed, **values)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}; name a configuration file") from error
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise UsageError(f"{path}: {error}; compare with the shipped tiny.toml") from error
    for stage in settings.peft:
        if stage not in kind.trained:
            raise UsageError(f"{path}: [peft.{stage}]: no such stage trains; known are {', '.join(kind.trained)}")
    return replace(settings, prompt=place(settings.prompt))


def _place(text: str, folder: Path, out: Path) -> str:
    """Return a path, a suite or a style with ``{out}`` filled in, and beside the configuration if it is there."""
    text = text.replace("{out}", str(out))
    kind, colon, path = text.partition(":") if ":" in text else ("", "", text)
    return f"{kind}{colon}{folder / path}" if path and (folder / path).exists() else text
