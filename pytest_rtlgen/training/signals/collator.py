"""Batches of preference pairs in which only the tokens that masks name count as the completion."""

from collections.abc import Callable, Sequence
from typing import Any

Batch = dict[str, Any]
Example = dict[str, Any]
Collator = Callable[[list[Example]], Batch]
_SIDES = ("chosen", "rejected")


class SpanCollator:
    """TRL's preference collator, or one like it, with ``completion_mask`` cleared outside of the pairs' masks.

    Examples hold, besides the ids that ``inner`` takes, ``chosen_mask`` and ``rejected_mask``: 0 or 1 for each of
    ``chosen_ids`` and ``rejected_ids``. The batch has the same keys and shapes as that of ``inner``: chosen rows first,
    padded on the right, cut by its ``truncation_mode``. Can be pickled if ``inner`` can.
    """

    def __init__(self, inner: Collator) -> None:
        self.inner = inner

    def __call__(self, examples: list[Example]) -> Batch:
        """Return the batch of ``examples``."""
        import torch

        batch = self.inner(examples)
        lengths = [int(length) for length in batch["attention_mask"].sum(dim=1)]
        width = int(batch["completion_mask"].shape[1])
        mode = getattr(self.inner, "truncation_mode", "keep_start")
        rows = [[0] * len(row["prompt_ids"]) + list(row[f"{side}_mask"]) for side in _SIDES for row in examples]
        kept = [cut_mask(row, length, mode) for row, length in zip(rows, lengths, strict=True)]
        mask = torch.tensor([row + [0] * (width - len(row)) for row in kept])
        return {**batch, "completion_mask": batch["completion_mask"] * mask}


def cut_mask(mask: Sequence[int], length: int | None, mode: str) -> list[int]:
    """Return what truncation to ``length`` tokens leaves of ``mask``: ``keep_start`` or ``keep_end``."""
    if length is None or length >= len(mask):
        return list(mask)
    return list(mask[len(mask) - length :] if mode == "keep_end" else mask[:length])
