"""Prompt styles: a Problem in, the chat that asks for it out. One file a style."""

import hashlib
import json
from collections.abc import Callable

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.prompts.chat import list_chat_messages
from pytest_rtlgen.records import Message, Problem, Prompt

STYLES: dict[str, Callable[[Problem], tuple[Message, ...]]] = {"chat": list_chat_messages}


def render_prompt(problem: Problem, style: str = "chat") -> Prompt:
    """Return the chat that asks for ``problem`` in one of the ``STYLES``.

    Raises:
        UsageError: there is no such style.
    """
    render = STYLES.get(style)
    if render is None:
        raise UsageError(f"--rtlgen-prompt={style}: unknown style; choose one of {', '.join(STYLES)}")
    messages = render(problem)
    plain = json.dumps([[message.role, message.content] for message in messages], separators=(",", ":"))
    digest = hashlib.sha256(plain.encode("ascii")).hexdigest()
    return Prompt(suite=problem.suite, problem_id=problem.problem_id, messages=messages, digest=digest)
