"""Undo what a chat, a web page or a patch did to the characters of the code, where it cannot be Verilog as it stands.

Every rule needs proof that the text does not compile as it is; so no rule changes an answer that is right.
"""

import html
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import NamedTuple

from pytest_rtlgen.verilog.lexical import COMMENT, ESCAPED_NAME, UNCLOSED_COMMENT

_CODE = re.compile(
    rf"(?P<other>{COMMENT}|{UNCLOSED_COMMENT}|{ESCAPED_NAME})"
    r'|(?P<string>"(?:[^"\\\n]|\\.)*+")'
    r"|(?P<entity>&(?:lt|gt|amp|quot|apos|#3[489]|#6[02]|#x2[267]|#x3[ce]);)"
    r"|(?P<word>[A-Za-z_$][\w$]*+)"
    r"|(?P<sign>[<>&\"'])"
    r"|(?P<hidden>[\u00a0\u200b-\u200d\u2060\ufeff]++)"
)
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|#3[489]|#6[02]|#x2[267]|#x3[ce]);")
_NAMES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_HINT = re.compile(r"&[a-z#]|[\u00a0\u200b-\u200d\u2060\ufeff]")
_FROM_ELSEWHERE = frozenset({"import", "include"})
_SPACE = "\u00a0"
_WORD = re.compile(r"[\w$]")
_STATEMENT = r"(?:module|endmodule|assign|always|always_ff|always_comb|begin|end|case|endcase)\b"
"""Words that no expression goes on with: behind a ``>`` or a ``+`` they are never Verilog."""
_MARKED = re.compile(rf"^(?:[ \t]{{0,3}}>[ \t>]*+|\+[ \t]*+){_STATEMENT}", re.MULTILINE)
_MARKED_LINE = re.compile(r"\n(?:[ \t]{0,3}>|\+)")
_REMOVED = re.compile(r"^-", re.MULTILINE)
_QUOTED = re.compile(r"[ \t]{0,3}>")
_QUOTED_CODE = re.compile(rf"[ \t>]*+(?:`{{3}}|~{{3}}|{_STATEMENT})")
_QUOTE_SIGN = re.compile(r"[ \t]{0,3}> ?")
_PATCHED = re.compile(r"[+ ]|\r?$|(?:@@|---|diff |index |new file|\\ No newline)")
_PATCHED_CODE = re.compile(rf"\+[ \t]*+{_STATEMENT}")
_PATCH_HEADER = re.compile(r"\+\+\+ |@@|---|diff |index |new file|\\ No newline")


def restore_lines(text: str) -> str:
    """Return ``text`` with line feeds, when carriage returns alone end its lines.

    Beside line feeds a lone carriage return is a character of its line.
    """
    is_changed = "\r" in text and "\n" not in text.rstrip("\r\n")
    return text.replace("\r\n", "\n").replace("\r", "\n") if is_changed else text


class Restored(NamedTuple):
    """A text after a rule changed it."""

    rule: str
    """Empty: nothing was changed."""
    text: str


def list_unmarked(text: str) -> Iterator[Restored]:
    """Yield for each rule ``text`` without the signs that a quote or a patch sets before each line of its code.

    Only runs of lines are changed in which a statement stands behind the sign, which no Verilog has.
    """
    for rule, is_member, is_proof, strip in (
        ("quote", _QUOTED, _QUOTED_CODE, _strip_quote),
        ("patch", _PATCHED, _PATCHED_CODE, _strip_patch),
    ):
        changed = _strip_runs(text, is_member, is_proof, strip)
        if changed != text:
            yield Restored(rule, changed)


def has_marks(source: str) -> bool:
    """Return whether lines of code in ``source`` begin with the sign of a quote or a patch."""
    if _MARKED_LINE.search(f"\n{source}") is None:
        return False
    code = _CODE.sub(lambda token: " " if token["other"] or token["string"] else token[0], source)
    return _MARKED.search(code) is not None


def has_removed_lines(source: str) -> bool:
    """Return whether lines in ``source`` begin with the sign with which a patch removes them."""
    return _REMOVED.search(source) is not None


def restore_characters(source: str) -> Restored:
    """Return ``source`` with the characters that hidden ones and HTML entities in its code stand for.

    Strings and comments keep their hidden characters, and so does the middle of a
    word, where nobody can tell one word from two.
    """
    rules = []
    tokens = list(_CODE.finditer(source)) if _HINT.search(source) else []
    if _is_escaped(tokens):
        source = _ENTITY.sub(lambda entity: html.unescape(entity[0]), source)
        tokens = list(_CODE.finditer(source))
        rules.append("html")
    pieces, position = [], 0
    for token in tokens:
        if token["hidden"]:
            pieces += [source[position : token.start()], _show(source, token)]
            position = token.end()
    restored = "".join([*pieces, source[position:]])
    if restored != source:
        rules.append("hidden-characters")
    return Restored("/".join(rules), restored)


def _is_escaped(tokens: list[re.Match[str]]) -> bool:
    """Return whether the code holds entities and cannot be Verilog: ``a &lt;`` is, where something is named ``lt``."""
    names = {token["entity"][1:-1] for token in tokens if token["entity"]}
    words = {token["word"] for token in tokens if token["word"]}
    signs = {token["sign"] or '"' for token in tokens if token["sign"] or token["string"]}
    is_declared = not words.isdisjoint(names | _FROM_ELSEWHERE)
    return bool(names) and not is_declared and signs.isdisjoint({_NAMES[name] for name in names if name in _NAMES})


def _show(source: str, token: re.Match[str]) -> str:
    """Return what stands for hidden characters: a space, nothing, or themselves between the halves of a word."""
    if _SPACE in token[0]:
        return " " * token[0].count(_SPACE)
    before, after = source[max(token.start() - 1, 0) : token.start()], source[token.end() : token.end() + 1]
    return token[0] if _WORD.match(before) and _WORD.match(after) else ""


def _strip_runs(text: str, member: re.Pattern[str], proof: re.Pattern[str], strip: Callable[[str], str | None]) -> str:
    lines: list[str] = []
    for is_marked, group in groupby(text.split("\n"), key=lambda line: member.match(line) is not None):
        run = list(group)
        if is_marked and any(proof.match(line) for line in run):
            lines += [line for line in map(strip, run) if line is not None]
        else:
            lines += run
    return "\n".join(lines)


def _strip_quote(line: str) -> str:
    return _QUOTE_SIGN.sub("", line, count=1)


def _strip_patch(line: str) -> str | None:
    return None if _PATCH_HEADER.match(line) else line[1:] if line[:1] in {"+", " "} else line
