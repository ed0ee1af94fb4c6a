"""What happens once, in the main process, when all items have run: summary, requirements, exit status."""

import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from pytest_rtlgen.config import Options
from pytest_rtlgen.errors import RtlgenError
from pytest_rtlgen.evaluation.judge import Judge, Judged
from pytest_rtlgen.evaluation.late import prove_late
from pytest_rtlgen.evaluation.results import finish_run, report_run, write_html
from pytest_rtlgen.evaluation.sequential import measure_gates
from pytest_rtlgen.evaluation.synthesis import synthesize_at_end
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.records import ProblemKey
from pytest_rtlgen.report.console import fold
from pytest_rtlgen.report.gate import AnyGate, Gate, render_annotation
from pytest_rtlgen.report.run_report import RunReport
from pytest_rtlgen.storage import RunStore

_SHOWN = 5
"""Names in a note; the rest is counted."""
_COMPLETE = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


class RunScoring:
    """Collects which problems were judged and turns the stored results into the summary."""

    def __init__(self, options: Options, store: RunStore, judge: Judge, watcher: Watcher) -> None:
        self._options = options
        self._store = store
        self._judge = judge
        self._watcher = watcher
        self._judged: set[ProblemKey] = set()
        self._errors: dict[ProblemKey, str] = {}
        self._known_bad: dict[ProblemKey, str] = {}
        self._skipped: dict[ProblemKey, str] = {}
        self._run_report: RunReport | None = None
        self._notes: list[str] = []
        self._gates: tuple[AnyGate, ...] = ()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note which problem was judged, which was skipped, and which met an error of the harness."""
        properties: dict[str, object] = dict(report.user_properties)
        if "rtlgen_problem" not in properties or hasattr(report, "rtlgen_sample"):
            return
        key = ProblemKey(suite=str(properties["rtlgen_suite"]), problem_id=str(properties["rtlgen_problem"]))
        if report.when == "call":
            self._judged.add(key)
        elif report.skipped:
            kept = self._known_bad if hasattr(report, "wasxfail") else self._skipped
            kept[key] = _read_reason(report)
        elif report.failed:
            self._errors[key] = (report.longreprtext.strip().splitlines() or ["no reason given"])[-1]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the summary of a complete run and apply ``--rtlgen-require``: each gate is a test of its own."""
        is_all_skipped = not self._errors and bool(self._skipped or self._known_bad)
        if not (self._judged or is_all_skipped) or exitstatus not in _COMPLETE:
            self._note_unfinished()
            return
        self._note_skipped()
        missing = self._list_missing()
        if not self._judged:
            self._notes.append("no problem could be judged, so there is no summary")
            gates = [Gate(requirement=gate, measured=None) for gate in self._options.require]
            self._report_gates(session, (*gates, *measure_gates(self._store.header.settings, ())))
            return
        try:
            self._prove_late(session)
            synthesize_at_end(self._store, self._options, self._watcher)
            self._report(session, missing)
        except KeyboardInterrupt:  # pytest looks out for it no longer
            self._note_unfinished()
            session.exitstatus = pytest.ExitCode.INTERRUPTED
        except RtlgenError as error:
            self._notes.append(f"{'no summary' if self._run_report is None else 'not written'}: {error}")
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # noqa: ANN401  pytest's TerminalReporter
        """Print the tables and where the run is."""
        terminalreporter.section("rtlgen")
        if self._run_report is not None:
            terminalreporter.write_line(str(self._run_report))
        for gate in self._gates:
            terminalreporter.write_line(fold(str(gate)), green=gate.is_met, red=not gate.is_met)
        for line in filter(None, (render_annotation(gate, os.environ) for gate in self._gates)):
            terminalreporter.write_line(line)
        for note in self._notes:
            terminalreporter.write_line(note)

    def _note_unfinished(self) -> None:
        self._notes.append(f"unfinished run: {self._store.path}; the same command goes on with it")

    def _list_missing(self) -> list[ProblemKey]:
        """Return the problems that were to be judged and of which no report came: its worker died, or ``-x``."""
        seen = self._judged | self._errors.keys() | self._known_bad.keys() | self._skipped.keys()
        return [problem.key for problem in self._store.list_selected() if problem.key not in seen]

    def _prove_late(self, session: pytest.Session) -> None:
        """Prove what waited; a problem whose last pass is wrong after all fails the session, as its item has passed.

        It does not where right answers are known to fail too: there its item would have been an expected failure.
        """
        if self._store.is_finished:
            return
        wrong = {
            key.problem
            for key in prove_late(self._store, self._judge, self._watcher, budget_s=self._options.late_budget_s).wrong
        }
        results = self._store.read_results().items() if wrong else ()
        lost = wrong - {key.problem for key, result in results if result.verdict.is_passed}
        self._notes += [f"{key}: no sample passes any more: a proof found the last one wrong" for key in sorted(lost)]
        problems = [problem for problem in self._store.header.problems if problem.key in lost]
        if self._options.judges_items and not all(map(self._judge.explain_failure, problems)):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _report(self, session: pytest.Session, missing: Sequence[ProblemKey]) -> None:
        judged = Judged(checked=len(self._judged), there_before=0, known_bad=self._known_bad, failed=self._errors)
        only = self._judged - self._known_bad.keys() - self._errors.keys()
        self._run_report = report = report_run(self._store, self._options, judged=judged, only=only)
        if self._errors:
            self._notes.append(
                f"{len(self._errors)} problems could not be judged; the same command tries again: {self._store.path}"
            )
        if missing:
            shown = ", ".join(map(str, missing[:_SHOWN])) + (" …" if len(missing) > _SHOWN else "")
            self._notes.append(
                f"incomplete: {len(missing)} problems have no verdict ({shown}): a worker died, or pytest stopped "
                f"early; no figure counts them, and the same command goes on: {self._store.path}"
            )
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        finish_run(self._store, report, is_complete=not self._errors and not missing)
        if report.has_open_gate:
            self._note_unfinished()
        self._report_gates(session, report.gates)
        write_html(self._store, report, self._options)
        self._notes += [f"open {report.page}"] if report.page else []

    def _report_gates(self, session: pytest.Session, gates: tuple[AnyGate, ...]) -> None:
        """Report each gate as a test, which counts in pytest's last line and is a test case of the JUnit file."""
        self._gates = gates
        for gate in gates:
            name = str(gate.requirement)
            report = pytest.TestReport(
                nodeid=f"rtlgen::{name}",
                location=("rtlgen", None, f"gate {name}"),
                keywords={},
                outcome="passed" if gate.is_met else "failed",
                longrepr=None if gate.is_met else fold(str(gate)),
                when="call",
                rtlgen_is_counted=False,
            )
            session.config.hook.pytest_runtest_logreport(report=report)
            vars(report)["rtlgen_is_counted"] = True
        if not all(gate.is_met for gate in gates):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

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
