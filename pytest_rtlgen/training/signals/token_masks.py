r"""Which tokens of an answer count: spans of characters through a tokenizer's offsets.

A token counts when any of its characters is in a span. Where one token holds the end of a span and what follows, such
as ``;\n``, or the blank before a name, its other characters count with it; of a character that several tokens share,
all of them do. So what counts decodes to the spans and at most the rest of the tokens at their edges, and what does not
count holds nothing of them. White space that offsets leave out, as some tokenizers trim it, belongs to the next token.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.foreign import Foreign

Offsets = Sequence[tuple[int, int]]
"""For each token where its characters start and stop; equal for tokens that are not of the text, such as its start."""


def mask_tokens(text: str, offsets: Offsets, spans: Sequence[Sequence[int]], *, at: int = 0) -> list[int]:
    """Return 1 for each token that has a character in ``spans`` and 0 for the others.

    ``spans`` are (start, stop), sorted and apart, and count from character ``at`` of ``text``.
    """
    shifted = [(start + at, stop + at) for start, stop in spans if start < stop]
    mask, first = [], 0
    for start, stop in _fill_gaps(text, offsets):
        while first < len(shifted) and shifted[first][1] <= start:
            first += 1
        mask.append(int(first < len(shifted) and start < stop and shifted[first][0] < stop))
    return mask


class MaskedText(NamedTuple):
    """The tokens of a text with a mask."""

    ids: list[int]
    mask: list[int]
    """1 for each token that counts, else 0."""


class TokenizedText(NamedTuple):
    """The tokens of a text with their places."""

    ids: list[int]
    offsets: list[tuple[int, int]]
    """(start, stop) of each in characters."""


def mask_answer(tokenizer: Foreign, text: str, spans: Sequence[Sequence[int]]) -> MaskedText:
    """Return the token ids of ``text``, without special tokens, and the mask of ``spans`` over them.

    Raises:
        UsageError: the tokenizer has no offsets, as those that are written in Python.
    """
    ids, offsets = read_offsets(tokenizer, text, add_special_tokens=False)
    return MaskedText(ids, mask_tokens(text, offsets, spans))


def read_offsets(tokenizer: Foreign, text: str, **options: object) -> TokenizedText:
    """Return the token ids of ``text`` and their offsets.

    Raises:
        UsageError: the tokenizer has no offsets.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise UsageError(
            f"signal-aware DPO: {type(tokenizer).__name__} tells no offsets; use the fast tokenizer of the model"
        )
    found = tokenizer(text, return_offsets_mapping=True, **options)
    return TokenizedText(list(found["input_ids"]), [(start, stop) for start, stop in found["offset_mapping"]])


def _fill_gaps(text: str, offsets: Offsets) -> list[tuple[int, int]]:
    """Return ``offsets`` with each start moved back over white space that belongs to no token."""
    filled, end = [], 0
    for start, stop in offsets:
        begin = end if end < start and not text[end:start].strip() else start
        filled.append((begin, stop))
        end = max(end, stop)
    return filled
