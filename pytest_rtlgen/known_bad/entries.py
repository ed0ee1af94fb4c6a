"""One known fault of one problem, and what follows from it on a machine with a given simulator."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.openings import Place


class Kind(StrEnum):
    """What is wrong."""

    WATCHDOG = "watchdog"
    """The bench's own time limit is shorter than its stimulus."""
    RACE = "race"
    """Bench and design race: the order in which the simulator runs them decides."""
    REFUSES_BENCH = "simulator-refuses-bench"
    REFUSES_REFERENCE = "simulator-refuses-reference"
    FAILS_REFERENCE = "bench-fails-reference"
    """The bench fails its own reference, for a cause that nobody looked for."""
    NO_CIRCUIT = "no-circuit"
    """What is asked for is no circuit, such as a delay: a check by steps sees nothing of it."""
    UNSATISFIABLE = "unsatisfiable-specification"
    """The description asks for something else than the bench does: a faithful answer fails."""
    ACCEPTS_ANYTHING = "testbench-accepts-anything"
    """A module that does nothing passes the bench."""
    X_MASKING = "x-masking"
    """The reference is X at most samples, and the bench does not compare those."""
    CONSTANT = "constant-output"
    """The reference never shows anything but one constant, so a module that holds it is right."""
    CONTRADICTS = "reference-contradicts-description"
    """The reference does something else than the description says: an answer that follows the text differs from it."""
    AMBIGUOUS = "ambiguous-description"
    """The description leaves open, or tells in two ways, what the reference or the bench decides."""
    SOME_RACE = "race-in-some-designs"
    """The bench passes its reference, and fails equal designs that the simulator happens to run in another order."""

    @property
    def is_blocking(self) -> bool:
        """Whether not even the reference passes."""
        return self in {
            *(Kind.WATCHDOG, Kind.RACE, Kind.FAILS_REFERENCE),
            *(Kind.REFUSES_BENCH, Kind.REFUSES_REFERENCE, Kind.NO_CIRCUIT),
        }

    @property
    def is_lenient(self) -> bool:
        """Whether designs pass that do nothing, or little."""
        return self in {Kind.ACCEPTS_ANYTHING, Kind.X_MASKING, Kind.CONSTANT, Kind.NO_CIRCUIT}

    @property
    def is_open(self) -> bool:
        """Whether an answer that follows the description may fail, so that a failure says little about the model."""
        return self in {Kind.UNSATISFIABLE, Kind.CONTRADICTS, Kind.AMBIGUOUS}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOpening:
    """What the description of one problem leaves open, found by someone who is not its author."""

    suite: str
    problem_id: str
    evidence: str
    """One line: what the description says, or does not say."""
    found: str
    """How: what was read or run, or the address of an issue."""
    values: Mapping[str, object]
    """The table for ``openings.read_openings``, which needs the problem."""
    place: Place


EVERY = "*"
"""Stands for every problem of a suite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBad:
    """One fault of one problem."""

    suite: str
    problem_id: str
    scoring: ScoringMode
    kind: Kind
    simulator: str = "any"
    """``icarus``, ``verilator`` or ``any``."""
    versions: tuple[int, int] | None = None
    """First and last major version that shows it; ``None``: every one."""
    evidence: str
    """One line: what was seen."""
    found: str
    """How: the command that was run, or the address of an issue."""

    def applies_to(self, simulator: str, version: str) -> bool:
        """Whether the fault shows with ``simulator`` (``icarus``, …) of ``version`` (``11.0``)."""
        if self.simulator not in {"any", simulator}:
            return False
        major = version.partition(".")[0]
        if self.versions is None or not major.isdecimal():
            return True
        return self.versions[0] <= int(major) <= self.versions[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBadList:
    """The faults that apply on one machine, by problem."""

    by_problem: Mapping[tuple[str, str], tuple[KnownBad, ...]]

    def of(self, suite: str, problem_id: str, scoring: ScoringMode | None = None) -> tuple[KnownBad, ...]:
        """Return the faults of a problem, those that spoil ``scoring`` where it is given."""
        entries = (*self.by_problem.get((suite, problem_id), ()), *self.by_problem.get((suite, EVERY), ()))
        return tuple(entry for entry in entries if scoring is None or entry.scoring.covers(scoring))

    def explain_failure(self, suite: str, problem_id: str, scoring: ScoringMode) -> str:
        """Return why right answers to a problem fail under ``scoring``; empty where nothing is known."""
        entries = self.of(suite, problem_id, scoring)
        fatal = [entry for entry in entries if entry.kind.is_blocking or entry.kind is Kind.UNSATISFIABLE]
        return "; ".join(f"known bad ({entry.kind}): {entry.evidence}" for entry in fatal)

    def is_impossible(self, suite: str, problem_id: str, scoring: ScoringMode) -> bool:
        """Whether not even the reference passes under ``scoring``."""
        return any(entry.kind.is_blocking for entry in self.of(suite, problem_id, scoring))

    def is_open(self, suite: str, problem_id: str, scoring: ScoringMode) -> bool:
        """Whether an answer that follows the description may fail under ``scoring``."""
        return any(entry.kind.is_open for entry in self.of(suite, problem_id, scoring))

    def is_doubtful(self, suite: str, problem_id: str, scoring: ScoringMode) -> bool:
        """Whether passes or failures under ``scoring`` say little; a constant output is judged rightly."""
        return any(entry.kind is not Kind.CONSTANT for entry in self.of(suite, problem_id, scoring))

    def is_unsatisfiable(self, suite: str, problem_id: str) -> bool:
        """Whether no answer that follows the description passes."""
        return any(entry.kind is Kind.UNSATISFIABLE for entry in self.of(suite, problem_id))
