"""What happens once, in the main process, when all items have run: summary, requirements, exit status."""

from collections.abc import Sequence
from typing import Any

import pytest

from pytest_rtlgen.config import Options
from pytest_rtlgen.errors import RtlgenError
from pytest_rtlgen.metrics import summarize
from pytest_rtlgen.records import Problem, Summary
from pytest_rtlgen.report import render_summary
from pytest_rtlgen.storage import RunStore

_COMPLETE = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


class Scoring:
    """Collects which problems were judged and turns the stored results into the summary."""

    def __init__(self, options: Options, store: RunStore, problems: Sequence[Problem]) -> None:
        self._options = options
        self._store = store
        self._problems = {f"{problem.suite}/{problem.problem_id}": problem for problem in problems}
        self._judged: set[str] = set()
        self._errors: dict[str, str] = {}
        self._summary: Summary | None = None
        self._notes: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note which problem was judged and which met an error of the harness."""
        properties: dict[str, object] = dict(report.user_properties)
        if "rtlgen_problem" not in properties or hasattr(report, "rtlgen_sample"):
            return
        label = f"{properties['rtlgen_suite']}/{properties['rtlgen_problem']}"
        if report.when == "call":
            self._judged.add(label)
        elif report.failed:
            self._errors[label] = (report.longreprtext.strip().splitlines() or ["no reason given"])[-1]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the summary of a complete run and apply ``--rtlgen-require``."""
        if not self._judged or exitstatus not in _COMPLETE:
            self._notes.append(f"unfinished run: {self._store.path}; the same command goes on with it")
            return
        try:
            self._summarize(session)
        except RtlgenError as error:
            self._notes.append(f"no summary: {error}")
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # noqa: ANN401  pytest's TerminalReporter
        """Print the tables and where the run is."""
        terminalreporter.section("rtlgen")
        if self._summary is not None:
            title = f"{self._options.model}  n={self._options.n}"
            terminalreporter.write_line(render_summary(self._summary, title=title, run_path=str(self._store.path)))
        for note in self._notes:
            terminalreporter.write_line(note)

    def _summarize(self, session: pytest.Session) -> None:
        problems = [self._problems[label] for label in self._problems if label in self._judged | self._errors.keys()]
        judged = {label for label in self._judged if label not in self._errors}
        results = [
            result
            for key, result in sorted(self._store.read_results().items())
            if f"{key.suite}/{key.problem_id}" in judged
        ]
        summary = summarize(problems, results, self._options.k, excluded=tuple(sorted(self._errors.items())))
        self._summary = summary
        if self._errors:
            self._notes.append(
                f"{len(self._errors)} problems could not be judged; the same command tries again: {self._store.path}"
            )
        else:
            self._store.write_summary(summary)
        session.config.hook.pytest_rtlgen_summary(summary=summary)
        for gate in self._options.require:
            value = gate.measure(summary)
            is_met = gate.is_met(value)
            self._notes.append(f"required {gate}: {'met' if is_met else 'NOT met'}, measured {value:.4f}")
            if not is_met:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
