"""Tell an answer from the reasoning around it."""

import re
from collections.abc import Iterator

from pytest_rtlgen.extract.walk import REASONING_TAG, Kind, Walk

_CLOSE = re.compile(r"</(?:think|thinking|seed:think)>|<\|channel\|>final<\|message\|>|assistantfinal", re.IGNORECASE)
_ONLY_ANALYSIS = re.compile(r"\s*(?:(?:<\|start\|>assistant)?<\|channel\|>analysis<\|message\|>|analysis(?=[A-Z]))")
_ANSWER = re.compile(r"</?answer>", re.IGNORECASE)


def drop_reasoning(text: str) -> str:
    """Return ``text`` without what stands between reasoning tags; tags inside a code fence are code.

    So is a tag in a comment there; at the start of a line of its code it shows that the fence was never closed.
    A closing tag without an opening one ends reasoning that began before the text; an unclosed one runs to the end.
    """
    if _ONLY_ANALYSIS.match(text) is not None and _CLOSE.search(text) is None:
        return ""
    if REASONING_TAG.search(text) is None:
        return text
    kept: list[str] = []
    start = 0
    walk = Walk(text)
    for event in walk:
        if event.kind is not Kind.TAG:
            continue
        if _CLOSE.match(text, event.start) is not None:
            kept.clear()
            start = event.end
            walk.leave_fence()
        else:
            kept.append(text[start : event.start])
            end = _CLOSE.search(text, event.end)
            start = walk.position = len(text) if end is None else end.end()
    kept.append(text[start:])
    return "\n".join(kept)


def list_marked(text: str) -> Iterator[tuple[str, str]]:
    """Yield (rule, part) for the parts that an answer marks as the answer, the most explicit first, the whole last."""
    answer = _last_answer(text)
    if answer is not None:
        yield "answer-tag", answer
    begin = text.rfind("[BEGIN]")
    if begin >= 0:
        end = text.find("[DONE]", begin)
        yield "begin-done", text[begin + len("[BEGIN]") : end if end >= 0 else len(text)]
    yield "", text


def _last_answer(text: str) -> str | None:
    start = end = -1
    for tag in _ANSWER.finditer(text):
        if tag[0].startswith("</"):
            if end < start or end < 0:
                end = tag.start()
        else:
            start, end = tag.end(), -1
    if start < 0:
        return None
    return text[start : end if end >= start else len(text)]
