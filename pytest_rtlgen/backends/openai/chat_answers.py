"""The answer to a request, from the server's JSON to plain values.

Source: the chat completion object of https://platform.openai.com/docs/api-reference/chat; reasoning stands in
``message.reasoning`` (vLLM) or ``message.reasoning_content`` (DeepSeek and older servers). The completion object of
https://platform.openai.com/docs/api-reference/completions has a ``text`` in place of the message.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_rtlgen.backends.openai.retry import TransientError
from pytest_rtlgen.records import FinishReason, TokenUsage

_FINISH_REASONS = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
}
_SHOWN = 200
"""Most characters of a server's own words in a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAnswer:
    """One choice."""

    text: str
    reasoning: str
    finish_reason: FinishReason
    usage: TokenUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAnswers:
    """One response."""

    model: str
    """As the server names it; empty when it does not."""
    answers: tuple[ChatAnswer, ...]
    """At least one, in the order of the response."""


def read_answers(body: object, *, most: int, is_chat: bool = True) -> ChatAnswers:
    """Return up to ``most`` choices of a response, of the chat or of the completions endpoint.

    The server counts tokens for a whole response: the first choice carries the prompt's tokens, the others 0, and the
    completion's tokens are spread evenly, so that the sums over the choices are the server's.

    Raises:
        TransientError: this is no completion of that kind.
    """
    fields = read_object(body, "the response")
    choices = fields.get("choices")
    if not isinstance(choices, list) or not choices:
        raise TransientError(f"a response without choices: {shorten(str(fields.get('error', '')))}".rstrip(": "))
    usages = _share_usage(fields.get("usage"), min(len(choices), most))
    read = _read_choice if is_chat else _read_text
    answers = tuple(
        read(read_object(choice, "a choice"), usage) for choice, usage in zip(choices, usages, strict=False)
    )
    model = fields.get("model")
    return ChatAnswers(model=model if isinstance(model, str) else "", answers=answers)


def shorten(text: str) -> str:
    """Return ``text`` as one printable line of bounded length, for a message."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _read_choice(choice: Mapping[str, object], usage: TokenUsage) -> ChatAnswer:
    message = read_object(choice.get("message"), "a message")
    text, refusal = _read_content(message.get("content")), message.get("refusal")
    finish = _read_finish(choice)
    if isinstance(refusal, str) and refusal and not text:
        text = refusal
        finish = finish if finish is FinishReason.CONTENT_FILTER else FinishReason.REFUSAL
    found = (message.get("reasoning"), message.get("reasoning_content"))
    reasoning = next((value for value in found if isinstance(value, str) and value), "")
    return ChatAnswer(text=text, reasoning=reasoning, finish_reason=finish, usage=usage)


def _read_text(choice: Mapping[str, object], usage: TokenUsage) -> ChatAnswer:
    text = choice.get("text")
    if not isinstance(text, str):
        raise TransientError("a choice without text")
    return ChatAnswer(text=text, reasoning="", finish_reason=_read_finish(choice), usage=usage)


def _read_finish(choice: Mapping[str, object]) -> FinishReason:
    return _FINISH_REASONS.get(str(choice.get("finish_reason")), FinishReason.OTHER)


def _read_content(content: object) -> str:
    """Return the text of a message: a text, parts of one, or nothing."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise TransientError("a message whose content is no text")
    parts = [read_object(part, "a part of a message").get("text") for part in content]
    return "".join(part for part in parts if isinstance(part, str))


def _share_usage(usage: object, count: int) -> list[TokenUsage]:
    fields = usage if isinstance(usage, dict) else {}
    details = fields.get("completion_tokens_details")
    prompt = read_count(fields.get("prompt_tokens"))
    completion = _spread(read_count(fields.get("completion_tokens")), count)
    reasoning = _spread(read_count(details.get("reasoning_tokens") if isinstance(details, dict) else None), count)
    return [
        TokenUsage(
            prompt=prompt if place == 0 or prompt is None else 0,
            completion=completion[place],
            reasoning=reasoning[place],
        )
        for place in range(count)
    ]


def _spread(total: int | None, count: int) -> list[int | None]:
    """Return ``count`` numbers that add up to ``total`` and differ by at most 1."""
    if total is None:
        return [None] * count
    return [total // count + (place < total % count) for place in range(count)]


def read_count(value: object) -> int | None:
    """Return a number of tokens; ``None`` where ``value`` is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def read_object(value: object, what: str) -> Mapping[str, object]:
    """Return ``value``, a JSON object.

    Raises:
        TransientError: it is none; the message names it as ``what``.
    """
    if not isinstance(value, dict):
        raise TransientError(f"{what} is no JSON object")
    return value
