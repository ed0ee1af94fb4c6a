"""What each mode of the checker makes of a mutant, and what a longer stimulus and another simulator say of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import TracebackType
from typing import Self

from support.fuzzing.mutants import FuzzMutant

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import RtlgenError
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import Candidate, Problem, Status, Verdict
from pytest_rtlgen.tools.process import Limits

MODES = (FormalMode.CONFIRM, FormalMode.FIRST, FormalMode.OFF)
UNBUILT = {
    *(Status.NO_CODE, Status.TRUNCATED, Status.SYNTAX_ERROR),
    *(Status.ELABORATION_ERROR, Status.INTERFACE_MISMATCH),
}
_DOUBT_CYCLES = 700
"""Of the judges' first stimulus; their second one is four times as long."""
_DOUBT_SEED = 4711


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was found out about one mutant."""

    mutant: FuzzMutant
    statuses: Mapping[FormalMode, Status]
    """By mode; empty where the checker raised an error."""
    longer: Status | None = None
    """Without proofs under a longer stimulus of another seed; ``None``: not needed, or no judge here."""
    other: Status | None = None
    """In the Yosys simulator, likewise."""
    error: str = ""
    """Of the checker, which judged nothing."""

    @property
    def is_built(self) -> bool:
        return bool(self.statuses) and not set(self.statuses.values()) <= UNBUILT

    @property
    def is_refused(self) -> bool:
        return Status.REJECTED in self.statuses.values()

    def is_passed(self, mode: FormalMode) -> bool:
        return self.statuses.get(mode) is Status.PASSED

    @property
    def is_wrong(self) -> bool:
        """Whether it is known to be wrong: as it was made, or because one of the two judges fails it."""
        return self.mutant.is_wrong or Status.MISMATCH in {self.longer, self.other}

    @property
    def is_right(self) -> bool:
        """Whether both judges pass it."""
        return not self.mutant.is_wrong and {self.longer, self.other} == {Status.PASSED}

    @property
    def is_unclear(self) -> bool:
        """Whether some mode passes what is neither known to be wrong nor passed by both judges."""
        return Status.PASSED in self.statuses.values() and not self.is_wrong and not self.is_right

    def is_fooled(self, mode: FormalMode) -> bool:
        """Whether ``mode`` passes what is known to be wrong."""
        return self.is_passed(mode) and self.is_wrong


class Judges:
    """One checker a mode, which share simulator and prepared references, and the two that doubt them. Thread-safe."""

    def __init__(self, *, jobs: int, doubt_cycles: int = _DOUBT_CYCLES) -> None:
        settings = CheckSettings(jobs=jobs, limits=Limits(cpu_s=20, wall_s=60.0, file_mib=64), no_cache=True)
        self._checkers = {mode: Checker(replace(settings, formal=mode)) for mode in MODES}
        first = self._checkers[MODES[0]]
        for checker in self._checkers.values():  # what they prepare and where they simulate does not hang on the mode
            checker._references, checker._seconds = first._references, first._seconds
        doubt = replace(settings, formal=FormalMode.OFF, stimulus_seed=_DOUBT_SEED)
        self._longer = Checker(replace(doubt, cycles=doubt_cycles))
        self._other = Checker(replace(doubt, cycles=doubt_cycles // 2, simulator="yosys"))
        self._is_fair = lru_cache(None)(self._try_reference)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for checker in (*self._checkers.values(), self._longer, self._other):
            checker.close()

    def judge(self, mutant: FuzzMutant) -> Judgement:
        """Return what the modes say of ``mutant`` and, where one of them passes it, what the two judges say."""
        try:
            statuses = self._ask_modes(mutant)
            if Status.PASSED not in statuses.values():
                return Judgement(mutant=mutant, statuses=statuses)
            longer, other = (
                _check(judge, mutant).status if self._is_fair(judge, mutant.problem) else None
                for judge in (self._longer, self._other)
            )
        except RtlgenError as error:
            return Judgement(mutant=mutant, statuses={}, error=f"{type(error).__name__}: {error}")
        return Judgement(mutant=mutant, statuses=statuses, longer=longer, other=other)

    def _ask_modes(self, mutant: FuzzMutant) -> dict[FormalMode, Status]:
        """Return the status by mode; a mode is not run where it cannot but repeat what another did."""
        first = _check(self._checkers[FormalMode.CONFIRM], mutant)
        statuses = {FormalMode.CONFIRM: first.status}
        is_simulated = first.status not in UNBUILT | {Status.REJECTED}
        for mode in (FormalMode.FIRST, FormalMode.OFF):
            repeats = not is_simulated or (mode is FormalMode.OFF and not first.is_passed and not first.equivalence)
            statuses[mode] = first.status if repeats else _check(self._checkers[mode], mutant).status
        return statuses

    def _try_reference(self, judge: Checker, problem: Problem) -> bool:
        """Return whether ``judge`` passes the reference itself."""
        try:
            return judge.check(_make_candidate(problem.reference.text), problem).status is Status.PASSED
        except RtlgenError:
            return False


def _check(checker: Checker, mutant: FuzzMutant) -> Verdict:
    return checker.check(_make_candidate(mutant.source), mutant.problem)


def _make_candidate(source: str) -> Candidate:
    return Candidate(source=source, rule="fuzz")
