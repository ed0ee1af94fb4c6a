"""What a text's macros expand to at most, found without expanding them.

Macros that build the names of other macros are not followed: the process that expands them has limits of its own.
"""

import re
from dataclasses import dataclass

from pytest_rtlgen.verilog.lexical import COMMENT, ESCAPED_NAME, STRING, UNCLOSED_COMMENT

MOST_EXPANSION = 4 << 20
"""Most characters that a candidate may have after macro expansion."""
_ENDLESS = 1 << 60
_DEEPEST = 100
_HIDDEN = re.compile(
    rf"(?P<comment>{COMMENT}|{UNCLOSED_COMMENT})"
    r"|`\\?`?\""
    rf"|(?P<string>{STRING})|(?P<escaped>(?<!`){ESCAPED_NAME})"
)
_DEFINE = re.compile(r"`define[ \t]+(?P<name>[A-Za-z_][\w$]*)(?P<rest>(?:[^\n\\]|\\\r?\n|\\)*+)")
_TOKEN = re.compile(r"``|`(?P<use>[A-Za-z_][\w$]*)|(?P<word>[A-Za-z_][\w$]*)|(?P<sign>[()])|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Macro:
    parameters: frozenset[str]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Growth:
    """How a text grows."""

    size: int
    """Characters of its expansion, arguments apart."""
    repeats: int
    """How many times one argument's text may come up in it."""


def estimate_expansion(text: str) -> int:
    """Return about how many characters ``text`` has after macro expansion, rather too many, at most ``2 ** 60``."""
    if "`define" not in text:
        return len(text)
    plain = _hide(text)
    macros: dict[str, list[_Macro]] = {}
    for match in _DEFINE.finditer(plain):
        macros.setdefault(match["name"], []).append(_read_macro(match))
    return _measure(plain, frozenset(), _Table(macros)).size


class _Table:
    """The growth of each macro, the largest of its definitions, found once."""

    def __init__(self, macros: dict[str, list[_Macro]]) -> None:
        self._macros = macros
        self._known: dict[str, _Growth] = {}
        self._depth = 0

    def growth(self, name: str) -> _Growth | None:
        """Return how a use of ``name`` grows, ``None`` when the text does not define it; recursion has no bound."""
        if name not in self._macros or name in self._known:
            return self._known.get(name)
        self._known[name] = _Growth(size=_ENDLESS, repeats=1)
        self._depth += 1
        if self._depth < _DEEPEST:
            parts = [_measure(macro.body, macro.parameters, self) for macro in self._macros[name]]
            self._known[name] = _Growth(
                size=max(part.size for part in parts), repeats=max(part.repeats for part in parts)
            )
        self._depth -= 1
        return self._known[name]


def _measure(text: str, parameters: frozenset[str], table: _Table) -> _Growth:
    """Measure ``text``: what stands in a call's arguments counts as often as the macro repeats them."""
    size = repeats = 0
    factor, factors = 1, list[int]()
    called = 1
    for token in _TOKEN.finditer(text):
        growth = table.growth(token["use"]) if token["use"] else None
        size += factor * (len(token[0]) if growth is None else growth.size + 1)
        repeats += factor if token["word"] in parameters else 0
        if token["sign"] == "(":
            factors.append(factor)
            factor = min(factor * called, _ENDLESS)
        elif token["sign"] == ")" and factors:
            factor = factors.pop()
        if not token[0].isspace():
            called = 1 if growth is None else max(growth.repeats, 1)
        size, repeats = min(size, _ENDLESS), min(repeats, _ENDLESS)
    return _Growth(size=size, repeats=repeats)


def _read_macro(match: re.Match[str]) -> _Macro:
    """Read a definition; default values count as body, twice never too much."""
    rest = match["rest"]
    if not rest.startswith("("):
        return _Macro(parameters=frozenset(), body=rest)
    depth = end = 0
    for end, character in enumerate(rest):  # noqa: B007  only the position is used
        depth += {"(": 1, ")": -1}.get(character, 0)
        if not depth:
            break
    head = rest[1:end]
    parameters = frozenset(re.findall(r"(?:^|,)\s*(?:\\\r?\n\s*)?([A-Za-z_][\w$]*)", head))
    defaults = head if "`" in head else ""
    return _Macro(parameters=parameters, body=defaults + " " + rest[end + 1 :])


def _hide(text: str) -> str:
    """Return ``text`` with comments, strings and escaped names blanked, at the same length and with the same lines."""

    def blank(found: re.Match[str]) -> str:
        if found["comment"] is None and found["string"] is None and found["escaped"] is None:
            return found[0]
        kept = "\\" if found[0].endswith("\\") else " "  # a comment that ends so may go on with the macro
        return re.sub(r"[^\n\r]", " ", found[0][:-1]) + kept

    return _HIDDEN.sub(blank, text)
