"""Problems to chat messages; one file a prompt style."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.prompts.chat import render_chat
from pytest_rtlgen.records import Message, Problem, Prompt

STYLES: Mapping[str, Callable[[Problem], tuple[Message, ...]]] = {"chat": render_chat}
"""Messages of each style, by the name that ``--rtlgen-prompt`` takes."""

__all__ = ["STYLES", "render_chat", "render_prompt"]


def render_prompt(problem: Problem, style: str = "chat") -> Prompt:
    """Return the chat that asks for ``problem`` in one of the ``STYLES``.

    Raises:
        UsageError: there is no such style.
    """
    if style not in STYLES:
        raise UsageError(f"--rtlgen-prompt: {style!r} is unknown; use {', '.join(STYLES)}")
    messages = STYLES[style](problem)
    return Prompt(
        suite=problem.suite, problem_id=problem.problem_id, messages=messages, digest=_digest_messages(messages)
    )


def _digest_messages(messages: Sequence[Message]) -> str:
    """Return the SHA-256 over the messages as JSON with sorted keys, no blanks and ASCII only."""
    plain = [{"role": message.role.value, "content": message.content} for message in messages]
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
