"""The text of an answer, in whatever form a trainer or an API holds it."""

from collections.abc import Mapping, Sequence
from typing import Any


def read_answer(answer: object) -> str:  # the forms of several libraries
    """Return the text of ``answer``: a text, a message, or messages, of which the assistant's last one counts.

    A message's content may be a list of parts; those of text are joined. What has no text is empty.
    """
    if isinstance(answer, str):
        return answer
    if isinstance(answer, Mapping):
        return _join_parts(answer.get("content"))
    if isinstance(answer, Sequence):
        texts = [item for item in answer if isinstance(item, Mapping) and item.get("role", "assistant") == "assistant"]
        return _join_parts(texts[-1].get("content")) if texts else ""
    return ""


def read_response(response: Mapping[str, Any]) -> str:
    """Return the text of an answer of the OpenAI Responses API, as JSON: all of its messages, in order."""
    output = response.get("output")
    items = [item for item in output if isinstance(item, Mapping)] if isinstance(output, Sequence) else []
    return "\n".join(_join_parts(item.get("content")) for item in items if item.get("type", "message") == "message")


def _join_parts(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return ""
    texts = [part.get("text") for part in content if isinstance(part, Mapping)]
    return "".join(text for text in texts if isinstance(text, str))
