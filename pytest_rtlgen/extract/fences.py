"""Markdown code fences, as models write them: indented, with any tag, of any length, sometimes never closed."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from pytest_rtlgen.extract.modules import Scan, scan_modules
from pytest_rtlgen.extract.walk import Kind, Walk

_TAG = re.compile(r"[ \t]*+(?!(?:module|macromodule|package|interface|typedef)\b|[`/(])[^\s`]*+")
_REST = re.compile(r"[ \t]*+(?!(?:module|macromodule|package|interface|typedef)\b|[`/(])[^\n`]*+(?=\n|\Z)")
_SHORTEST = 3
_END_MARK = re.compile(r"^[ \t]*\[DONE\][ \t\r]*$", re.MULTILINE)
_LINE_FENCE = re.compile(r"^[ \t]*+(?:`{3}|~{3})", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Block:
    """The text inside one fence."""

    text: str
    is_closed: bool

    @cached_property
    def scan(self) -> Scan:
        """What the text defines; computed once."""
        return scan_modules(self.text)


class FencedText(NamedTuple):
    """A text apart at its fences."""

    blocks: tuple[Block, ...]
    """In order."""
    outside: str
    """The text outside them."""


def split_fences(text: str, *, is_inner: bool = False) -> FencedText:
    """Return the fenced blocks, and the text outside them."""
    blocks: list[Block] = []
    outside: list[str] = []
    start, sign = 0, ""
    walk = Walk(text)
    for event in walk:
        if event.kind is Kind.OPEN:
            outside.append(text[start : event.start])
            start, sign = _skip_tag(text, event.end), walk.fence
        elif event.kind is Kind.CLOSE:
            blocks.extend(_read_block(text[start : event.start], sign, is_inner=is_inner))
            start = event.end
    if not walk.fence:
        outside.append(text[start:])
    else:
        blocks.append(Block(text=_trim(text[start:]), is_closed=False))
    return FencedText(tuple(blocks), "\n".join(outside))


def _skip_tag(text: str, start: int) -> int:
    """Return where the code begins: behind the tag, and behind the rest of its line unless that is code."""
    tag = _TAG.match(text, start)
    start = start if tag is None else tag.end()
    rest = _REST.match(text, start)
    return start if rest is None else rest.end()


def _read_block(text: str, sign: str, *, is_inner: bool) -> tuple[Block, ...]:
    """Return the block, or, of a longer fence around other fences, those."""
    if not is_inner and len(sign) > _SHORTEST and _LINE_FENCE.search(text) is not None:
        return split_fences(text, is_inner=True).blocks
    return (Block(text=_trim(text), is_closed=True),)


def _trim(text: str) -> str:
    """Return ``text`` without an end mark and a byte order mark."""
    mark = _END_MARK.search(text) if "[DONE]" in text else None
    return (text if mark is None else text[: mark.start()]).replace("\ufeff", "")
