"""What a survey finds, and what is done to a text for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

LeftOut = tuple[str, int]
"""(what, line)."""
Span = tuple[int, int, str]
"""(first byte, past the last, what is put there)."""


class FindingKind(StrEnum):
    """Why something is forbidden."""

    CONSTRUCT = "construct"
    UNLISTED = "unlisted"
    TASK = "task"
    OBSERVATION = "observation"
    """A value that only a simulator has."""
    UNKNOWN_TEST = "unknown-test"
    HIERARCHICAL_NAME = "hierarchical-name"
    INITIAL = "initial"
    """A statement that ``initial`` may not hold."""
    ACTION = "action"
    """An assertion that does something."""
    DOUBT = "doubt"
    """Text that preprocessors read in different ways."""
    MACRO = "macro"
    """A macro that trusted files use and that is more than a value."""


_MESSAGES = {
    FindingKind.CONSTRUCT: "{name}",
    FindingKind.UNLISTED: "{name}, which is on no list of what designs may hold",
    FindingKind.TASK: "system task {name}",
    FindingKind.OBSERVATION: "{name} in the design's logic, which only a simulator has",
    FindingKind.UNKNOWN_TEST: "a test for X or Z, which no circuit can make",
    FindingKind.HIERARCHICAL_NAME: "hierarchical name {name}",
    FindingKind.INITIAL: "{name} in initial, where only values are set",
    FindingKind.DOUBT: "{name}",
    FindingKind.MACRO: "macro {name}, which given files use, is more than a value",
    FindingKind.ACTION: "an assertion whose action is more than a message",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is forbidden."""

    kind: FindingKind
    name: str = ""
    """Of the task, construct or kind of statement; empty where the kind says all."""
    line: int

    @property
    def message(self) -> str:
        """For a reader, without the place."""
        return _MESSAGES[self.kind].format(name=self.name)


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
