"""An upper bound of what a text's macros expand to, found without expanding them.

Macros that build the names of other macros cannot be bounded so; they are named instead, and refused.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass

MOST_EXPANSION = 4 << 20
"""Most characters that a candidate may have after macro expansion."""
_ENDLESS = 1 << 60
_DEEPEST = 100
_CONDITIONALS = {"ifdef", "ifndef", "elsif", "else", "endif", "undef", "undefineall"}
_HIDDEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|`\\?`?\""
    r'|(?P<string>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<escaped>(?<!`)\\\S+)",
    re.DOTALL,
)
_DEFINE = re.compile(r"`define[ \t]+(?P<name>[A-Za-z_][\w$]*)(?P<rest>(?:[^\n\\]|\\\r?\n|\\)*+)")
_TOKEN = re.compile(r"``|`(?P<use>[A-Za-z_][\w$]*)|(?P<word>[A-Za-z_][\w$]*)|(?P<sign>[()])|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class OddMacro:
    """A macro whose expansion cannot be bounded, and where it stands."""

    message: str
    offset: int


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


def find_odd_macro(text: str) -> OddMacro | None:
    """Return the first macro of ``text`` that builds macros or names of macros."""
    if "`define" not in text:
        return None
    plain = _hide(text)
    escaped = re.search(r"`\\\w", plain)
    if escaped is not None:
        return OddMacro(message="macro with an escaped name", offset=escaped.start())
    found = list(_DEFINE.finditer(plain))
    if len(found) != len(re.findall(r"`define\b", plain)):
        return OddMacro(message="`define inside a macro, or without a plain name", offset=plain.find("`define"))
    for match in found:
        message = _judge_macro(_read_macro(match))
        if message:
            return OddMacro(message=f"macro {match['name']} {message}", offset=match.start())
    if any("``" in match["rest"] for match in found):
        return _find_pasted_name(plain, sorted({match["name"] for match in found}))
    return None


def estimate_expansion(text: str) -> int:
    """Return an upper bound of the characters of ``text`` after macro expansion, at most ``2 ** 60``."""
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


def _find_pasted_name(plain: str, names: list[str]) -> OddMacro | None:
    """Return the first macro in an argument whose name, with something pasted to it, is another macro's name."""
    depth = 0
    is_called = False
    for token in _TOKEN.finditer(plain):
        if token["sign"] is not None:
            is_inside = depth > 0 or is_called
            depth = max(0, depth + (1 if token["sign"] == "(" else -1)) if is_inside else 0
        use = token["use"]
        if use and depth:
            following = bisect_right(names, use)
            if following < len(names) and names[following].startswith(use):
                return OddMacro(message=f"macro `{use} in an argument, where names are pasted", offset=token.start())
        if not token[0].isspace():
            is_called = use is not None
    return None


def _judge_macro(macro: _Macro) -> str:
    if "```" in macro.body or re.search(r"(?<!`)`[A-Za-z_][\w$]*``", macro.body):
        return "builds the name of a macro"
    for use in re.findall(r"(?<!`)`([A-Za-z_][\w$]*)", macro.body):
        if use in macro.parameters:
            return f"calls its argument `{use}"
        if use == "define":
            return "defines a macro"
        if use in _CONDITIONALS:
            return f"holds the directive `{use}"
    return ""


def _read_macro(match: re.Match[str]) -> _Macro:
    """Read a definition; default values count as body, twice never too much."""
    rest = match["rest"]
    if not rest.startswith("("):
        return _Macro(parameters=frozenset(), body=rest)
    depth = end = 0
    for end, character in enumerate(rest):  # noqa: B007  the position is what is wanted
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
