"""What is asked for: suites, problems and the interface of the requested module."""

from dataclasses import dataclass
from enum import StrEnum

from pytest_rtlgen.records.bench import CocotbHarness, Testbench
from pytest_rtlgen.records.generation import ProblemKey
from pytest_rtlgen.records.openings import Openings
from pytest_rtlgen.records.ports import BlackBox, BoxOutputs, Direction, Parameter, Port
from pytest_rtlgen.records.source import SourceFile


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
    parameters: tuple[Parameter, ...] = ()
    """Those that size ports: a candidate whose ports are sized by the same names is compared at these values."""
    boxes: tuple[BlackBox, ...] = ()
    """What it instantiates and does not define, in the order of elaboration."""

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
    """One task of a suite: what the model is asked and what its answer is checked against.

    >>> problem = Problem(
    ...     suite="mine",
    ...     problem_id="inverter",
    ...     title="Inverter",
    ...     category="gates",
    ...     description="Write a module inverter whose output y is the inverse of its input a.",
    ...     top="inverter",
    ...     reference=SourceFile(name="ref.v", text="module inverter(input a, output y); assign y = ~a; endmodule"),
    ...     reference_top="inverter",
    ... )
    >>> problem.has_reference, problem.difficulty.value
    (True, 'unrated')
    """

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
    header: str = ""
    """Header of the requested module, for which a completion-style prompt asks the rest; empty: all is asked for."""
    given: tuple[SourceFile, ...] = ()
    """Files that the model is shown besides the description, under their paths."""
    reference: SourceFile
    """An empty text: the benchmark withholds it, and only ``testbench`` or ``harness`` can judge."""
    reference_top: str
    """Name of the reference's module; differs from ``top`` in benchmarks that rename it."""
    testbench: Testbench | None = None
    """The benchmark's own scorer, where that is a testbench."""
    harness: CocotbHarness | None = None
    """The benchmark's own scorer, where that is cocotb."""
    unjudged: str = ""
    """Why the problem can only be skipped, such as a commercial tool that it needs; empty: it can be run."""
    clocks: tuple[Clock, ...] | None = None
    """As the problem states them; ``None``: found from the reference."""
    resets: tuple[Reset, ...] | None = None
    """As the problem states them; ``None``: found from the reference."""
    box_outputs: tuple[BoxOutputs, ...] = ()
    """Of modules that the reference instantiates and does not define, where its text does not tell directions."""
    cycles: int | None = None
    """Clock cycles of one check; ``None``: the default of the stimulus."""
    openings: Openings = Openings()  # noqa: RUF009  immutable
    """What the description leaves open."""

    @property
    def key(self) -> ProblemKey:
        """Which problem of which suite this is."""
        return ProblemKey(suite=self.suite, problem_id=self.problem_id)

    @property
    def bench(self) -> Testbench | CocotbHarness | None:
        """The benchmark's own scorer; ``None``: it brings none."""
        return self.testbench or self.harness

    @property
    def has_reference(self) -> bool:
        """Whether there is a trusted design to compare with."""
        return bool(self.reference.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A loaded benchmark."""

    name: str
    title: str
    path: str
    """Where it was loaded from, as the user wrote it."""
    digest: str
    """SHA-256 over the problems' files, in hexadecimal: two runs compare only when it agrees.

    ``+`` and a second one follow where verdicts also depend on what is known to be open in the problems.
    """
    problems: tuple[Problem, ...]

    @property
    def files_digest(self) -> str:
        """The part of ``digest`` that is over the files alone."""
        return self.digest.partition("+")[0]
