"""Whether training data holds what a benchmark asks for: its reference by text or structure, or its description."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Problem
from pytest_rtlgen.training.roundtrip.code_tokens import cut_shingles, digest_structure, list_tokens, list_words
from pytest_rtlgen.training.roundtrip.rouge import RougeIndex

_CODE_SHINGLE = 5
_WORD_SHINGLE = 6
_ROUGE = "rouge-l"
_FEWEST = 12
"""A text with fewer shingles is too short to be told from others by a share of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a text has in common with a benchmark."""

    problem: str
    """``suite/problem_id``."""
    how: str
    """``structure``, ``code``, ``description`` or ``rouge-l``."""
    share: float
    """Share of the benchmark's shingles that are in the text; 1.0 for an equal structure; Rouge-L."""

    @property
    def is_rouge(self) -> bool:
        """Whether only Rouge-L found it."""
        return self.how == _ROUGE

    def __str__(self) -> str:
        """Return how a report names it."""
        return f"{self.how} of {self.problem} ({self.share:.0%})"


class ContaminationIndex:
    """The references and descriptions of benchmarks, to be looked up in."""

    def __init__(
        self, problems: Iterable[Problem], *, code: float = 0.7, words: float = 0.6, rouge: float = 1.0
    ) -> None:
        """Take ``problems`` in; ``code`` and ``words`` are the shares of a benchmark's shingles that are too much.

        Rouge-L above ``rouge`` is too much; 1: none is.

        Raises:
            UsageError: a share is not above 0 and at most 1.
        """
        for share in (code, words, rouge):
            if not 0 < share <= 1:
                raise UsageError(f"contamination share {share}: must be above 0 and at most 1")
        self._structures: dict[str, str] = {}
        self._code = _Shingles("code", code)
        self._words = _Shingles("description", words)
        self._rouge = rouge
        self._rouge_code = RougeIndex()
        self._rouge_words = RougeIndex()
        for problem in problems:
            name = f"{problem.suite}/{problem.problem_id}"
            if problem.has_reference:
                self._structures.setdefault(digest_structure(problem.reference.text), name)
                self._code.add(name, cut_shingles(list_tokens(problem.reference.text), _CODE_SHINGLE))
                self._rouge_code.add(name, _strip(problem.reference.text))
            self._rouge_words.add(name, problem.description)
            self._words.add(name, cut_shingles(list_words(problem.description), _WORD_SHINGLE))

    def match_code(self, source: str) -> Match | None:
        """Return the benchmark whose reference is in ``source``, renamed throughout or word for word, or like it."""
        same = self._structures.get(digest_structure(source))
        if same is not None:
            return Match(problem=same, how="structure", share=1.0)
        found = self._code.find(cut_shingles(list_tokens(source), _CODE_SHINGLE))
        return found or self._find_rouge(self._rouge_code, _strip(source))

    def match_description(self, text: str) -> Match | None:
        """Return the benchmark whose description is in ``text``, or like it."""
        found = self._words.find(cut_shingles(list_words(text), _WORD_SHINGLE))
        return found or self._find_rouge(self._rouge_words, text)

    def _find_rouge(self, index: RougeIndex, text: str) -> Match | None:
        found = index.find_above(text, self._rouge)
        return None if found is None else Match(problem=found.name, how=_ROUGE, share=found.share)


def _strip(source: str) -> str:
    """Return Verilog without comments."""
    return " ".join(list_tokens(source))


class _Shingles:
    """Which texts hold a shingle, and how many each has."""

    def __init__(self, how: str, share: float) -> None:
        self._how = how
        self._share = share
        self._sizes: dict[str, int] = {}
        self._holders: dict[int, list[str]] = defaultdict(list)

    def add(self, name: str, shingles: frozenset[int]) -> None:
        if len(shingles) < _FEWEST or name in self._sizes:
            return
        self._sizes[name] = len(shingles)
        for shingle in shingles:
            self._holders[shingle].append(name)

    def find(self, shingles: frozenset[int]) -> Match | None:
        """Return the text of which the largest share is in ``shingles``, if that is enough."""
        counts: dict[str, int] = defaultdict(int)
        for shingle in shingles & self._holders.keys():
            for name in self._holders[shingle]:
                counts[name] += 1
        shares = ((count / self._sizes[name], name) for name, count in counts.items())
        share, name = max(shares, default=(0.0, ""))
        return Match(problem=name, how=self._how, share=share) if share >= self._share else None
