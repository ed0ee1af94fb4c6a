"""What the repair loop adds to a sample."""

from dataclasses import dataclass
from enum import StrEnum

from pytest_rtlgen.records.generation import SampleKey, TokenUsage
from pytest_rtlgen.records.verdict import Status


class RepairKind(StrEnum):
    """What is to be fixed, each with a budget of its own."""

    COMPILE = "compile"
    """The answer does not get through the compiler, or has another interface than was asked for."""
    SIMULATE = "simulate"
    """It compiles, and does the wrong thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What the check of one answer found, as a model is told."""

    key: SampleKey
    kind: RepairKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairTurn:
    """One further answer of one sample."""

    key: SampleKey
    turn: int
    """From 1; the first answer is turn 0."""
    kind: RepairKind
    """What was to be fixed."""
    status: Status
    """Of this turn's answer."""
    prompt_digest: str
    """``Prompt.digest`` of the whole chat that was sent."""
    usage: TokenUsage
    reflector_usage: TokenUsage | None = None
    """``None``: no other model was asked."""
