"""Rouge-L: how much of two texts is the same words in the same order. Pure.

Source: Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004, section 3.1 (one sentence of each text),
as an F-measure with beta 1 over words of letters and digits in lower case, without stemming, as Google's
``rouge-score`` 0.1.2 has it (``rouge_scorer._score_lcs``, ``tokenize.tokenize``). That package depends on nltk and
fills a table for each pair; here the table's rows are the bits of one number (Hyyrö, "Bit-parallel LCS-length
computation revisited", 2004).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

_WORD = re.compile(r"[a-z0-9]+")


def list_rouge_words(text: str) -> tuple[str, ...]:
    """Return the words of ``text`` that Rouge-L compares.

    >>> list_rouge_words("The 4-bit counter_q, reset.")
    ('the', '4', 'bit', 'counter', 'q', 'reset')
    """
    return tuple(_WORD.findall(text.lower()))


def measure_lcs(left: Sequence[str], right: Sequence[str]) -> int:
    """Return the length of the longest common subsequence.

    >>> measure_lcs("police killed the gunman".split(), "police kill the gunman".split())
    3
    """
    return _measure(_list_places(left), len(left), right)


def measure_rouge_l(left: Sequence[str], right: Sequence[str]) -> float:
    """Return Rouge-L of two texts, given as words, 0.0 … 1.0; 0.0 where one has none.

    >>> measure_rouge_l("police killed the gunman".split(), "the gunman kill police".split())
    0.5
    """
    return 2 * measure_lcs(left, right) / (len(left) + len(right)) if left and right else 0.0


class Likest(NamedTuple):
    """The text that is most alike to another."""

    name: str
    share: float
    """Rouge-L."""


class RougeIndex:
    """Texts by name, to be compared with."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, ...], str] = {}

    def add(self, name: str, text: str) -> None:
        """Take ``text`` in; of equal ones the first name counts."""
        self._texts.setdefault(list_rouge_words(text), name)

    def find_above(self, text: str, limit: float) -> Likest | None:
        """Return the text that is most alike to ``text`` and more than ``limit``; ``None``: there is none."""
        words = list_rouge_words(text)
        places = _list_places(words)
        best = Likest("", limit)
        for other, name in self._texts.items():
            both = len(words) + len(other)
            if 2 * min(len(words), len(other)) <= best.share * both:
                continue  # as alike as lengths allow is not enough
            share = 2 * _measure(places, len(words), other) / both
            if share > best.share:
                best = Likest(name, share)
        return best if best.name else None


def _list_places(words: Sequence[str]) -> dict[str, int]:
    """Return for each word the bits of the places at which it stands."""
    places: dict[str, int] = {}
    for place, word in enumerate(words):
        places[word] = places.get(word, 0) | 1 << place
    return places


def _measure(places: dict[str, int], length: int, right: Sequence[str]) -> int:
    """Return the longest common subsequence of ``right`` and the ``length`` words that have these ``places``."""
    every = (1 << length) - 1
    row = every
    for word in right:
        here = row & places.get(word, 0)
        row = (row + here | row - here) & every
    return length - row.bit_count()
