"""What happens once, in the main process, when all items have run: summary, requirements, exit status."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from pytest_rtlgen.config import Options
from pytest_rtlgen.errors import RtlgenError
from pytest_rtlgen.evaluation.repair import add_turns, sum_run_spending
from pytest_rtlgen.known_bad import KnownBadList
from pytest_rtlgen.metrics import summarize
from pytest_rtlgen.records import Problem, SampleResult, Summary
from pytest_rtlgen.report import (
    SuiteSides,
    add_without,
    compare_sides,
    compare_with_paper,
    render_sides,
    render_summary,
    render_turns,
)
from pytest_rtlgen.report.spending import Spending
from pytest_rtlgen.scoring.scorer import find_known_bad
from pytest_rtlgen.storage import RunStore

_COMPLETE = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


class RunScoring:
    """Collects which problems were judged and turns the stored results into the summary."""

    def __init__(self, options: Options, store: RunStore, problems: Sequence[Problem]) -> None:
        self._options = options
        self._store = store
        self._problems = {f"{problem.suite}/{problem.problem_id}": problem for problem in problems}
        self._judged: set[str] = set()
        self._errors: dict[str, str] = {}
        self._known_bad: dict[str, str] = {}
        self._skipped: dict[str, str] = {}
        self._summary: Summary | None = None
        self._spending: Spending | None = None
        self._sides: tuple[SuiteSides, ...] = ()
        self._papers: list[str] = []
        self._notes: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note which problem was judged, which was skipped, and which met an error of the harness."""
        properties: dict[str, object] = dict(report.user_properties)
        if "rtlgen_problem" not in properties or hasattr(report, "rtlgen_sample"):
            return
        label = f"{properties['rtlgen_suite']}/{properties['rtlgen_problem']}"
        if report.when == "call":
            self._judged.add(label)
        elif report.skipped:
            kept = self._known_bad if hasattr(report, "wasxfail") else self._skipped
            kept[label] = _read_reason(report)
        elif report.failed:
            self._errors[label] = (report.longreprtext.strip().splitlines() or ["no reason given"])[-1]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the summary of a complete run and apply ``--rtlgen-require``."""
        is_settled = not self._errors and bool(self._skipped or self._known_bad)
        if not (self._judged or is_settled) or exitstatus not in _COMPLETE:
            self._notes.append(f"unfinished run: {self._store.path}; the same command goes on with it")
            return
        self._note_skipped()
        if not self._judged:
            self._notes.append("no problem could be judged, so there is no summary")
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
            text = render_summary(self._summary, title=title, run_path=str(self._store.path), spending=self._spending)
            terminalreporter.write_line(text)
            turns = render_turns(self._store.header.settings, self._summary.turns)
            if turns:
                terminalreporter.write_line("\n" + turns)
            if self._sides:
                terminalreporter.write_line("\n" + render_sides(self._sides))
        for table in self._papers:
            terminalreporter.write_line("\n" + table)
        for note in self._notes:
            terminalreporter.write_line(note)

    def _summarize(self, session: pytest.Session) -> None:
        left_out = self._known_bad | self._errors
        problems = [self._problems[label] for label in self._problems if label in self._judged | left_out.keys()]
        judged = {label for label in self._judged if label not in left_out}
        results = [
            result
            for key, result in sorted(self._store.read_results().items())
            if f"{key.suite}/{key.problem_id}" in judged
        ]
        summary = summarize(problems, results, self._options.k, excluded=tuple(sorted(left_out.items())))
        prices = self._options.prices
        self._spending = sum_run_spending(self._store, prices)
        summary = add_turns(summary, self._store, problems, prices=prices)
        known = self._find_known_bad()
        summary = add_without(summary, results, known)
        self._summary = summary
        self._sides = compare_sides(problems, results, known, self._options.k)
        self._papers = list(self._list_papers(problems, results, left_out))
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

    def _list_papers(
        self, problems: Sequence[Problem], results: Sequence[SampleResult], left_out: Mapping[str, str]
    ) -> Iterator[str]:
        """Yield, for each suite that the preset's paper reports on, our figures beside the paper's."""
        preset = self._options.preset
        for suite, _ in self._store.header.settings.suites if preset else ():
            chosen = [problem for problem in problems if problem.suite == suite]
            found = [result for result in results if result.key.suite == suite]
            excluded = tuple((label, why) for label, why in left_out.items() if label.startswith(f"{suite}/"))
            summary = summarize(chosen, found, self._options.k, excluded=excluded) if found else None
            table = (
                compare_with_paper(preset, suite, summary, self._store.header.settings) if preset and summary else ""
            )
            if table:
                yield table

    def _find_known_bad(self) -> KnownBadList:
        tools = dict(self._store.header.environment.tools)
        return find_known_bad(self._options.simulator, tools.get("simulator", ""))

    def _note_skipped(self) -> None:
        for reason, count in Counter(self._skipped.values()).most_common():
            self._notes.append(f"{count} problems skipped: {reason}")


def _read_reason(report: pytest.TestReport) -> str:
    """Return why a test was skipped, or was expected to fail."""
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail).removeprefix("reason: ")
    where = report.longrepr
    text = where[2] if isinstance(where, tuple) else str(where)
    return text.removeprefix("Skipped: ")
