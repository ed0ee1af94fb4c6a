"""A change of a reference's text, and the mutant that it makes."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from pytest_rtlgen.verilog.syntax import parse_text

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Replacements of stretches of bytes that together make one mistake."""

    operator: str
    """What kind of mistake it is; one row of a table counts them."""
    edits: tuple[tuple[int, int, str], ...]
    """Per replacement: first offset, offset after the last, what comes instead. They do not overlap."""
    is_wrong: bool = False
    """Whether every circuit made from it differs from the reference, so that no simulation needs to tell."""


def apply_change(change: Change, text: str) -> str:
    """Return ``text`` with the change made."""
    code = text.encode()
    for start, end, new in sorted(change.edits, reverse=True):
        code = code[:start] + new.encode() + code[end:]
    return code.decode()


def spread(changes: Iterable[Change], rng: random.Random) -> Iterator[Change]:
    """Yield all changes, one of each operator in turn, in an order that ``rng`` decides."""
    groups: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        groups[change.operator].append(change)
    for group in groups.values():
        rng.shuffle(group)
    order = sorted(groups)
    rng.shuffle(order)
    while order:
        for operator in tuple(order):
            yield groups[operator].pop()
            if not groups[operator]:
                order.remove(operator)


def pick(rng: random.Random, items: Iterable[T], most: int) -> list[T]:
    """Return at most ``most`` of ``items``, drawn by ``rng``, in their order."""
    listed = list(items)
    chosen = sorted(rng.sample(range(len(listed)), min(most, len(listed))))
    return [listed[number] for number in chosen]


def is_readable(text: str) -> bool:
    """Whether slang reads the text without an error of syntax."""
    return not any(item.isError() for item in parse_text(text).tree.diagnostics)
