"""What TRL made of a generation, as rows that move between processes, and rows as a batch again.

Source: TRL 1.16, the dictionary that ``GRPOTrainer._generate_and_score_completions`` returns.
"""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pytest_rtlgen.errors import UsageError

Row = dict[str, Any]
"""The tensors of one sample, by TRL's names."""
_LEFT = {"prompt_ids", "prompt_mask"}
_COUNT = "num_items_in_batch"


class TrainingBatch:
    """The groups of one training batch while they are sampled.

    Each process holds the rows that it generated; which groups are kept is the same in all of them.
    """

    def __init__(self, *, target: int, size: int) -> None:
        """Collect ``target`` groups of ``size`` samples."""
        self._target, self._size = target, size
        self._groups = 0
        self._kept: list[int] = []
        self._spare: list[int] = []
        self._rows: dict[int, Row] = {}

    def add(self, rows: Mapping[int, Row], *, groups: int, chosen: Sequence[int]) -> None:
        """Take in a round of ``groups`` groups, of which ``chosen`` are kept.

        ``rows`` are those of this process, by the index of their sample among all of the round.
        """
        first = self._groups
        self._groups += groups
        self._kept += [first + index for index in chosen]
        self._spare += [first + index for index in range(groups) if index not in set(chosen)]
        del self._spare[max(0, self._target - len(self._kept)) :]
        wanted = {*self._kept, *self._spare}
        found = {**self._rows, **{first * self._size + index: row for index, row in rows.items()}}
        self._rows = {index: row for index, row in found.items() if index // self._size in wanted}

    def gather(self, gather: Callable[[list[tuple[int, Row]]], list[tuple[int, Row]]]) -> list[Row]:
        """Return the rows of all processes: kept groups, then spare ones, whose advantage becomes 0.

        ``gather`` returns what the lists of all processes hold; each process must call this method once.
        """
        found = dict(gather(list(self._rows.items())))
        kept = [found[index] for index in self._samples(self._kept)]
        return kept + [
            {**found[index], "advantages": 0 * found[index]["advantages"]} for index in self._samples(self._spare)
        ]

    def _samples(self, groups: Sequence[int]) -> Iterator[int]:
        for group in groups:
            yield from range(group * self._size, (group + 1) * self._size)


def draw_rows(dataset: Sequence[Any], *, seed: int) -> Iterator[Any]:
    """Yield the rows of ``dataset`` without end, each pass in another order that ``seed`` decides."""
    rng = random.Random(f"rtlgen refill {seed}")  # noqa: S311  reproducible on purpose
    order = list(range(len(dataset)))
    while True:
        rng.shuffle(order)
        yield from (dataset[index] for index in order)


def share_rows(rows: Sequence[Any], *, process: int, processes: int) -> list[Any]:
    """Return those of ``rows`` that ``process`` works on; all have as many, in order, as TRL puts them together."""
    count = len(rows) // processes
    return list(rows[process * count : (process + 1) * count])


def cut_rows(output: Mapping[str, Any]) -> list[Row]:
    """Return what TRL made of a batch as rows in main memory, without padding.

    Raises:
        UsageError: a column has not one row a sample, as with images.
    """
    count = len(output["advantages"])
    columns = {key: value for key, value in output.items() if key != _COUNT}
    odd = [key for key, value in columns.items() if not hasattr(value, "shape") or len(value) != count]
    if odd:
        raise UsageError(f"adaptive sampling: {odd[0]!r} in a batch is not one row a sample; only text is supported")
    columns = {key: value.cpu() for key, value in columns.items()}
    return [_trim({key: value[index] for key, value in columns.items()}) for index in range(count)]


def join_rows(rows: Sequence[Row], *, pad_token_id: int, multiple: int | None = None) -> dict[str, Any]:
    """Return ``rows`` as TRL's batch, as wide as its longest row, rounded up to ``multiple``."""
    import torch

    joined = {}
    for key in rows[0]:
        is_by_token = key in _LEFT or all(_has_tokens(row, key) for row in rows)
        value = pad_token_id if key.endswith("_ids") else 0
        parts = _pad([row[key] for row in rows], value, (multiple or 1) if is_by_token else 1, is_left=key in _LEFT)
        joined[key] = torch.stack(parts)
    return joined


def count_tokens(rows: Sequence[Row]) -> int:
    """Return the number of tokens that have a loss."""
    return sum(int((row["completion_mask"] * row.get("tool_mask", 1)).sum()) for row in rows)


def _has_tokens(row: Row, key: str) -> bool:
    """Whether ``key`` has a value for each token of the completion."""
    return row[key].dim() == 1 and len(row[key]) == len(row["completion_mask"])


def _trim(row: Row) -> Row:
    """Return ``row`` without padding; a completion that TRL masks as a whole keeps it, as its end is unknown."""
    first = int((row["prompt_mask"] == 0).sum())
    end = int(row["completion_mask"].sum()) or None
    parts = {}
    for key, value in row.items():
        part = value[first:] if key in _LEFT else value[:end] if _has_tokens(row, key) else value
        parts[key] = part.clone()  # not a view, which would be sent with all that it is part of
    return parts


def _pad(parts: list[Any], value: int, multiple: int, *, is_left: bool) -> list[Any]:
    import torch

    if parts[0].dim() == 0:
        return parts
    longest = math.ceil(max(len(part) for part in parts) / multiple) * multiple
    gaps = [longest - len(part) for part in parts]
    sides = [(gap, 0) if is_left else (0, gap) for gap in gaps]
    return [torch.nn.functional.pad(part, side, value=value) for part, side in zip(parts, sides, strict=True)]
