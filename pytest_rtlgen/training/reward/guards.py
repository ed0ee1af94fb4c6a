"""Guards against rewards for the wrong thing: endless answers, the same answer over and over, a reference by heart."""

import hashlib
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Problem
from pytest_rtlgen.training.reward.parts import RewardResult
from pytest_rtlgen.verilog.lexical import COMMENT, ESCAPED_NAME, STRING_START, UNCLOSED_COMMENT

_TOKEN = re.compile(
    rf'(?P<skip>\s+|{COMMENT}|{UNCLOSED_COMMENT})|(?P<token>{STRING_START}"?|{ESCAPED_NAME}|[\w$\']+|.)', re.DOTALL
)
GUARD_PARTS = ("too-long", "duplicate", "memorised")


class OnMemorised(StrEnum):
    """What becomes of a candidate that is a reference, word for word."""

    FLAG = "flag"
    """The part ``memorised`` is 1; the reward stays."""
    SKIP = "skip"
    """No reward: ``None``."""
    ZERO = "zero"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """What is looked at besides the verdict; by default nothing but endless answers changes a reward."""

    max_characters: int = 200_000
    """A longer completion earns 0.0 and is not even read for code."""
    duplicate_factor: float = 1.0
    """What a reward is multiplied by if others of the batch have the same code for the same problem, 0.0 … 1.0.

    All of them alike: of equal answers none may look better than the others.
    """
    on_memorised: OnMemorised = OnMemorised.FLAG
    memorised_tokens: int = 40
    """References shorter than this are no sign: there is hardly another way to write them."""

    def __post_init__(self) -> None:
        if not 0 <= self.duplicate_factor <= 1:
            raise UsageError(f"reward: duplicate_factor is {self.duplicate_factor}; use a number from 0 to 1")
        if self.max_characters < 1:
            raise UsageError(f"reward: max_characters is {self.max_characters}; use 1 or more")

    def is_too_long(self, completion: str) -> bool:
        """Whether ``completion`` is longer than any answer may be."""
        return len(completion) > self.max_characters

    def refuse_long(self, completion: str) -> RewardResult:
        """Return the reward of a completion that is too long."""
        reason = f"the completion has {len(completion)} characters, more than {self.max_characters}"
        return RewardResult(value=0.0, parts={"too-long": 1.0}, reason=reason)

    def apply(self, result: RewardResult, *, is_duplicate: bool, is_memorised: bool) -> RewardResult:
        """Return ``result`` with the guards among its parts and their effect on its value."""
        flags = {"duplicate": float(is_duplicate), "memorised": float(is_memorised)}
        value, reason = result.value, result.reason
        if is_duplicate and value is not None:
            value *= self.duplicate_factor
        is_refused = is_memorised and self.on_memorised is not OnMemorised.FLAG
        if is_refused:
            value = None if self.on_memorised is OnMemorised.SKIP else 0.0
            reason = "the candidate is a reference, word for word"
        parts = {**result.parts, **flags}
        return replace(result, value=value, parts=parts, reason=reason, is_refused=is_refused)


def list_raw_tokens(source: str) -> list[str]:
    """Return the tokens of Verilog ``source`` without comments: texts that differ in layout have the same."""
    return [match["token"] for match in _TOKEN.finditer(source) if match["token"] is not None]


def digest_code(source: str) -> bytes:
    """Return what tells texts apart that differ in more than layout."""
    return _digest(list_raw_tokens(source))


def digest_references(problems: Iterable[Problem], *, min_tokens: int) -> frozenset[bytes]:
    """Return the digests of those references, under the name that is asked for, that have ``min_tokens`` or more."""
    found = []
    for problem in problems:
        names = {problem.reference_top: problem.top}
        for source in (problem.reference, *problem.openings.variants):
            tokens = [names.get(token, token) for token in list_raw_tokens(source.text)]
            if len(tokens) >= min_tokens:
                found.append(_digest(tokens))
    return frozenset(found)


def find_duplicates(keys: Sequence[Hashable | None]) -> list[bool]:
    """Return for each key whether another place has it too; ``None`` equals nothing."""
    counts = Counter(keys)
    return [key is not None and counts[key] > 1 for key in keys]


def _digest(tokens: Sequence[str]) -> bytes:
    return hashlib.sha256(" ".join(tokens).encode("utf-8", "surrogatepass")).digest()
