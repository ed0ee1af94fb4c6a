"""Suites as pytest collectors: one item per problem. Collection never calls a model."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from pytest_rtlgen.config import Options
from pytest_rtlgen.errors import BadReferenceError, InnerError, RtlgenError
from pytest_rtlgen.records import Problem, SampleResult, Suite
from pytest_rtlgen.report.console import find_width
from pytest_rtlgen.report.failure_text import render_samples


class SamplesFailedError(InnerError):
    """No sample of a problem did what the problem's rule asks for."""


class SessionState(Protocol):
    """What items ask of the session that they belong to."""

    @property
    def options(self) -> Options:
        """What the user asked for."""

    @property
    def run_path(self) -> Path:
        """The run's folder."""

    @property
    def judges_items(self) -> bool:
        """Whether an item without a passing sample fails."""

    def check_problem(self, problem: Problem) -> tuple[SampleResult, ...]:
        """Return the results of all samples of one problem."""

    def explain_failure(self, problem: Problem) -> str:
        """Return why right answers to ``problem`` are known to fail; empty where nothing is known."""


class SuiteCollector(pytest.File):
    """One loaded suite."""

    def __init__(self, *, session_state: SessionState, suite: Suite, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        self._state = session_state
        self._suite = suite

    def collect(self) -> Iterator["ProblemItem"]:
        """Yield one item per problem, in the suite's order."""
        limit = self._state.options.limit
        for problem in self._suite.problems[: limit or None]:
            yield ProblemItem.from_parent(self, name=problem.problem_id, session_state=self._state, problem=problem)


class ProblemItem(pytest.Item):
    """One problem with all its samples."""

    def __init__(self, *, session_state: SessionState, problem: Problem, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        self.problem = problem
        self._state = session_state
        self.results: tuple[SampleResult, ...] = ()
        self.user_properties += [("rtlgen_suite", problem.suite), ("rtlgen_problem", problem.problem_id)]
        self.add_marker("rtlgen")
        self.add_marker(pytest.mark.rtlgen_category(name=problem.category))
        self.add_marker(pytest.mark.rtlgen_difficulty(name=problem.difficulty.value))
        self.extra_keyword_matches.update({problem.category, problem.difficulty.value, *problem.tags})

    def setup(self) -> None:
        """Check every sample. A harness error raised here is a pytest ERROR, never a failure of the model."""
        if self.problem.unjudged:
            pytest.skip(self.problem.unjudged)
        try:
            self.results = self._state.check_problem(self.problem)
        except RtlgenError as error:
            if isinstance(error, BadReferenceError):
                self._expect_failure()
            raise pytest.fail.Exception(f"{type(error).__name__}: {error}", pytrace=False) from None
        self.user_properties += list_properties(self.problem, self.results)

    def runtest(self) -> None:
        """Pass when any sample passes (or always, with ``--rtlgen-report-only`` or ``--rtlgen-require``).

        A failure is an expected one where the problem is known to fail right answers too.
        """
        if self._state.judges_items and not any(result.verdict.is_passed for result in self.results):
            self._expect_failure()
            raise SamplesFailedError(
                render_samples(self.problem, self.results, run_path=self._state.run_path, width=find_width())
            )

    def _expect_failure(self) -> None:
        """End the test as an expected failure where right answers are known to fail too."""
        reason = self._state.explain_failure(self.problem)
        if reason:
            pytest.xfail(reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401
        """Return the samples' verdicts for a failure, pytest's own text for anything else.

        What pytest's short summary, which on a CI cuts nothing, and JUnit's ``message`` say of it is one line.
        """
        if isinstance(excinfo.value, SamplesFailedError):
            shown = excinfo.getrepr(style="value")
            if shown.reprcrash is not None:
                counts = Counter(result.verdict.status for result in self.results).most_common()
                shown.reprcrash.message = ", ".join(f"{count} {status}" for status, count in counts) or "no sample"
            return shown
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return where the problem stands and how reports name it."""
        return self.path, None, f"{self.problem.suite}/{self.problem.problem_id}"


def list_properties(problem: Problem, results: tuple[SampleResult, ...]) -> list[tuple[str, object]]:
    """Return what goes into JUnit's properties besides the problem's name: kind and counts, no source text."""
    verdicts = [result.bench_verdict for result in results if result.bench_verdict is not None]
    passed = sum(verdict.is_counted_as_passed for verdict in verdicts)
    return [
        *([("rtlgen_published_passed", passed)] if verdicts else []),
        ("rtlgen_category", problem.category),
        ("rtlgen_difficulty", problem.difficulty.value),
        ("rtlgen_samples", len(results)),
        ("rtlgen_compiled", sum(result.is_compiled for result in results)),
        ("rtlgen_passed", sum(result.verdict.is_passed for result in results)),
        ("rtlgen_statuses", " ".join(result.verdict.status.value for result in results)),
    ]
