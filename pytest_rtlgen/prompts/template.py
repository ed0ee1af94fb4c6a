"""The user's own template: a text file with ``{description}``, ``{header}`` and ``{top}``."""

import difflib
import re
from pathlib import Path

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.prompts.style import PromptStyle
from pytest_rtlgen.records import Message, Problem, Role

PLACEHOLDERS = ("description", "header", "top")
_PLACEHOLDER = re.compile(r"\{(description|header|top)\}")
_WORD = re.compile(r"\{([A-Za-z_]+)\}")
_LIKENESS = 0.75
"""From here on a word is a placeholder misspelt; others may be Verilog's concatenations, such as ``{carry}``."""


def read_template(path: Path) -> str:
    """Return the text of a template.

    Raises:
        UsageError: it cannot be read, is not UTF-8, has no ``{description}`` or misspells a placeholder; the message
            starts with ``path:line``.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}; name a template file") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line}: not UTF-8; save the file in that encoding") from error
    for number, content in enumerate(text.split("\n"), start=1):
        for match in _WORD.finditer(content):
            meant = difflib.get_close_matches(match[1].lower(), PLACEHOLDERS, n=1, cutoff=_LIKENESS)
            if meant and match[1] != meant[0]:
                raise UsageError(f"{path}:{number}: {match[0]} is no placeholder; write {{{meant[0]}}}")
    if "{description}" not in text:
        raise UsageError(
            f"{path}:1: the template has no {{description}}, so every problem would be asked alike; add it"
        )
    return text


def list_template_messages(problem: Problem, style: PromptStyle) -> tuple[Message, ...]:
    """Return one message: the template with its placeholders filled, each once, in one pass."""
    values = {"description": problem.description, "header": problem.header, "top": problem.top}
    text = _PLACEHOLDER.sub(lambda match: values[match[1]], style.template or "")
    return (Message(role=Role.USER, content=text),)
