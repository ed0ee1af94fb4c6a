"""Which reasons may skip a test: ``tests/conftest.py`` lists what was skipped, and any other reason fails the run."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

ALLOWED = (
    r"\S*/shared/\S+ (does not exist|is not on this machine)\b.*",  # the benchmarks lie beside the repository, or not
    r"(needs the benchmarks|(VerilogEval v2|the published benchmarks|the shared corpus) (is|are) not at)\b.*",
    r"got empty parameter set for \((case|path)\)",  # the shared cases of test_extract.py and test_screen.py
    r"the extra local is not installed; make demo-local installs it",  # 270 MB for one test
    r"root may write everywhere",
    r"wrong only where this bench plays nothing, .*|VerilogEval's rule lets nothing pass where .*",  # for other checks
    r"this kernel offers less",
    r"the kernel offers no Landlock|no seccomp filter for \w+|the numbers? (of capget )?here (is|are) .* x86_64",
    r"\S*bwrap fails: .*(namespace|Operation not permitted|Permission denied).*",  # a container that forbids them
    r"(no sandbox|candidates run beside a bench in the sandbox only|the example requires a sandbox)\b.*",
)
"""Patterns of whole reasons. A program or a package that is missing is no reason: the Makefile installs it."""


def read_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return why a test was skipped, without pytest's prefix."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def count_reasons(reports: Iterable[pytest.TestReport | pytest.CollectReport]) -> Counter[str]:
    """Return how many of ``reports`` have each reason; expected failures are not skips."""
    return Counter(read_reason(report) for report in reports if not hasattr(report, "wasxfail"))


def is_allowed(reason: str) -> bool:
    """Whether a test may be skipped for ``reason``."""
    return any(re.fullmatch(pattern, reason.replace("\n", " ")) for pattern in ALLOWED)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which a test was skipped for a reason that is not listed; xdist's controller sees all of them."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if hasattr(session.config, "workerinput") or reporter is None:
        return
    reasons = count_reasons(reporter.stats.get("skipped", ()))
    if session.exitstatus == pytest.ExitCode.OK and not all(map(is_allowed, reasons)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the reasons with their counts, those that are not allowed first."""
    reasons = count_reasons(terminalreporter.stats.get("skipped", ()))
    if not reasons:
        return
    terminalreporter.section("skipped tests")
    for reason, count in sorted(reasons.items(), key=lambda item: (is_allowed(item[0]), -item[1])):
        note = "" if is_allowed(reason) else f"; not in ALLOWED of {Path(__file__).name}"
        terminalreporter.write_line(f"{'ERROR' if note else 'skipped':7} {count:4}  {reason}{note}")
