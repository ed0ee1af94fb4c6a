"""Tell an answer from the reasoning around it."""

import re
from collections.abc import Iterator

_MARK = re.compile(
    r"`{3,}"
    r"|(?P<open><(?:think|thinking|seed:think)>)"
    r"|(?P<close></(?:think|thinking|seed:think)>|<\|channel\|>final<\|message\|>|assistantfinal)",
    re.IGNORECASE,
)
_CLOSE = re.compile(r"</(?:think|thinking|seed:think)>|<\|channel\|>final<\|message\|>|assistantfinal", re.IGNORECASE)
_ONLY_ANALYSIS = re.compile(r"\s*(?:(?:<\|start\|>assistant)?<\|channel\|>analysis<\|message\|>|analysis(?=[A-Z]))")
_ANSWER = re.compile(r"</?answer>", re.IGNORECASE)


def drop_reasoning(text: str) -> str:
    """Return ``text`` without what stands between reasoning tags; tags inside a code fence are code.

    A closing tag without an opening one ends reasoning that began before the text; an unclosed one runs to the end.
    """
    if _ONLY_ANALYSIS.match(text) is not None and _CLOSE.search(text) is None:
        return ""
    kept: list[str] = []
    start, fence = 0, 0
    position = 0
    while (mark := _MARK.search(text, position)) is not None:
        position = mark.end()
        if mark["open"] is None and mark["close"] is None:
            length = mark.end() - mark.start()
            fence = length if not fence else 0 if length >= fence else fence
        elif fence and not _is_line_start(text, mark.start()):
            continue
        elif mark["close"] is not None:
            fence = 0
            kept.clear()
            start = mark.end()
        else:
            kept.append(text[start : mark.start()])
            end = _CLOSE.search(text, mark.end())
            start = position = len(text) if end is None else end.end()
    kept.append(text[start:])
    return "\n".join(kept)


def _is_line_start(text: str, position: int) -> bool:
    return position == 0 or text[position - 1] == "\n"


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
