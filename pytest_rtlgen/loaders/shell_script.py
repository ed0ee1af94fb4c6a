"""Commands as a shell splits them, where no shell is needed to know what they are; nothing is run or expanded.

Source: POSIX.1-2024, volume 3, 2.3 (tokens) and 2.9 (lists).
"""

import re
import shlex

_OPERATORS = ";&|<>()\n"
_EXPANDED = re.compile(r"[$`*?\[\]{}~!]|(?<!\S)#")
"""What a shell would replace, obey or leave out; in quotes too, so that there is no doubt."""
_QUOTED_OPERATOR = re.compile(rf"""(["'])[{re.escape(_OPERATORS)}]+\1|\\[{re.escape(_OPERATORS)}]""")


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of one command that is not run by a shell.

    Raises:
        ValueError: a quote is open, or it holds what only a shell obeys.
    """
    words = _split(text)
    operators = [word for word in words if _is_operator(word) and word.strip()]
    if operators:
        raise ValueError(f"its command {text.strip()!r} has {operators[0]!r}, which needs a shell around it")
    return tuple(word for word in words if not _is_operator(word))


def split_script(text: str) -> list[list[tuple[str, ...]]]:
    """Return the lists of a script, which ``;`` or a line's end separates, each the commands that ``&&`` joins.

    Raises:
        ValueError: a quote is open, or it holds more than commands, ``&&`` and ``;``; the message says what.
    """
    text = text.replace("\\\n", "")
    odd = _EXPANDED.search(text) or _QUOTED_OPERATOR.search(text)
    if odd:
        raise ValueError(f"its script {text.strip()!r} has {odd[0]!r}, which only a shell can read")
    lists: list[list[list[str]]] = [[[]]]
    for word in _split(text):
        mark = word.strip()
        if not _is_operator(word):
            lists[-1][-1].append(word)
        elif mark and (mark not in {"&&", ";"} or not lists[-1][-1]):
            raise ValueError(f"its script {text.strip()!r} has {mark!r}, which is not read here")
        elif mark == "&&":
            lists[-1].append([])
        elif lists[-1][-1]:
            lists.append([[]])
    filled = lists if lists[-1] != [[]] else lists[:-1]
    if not all(words for commands in filled for words in commands):
        raise ValueError(f"its script {text.strip()!r} ends in '&&'")
    return [[tuple(words) for words in commands] for commands in filled]


def _split(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=_OPERATORS)
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        return list(lexer)
    except ValueError as error:
        raise ValueError(f"its command {text.strip()!r} cannot be split into words ({error})") from error


def _is_operator(word: str) -> bool:
    return bool(word) and set(word) <= set(_OPERATORS)
