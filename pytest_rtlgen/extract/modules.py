"""Find module definitions in text that may be Verilog, prose, or both: a lexer that knows comments and strings."""

import re
from dataclasses import dataclass

from pytest_rtlgen.verilog.lexical import COMMENT, ESCAPED_NAME, STRING, UNCLOSED_COMMENT

_TOKEN = re.compile(
    rf"{COMMENT}|{UNCLOSED_COMMENT}|{STRING}|(?P<escaped>{ESCAPED_NAME})"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_$]*)|(?P<sign>[#(;])"
)
_LABEL = re.compile(r"[ \t]*+:[ \t]*+\\?[A-Za-z_][A-Za-z0-9_$]*")
_OPENERS = {"module": "endmodule", "macromodule": "endmodule", "package": "endpackage", "interface": "endinterface"}
_QUALIFIERS = {"automatic", "static"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One module, package or interface in a text."""

    name: str
    is_module: bool
    start: int
    end: int | None
    """Offset behind its closing word; ``None``: it is not closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a text defines and which other words its code uses."""

    definitions: tuple[Definition, ...]
    words: frozenset[str]

    def modules(self, *, closed: bool = True) -> dict[str, Definition]:
        """Return the modules by name; of several with one name, the last."""
        return {item.name: item for item in self.definitions if item.is_module and (item.end is not None) == closed}


def scan_modules(text: str) -> Scan:
    """Return what ``text`` defines. A definition is a name and then ``#``, ``(`` or ``;``, which prose rarely has."""
    found: list[Definition] = []
    words: set[str] = set()
    closer, name, start = "", "", 0
    previous: list[tuple[str, int]] = []  # the last words and signs, at most three
    for token in _TOKEN.finditer(text):
        word = token["word"] or (token["escaped"] or "")[1:] or None
        if word is None and token["sign"] is None:
            continue
        if word is not None:
            words.add(word)
        if closer and token["word"] == closer:
            label = _LABEL.match(text, token.end())
            end = token.end() if label is None else label.end()
            found.append(Definition(name=name, is_module=closer == "endmodule", start=start, end=end))
            closer = ""
            previous.clear()
            continue
        opened = _read_opening(previous, word or token["sign"])
        if opened is not None and (not closer or opened[0] == closer == "endmodule"):
            if closer:  # a second header before the first one closed: the first was never a definition, or is cut
                found.append(Definition(name=name, is_module=closer == "endmodule", start=start, end=None))
            closer, name, start = opened
        previous.append((word or token["sign"], token.start()))
        del previous[:-3]
    if closer:
        found.append(Definition(name=name, is_module=closer == "endmodule", start=start, end=None))
    return Scan(definitions=tuple(found), words=frozenset(words))


def _read_opening(previous: list[tuple[str, int]], following: str) -> tuple[str, str, int] | None:
    """Return (closing word, name, offset) when ``previous`` ends with a header and ``following`` goes on with it."""
    if following not in {"#", "(", ";", "import"}:
        return None
    words = [item for item in previous if item[0] not in _QUALIFIERS]
    if len(words) < 2:  # noqa: PLR2004  a keyword and a name
        return None
    (keyword, start), (name, _) = words[-2], words[-1]
    closer = _OPENERS.get(keyword)
    if closer is None or name in {"#", "(", ";"}:
        return None
    return closer, name, start
