"""Blank the text that does not count, so that every later reader sees what the screen saw.

Preprocessors differ in which macros exist: one predefines ``SV_COV_START``, another ignores `` `undefineall``.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_rtlgen.verilog.syntax import ParsedText, walk_tokens


def blank_inactive(text: str, parsed: ParsedText) -> str:
    """Return ``text`` with everything blanked that pyslang skipped; lines keep their numbers."""
    if "`ifdef" not in text and "`ifndef" not in text:
        return text
    return _blank(text, sorted(_list_spans(parsed)))


def blank_unused_modules(text: str, parsed: ParsedText, top: str) -> str:
    """Return ``text`` with the modules blanked that ``top`` does not use: a testbench after the answer, say.

    A module counts as used when its name appears anywhere in a used module or outside all modules.
    """
    modules: dict[str, set[str]] = {}
    spans: dict[str, tuple[int, int]] = {}
    words: set[str] = {top}
    for member in _list_members(parsed):
        found = _list_words(member)
        name = str(member.header.name.valueText) if member.kind.name == "ModuleDeclaration" else ""
        if not name or name in modules or _is_in_macro(parsed, member):
            words |= found
        else:
            modules[name], spans[name] = found, _span(member)
    used: set[str] = set()
    while more := (words & modules.keys()) - used:
        used |= more
        words |= set().union(*(modules[name] for name in more))
    return _blank(text, sorted(spans[name] for name in modules.keys() - used))


def _blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces, seen = [], 0
    data = text.encode()  # pyslang counts bytes
    for first, last in spans:
        pieces += [data[seen:first], re.sub(rb"[^\n]", b" ", data[first:last])]
        seen = last
    return b"".join([*pieces, data[seen:]]).decode()


def _list_members(parsed: ParsedText) -> list[Any]:
    root = parsed.tree.root
    return list(root.members) if root.kind.name == "CompilationUnit" else [root]


def _list_words(node: Any) -> set[str]:  # noqa: ANN401  a pyslang SyntaxNode
    words: set[str] = set()
    walk_tokens(node, lambda token: words.add(str(token.valueText)))
    return words


def _is_in_macro(parsed: ParsedText, node: Any) -> bool:  # noqa: ANN401
    ends = (node.getFirstToken(), node.getLastToken())
    return any(parsed.manager.isMacroLoc(token.location) for token in ends)


def _span(node: Any) -> tuple[int, int]:  # noqa: ANN401
    last = node.getLastToken()
    return node.getFirstToken().location.offset, last.location.offset + len(str(last.rawText).encode())


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
