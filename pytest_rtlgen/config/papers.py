"""Presets: how published results were sampled, and what they are. The data stand in ``papers.toml``.

Source: the papers and repositories that each preset of that file names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One published number."""

    model: str
    suite: str
    """``Suite.name``."""
    category: str = ""
    """The problems' category it is of; empty: the whole suite."""
    k: int
    percent: float
    """pass@k, 0 ... 100."""
    temperature: float | None = None
    """Where it differs from the preset's."""
    n: int | None = None
    """Completions a problem, where it differs from the preset's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """How one published result was made."""

    name: str
    title: str
    source: str
    notes: tuple[str, ...]
    """What a reproduction should know, one sentence each."""
    temperatures: tuple[float, ...]
    """Those of which the authors report the best; empty: they used one."""
    options: Mapping[str, str]
    """``Option.name`` to text, as on the command line."""
    figures: tuple[Figure, ...]


@cache
def load_preset(name: str) -> Preset:
    """Return the preset ``name``, one of ``config.table.PRESETS``."""
    import tomllib

    table = tomllib.loads((Path(__file__).parent / "papers.toml").read_text(encoding="utf-8"))[name]
    return Preset(
        name=name,
        title=table["title"],
        source=table["source"],
        notes=tuple(table["notes"]),
        temperatures=tuple(table.get("temperatures", ())),
        options=table["options"],
        figures=tuple(Figure(**figure) for figure in table["figures"]),
    )
