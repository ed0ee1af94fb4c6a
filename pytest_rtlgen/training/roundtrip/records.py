"""What a round trip reads, decides and keeps."""

from dataclasses import dataclass
from enum import StrEnum

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Completion, Problem, SampleKey, SamplingParams, Status
from pytest_rtlgen.report.spending import Spending, render_spending


class Stage(StrEnum):
    """What a model is asked for; also the suite's name in its requests and the journal's file name."""

    DESCRIBE = "roundtrip-describe"
    REWRITE = "roundtrip-rewrite"
    BASE = "roundtrip-base"


class DropReason(StrEnum):
    """Why a design is not kept, in the order in which it is looked for."""

    UNREADABLE = "unreadable"
    """It does not parse, or has no single top module."""
    NEAR_DUPLICATE = "near-duplicate"
    CONTAMINATED = "contaminated"
    """Its text or structure is that of a benchmark's reference."""
    UNUSABLE = "unusable"
    """It does not build, does not finish, or shows no known output, so that nothing could be compared with it."""
    NO_DESCRIPTION = "no-description"
    """The description is empty, was cut off or refused."""
    QUOTES_CODE = "quotes-code"
    """The description holds the code that it should describe."""
    CONTAMINATED_DESCRIPTION = "contaminated-description"
    NOT_EQUIVALENT = "not-equivalent"
    """No design written after the description does what the original does."""
    TOO_EASY = "too-easy"
    """The base model is right more often than the band allows."""
    TOO_HARD = "too-hard"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusItem:
    """A design to start from."""

    name: str
    """Unique in its corpus; ends in a digest of the text, so that what is journaled belongs to this text."""
    source: str
    top: str = ""
    """Its top module; empty: the one that no other instantiates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTripSettings:
    """How designs are asked for and chosen. Thresholds can change between runs; nothing is asked again."""

    rewrites: int = 1
    """Designs written after each description."""
    base_samples: int = 4
    """Answers of the base model to each description."""
    band: tuple[float, float] = (0.0, 0.75)
    """Pass rates of the base model that are kept, both ends included."""
    near: float = 0.8
    """Jaccard index from which a design is a duplicate."""
    style: str = "codev-r1"
    """Prompt style that designs are asked for in."""
    sampling: SamplingParams = SamplingParams()  # noqa: RUF009  immutable

    def __post_init__(self) -> None:
        if self.rewrites < 1 or self.base_samples < 1:
            raise UsageError(f"round trip: {self.rewrites} rewrites, {self.base_samples} base samples; 1 or more each")
        low, high = self.band
        if not 0 <= low <= high <= 1:
            raise UsageError(f"round trip: band {low}:{high} must be two pass rates from 0 to 1, the lower first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """Whether a design can be compared with, as journaled."""

    name: str
    fault: str
    """Why not; empty: it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the checker found in one rewritten design, as journaled."""

    key: SampleKey
    status: Status
    is_proved: bool
    """Equivalence was proved, for every input sequence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A design that is not kept."""

    name: str
    reason: DropReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPair:
    """A description and a design that does what it says."""

    problem: Problem
    """With the original as its reference."""
    rewrite: Completion
    """The first answer that is equivalent."""
    is_proved: bool
    base_pass_rate: float | None
    """``None``: no base model was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTripReport:
    """What became of every design."""

    read: int
    kept: tuple[KeptPair, ...]
    dropped: tuple[Dropped, ...]
    spending: Spending | None = None
    """``None``: it was not asked for, or no model answered."""

    def count(self, reason: DropReason) -> int:
        """Return how many were dropped for ``reason``."""
        return sum(item.reason is reason for item in self.dropped)

    def __str__(self) -> str:
        """Return one line for each thing that became of designs, then tokens, where models counted them, and cost."""
        proved = sum(pair.is_proved for pair in self.kept)
        lines = [f"{self.read} designs: {len(self.kept)} kept ({proved} proved), {len(self.dropped)} dropped"]
        lines += [f"  {self.count(reason)} {reason}" for reason in DropReason if self.count(reason)]
        if self.spending is not None and self.spending.completion_tokens:
            lines += render_spending(self.spending)
        return "\n".join(lines)
