"""Blank the text that conditional directives switch off, so that every later reader sees what the screen saw.

Preprocessors differ in which macros exist: one predefines ``SV_COV_START``, another ignores `` `undefineall``.
"""

import re
from collections.abc import Iterator
from typing import Any

from pytest_rtlgen.verilog.syntax import ParsedText, walk_tokens


def blank_inactive(text: str, parsed: ParsedText) -> str:
    """Return ``text`` with everything blanked that pyslang skipped; lines keep their numbers."""
    if "`ifdef" not in text and "`ifndef" not in text:
        return text
    pieces, seen = [], 0
    data = text.encode()  # pyslang counts bytes
    for first, last in sorted(_list_spans(parsed)):
        pieces += [data[seen:first], re.sub(rb"[^\n]", b" ", data[first:last])]
        seen = last
    return b"".join([*pieces, data[seen:]]).decode()


def _list_spans(parsed: ParsedText) -> Iterator[tuple[int, int]]:
    """Yield the (first, past last) byte of each stretch that was skipped; the stretches do not overlap."""
    import pyslang

    tokens: list[Any] = []
    walk_tokens(parsed.tree.root, tokens.append)
    for token in tokens:
        for piece in token.trivia:
            if piece.kind == pyslang.parsing.TriviaKind.Directive:
                skipped = list(getattr(piece.syntax(), "disabledTokens", None) or ())
                if skipped:
                    last = skipped[-1]
                    yield skipped[0].location.offset, last.location.offset + len(str(last.rawText).encode())
