"""Presets: how published results were sampled, and what they are; tables that the papers print.

The data stand in ``papers.toml`` and ``papers_tables.toml``. Source: what each entry of those files names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What the figures of one column of a table are of."""

    suite: str
    """``Suite.name``."""
    k: int
    category: str = ""
    temperature: float | None = None
    """``None``: the table does not name it."""
    share: str = ""
    """Which problems of the suite or category alone, in the paper's word; empty: all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a table."""

    model: str
    size: str
    """Parameters, such as ``7B``; ``-``: not published."""
    percents: tuple[float | None, ...]
    """pass@k, one a column; ``None``: not reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTable:
    """A table of results as it was published, the authors' models included.

    >>> ablation = next(table for table in load_tables("salv") if table.name == "Table 3")
    >>> ablation.columns[0].suite, [(row.model, row.percents[0]) for row in ablation.rows][-1]
    ('rtllm-v1.1', ('both, signal-aware', 62.6))
    """

    name: str
    title: str
    source: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@cache
def load_tables(preset: str) -> tuple[PaperTable, ...]:
    """Return the tables that stand beside the preset, in the order of the paper; none where there is none."""
    import tomllib

    path = Path(__file__).parent / "papers_tables.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8"))["table"]
    return tuple(_read_table(table) for table in tables if preset in table["presets"])


def _read_table(table: Mapping[str, Any]) -> PaperTable:
    rows = [
        Row(model=model, size=size, percents=tuple(None if value == "-" else float(value) for value in values))
        for model, size, *values in table["rows"]
    ]
    columns = tuple(_read_column(text) for text in table["columns"])
    return PaperTable(
        name=table["name"], title=table["title"], source=table["source"], columns=columns, rows=tuple(rows)
    )


def _read_column(text: str) -> Column:
    """Return the column that ``suite[/category] k [T=temperature] [(share)]`` names."""
    place, k, *more = text.split()
    suite, _, category = place.partition("/")
    temperatures = [float(word[2:]) for word in more if word.startswith("T=")]
    shares = [word.strip("()") for word in more if word.startswith("(")]
    return Column(
        suite=suite, k=int(k), category=category, temperature=next(iter(temperatures), None), share="".join(shares)
    )
