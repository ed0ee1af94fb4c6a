"""What is asked for: suites, problems and the interface of the wanted module."""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Direction of a port, seen from the module."""

    INPUT = "input"
    OUTPUT = "output"
    INOUT = "inout"


class ClockEdge(StrEnum):
    """Which edges of a clock the design's registers use."""

    RISING = "rising"
    FALLING = "falling"
    BOTH = "both"


class Polarity(StrEnum):
    """The level at which a control input is active."""

    HIGH = "high"
    LOW = "low"


class ResetKind(StrEnum):
    """Whether a reset waits for the clock."""

    SYNCHRONOUS = "synchronous"
    ASYNCHRONOUS = "asynchronous"


class Difficulty(StrEnum):
    """How hard a problem is meant to be; ``UNRATED`` where a benchmark does not say."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"
    UNRATED = "unrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One text file: its name, as messages should show it, and its whole text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One port of a module."""

    name: str
    direction: Direction
    width: int
    """Bits, 1 or more."""
    is_signed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """An input whose edges move registers."""

    port: str
    edge: ClockEdge = ClockEdge.RISING


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """An input that brings registers to a known state."""

    port: str
    active: Polarity
    kind: ResetKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A module's name, ports in declared order, clocks and resets."""

    module: str
    ports: tuple[Port, ...]
    clocks: tuple[Clock, ...] = ()
    resets: tuple[Reset, ...] = ()

    @property
    def inputs(self) -> tuple[Port, ...]:
        """Input ports in declared order, clocks and resets included."""
        return tuple(port for port in self.ports if port.direction is Direction.INPUT)

    @property
    def outputs(self) -> tuple[Port, ...]:
        """Output ports in declared order."""
        return tuple(port for port in self.ports if port.direction is Direction.OUTPUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One task of a suite: what the model is asked and what its answer is checked against."""

    suite: str
    problem_id: str
    title: str
    category: str
    difficulty: Difficulty = Difficulty.UNRATED
    tags: tuple[str, ...] = ()
    description: str
    """The text a model is given, before a prompt style wraps it."""
    top: str
    """Name of the module that a candidate must define."""
    reference: SourceFile
    reference_top: str
    """Name of the reference's module; differs from ``top`` in benchmarks that rename it."""
    clocks: tuple[Clock, ...] | None = None
    """As the problem states them; ``None``: found from the reference."""
    resets: tuple[Reset, ...] | None = None
    """As the problem states them; ``None``: found from the reference."""
    cycles: int | None = None
    """Clock cycles one check plays; ``None``: the default of the stimulus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A loaded benchmark."""

    name: str
    title: str
    path: str
    """Where it was loaded from, as the user wrote it."""
    digest: str
    """SHA-256 over the problems' files, in hexadecimal: two runs compare only when it agrees."""
    problems: tuple[Problem, ...]
