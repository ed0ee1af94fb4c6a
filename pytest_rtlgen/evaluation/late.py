"""Proofs that wait until every answer is checked: they hardly ever change a verdict, and take longest of all."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_rtlgen.errors import RtlgenError
from pytest_rtlgen.evaluation.judge import TOOL_ERRORS, Judge
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.records import Problem, SampleKey, SampleResult, Status
from pytest_rtlgen.storage import RunStore, list_turns
from pytest_rtlgen.storage.answers import AnswerFiles
from pytest_rtlgen.tools.pool import run_each

_FOUND = frozenset({Status.PASSED, Status.MISMATCH})
"""What a proof and the replay of a counterexample come to; anything else is the machine's."""
_SHARE = 0.2
"""Of the time of checks, waiting for a free simulator included, about what is simulation."""
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LateProofs:
    """What came of them."""

    proved: int = 0
    wrong: tuple[SampleKey, ...] = ()
    """Samples that passed before."""
    unknown: int = 0
    """Tried, and neither."""
    left: int = 0
    """Not tried: the time was up, or the harness failed."""

    def __str__(self) -> str:
        tried = self.proved + len(self.wrong) + self.unknown
        parts = [f"late proofs: {tried} tried, {self.proved} proved"]
        if self.wrong:
            named = ", ".join(f"{key.problem} sample {key.index}" for key in self.wrong[:_SHOWN])
            more = f" and {len(self.wrong) - _SHOWN} more" if len(self.wrong) > _SHOWN else ""
            parts.append(f"{len(self.wrong)} had passed and are wrong: {named}{more}")
        if self.left:
            parts.append(f"{self.left} not tried (--rtlgen-late-budget sets the seconds for all)")
        return "; ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    """A pass that was not proved for want of time, and the files that have it."""

    files: AnswerFiles
    problem: Problem
    result: SampleResult


def prove_late(store: RunStore, judge: Judge, watcher: Watcher, *, budget_s: float | None = None) -> LateProofs:
    """Prove what passed in ``store`` and was not proved for want of time; a difference that shows makes it wrong.

    What was checked fastest is first. Nothing is begun once ``budget_s`` seconds are spent, added up over all threads;
    ``None``: a fifth of what the run's checks took. Each verdict is on disk before it is counted. ``judge`` is closed.

    Raises:
        ToolError: isolation is required and cannot be had, or what does the checks cannot be reached.
        StorageError: a verdict could not be written; those before it are.
        RecordError: what is stored cannot be read.
    """
    late = judge.make_late()
    passes = sorted(_list_passes(store), key=lambda item: item.result.verdict.duration_s) if late else []
    if late is None or not passes:
        return LateProofs()
    if budget_s is None:
        budget_s = _SHARE * sum(result.verdict.duration_s for result in store.read_results().values())
    judge.close()  # its simulators, or its place on a cluster
    with late:
        prover = _LateProver(late, watcher, budget_s)
        found = []
        try:
            for result in run_each(prover.prove, passes, jobs=late.workers):
                found.append(result)
                watcher.advance(len(found), len(passes), "late proofs")
        finally:  # also on Ctrl-C
            watcher.end_stage()
    proofs = _count(found)
    watcher.note(str(proofs))
    return proofs


class _LateProver:
    """Proves as long as there is time. Thread-safe."""

    def __init__(self, judge: Judge, watcher: Watcher, budget_s: float) -> None:
        self._judge = judge
        self._watcher = watcher
        self._left_s = budget_s
        self._errors = 0
        self._lock = threading.Lock()

    def prove(self, item: _Pass) -> SampleResult | None:
        """Return the new result of ``item``, which is stored; ``None``: there is none."""
        if self._left_s <= 0 or self._errors >= TOOL_ERRORS:
            return None
        started = time.monotonic()
        try:
            verdict = self._judge.check(item.problem, item.result.completion).verdict
        except Exception as error:  # noqa: BLE001  the verdict that is there stands, whatever becomes of its proof
            self._fail(item, error)
            return None
        spent_s = time.monotonic() - started
        with self._lock:
            self._left_s -= spent_s
            self._errors = 0
        if verdict.status not in _FOUND:
            return None
        verdict = replace(verdict, duration_s=item.result.verdict.duration_s + spent_s)
        result = replace(item.result, verdict=verdict)
        item.files.append_late(result)
        if not verdict.is_passed:
            self._watcher.see(result)
        return result

    def _fail(self, item: _Pass, error: Exception) -> None:
        """Note that the harness failed; after ``TOOL_ERRORS`` times in a row nothing more is tried."""
        with self._lock:
            self._errors += 1
        named = str(error) if isinstance(error, RtlgenError) else f"{type(error).__name__}: {error}"
        self._watcher.note(f"{item.problem.key}: no late proof: {named}")


def _list_passes(store: RunStore) -> Iterator[_Pass]:
    problems = {problem.key: problem for problem in store.header.problems}
    for files in (store, *list_turns(store)):
        known = files.list_late()
        for key, result in AnswerFiles.read_results(files).items():
            equivalence = result.verdict.equivalence
            is_cut_short = equivalence is not None and equivalence.is_out_of_time and not result.verdict.is_proved
            if key not in known and key.problem in problems and result.verdict.is_passed and is_cut_short:
                yield _Pass(files=files, problem=problems[key.problem], result=result)


def _count(found: list[SampleResult | None]) -> LateProofs:
    results = [result for result in found if result is not None]
    passed = [result for result in results if result.verdict.is_passed]
    proved = sum(result.verdict.is_proved for result in passed)
    return LateProofs(
        proved=proved,
        wrong=tuple(sorted(result.key for result in results if not result.verdict.is_passed)),
        unknown=len(passed) - proved,
        left=len(found) - len(results),
    )
