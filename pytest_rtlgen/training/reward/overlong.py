"""Overlong shaping: a penalty that grows before the cut, so that length is learnt before answers are truncated.

Source: "soft overlong punishment", DAPO (arXiv 2503.14476, equation 13).
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.training.reward.parts import RewardResult

OVERLONG_PART = "overlong"
_LOCK = threading.Lock()


def shape_overlong(length: int, *, max_length: int, cache: int, factor: float = 1.0) -> float:
    """Return what to add to the reward of an answer of ``length`` tokens: 0 … ``-factor``.

    0 up to ``max_length - cache`` tokens, linear from there to ``-factor`` at ``max_length``, and ``-factor`` beyond.

    >>> shape_overlong(15_872, max_length=16_384, cache=1_024)
    -0.5

    Raises:
        UsageError: ``cache`` is not between 1 and ``max_length``, or ``length`` or ``factor`` is negative.
    """
    if not 1 <= cache <= max_length:
        raise UsageError(f"overlong shaping: cache={cache} must be between 1 and max_length={max_length}")
    for name, value in (("length", length), ("factor", factor)):
        if value < 0:
            raise UsageError(f"overlong shaping: {name}={value} must be 0 or more")
    over = length - (max_length - cache)
    return -factor * min(1.0, max(0.0, over / cache))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlong:
    """The overlong buffer of a reward; plain data.

    Raises:
        UsageError: as for ``shape_overlong``.
    """

    max_length: int
    """Tokens of the longest answer that the trainer lets a model write."""
    buffer: int
    """Last tokens of those, over which the penalty grows: verl's ``overlong_buffer.len``."""
    factor: float = 1.0
    """The whole penalty: verl's ``penalty_factor``."""
    tokenizer: str = ""
    """Name or folder, as transformers loads it; counts where the trainer gives no lengths."""

    def __post_init__(self) -> None:
        self.penalty_of(0)

    def penalty_of(self, length: int) -> float:
        """Return what to add to the reward of an answer of ``length`` tokens: 0 … ``-factor``."""
        return shape_overlong(length, max_length=self.max_length, cache=self.buffer, factor=self.factor)

    def apply(self, result: RewardResult, length: int) -> RewardResult:
        """Return ``result`` with the penalty of ``length`` tokens added to its value, and its share as a part.

        Where there is no value there is none after it, and no other part changes.
        """
        value = None if result.value is None else result.value + self.penalty_of(length)
        share = -shape_overlong(length, max_length=self.max_length, cache=self.buffer) or 0.0
        return replace(result, value=value, parts={**result.parts, OVERLONG_PART: share})

    def measure(self, answers: Sequence[str], lengths: Sequence[int | None]) -> list[int]:
        """Return the tokens of each of ``answers``: what the trainer says, else the tokenizer's count.

        Raises:
            UsageError: one is unknown and there is no tokenizer, or a length is negative.
            ToolError: transformers is missing.
        """
        return [
            self._count(answer) if length is None else _require_length(length)
            for answer, length in zip(answers, lengths, strict=True)
        ]

    def _count(self, answer: str) -> int:
        if not self.tokenizer:
            raise UsageError(
                "reward: the overlong buffer needs the tokens of each answer, which this trainer does not give; give "
                "judge its lengths, or name the model's tokenizer in the options (tokenizer)"
            )
        with _LOCK:  # a fast tokenizer is one object of Rust, which says "Already borrowed" to a second thread
            return len(_load_tokenizer(self.tokenizer)(answer, add_special_tokens=False)["input_ids"])


def _require_length(length: int) -> int:
    if length < 0:
        raise UsageError(f"reward: an answer has a length of {length} tokens; give 0 or more")
    return length


@cache
def _load_tokenizer(name: str) -> Any:  # noqa: ANN401  transformers may be missing where types are checked
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise ToolError(
            f"reward: the tokenizer {name} needs transformers: {error}; pip install transformers"
        ) from error
    try:
        return AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"reward: the tokenizer {name} cannot be loaded: {error}; name a model or its folder"
        ) from error
