"""Markdown code fences, as models write them: indented, with any tag, of any length, sometimes never closed."""

import re
from dataclasses import dataclass

_FENCE = re.compile(r"`{3,}|^[ \t]*~{3,}", re.MULTILINE)
_TAG = re.compile(r"[ \t]*[A-Za-z][A-Za-z0-9_+.-]*(?=[ \t\r]*(?:\n|module\b|`|\(|\Z))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The text inside one fence."""

    text: str
    is_closed: bool


def split_fences(text: str) -> tuple[tuple[Block, ...], str]:
    """Return the fenced blocks in order, and the text outside them."""
    blocks: list[Block] = []
    outside: list[str] = []
    opened: str | None = None
    start = 0
    for fence in _FENCE.finditer(text):
        mark = fence[0].lstrip()
        if opened is None:
            outside.append(text[start : fence.start()])
            opened = mark
            tag = _TAG.match(text, fence.end())
            start = fence.end() if tag is None else tag.end()
        elif mark[0] == opened[0] and len(mark) >= len(opened):
            blocks.append(Block(text=text[start : fence.start()], is_closed=True))
            opened = None
            start = fence.end()
    if opened is None:
        outside.append(text[start:])
    else:
        blocks.append(Block(text=text[start:], is_closed=False))
    return tuple(blocks), "\n".join(outside)
