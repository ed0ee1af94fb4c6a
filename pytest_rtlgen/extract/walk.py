"""Where code fences open and close in an answer, and which reasoning tags in it are no code.

Outside a fence three backticks anywhere open one. Inside, a line that is only a fence ends it; backticks in mid-line
end it where the code cannot go on: at the end of a line, behind ``endmodule``, or in a string that its line does not
close. In a comment, a string or a macro they are code. Source: section 4.5 of the CommonMark specification, but for
backticks in mid-line and any indentation.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

_BLANK = r"[ \t\r\u00a0\u200b\u2060\ufeff]*+(?=\n|\Z)"
_LANGUAGES = (
    r"system[-_]?verilog|verilog|svh?|vh?|hdl|rtl|vhdl|json|ya?ml|toml|xml|html|te?xt|plaintext|python|py|bash|sh|shell"
    r"|console|c|cpp|c\+\+|markdown|md|tcl|diff|makefile|wavedrom|mermaid"
)
_INFO = rf"[ \t]*+\{{?\.?(?i:{_LANGUAGES})(?:[:{{][^\s`]*+|[ \t]++\w++=[^\n`]*+)?\}}?{_BLANK}"
"""What a line says behind the sign of a fence that it opens: a language, perhaps with a file or a title."""
_EMPTY, _OPENS = re.compile(_BLANK), re.compile(_INFO)
# Each alternative below begins with a literal character: only so does `re` skip quickly to where a match may begin.
_TICKS, _TILDES = "```" + "`*+", "~~~~*+"
_TICK_RUN, _SIGN = re.compile(_TICKS), re.compile(f"{_TICKS}|{_TILDES}")
_FENCE_LINE = re.compile(rf"\n[ \t]*+(?:{_TICKS}|{_TILDES})(?:{_BLANK}|{_INFO})")
_TAG = (
    r"<(?i:/?(?:think|thinking|seed:think)>|\|channel\|>final<\|message\|>)"
    r"|a(?i:ssistantfinal)|A(?i:ssistantfinal)"
)
REASONING_TAG, _LINE_TAG = re.compile(_TAG), re.compile(rf"\n(?:{_TAG})")
_PROSE_TOKEN = (
    rf"{_TICKS}|{_TILDES}|{_TAG}"
    r"|m(?<!\w.)(?:acrom)?odule\s++(?:automatic\s++|static\s++)?\\?[\w$]++\s*+(?:[#(;]|import\b)"
)
_PROSE = re.compile(_PROSE_TOKEN)
_CODE = re.compile(
    _PROSE_TOKEN + r"|e(?<!\w.)nd(?:module|package|interface)\b(?:[ \t]*+:[ \t]*+\\?\w++)?"
    r"|//[^\n]*+|/\*"
    r'|"(?:[^"\\\n]|\\[^\r\n])*+(?P<closed>")?'
    r"|\\[^\s`]++"
)
_GAP = re.compile(r"[ \t]*+")
_OPEN_COMMENT, _CLOSE_COMMENT, _LINE_END = re.compile(r"/\*"), re.compile(r"\*/"), re.compile("\n")
_LAST_TICKS = re.compile(rf"{_TICKS}(?=[ \t\r]*+\Z)")


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
    """Goes through a text once and knows at each place whether it is inside a fence.

    It reads code token by token only where that decides: not where no sign and no tag follows, and not before a line
    that ends the fence whatever stands before it.
    """

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
        self._tried = -1
        """The last sign that was looked at as the end of the fence before its code was read."""
        self._signs, self._tags, self._line_tags = (_Next(item, text) for item in (_SIGN, REASONING_TAG, _LINE_TAG))
        self._comments, self._comment_ends = _Next(_OPEN_COMMENT, text), _Next(_CLOSE_COMMENT, text)
        self._line_ends, self._fence_lines = _Next(_LINE_END, text), _Next(_FENCE_LINE, text)

    def __iter__(self) -> Iterator[Event]:
        """Yield what the walk meets, in order."""
        while min(self._signs.find(self.position), self._tags.find(self.position)) < len(self._text):
            event = self._skip_code() or self._read_token()
            if event is not None:
                yield event

    def leave_fence(self) -> None:
        """Go on outside any fence and module."""
        self.fence, self._is_in_module = "", False
        self._inline_end, self._behind_module, self._is_behind_module = 0, -1, False

    def _skip_code(self) -> Event | None:
        """Close the fence at the next sign when that is a whole line: what stands before it changes nothing then."""
        start = self._signs.find(self.position)
        if not self.fence or start == self._tried or self._tags.find(self.position) < start:
            return None
        self._tried = start
        sign = _SIGN.match(self._text, start)
        if sign is None or not (_EMPTY.match(self._text, sign.end()) or _OPENS.match(self._text, sign.end())):
            return None
        return self._close_at_line(sign, self.position)

    def _read_token(self) -> Event | None:
        before = self.position
        is_inline = bool(self.fence) and before < self._inline_end
        is_code = self._is_in_module or (self.fence and not is_inline)
        token = (_CODE if is_code else _PROSE).search(self._text, before)
        stop = self._inline_end if is_inline else len(self._text)
        if token is None or token.start() >= stop:
            self.position = stop
            return None
        self.position = token.end()
        return self._read_inside(token, before) if self.fence else self._read_outside(token, before)

    def _read_outside(self, token: re.Match[str], before: int) -> Event | None:
        start, end, first = token.start(), token.end(), token[0][0]
        if first in "`~":
            is_line = self._find_line(before, start) is not None
            return self._open(token, is_line=is_line) if is_line or first == "`" else None
        if first in "<aA":
            return Event(kind=Kind.TAG, start=start, end=end)
        if first in "me":
            self._is_in_module = first == "m"
        elif token[0] == "/*":
            self._skip_comment(start)
        elif first in '/"':
            self.position = min(self._tags.find(start), end)
        return None

    def _read_inside(self, token: re.Match[str], before: int) -> Event | None:
        start, end, first = token.start(), token.end(), token[0][0]
        if first in "`~":
            return self._close_at_line(token, before) or self._close_in_line(token)
        if first in "<aA" and (start == 0 or self._text[start - 1] == "\n"):
            return Event(kind=Kind.TAG, start=start, end=end)
        if first == "m":
            self._inline_end, self._is_behind_module = 0, False
        elif first == "e":
            self._is_behind_module = True
            gap = _GAP.match(self._text, end)
            self._behind_module = end if gap is None else gap.end()
        elif first == '"' and token["closed"] is None:
            return self._close_in_string(start, end)
        elif token[0] == "/*":
            self._skip_comment(start)
        elif first == "/" and self._is_behind_module:
            return self._close_in_comment(start, end)
        return None

    def _open(self, token: re.Match[str], *, is_line: bool) -> Event:
        self._line_end = self._line_ends.find(token.end())
        self._inline_end = 0 if is_line else self._line_end
        self.fence, self._is_in_module = token[0], False
        return Event(kind=Kind.OPEN, start=token.start(), end=token.end())

    def _find_line(self, before: int, start: int) -> int | None:
        """Return where the line begins on which nothing but blanks, none of them ahead of ``before``, precedes."""
        line = self._text.rfind("\n", before, start) + 1
        if not line:
            line = before
            if before and self._text[before - 1] != "\n":
                return None
        return None if self._text[line:start].strip(" \t") else line

    def _can_close(self, sign: str) -> bool:
        return sign[0] == self.fence[0] and len(sign) >= len(self.fence)

    def _close_at_line(self, sign: re.Match[str], before: int) -> Event | None:
        """Close the fence at ``sign`` when that begins a line; a sign that opens a fence is left to do so."""
        line = self._find_line(before, sign.start()) if self._can_close(sign[0]) else None
        if line is None:
            return None
        is_opening = _OPENS.match(self._text, sign.end()) is not None
        return self._close(line, line) if is_opening else self._close(sign.start(), sign.end())

    def _close_in_line(self, sign: re.Match[str]) -> Event | None:
        """Close the fence at backticks in mid-line, outside comments and strings, when they end the code."""
        is_end = sign.start() < self._line_end or self._is_behind_module or _EMPTY.match(self._text, sign.end())
        return self._close(*sign.span()) if sign[0][0] == "`" and is_end and self._can_close(sign[0]) else None

    def _close_in_string(self, start: int, end: int) -> Event | None:
        """Close the fence at the first backticks of a string that does not end in its line nor goes on in the next."""
        sign = _TICK_RUN.search(self._text, start, end)
        is_end = sign is not None and self._can_close(sign[0]) and not self._text.startswith("\\", end)
        return self._close(*sign.span()) if sign is not None and is_end else None

    def _close_in_comment(self, start: int, end: int) -> Event | None:
        """Close the fence at backticks that end a comment: glued to its text, or in the line of ``endmodule``."""
        sign = _LAST_TICKS.search(self._text, start, end)
        if sign is None or not self._can_close(sign[0]):
            return None
        is_meant = start == self._behind_module or self._text[sign.start() - 1] not in " \t/"
        return self._close(*sign.span()) if is_meant else None

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
        behind = again if again < end else end + 2
        if not self.fence:
            self.position = min(self._tags.find(start + 2), behind)
        else:
            self.position = behind if again == end else min(self._line_tags.find(start + 2) + 1, behind)
