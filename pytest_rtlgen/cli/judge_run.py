"""Check the answers of a run: each verdict is on disk before it is counted, and one bad problem stops no other."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.cli.streams import Progress, say
from pytest_rtlgen.errors import BadReferenceError, StorageError, SuiteError, ToolError
from pytest_rtlgen.evaluation.stages import check_completion
from pytest_rtlgen.known_bad import Scoring
from pytest_rtlgen.records import Completion, Problem, SampleKey
from pytest_rtlgen.scoring.scorer import PublishedScorer, find_known_bad
from pytest_rtlgen.storage import RunStore

_TOOL_ERRORS = 3
"""Failures of the simulator in a row after which it is the machine, not a design."""

Work = tuple[Problem, Completion]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one go over a run did."""

    checked: int
    there_before: int
    known_bad: Mapping[str, str]
    """``suite/problem_id`` to the reason, where right answers are known to fail too."""
    failed: Mapping[str, str]
    """``suite/problem_id`` to the error of the harness."""


def judge_run(store: RunStore, checker: Checker, scorer: PublishedScorer) -> Judged:
    """Check every answer in ``store`` that has no verdict there yet; of a repair loop's answers, the first ones.

    Raises:
        ToolError: the simulator is missing or broken.
        StorageError: a verdict could not be written; those before it are.
        RecordError: what is stored cannot be read.
    """
    checker.simulator.version  # noqa: B018  raises now, not once a sample, when the simulator is missing
    completions, done = store.read_completions(), store.read_first_results().keys()
    order = {(problem.suite, problem.problem_id): problem for problem in store.header.problems}
    by_problem: dict[tuple[str, str], list[Completion]] = {name: [] for name in order}
    for key in sorted(completions.keys() - done):
        by_problem.setdefault(_name(key), []).append(completions[key])
    strange = sum(len(row) for name, row in by_problem.items() if name not in order)
    if strange:
        say(f"{store.path}: {strange} answers are to problems that the run does not have, and are passed over")
    work = [(order[name], completion) for name, row in by_problem.items() if name in order for completion in row]
    judging = _Judging(store, checker, scorer, total=len(work))
    judging.run(work)
    return Judged(checked=judging.checked, there_before=len(done), known_bad=judging.known_bad, failed=judging.failed)


class _Judging:
    """The work in progress, on several threads."""

    def __init__(self, store: RunStore, checker: Checker, scorer: PublishedScorer, *, total: int) -> None:
        self.known_bad: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        self.checked = 0
        self._store = store
        self._checker = checker
        self._scorer = scorer
        self._total = total
        self._passed = 0
        self._tool_errors = 0
        self._lock = threading.Lock()
        self._progress = Progress()

    def run(self, work: Sequence[Work]) -> None:
        """Check all of ``work``; raises what makes going on pointless, and lets what is in flight end first."""
        left = Counter(_label(problem) for problem, _ in work)
        with ThreadPoolExecutor(self._checker.settings.jobs, thread_name_prefix="rtlgen-check") as pool:
            futures = [pool.submit(self._judge, *pair) for pair in work]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                for future in futures:
                    future.cancel()
                wait(futures)  # before the pool's threads end: one takes the simulators with it that it started
                self._progress.clear()
        for future in futures:
            if not future.cancelled():
                future.result()
        for label, reason in self.failed.items():
            say(f"{self._store.path}: {label}: not judged ({left[label]} samples): {reason}")

    def _judge(self, problem: Problem, completion: Completion) -> None:
        label = _label(problem)
        if label in self.failed or label in self.known_bad:
            return
        try:
            result = check_completion(self._checker, problem, completion, scorer=self._scorer)
            self._store.append_result(result)
        except StorageError:
            raise
        except ToolError as error:
            self._note_tool_error(label, error)
        except SuiteError as error:
            self._note_suite_error(problem, error)
        except Exception as error:  # noqa: BLE001  a defect on one sample must not take the others with it
            self.failed[label] = f"defect of the harness: {type(error).__name__}: {error}"
        else:
            self._note_result(is_passed=result.verdict.is_passed)

    def _note_result(self, *, is_passed: bool) -> None:
        with self._lock:
            self._tool_errors = 0
            self.checked += 1
            self._passed += is_passed
        self._progress.show(f"{self.checked}/{self._total} checked, {self._passed} passed")

    def _note_tool_error(self, label: str, error: ToolError) -> None:
        with self._lock:
            self.failed[label] = str(error)
            self._tool_errors += 1
            if self._tool_errors >= _TOOL_ERRORS:
                raise error

    def _note_suite_error(self, problem: Problem, error: SuiteError) -> None:
        """Tell a reference that is known to fail here from one that is broken."""
        settings = self._store.header.settings
        known = find_known_bad(settings.simulator, self._checker.simulator.version)
        scoring = Scoring.PUBLISHED if self._scorer.decides(problem) else Scoring.OURS
        reason = known.explain_failure(problem.suite, problem.problem_id, scoring)
        if reason and isinstance(error, BadReferenceError):
            self.known_bad[_label(problem)] = reason
        else:
            self.failed[_label(problem)] = str(error)


def _name(key: SampleKey) -> tuple[str, str]:
    return key.suite, key.problem_id


def _label(problem: Problem) -> str:
    return f"{problem.suite}/{problem.problem_id}"
