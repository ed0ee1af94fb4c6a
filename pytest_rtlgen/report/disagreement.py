"""Why a benchmark's own scoring and ours disagree about one sample. ``docs/explanation/two-scorings.md``."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from pytest_rtlgen.known_bad import Kind, KnownBad
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.records import BenchVerdict, Diagnostic, FindingKind, Severity, Status, Verdict


class Reason(StrEnum):
    """Classes of disagreement."""

    ACCEPTS_ANYTHING = "testbench-accepts-anything"
    FORGED_OUTPUT = "forged-output"
    """The benchmark's rule passes it, and not because of values: it prints, or uses what belongs to the bench."""
    X_MASKING = "x-masking"
    """The bench does not see a difference where the reference, or the design, is X."""
    RACE = "race"
    WATCHDOG = "watchdog"
    EARLY_FINISH = "early-finish"
    UNSATISFIABLE = "unsatisfiable-specification"
    CONTRADICTS = "reference-contradicts-description"
    AMBIGUOUS = "ambiguous-description"
    LETTER_RULE = "letter-rule"
    """The bench passes it, but a word in the log fails it, such as "error" in a warning."""
    REFUSES_BENCH = "simulator-refuses-bench"
    RARER_INPUTS = "rarer-inputs"
    """We found a mismatch with inputs that the bench never applies."""
    NO_CIRCUIT = "no-circuit"
    """It is built on delays, which we refuse."""
    OTHER_PORTS = "other-ports"
    """The bench puts up with other ports than those that are asked for."""
    UNKNOWN = "unknown"


_FAILED_BECAUSE = {
    Kind.WATCHDOG: Reason.WATCHDOG,
    Kind.RACE: Reason.RACE,
    Kind.FAILS_REFERENCE: Reason.RACE,
    Kind.REFUSES_BENCH: Reason.REFUSES_BENCH,
    Kind.REFUSES_REFERENCE: Reason.REFUSES_BENCH,
    Kind.SOME_RACE: Reason.RACE,
    Kind.UNSATISFIABLE: Reason.UNSATISFIABLE,
    Kind.CONTRADICTS: Reason.CONTRADICTS,
    Kind.AMBIGUOUS: Reason.AMBIGUOUS,
}
_PASSED_BECAUSE = {Kind.ACCEPTS_ANYTHING: Reason.ACCEPTS_ANYTHING, Kind.X_MASKING: Reason.X_MASKING}
_OURS_FAILED_BECAUSE = {Kind.CONTRADICTS: Reason.CONTRADICTS, Kind.AMBIGUOUS: Reason.AMBIGUOUS}
_FORGED = {Status.MISMATCH, Status.ELABORATION_ERROR, Status.REJECTED}
_ENDED_BECAUSE = {
    Status.TIMEOUT: Reason.WATCHDOG,
    Status.EARLY_FINISH: Reason.EARLY_FINISH,
    Status.SYNTAX_ERROR: Reason.REFUSES_BENCH,
    Status.ELABORATION_ERROR: Reason.REFUSES_BENCH,
}


class Explanation(NamedTuple):
    """Why two scorings of a candidate differ."""

    reason: Reason
    evidence: str
    """One line; empty: there is none."""


def describe_bench_verdict(bench: BenchVerdict) -> str:
    """Return whether the benchmark passes it, and its own word for that, such as ``failed (R)``."""
    word = "passed" if bench.is_counted_as_passed else "failed"
    return f"{word} ({bench.code})" if bench.code and bench.code != word else word


def explain_disagreement(ours: Verdict, bench: BenchVerdict, known: Sequence[KnownBad] = ()) -> Explanation | None:
    """Return why the two differ; ``None`` where they agree.

    ``known`` are the problem's entries of the known-bad list, those that spoil either scoring.
    """
    if bench.is_counted_as_passed == ours.is_passed:
        return None
    return _explain_failed(bench, known) if ours.is_passed else _explain_passed(ours, bench, known)


def _explain_passed(ours: Verdict, bench: BenchVerdict, known: Sequence[KnownBad]) -> Explanation:
    """Return why the benchmark passes what we do not."""
    if not bench.is_passed:  # its bench, guarded, does not pass it either
        return Explanation(_explain_unguarded(ours, bench), _join_messages(bench))
    found = _look_up(_PASSED_BECAUSE, known, ScoringMode.BENCH) or _look_up(
        _OURS_FAILED_BECAUSE, known, ScoringMode.OURS
    )
    if found is not None:
        return found
    wrong = [signal for signal in ours.signals if signal.mismatches]
    if ours.status is not Status.MISMATCH or not wrong:
        return Explanation(Reason.UNKNOWN, _join_messages(ours))
    names = ", ".join(signal.name for signal in wrong)
    if all(set((signal.actual or "").lower()) & set("xz") for signal in wrong):
        return Explanation(Reason.X_MASKING, f"unknown where the reference is known: {names}")
    return Explanation(Reason.RARER_INPUTS, f"outputs that differ: {names}")


def _explain_unguarded(ours: Verdict, bench: BenchVerdict) -> Reason:
    """Return why the text rule passes what the guarded bench does not."""
    kinds = {item.kind for item in (*_list_shown(bench), *_list_shown(ours))}
    if Status.EARLY_FINISH in {bench.status, ours.status} or FindingKind.ENDING in kinds:
        return Reason.EARLY_FINISH
    if bench.status is Status.INTERFACE_MISMATCH:
        return Reason.OTHER_PORTS
    if bench.status is Status.REJECTED and FindingKind.DELAY in kinds:
        return Reason.NO_CIRCUIT
    if bench.status is Status.REJECTED and not any(item.kind for item in bench.diagnostics):
        return Reason.UNKNOWN  # checked before there were kinds
    return Reason.FORGED_OUTPUT if bench.status in _FORGED else Reason.UNKNOWN


def _explain_failed(bench: BenchVerdict, known: Sequence[KnownBad]) -> Explanation:
    """Return why the benchmark fails what we pass."""
    found = _look_up(_FAILED_BECAUSE, known, ScoringMode.BENCH)
    if found is not None:
        return found
    if bench.is_passed:
        return Explanation(Reason.LETTER_RULE, f"the benchmark's word for it: {bench.code}" if bench.code else "")
    return Explanation(_ENDED_BECAUSE.get(bench.status, Reason.UNKNOWN), _join_messages(bench))


def _look_up(reasons: Mapping[Kind, Reason], known: Sequence[KnownBad], scoring: ScoringMode) -> Explanation | None:
    """Return what the first entry that spoils ``scoring`` explains; ``None`` where none does."""
    entries = [entry for entry in known if entry.scoring.covers(scoring) and entry.kind in reasons]
    return Explanation(reasons[entries[0].kind], entries[0].evidence) if entries else None


def _join_messages(verdict: Verdict | BenchVerdict) -> str:
    return "; ".join(item.message for item in _list_shown(verdict))


def _list_shown(verdict: Verdict | BenchVerdict) -> tuple[Diagnostic, ...]:
    """Return the diagnostics that are told as evidence, and that the class is read from."""
    return tuple(item for item in verdict.diagnostics if item.severity is not Severity.NOTE)[:2]
