"""Markdown code fences, as models write them: indented, with any tag, of any length, sometimes never closed."""

import re
from dataclasses import dataclass

_FENCE = re.compile(r"`{3,}|^[ \t]*~{3,}", re.MULTILINE)
_LINE_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})", re.MULTILINE)
_TAG = re.compile(r"[ \t]*+(?!(?:module|macromodule|package|interface|typedef)\b|[`/(])[^\s`]*+")
_REST = re.compile(r"[ \t]*+(?!(?:module|macromodule|package|interface|typedef)\b|[`/(])[^\n`]*+(?=\n|\Z)")
_SHORTEST = 3
_END_MARK = re.compile(r"^[ \t]*\[DONE\][ \t\r]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The text inside one fence."""

    text: str
    is_closed: bool


def split_fences(text: str, *, is_inner: bool = False) -> tuple[tuple[Block, ...], str]:
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
            start = _skip_tag(text, fence.end())
        elif mark[0] == opened[0] and len(mark) >= len(opened):
            blocks.extend(_read_block(text[start : fence.start()], mark, is_inner=is_inner))
            opened = None
            start = fence.end()
    if opened is None:
        outside.append(text[start:])
    else:
        blocks.append(Block(text=_trim(text[start:]), is_closed=False))
    return tuple(blocks), "\n".join(outside)


def _skip_tag(text: str, start: int) -> int:
    """Return where the code begins: behind the tag, and behind the rest of its line unless that is code."""
    tag = _TAG.match(text, start)
    start = start if tag is None else tag.end()
    rest = _REST.match(text, start)
    return start if rest is None else rest.end()


def _read_block(text: str, mark: str, *, is_inner: bool) -> tuple[Block, ...]:
    """Return the block, or, of a longer fence around other fences, those."""
    if not is_inner and len(mark) > _SHORTEST and _LINE_FENCE.search(text) is not None:
        inner, _ = split_fences(text, is_inner=True)
        return inner
    return (Block(text=_trim(text), is_closed=True),)


def _trim(text: str) -> str:
    """Return ``text`` without an end mark and a byte order mark."""
    mark = _END_MARK.search(text)
    return (text if mark is None else text[: mark.start()]).replace("\ufeff", "")
