"""Check answers: several at a time, each verdict on disk before it is counted, one bad problem in nobody's way."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Self

from pytest_rtlgen.config import Options
from pytest_rtlgen.errors import BadReferenceError, DefectError, RtlgenError, StorageError, SuiteError, ToolError
from pytest_rtlgen.evaluation.executors import Executor, ExecutorSettings, make_executor
from pytest_rtlgen.evaluation.settings import make_check_settings
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.modes import FormalMode, ScoringMode
from pytest_rtlgen.records import Completion, Environment, Problem, ProblemKey, SampleResult
from pytest_rtlgen.scoring.scorer import bench_decides, find_known_bad
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.storage.answers import AnswerFiles
from pytest_rtlgen.tools.pool import run_each

TOOL_ERRORS = 3
"""Failures of the simulator in a row after which it is the machine, not a design."""

Work = tuple[Problem, Completion]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one answer: exactly one of ``result`` and ``error`` is there."""

    problem: Problem
    completion: Completion
    result: SampleResult | None = None
    error: RtlgenError | None = None
    """The harness failed; nothing was concluded about the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one go over a run did."""

    checked: int
    there_before: int
    known_bad: Mapping[ProblemKey, str]
    """The reason of each problem where right answers are known to fail too."""
    failed: Mapping[ProblemKey, str]
    """The error of the harness on each problem that could not be judged."""


class Judge:
    """An executor, and what is known of the problems it is given. A context manager that leaves no process behind."""

    def __init__(
        self, settings: ExecutorSettings, executor: Executor, make: Callable[[ExecutorSettings], Executor] | None = None
    ) -> None:
        """Take an executor, and what makes another of its kind; ``None``: late proofs are not made."""
        self._settings = settings
        self._executor = executor
        self._make = make

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process."""
        self._executor.close()

    def make_late(self) -> "Judge | None":
        """Return a judge that takes its time for proofs; ``None`` where this one does, or proves nothing."""
        if self._make is None or self._settings.check.formal is not FormalMode.LATE:
            return None
        check = replace(self._settings.check, formal=FormalMode.CONFIRM)
        settings = replace(self._settings, check=check, scoring=ScoringMode.OURS)
        return Judge(settings, self._make(settings))

    def describe(self) -> Environment:
        """Return the versions that its verdicts depend on.

        Raises:
            ToolError: the simulator is missing.
        """
        return self._executor.describe()

    def explain_failure(self, problem: Problem) -> str:
        """Return why right answers to ``problem`` are known to fail here; empty where nothing is known.

        Raises:
            ToolError: the simulator is missing.
        """
        scoring = ScoringMode.BENCH if bench_decides(problem, self._settings.scoring) else ScoringMode.OURS
        known = find_known_bad(self._settings.check.simulator, dict(self.describe().tools).get("simulator", ""))
        return known.explain_failure(problem.suite, problem.problem_id, scoring)

    def judge(self, work: Sequence[Work], files: AnswerFiles) -> Iterator[Outcome]:
        """Return what becomes of each answer of ``work``, in its order; each result is in ``files`` before.

        Once the harness fails on a problem, the answers to it that are not begun get the same error.

        Raises:
            ToolError: the simulator failed ``TOOL_ERRORS`` times in a row.
            StorageError: a result could not be written; those before it are.
        """
        # Where nothing is left to check, no executor has to be reached.
        return run_each(self.open_queue(files), work, jobs=self.workers) if work else iter(())

    @property
    def workers(self) -> int:
        """How many answers are checked at once.

        Raises:
            ToolError: what does the checks cannot be reached.
        """
        return self._executor.workers

    def check(self, problem: Problem, completion: Completion) -> SampleResult:
        """Return the result of one answer, stored nowhere; errors are those of an executor."""
        return self._executor.check(problem, completion)

    def open_queue(self, files: AnswerFiles) -> Callable[[Work], Outcome]:
        """Return what checks one answer, on any thread, and stores its result in ``files``; errors as for ``judge``."""
        return _Queue(self._executor, files).take


def open_judge(options: Options, *, jobs: int | None = None) -> Judge:
    """Return the judge that ``options`` ask for; ``jobs`` designs at once, by default as the options say.

    Raises:
        UsageError: there is no such executor.
        ToolError: isolation is required and cannot be had, or the executor needs an extra that is not installed.
    """
    check = make_check_settings(options, jobs=jobs, is_run=True)
    settings = ExecutorSettings(check=check, scoring=options.scoring, workers=jobs or options.jobs)
    make = partial(make_executor, options.executor)
    return Judge(settings, make(settings), make)


class _Queue:
    """The answers in progress, on several threads."""

    def __init__(self, executor: Executor, files: AnswerFiles) -> None:
        self._executor = executor
        self._files = files
        self._lock = threading.Lock()
        self._failed: dict[ProblemKey, RtlgenError] = {}
        self._stop: RtlgenError | None = None
        self._tool_errors = 0

    def take(self, work: Work) -> Outcome:
        """Check one answer and store its result; raises what makes going on pointless."""
        problem, completion = work
        if self._stop is not None:
            raise self._stop
        error = self._failed.get(problem.key)
        if error is not None:
            return Outcome(problem=problem, completion=completion, error=error)
        try:
            result = self._executor.check(problem, completion)
            self._files.append_result(result)
        except StorageError as error:
            self._stop = error
            raise
        except (SuiteError, ToolError, DefectError) as error:
            return self._fail(problem, completion, error)
        except Exception as error:  # noqa: BLE001  a defect on one answer must not take the others with it
            defect = DefectError(f"defect of the harness: {type(error).__name__}: {error}")
            defect.__cause__ = error
            return self._fail(problem, completion, defect)
        with self._lock:
            self._tool_errors = 0
        return Outcome(problem=problem, completion=completion, result=result)

    def _fail(self, problem: Problem, completion: Completion, error: RtlgenError) -> Outcome:
        with self._lock:
            self._failed[problem.key] = error
            self._tool_errors += isinstance(error, ToolError)
            if self._tool_errors >= TOOL_ERRORS:
                self._stop = error
                raise error
        return Outcome(problem=problem, completion=completion, error=error)


def judge_run(store: RunStore, judge: Judge, watcher: Watcher) -> Judged:
    """Check every answer in ``store`` that has no verdict there yet; of a repair loop's answers, the first ones.

    Raises:
        ToolError: the simulator is missing or broken.
        StorageError: a verdict could not be written; those before it are.
        RecordError: what is stored cannot be read.
    """
    if not store.adopt_environment(judge.describe()):
        watcher.note(
            f"{store.path}: checked on another machine, or with other tools, so far; verdicts keep what made them"
        )
    done = store.read_first_results().keys()
    work = _list_work(store, watcher)
    left = Counter(problem.key for problem, _ in work)
    known_bad: dict[ProblemKey, str] = {}
    failed: dict[ProblemKey, str] = {}
    checked = passed = 0
    try:
        for outcome in judge.judge(work, store):
            key = outcome.problem.key
            if outcome.result is not None:
                checked += 1
                passed += outcome.result.verdict.is_passed
                watcher.see(outcome.result)
                watcher.advance(checked, len(work), f"checked, {passed} passed")
            elif key not in known_bad | failed:
                reason = judge.explain_failure(outcome.problem) if isinstance(outcome.error, BadReferenceError) else ""
                (known_bad if reason else failed)[key] = reason or str(outcome.error)
    finally:  # also on Ctrl-C: what follows must not stand behind the line of progress
        watcher.end_stage()
    for key, reason in failed.items():
        watcher.note(f"{store.path}: {key}: not judged ({left[key]} samples): {reason}")
    return Judged(checked=checked, there_before=len(done), known_bad=known_bad, failed=failed)


def _list_work(store: RunStore, watcher: Watcher) -> list[Work]:
    """Return the answers without a verdict, problem by problem."""
    done = store.read_first_results().keys()
    problems = {problem.key: problem for problem in store.header.problems}
    rank = {key: place for place, key in enumerate(problems)}
    missing = [item for key, item in store.read_completions().items() if key not in done]
    known = [item for item in missing if item.key.problem in problems]
    if len(known) < len(missing):
        unknown = len(missing) - len(known)
        watcher.note(f"{store.path}: {unknown} answers are to problems that the run does not have, and are passed over")
    known.sort(key=lambda item: (rank[item.key.problem], item.key))
    return [(problems[item.key.problem], item) for item in known]
