"""Comments, strings and names: where Verilog text holds words that are no code, and how any name can be written.

The patterns are to be joined by ``|``, and need no flags. Who skips comments must know strings, and the reverse.
Source: IEEE 1800-2017, 5.4 (comments), 5.6.1 (escaped identifiers), 5.9 (strings).
"""

import re
from collections.abc import Iterator

COMMENT = r"//[^\n]*+|/\*(?s:.*?)\*/"
UNCLOSED_COMMENT = r"/\*(?s:.*)"
"""Matches from where ``COMMENT``, which is to stand before it, finds no end."""
STRING_START = r'"(?:[^"\\\n]|\\(?s:.))*+'
"""A string without the quotation mark at its end, which may be missing."""
STRING = rf'{STRING_START}"'
ESCAPED_NAME = r"\\\S++"

_TOKEN = re.compile(
    "|".join(
        (
            rf'{STRING_START}"?',
            ESCAPED_NAME,
            r"(?:(?<![\w$'.?`])[0-9][0-9_.]*[eE][+-](?=[0-9])|'[({]|\.\*|[\w$'.?`])+",
            r"[;,\]}{]|\((?!\*)|(?<!\*)\)|\[(?![*=+-])",
            r"""(?:[^\s\w$'.?`"\\;,\]}{()\[]|\((?=\*)|(?<=\*)\)|\[(?=[*=+-]))+""",
            r"\S",
        )
    )
)
"""A token, or several that stand together: what is split here is read alike with blanks between and without."""
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_PIECE = re.compile(rf"(?P<comment>{COMMENT})|{STRING}|{ESCAPED_NAME}")


def escape_name(name: str) -> str:
    r"""Return ``name`` as an escaped identifier: any name may be written so, and ``\q `` is the same as ``q``."""
    return f"\\{name} "


def spell_name(name: str) -> str:
    """Return ``name`` as it stands where that may be, else escaped. A keyword counts as a name."""
    return name if _PLAIN_NAME.fullmatch(name) else escape_name(name)


def find_comments(text: str) -> Iterator[re.Match[str]]:
    """Yield the comments of ``text`` in order, without one that is not closed."""
    return (piece for piece in _PIECE.finditer(text) if piece["comment"] is not None)


def blank(text: str) -> str:
    """Return as many blanks as ``text`` has characters, and its line ends."""
    return re.sub(r"[^\n]", " ", text)


def blank_comments(text: str) -> str:
    """Return ``text`` with blanks for its comments; all else stays where it is."""
    return _PIECE.sub(lambda piece: piece[0] if piece["comment"] is None else blank(piece[0]), text)


def join_tokens(text: str) -> str:
    """Return the tokens of canonical ``text``, which are those of another text only where layout alone differs.

    Of two such texts some give different results all the same: operators that stand together are not split.
    """
    return "\0".join(_TOKEN.findall(text))
