"""The answer of the responses endpoint, from the server's JSON to plain values.

Source: the response object of https://platform.openai.com/docs/api-reference/responses, as openai 3.52 types it
(``openai/types/responses/response.py``): ``output`` holds items, of which ``message`` and ``reasoning`` count here.
"""

from collections.abc import Iterator, Mapping, Sequence

from pytest_rtlgen.backends.openai.chat_answers import ChatAnswer, ChatAnswers, read_count, read_object, shorten
from pytest_rtlgen.backends.openai.retry import TransientError
from pytest_rtlgen.records import FinishReason, TokenUsage

_INCOMPLETE = {"max_output_tokens": FinishReason.LENGTH, "content_filter": FinishReason.CONTENT_FILTER}
_OVERLOAD = "rate_limit_exceeded"


def read_response(body: object) -> ChatAnswers:
    """Return the one answer of a response; its reasoning is the summary or the text that the server gave.

    Raises:
        TransientError: this is no response, or one that failed or did not end.
    """
    fields = read_object(body, "the response")
    status, output = fields.get("status"), fields.get("output")
    error = fields.get("error")
    if isinstance(error, dict):
        raise TransientError(
            f"a failed response: {shorten(str(error.get('message', error)))}",
            is_overload=error.get("code") == _OVERLOAD,
        )
    if status not in {"completed", "incomplete"} or not isinstance(output, list):
        raise TransientError(f"a response without output (status {shorten(str(status))})")
    items = [read_object(item, "an item of the output") for item in output]
    parts = list(_list_parts(items, "message", "content"))
    text, refusal = _join(parts, "output_text", "text"), _join(parts, "refusal", "refusal")
    finish = _read_finish(fields, is_whole=status == "completed")
    if refusal and not text:
        text = refusal
        finish = FinishReason.REFUSAL if finish is FinishReason.STOP else finish
    answer = ChatAnswer(text=text, reasoning=_read_reasoning(items), finish_reason=finish, usage=_read_usage(fields))
    model = fields.get("model")
    return ChatAnswers(model=model if isinstance(model, str) else "", answers=(answer,))


def _list_parts(items: Sequence[Mapping[str, object]], kind: str, field: str) -> Iterator[Mapping[str, object]]:
    for item in items:
        parts = item.get(field)
        if item.get("type") == kind and isinstance(parts, list):
            yield from (read_object(part, "a part of an item") for part in parts)


def _join(parts: Sequence[Mapping[str, object]], kind: str, field: str) -> str:
    return "".join(str(part[field]) for part in parts if part.get("type") == kind and isinstance(part.get(field), str))


def _read_reasoning(items: Sequence[Mapping[str, object]]) -> str:
    """Return the text of the reasoning where the server gives it, else its summary."""
    whole = _join(list(_list_parts(items, "reasoning", "content")), "reasoning_text", "text")
    summaries = _list_parts(items, "reasoning", "summary")
    return whole or "\n\n".join(text for part in summaries if isinstance(text := part.get("text"), str))


def _read_finish(fields: Mapping[str, object], *, is_whole: bool) -> FinishReason:
    if is_whole:
        return FinishReason.STOP
    details = fields.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    return _INCOMPLETE.get(str(reason), FinishReason.OTHER)


def _read_usage(fields: Mapping[str, object]) -> TokenUsage:
    usage = fields.get("usage")
    if not isinstance(usage, dict):
        return TokenUsage()
    details = usage.get("output_tokens_details")
    reasoning = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return TokenUsage(
        prompt=read_count(usage.get("input_tokens")),
        completion=read_count(usage.get("output_tokens")),
        reasoning=read_count(reasoning),
    )
