"""What a survey finds, and what is done to a text for it."""

from collections.abc import Iterable
from dataclasses import dataclass

from pytest_rtlgen.records import Finding

LeftOut = tuple[str, int]
"""(what, line)."""
Span = tuple[int, int, str]
"""(first byte, past the last, what is put there)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a candidate's syntax shows."""

    findings: tuple[Finding, ...]
    """What is forbidden, in source order."""
    spans: tuple[Span, ...]
    """What is left out, in source order; they do not overlap."""
    left_out: tuple[LeftOut, ...]
    """The same for a reader: what, and on which line."""


def apply_spans(text: str, spans: Iterable[Span]) -> str:
    """Return ``text`` with each of ``spans``, which do not overlap, replaced; lines keep their numbers."""
    data, pieces, seen = text.encode(), list[bytes](), 0  # pyslang counts bytes
    for first, last, put in spans:
        pieces += [data[seen:first], put.encode(), b"\n" * data.count(b"\n", first, last)]
        seen = last
    return b"".join([*pieces, data[seen:]]).decode()


def keep_outer(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return ``spans`` in order, without those that stand in others."""
    outer: list[Span] = []
    for span in sorted(set(spans), key=lambda item: (item[0], -item[1])):
        if not outer or span[0] >= outer[-1][1]:
            outer.append(span)
    return tuple(outer)
