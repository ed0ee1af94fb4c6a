"""Markdown code fences, as models write them: indented, with any tag, of any length, sometimes never closed.

Outside a fence three backticks anywhere open one. Inside, a line that is only a fence ends it; backticks in mid-line
end it where the code cannot go on: at the end of a line, or behind ``endmodule``. In a comment, a string or a macro
they are code. Source: section 4.5 of the CommonMark specification, but for backticks in mid-line and any indentation.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

_TAG = re.compile(r"[ \t]*+(?!(?:module|macromodule|package|interface|typedef)\b|[`/(])[^\s`]*+")
_REST = re.compile(r"[ \t]*+(?!(?:module|macromodule|package|interface|typedef)\b|[`/(])[^\n`]*+(?=\n|\Z)")
_SHORTEST = 3
_END_MARK = re.compile(r"^[ \t]*\[DONE\][ \t\r]*$", re.MULTILINE)

_BLANK = r"[ \t\r\u00a0\u200b\u2060\ufeff]*+(?=\n|\Z)"
_LANGUAGES = (
    r"system[-_]?verilog|verilog|svh?|vh?|hdl|rtl|vhdl|json|ya?ml|toml|xml|html|te?xt|plaintext|python|py|bash|sh|shell"
    r"|console|c|cpp|c\+\+|markdown|md|tcl|diff|makefile|wavedrom|mermaid"
)
_INFO = rf"[ \t]*+\{{?\.?(?:{_LANGUAGES})(?:[:{{][^\s`]*+|[ \t]++\w++=[^\n`]*+)?\}}?{_BLANK}"
"""What a line says behind the sign of a fence that it opens: a language, perhaps with a file or a title."""
_EMPTY, _OPENS = re.compile(_BLANK), re.compile(_INFO, re.IGNORECASE)
_LINE = r"^[ \t]*+(?:`{3,}+|~{3,}+)"
_LINE_FENCE = re.compile(_LINE, re.MULTILINE)
_WHOLE_LINE_FENCE = re.compile(rf"{_LINE}(?:{_BLANK}|{_INFO})", re.MULTILINE | re.IGNORECASE)
_REASONING = r"</?(?:think|thinking|seed:think)>|<\|channel\|>final<\|message\|>|assistantfinal"
REASONING_TAG = re.compile(_REASONING, re.IGNORECASE)
_TAG_AT_LINE = re.compile(rf"^(?:{_REASONING})", re.IGNORECASE | re.MULTILINE)
_PROSE_TOKEN = (
    rf"(?P<line>{_LINE})|(?P<mark>`{{3,}}+)|(?P<tag>{_REASONING})"
    r"|(?P<module>\b(?:macro)?module\s++(?:automatic\s++|static\s++)?\\?[\w$]++\s*+(?:[#(;]|import\b))"
)
_PROSE = re.compile(_PROSE_TOKEN, re.MULTILINE | re.IGNORECASE)
_CODE = re.compile(
    _PROSE_TOKEN + r"|(?P<end>\bend(?:module|package|interface)\b(?:[ \t]*+:[ \t]*+\\?\w++)?)"
    r"|(?P<comment>//[^\n]*+)|(?P<block>/\*)"
    r'|(?P<string>"(?:[^"\\\n]|\\[^\n])*+(?P<closed>")?)'
    r"|\\[^\s`]++",
    re.MULTILINE | re.IGNORECASE,
)
_GAP = re.compile(r"[ \t]*+")
_OPEN_COMMENT, _CLOSE_COMMENT, _LINE_END = re.compile(r"/\*"), re.compile(r"\*/"), re.compile("\n")
_LAST_MARK = re.compile(r"`{3,}+(?=[ \t\r]*+\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The text inside one fence."""

    text: str
    is_closed: bool


class Kind(Enum):
    """What a walk meets."""

    OPEN = auto()
    CLOSE = auto()
    TAG = auto()
    """A tag around reasoning that is no code: outside fences, or at the start of a line and not in a comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that a walk meets: the sign of a fence, or a tag."""

    kind: Kind
    start: int
    end: int


class _Next:
    """Finds the next match of a pattern from positions that rise, and reads the text only once."""

    def __init__(self, pattern: re.Pattern[str], text: str) -> None:
        self._pattern, self._text = pattern, text
        self._from, self._found = 0, -1

    def find(self, position: int) -> int:
        """Return where the next match at or behind ``position`` starts; the text's length when there is none."""
        if not self._from <= position <= self._found:
            match = self._pattern.search(self._text, position)
            self._from, self._found = position, len(self._text) if match is None else match.start()
        return self._found


class Walk:
    """Goes through a text once and knows at each place whether it is inside a fence."""

    def __init__(self, text: str) -> None:
        self.position = 0
        """Where the walk goes on; a caller may raise it."""
        self.fence = ""
        """The sign of the fence that is open."""
        self._text = text
        self._is_in_module = False
        self._inline_end = 0
        """End of the line on which a fence began behind other text, as long as no module begins there."""
        self._line_end = 0
        """End of the line on which the fence began."""
        self._behind_module = -1
        """Offset behind the last closing word of a module and the spaces after it."""
        self._is_behind_module = False
        """A module ended in this fence and no other has begun."""
        self._comments, self._comment_ends = _Next(_OPEN_COMMENT, text), _Next(_CLOSE_COMMENT, text)
        self._line_ends, self._fence_lines = _Next(_LINE_END, text), _Next(_WHOLE_LINE_FENCE, text)

    def __iter__(self) -> Iterator[Event]:
        """Yield what the walk meets, in order."""
        while True:
            is_code = self._is_in_module or (self.fence and self.position >= self._inline_end)
            token = (_CODE if is_code else _PROSE).search(self._text, self.position)
            if token is None:
                return
            self.position = token.end()
            event = self._read_inside(token) if self.fence else self._read_outside(token)
            if event is not None:
                yield event

    def leave_fence(self) -> None:
        """Go on outside any fence and module."""
        self.fence, self._is_in_module = "", False
        self._inline_end, self._behind_module, self._is_behind_module = 0, -1, False

    def _read_outside(self, token: re.Match[str]) -> Event | None:
        kind = token.lastgroup
        if kind in {"line", "mark"}:
            self._line_end = self._line_ends.find(token.end())
            self._inline_end = self._line_end if kind == "mark" else 0
            self.fence, self._is_in_module = token[0].lstrip(), False
            return Event(kind=Kind.OPEN, start=token.end() - len(self.fence), end=token.end())
        if kind == "tag":
            return Event(kind=Kind.TAG, start=token.start(), end=token.end())
        if kind in {"module", "end"}:
            self._is_in_module = kind == "module"
        elif kind == "block":
            self._skip_comment(token.start())
        elif kind in {"comment", "string"}:
            tag = REASONING_TAG.search(self._text, token.start(), token.end())
            self.position = token.end() if tag is None else tag.start()
        return None

    def _read_inside(self, token: re.Match[str]) -> Event | None:
        kind, start, end = token.lastgroup, token.start(), token.end()
        if kind == "line" and self._can_close(token[0].lstrip()):
            sign = end - len(token[0].lstrip())
            return self._close(sign, end) if _OPENS.match(self._text, end) is None else self._close(start, start)
        if kind == "mark" and self._can_close(token[0]) and self._ends_code(start, end):
            return self._close(start, end)
        if (kind == "comment" and self._is_behind_module) or (kind == "string" and token["closed"] is None):
            return self._close_at_end(token)
        if kind == "tag" and (start == 0 or self._text[start - 1] == "\n"):
            return Event(kind=Kind.TAG, start=start, end=end)
        if kind == "module":
            self._inline_end, self._is_behind_module = 0, False
        elif kind == "end":
            self._is_behind_module = True
            gap = _GAP.match(self._text, end)
            self._behind_module = end if gap is None else gap.end()
        elif kind == "block":
            self._skip_comment(start)
        return None

    def _can_close(self, sign: str) -> bool:
        return sign[0] == self.fence[0] and len(sign) >= len(self.fence)

    def _ends_code(self, start: int, end: int) -> bool:
        """Return whether backticks in mid-line, outside comments and strings, end the code."""
        return start < self._line_end or self._is_behind_module or _EMPTY.match(self._text, end) is not None

    def _close_at_end(self, token: re.Match[str]) -> Event | None:
        """Close the fence at backticks that end a comment: glued to its text, or in the line of ``endmodule``."""
        mark = _LAST_MARK.search(self._text, token.start(), token.end())
        if mark is None or not self._can_close(mark[0]):
            return None
        is_meant = token.start() == self._behind_module or self._text[mark.start() - 1] not in " \t/"
        return self._close(mark.start(), mark.end()) if is_meant else None

    def _close(self, start: int, end: int) -> Event:
        self.leave_fence()
        self.position = end
        return Event(kind=Kind.CLOSE, start=start, end=end)

    def _skip_comment(self, start: int) -> None:
        """Go behind the block comment at ``start``, unless a fence ends first, or to a tag that is not in it.

        Comments do not nest: what stands before another one's beginning may be a comment that was never finished.
        """
        end = self._comment_ends.find(start + 2)
        if end == len(self._text) or self._fence_lines.find(start + 2) < end:
            return
        again = min(self._comments.find(start + 2), end) if self.fence else end
        tag = (_TAG_AT_LINE if self.fence else REASONING_TAG).search(self._text, start + 2, again)
        if self.fence and again == end:
            tag = None
        behind = again if again < end else end + 2
        self.position = behind if tag is None else tag.start()


def split_fences(text: str, *, is_inner: bool = False) -> tuple[tuple[Block, ...], str]:
    """Return the fenced blocks in order, and the text outside them."""
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
    return tuple(blocks), "\n".join(outside)


def _skip_tag(text: str, start: int) -> int:
    """Return where the code begins: behind the tag, and behind the rest of its line unless that is code."""
    tag = _TAG.match(text, start)
    start = start if tag is None else tag.end()
    rest = _REST.match(text, start)
    return start if rest is None else rest.end()


def _read_block(text: str, sign: str, *, is_inner: bool) -> tuple[Block, ...]:
    """Return the block, or, of a longer fence around other fences, those."""
    if not is_inner and len(sign) > _SHORTEST and _LINE_FENCE.search(text) is not None:
        inner, _ = split_fences(text, is_inner=True)
        return inner
    return (Block(text=_trim(text), is_closed=True),)


def _trim(text: str) -> str:
    """Return ``text`` without an end mark and a byte order mark."""
    mark = _END_MARK.search(text)
    return (text if mark is None else text[: mark.start()]).replace("\ufeff", "")
