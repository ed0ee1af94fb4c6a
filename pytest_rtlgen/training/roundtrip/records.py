"""What a round trip reads, decides and keeps."""

from dataclasses import dataclass, replace
from enum import StrEnum

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Completion, Problem, SampleKey, SamplingParams, Status


class Stage(StrEnum):
    """What a model is asked for; also the suite's name in its requests and the journal's file name."""

    DESCRIBE = "roundtrip-describe"
    BASE = "roundtrip-base"
    """Of the first base model; see ``name_stage``."""
    REWRITE = "roundtrip-rewrite"
    START = "roundtrip-start"
    """Of the model that reinforcement learning starts from."""


def name_stage(stage: Stage, number: int = 1) -> str:
    """Return the name of ``stage`` for the ``number``-th model that it asks, from 1.

    >>> name_stage(Stage.BASE), name_stage(Stage.BASE, 2)
    ('roundtrip-base', 'roundtrip-base-2')
    """
    return stage.value if number == 1 else f"{stage.value}-{number}"


class Step(StrEnum):
    """Where designs are dropped, in order."""

    READ = "read"
    DUPLICATES = "duplicates"
    BENCHMARKS = "benchmarks"
    SIMULATE = "simulate"
    SYNTHESIZE = "synthesize"
    DESCRIBE = "describe"
    BASE = "base models"
    WRITE = "write and check"
    START = "start model"


class DropReason(StrEnum):
    """Why a design is in neither set, in the order in which it is looked for."""

    UNREADABLE = "unreadable"
    """It does not parse, or has no single top module."""
    NEAR_DUPLICATE = "near-duplicate"
    """Its text is alike to that of another design, or the same but for names."""
    CONTAMINATED = "contaminated"
    """Its text or structure is that of a benchmark's reference."""
    ROUGE_L = "rouge-l"
    """Rouge-L of its text to that of a benchmark's reference is above the limit."""
    UNUSABLE = "unusable"
    """It does not build, does not finish, or shows no known output, so that nothing could be compared with it."""
    UNSYNTHESIZABLE = "unsynthesizable"
    """Yosys makes no gates of it."""
    NO_DESCRIPTION = "no-description"
    """The description is empty, was cut off or refused."""
    QUOTES_CODE = "quotes-code"
    """The description holds the code that it should describe."""
    CONTAMINATED_DESCRIPTION = "contaminated-description"
    ROUGE_L_DESCRIPTION = "rouge-l-description"
    """Rouge-L of its description to that of a benchmark's problem is above the limit."""
    SAME_DESCRIPTION = "same-description"
    """Another design has it too, ports included: they are one problem."""
    TOO_EASY = "too-easy"
    """A base model is right more often than either set allows."""
    TOO_HARD = "too-hard"
    """No base model is right as often as the band asks for."""
    NO_ANSWER = "no-answer"
    """No answer of the model that writes designs holds a whole one."""
    NOT_EQUIVALENT = "not-equivalent"
    """No design written after the description does what the original does, and base models do not fail it."""
    SET_CHANGED = "set-changed"
    """An earlier run put it into one set, whose rules it does not meet any more."""
    START_TOO_EASY = "too-easy-to-start"
    """The model that reinforcement learning starts from is right more often than its band allows."""
    START_TOO_HARD = "too-hard-to-start"

    @property
    def step(self) -> Step:
        """Where it is looked for."""
        return _STEPS[self]


_STEPS = {
    DropReason.UNREADABLE: Step.READ,
    DropReason.NEAR_DUPLICATE: Step.DUPLICATES,
    DropReason.CONTAMINATED: Step.BENCHMARKS,
    DropReason.ROUGE_L: Step.BENCHMARKS,
    DropReason.UNUSABLE: Step.SIMULATE,
    DropReason.UNSYNTHESIZABLE: Step.SYNTHESIZE,
    DropReason.NO_DESCRIPTION: Step.DESCRIBE,
    DropReason.QUOTES_CODE: Step.DESCRIBE,
    DropReason.CONTAMINATED_DESCRIPTION: Step.DESCRIBE,
    DropReason.ROUGE_L_DESCRIPTION: Step.DESCRIBE,
    DropReason.SAME_DESCRIPTION: Step.DESCRIBE,
    DropReason.TOO_EASY: Step.BASE,
    DropReason.TOO_HARD: Step.BASE,
    DropReason.NO_ANSWER: Step.WRITE,
    DropReason.NOT_EQUIVALENT: Step.WRITE,
    DropReason.SET_CHANGED: Step.WRITE,
    DropReason.START_TOO_EASY: Step.START,
    DropReason.START_TOO_HARD: Step.START,
}


class TrainingSet(StrEnum):
    """What a pair is used for; no problem is in both."""

    DISTIL = "distil"
    """The first training: a teacher's answers, which need not be equivalent."""
    RL = "rl"
    """Reinforcement learning: an equivalent design was written, so that the problem can be solved."""


class Rule(StrEnum):
    """What put a design into its set."""

    UNSOLVED = "unsolved"
    """Distillation: base models fail, and no equivalent design was written."""
    OUT_OF_BAND = "out-of-band"
    """Distillation: base models fail so often that the band of reinforcement learning leaves it out."""
    IN_BAND = "in-band"
    """Reinforcement learning: base models do not fail often enough for distillation, and are in the band."""
    DRAWN = "drawn"
    """Both sets allow it: a digest of its structure and ``rl_share`` decide."""
    EARLIER = "earlier"
    """An earlier run put it there, and both sets allow it still."""


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
    """Answers of each base model to each description."""
    start_samples: int = 4
    """Answers of the start model to each description of the set for reinforcement learning."""
    distil_most: float = 0.0
    """Pass rate up to which a base model counts as failing, which the set for distillation asks of each of them."""
    band: tuple[float, float] = (0.0, 0.75)
    """Pass rates of the best base model that are kept for reinforcement learning, both ends included."""
    start_band: tuple[float, float] = (0.0, 0.75)
    """Pass rates of the start model that are kept for reinforcement learning, likewise."""
    rl_share: float = 0.1
    """Share of the designs which both sets allow that goes to reinforcement learning."""
    near: float = 0.8
    """Jaccard index from which a design is a duplicate."""
    rouge: float = 0.5
    """Rouge-L to a benchmark above which a design is dropped; 1: none is."""
    style: str = "codev-r1"
    """Prompt style that designs are asked for in."""
    sampling: SamplingParams = SamplingParams()  # noqa: RUF009  immutable
    """Of the model that writes designs."""
    describe_sampling: SamplingParams | None = None
    """Of the describer; ``None``: ``sampling``, as for the other two."""
    base_sampling: SamplingParams | None = None
    start_sampling: SamplingParams | None = None

    def __post_init__(self) -> None:
        counts = {"rewrites": self.rewrites, "base": self.base_samples, "start": self.start_samples}
        for what, count in counts.items():
            if count < 1:
                raise UsageError(f"round trip: {count} {what} answers; 1 or more")
        for low, high in (self.band, self.start_band):
            if not 0 <= low <= high <= 1:
                raise UsageError(f"round trip: band {low}:{high} must be two pass rates from 0 to 1, the lower first")
        shares = {"distil_most": self.distil_most, "rl_share": self.rl_share, "rouge": self.rouge}
        for what, share in shares.items():
            if not 0 <= share <= 1:
                raise UsageError(f"round trip: {what} is {share}; use a number from 0 to 1")

    def find_sampling(self, stage: Stage) -> SamplingParams:
        """Return how the model of ``stage`` is asked, with as many answers as it asks for."""
        samplings = {
            Stage.DESCRIBE: (self.describe_sampling, 1),
            Stage.BASE: (self.base_sampling, self.base_samples),
            Stage.REWRITE: (None, self.rewrites),
            Stage.START: (self.start_sampling, self.start_samples),
        }
        sampling, n = samplings[stage]
        return replace(sampling or self.sampling, n=n)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """Whether a design can be used, as journaled: compared with, or synthesized."""

    name: str
    fault: str
    """Why not; empty: it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the checker found in one answer, as journaled."""

    key: SampleKey
    status: Status
    is_proved: bool
    """Equivalence was proved, for every input sequence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """The set of a design, as journaled: a design stays in it, whatever changes later."""

    structure: str
    """Digest of the design without names, comments and layout, so that no other name or file makes it another."""
    chosen: TrainingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A design that is in neither set."""

    name: str
    reason: DropReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPair:
    """A description, the design that it was made from, and an answer to it."""

    problem: Problem
    """With the original as its reference."""
    answer: Completion
    """The first that is equivalent; where none is, the first that holds a whole design."""
    is_equivalent: bool
    is_proved: bool
    """Whether equivalence was proved."""
    base_pass_rates: tuple[float, ...]
    """One for each base model."""
    chosen: TrainingSet
    rule: Rule
    start_pass_rate: float | None = None
    """``None``: the start model was not asked."""
