"""Which lines of a model's answer its candidate was taken from."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pytest_rtlgen.records import Candidate

_TRIED = 50
"""Places of one line, the last ones, that are compared; an answer may repeat it any number of times."""


def list_extracted(answer: str, candidate: Candidate) -> frozenset[int]:
    """Return the lines of ``answer``, from 0, that stand in ``candidate`` as they are, but for blanks around them.

    Of a text that the answer has several times the last one counts. Empty: extraction changed every line, such as by
    unquoting it, or found nothing.
    """
    texts = [candidate.source, *(file.text for file in candidate.files)]
    return frozenset(line for text in texts if text.strip() for line in _list_lines(answer, text.strip()))


def _list_lines(answer: str, text: str) -> Iterator[int]:
    start = answer.rfind(text)
    if start < 0:
        return _list_runs([line.strip() for line in answer.split("\n")], [line.strip() for line in text.split("\n")])
    first = answer.count("\n", 0, start)
    return iter(range(first, first + text.count("\n") + 1))


def _list_runs(answer: Sequence[str], text: Sequence[str]) -> Iterator[int]:
    """Yield the lines of ``answer`` that hold ``text``, which may come from several places: the longest runs first."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, line in enumerate(answer):
        places[line].append(place)
    at = 0
    while at < len(text):
        tried = places.get(text[at], [])[-_TRIED:] if text[at] else []
        length, start = max(((_measure_run(answer, place, text, at), place) for place in tried), default=(0, 0))
        yield from range(start, start + length)
        at += max(1, length)


def _measure_run(answer: Sequence[str], place: int, text: Sequence[str], at: int) -> int:
    length = 0
    while place + length < len(answer) and at + length < len(text) and answer[place + length] == text[at + length]:
        length += 1
    return length
