"""Another name for a module, in Verilog text."""

import re
from collections.abc import Iterator

from pytest_rtlgen.errors import RenameError
from pytest_rtlgen.verilog.lexical import COMMENT, ESCAPED_NAME, STRING, UNCLOSED_COMMENT

_TOKEN = re.compile(
    rf"""
      {COMMENT} | {UNCLOSED_COMMENT}
    | \"\"\".*?\"\"\" | {STRING}
    | {ESCAPED_NAME}
    | `(?:define|undef|ifdef|ifndef|elsif)\s+\w+ | [`$]\w+              # macros and their names, system names
    | '[sS]?[bodhBODH]\s*[0-9a-fA-FxXzZ?_]+ | \d[\w$]*                  # numbers
    | \.\s*[A-Za-z_][\w$]*                                              # named ports and members
    | (?P<name>[A-Za-z_][\w$]*)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
"""Whatever can look like a name; all else in Verilog text is blanks and operators."""
_LIFETIMES = frozenset({"automatic", "static"})


def rename_module(text: str, old: str, new: str) -> str:
    """Return ``text`` with module ``old`` called ``new``, in its declaration, end label and uses.

    Names are plain identifiers; comments, strings, escaped names, macro names, named ports and members stay.

    Raises:
        RenameError: ``text`` does not define ``old``, or defines ``new`` already.
    """
    defined = set(_list_modules(text))
    if old not in defined:
        raise RenameError(f"no module {old!r} is defined")
    if new in defined:
        raise RenameError(f"module {old!r} cannot be renamed: there is a module {new!r} already")
    return _TOKEN.sub(lambda token: new if token["name"] == old else token[0], text)


def _list_modules(text: str) -> Iterator[str]:
    is_after_keyword = False
    for token in _TOKEN.finditer(text):
        name = token["name"]
        if name is None or (is_after_keyword and name in _LIFETIMES):
            continue
        if is_after_keyword:
            yield name
        is_after_keyword = name in {"module", "macromodule"}
