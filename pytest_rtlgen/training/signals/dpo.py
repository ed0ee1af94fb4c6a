"""Signal-aware DPO: TRL's ``DPOTrainer`` whose loss sees only the text that drives the contrast signals.

Source: QiMeng-SALV (arXiv 2510.19296), equation 2. With S_w and S_l the tokens of the chosen answer y_w and of the
rejected answer y_l that belong to the slices of the contrast signals,

    L = -E log sigmoid(beta * sum_{t in S_w} log(pi(y_w[t] | x, y_w[<t]) / ref(y_w[t] | x, y_w[<t]))
                     - beta * sum_{t in S_l} log(pi(y_l[t] | x, y_l[<t]) / ref(y_l[t] | x, y_l[<t])))

which is DPO's own loss where S_w and S_l are all tokens. Every token still stands in the context of the later ones.
TRL 1.16 sums log-probabilities where a batch's ``completion_mask`` is 1, so the loss itself is TRL's.
"""

import logging
from functools import partial
from typing import Any

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.training.signals.collator import Collator, SpanCollator, cut_mask
from pytest_rtlgen.training.signals.token_masks import mask_tokens, read_offsets

_LOG = logging.getLogger(__name__)
_SIDES = ("chosen", "rejected")
_COLUMNS = ("chosen_spans", "rejected_spans", "is_whole")
_MASKS = ["chosen_mask", "rejected_mask"]


def make_salv_trainer(base: type | None = None) -> type:
    """Return a subclass of ``base``, by default TRL's ``DPOTrainer``, with the signal-aware loss.

    It is used like its base. Rows have three more columns, as ``salv_export.make_row`` gives them. Text only; a
    tokenizer with offsets. A pair whose spans truncation cuts off, on either side, is left out with a warning.

    Raises:
        ToolError: TRL is not installed.
    """
    trainer: Any = base if base is not None else _find_trainer()

    class SignalAwareDPOTrainer(trainer):  # type: ignore[misc]  # the base is only known now
        """A ``DPOTrainer`` with QiMeng-SALV's loss."""

        _signature_columns: list[str]

        @property
        def data_collator(self) -> SpanCollator:
            """The collator, TRL's own or the one given, inside of ours."""
            return self._rtlgen_collator

        @data_collator.setter
        def data_collator(self, collator: Collator) -> None:
            # TRL sets it before it computes reference log-probabilities, which need the same masks.
            self._rtlgen_collator = SpanCollator(collator)

        def _prepare_dataset(
            self, dataset: Foreign, processing_class: Foreign, args: Foreign, dataset_name: str
        ) -> Foreign:
            _refuse_columns(next(iter(dataset)))
            prepared = super()._prepare_dataset(dataset, processing_class, args, dataset_name)
            options = {"num_proc": args.dataset_num_proc} if hasattr(prepared, "num_rows") else {}
            masked = prepared.map(partial(add_masks, tokenizer=processing_class), **options)
            is_kept = partial(_has_tokens, max_length=args.max_length, mode=args.truncation_mode)
            kept = masked.filter(is_kept, **options)
            if options:
                _report_cut(len(masked), len(kept), args.max_length)
            return kept

        def _set_signature_columns_if_needed(self) -> None:
            super()._set_signature_columns_if_needed()
            known = self._signature_columns
            self._signature_columns = [*known, *(mask for mask in _MASKS if mask not in known)]

    return SignalAwareDPOTrainer


def add_masks(row: dict[str, Any], tokenizer: Foreign) -> dict[str, list[int]]:
    """Return ``chosen_mask`` and ``rejected_mask`` of a row that TRL has tokenized, one number a token of its ids.

    Raises:
        UsageError: the tokenizer has no offsets, or its chat template changes the answer.
    """
    return {f"{side}_mask": _mask_side(row, side, tokenizer) for side in _SIDES}


def _mask_side(row: dict[str, Any], side: str, tokenizer: Foreign) -> list[int]:
    answer_ids = row[f"{side}_ids"]
    if row["is_whole"]:
        return [1] * len(answer_ids)
    text, at, is_special = _render(row, side, tokenizer)
    ids, offsets = read_offsets(tokenizer, text, add_special_tokens=is_special)
    if ids != [*row["prompt_ids"], *answer_ids]:
        raise UsageError(
            f"signal-aware DPO: the tokenizer reads the {side} answer in another way than TRL did; "
            "use TRL 1.16, and the tokenizer that the trainer has"
        )
    return mask_tokens(text, offsets, row[f"{side}_spans"], at=at)[len(row["prompt_ids"]) :]


def _render(row: dict[str, Any], side: str, tokenizer: Foreign) -> tuple[str, int, bool]:
    """Return the whole text as TRL tokenizes it, where the answer begins, and whether special tokens are added."""
    prompt, answer = row["prompt"], row[side]
    if isinstance(prompt, str):
        return prompt + answer, len(prompt), True
    options = row.get("chat_template_kwargs") or {}
    text = str(tokenizer.apply_chat_template(prompt + answer, tokenize=False, **options))
    content = str(answer[-1]["content"])
    core = content.strip()  # many templates trim; spans neither start nor end in white space
    at = text.rfind(core)
    if at < 0:
        raise UsageError(
            f"signal-aware DPO: the chat template changes the {side} answer, so that its spans cannot be found; "
            "take another template, or rows of plain text: make_row(pair, is_chat=False)"
        )
    return text, at - content.index(core), False


def _has_tokens(row: dict[str, Any], max_length: int | None, mode: str) -> bool:
    begin = [0] * len(row["prompt_ids"])
    return all(any(cut_mask([*begin, *row[mask]], max_length, mode)) for mask in _MASKS)


def _report_cut(before: int, after: int, max_length: int | None) -> None:
    if not after:
        raise UsageError(
            f"signal-aware DPO: max_length {max_length} cuts off the spans of all {before} pairs; raise it in DPOConfig"
        )
    if after < before:
        _LOG.warning("signal-aware DPO: max_length %s cuts off the spans of %d pairs", max_length, before - after)


def _refuse_columns(row: dict[str, Any]) -> None:
    missing = [name for name in _COLUMNS if name not in row]
    if missing:
        raise UsageError(f"signal-aware DPO: the data set has no {', '.join(missing)}; make rows with make_row")


def _find_trainer() -> type:
    try:
        from trl import DPOTrainer
    except ImportError as error:
        raise ToolError("signal-aware DPO needs TRL; install it with: pip install trl torch") from error
    return DPOTrainer  # type: ignore[no-any-return]
