"""pytest's hooks and fixtures. Each only delegates, and does nothing at all unless a model is given or a test uses it.

This file is loaded in every pytest session of every user who has the package installed: it imports nothing heavy.
"""

from typing import TYPE_CHECKING, Any

import pytest

from pytest_rtlgen.plugin.options import add_options, read_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_rtlgen.plugin.fixtures.check import CheckFixture
    from pytest_rtlgen.plugin.fixtures.model import ModelFixture
    from pytest_rtlgen.plugin.fixtures.suites import SuiteFixture

_MARKERS = (
    "rtlgen(suite): a problem that a model answers; on a test: run it for each problem of the suite (rtlgen_problem)",
    "rtlgen_category(name): the problem's category",
    "rtlgen_difficulty(name): easy, medium, hard or unrated",
)
_NO_SUITE = (
    "there is a model but no suite: name one (--rtlgen-suite=core:), or give pytest a folder that holds a suite.toml"
)
_NO_MODEL = "there are options but no model; add --rtlgen-model, for example --rtlgen-model=reference:"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of the option table."""
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks that other plugins may implement."""
    from pytest_rtlgen.plugin import hooks

    pluginmanager.add_hookspecs(hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; open the session's run when a model is given."""
    for line in _MARKERS:
        config.addinivalue_line("markers", line)
    options = read_options(config)
    if options is None or config.option.help or config.option.markers:
        return
    if options.model is None and options.prompt_only is None:
        config.pluginmanager.register(NothingCollected(_NO_MODEL), "rtlgen-no-model")
        return
    from pytest_rtlgen.plugin.session import open_session

    session = open_session(config, options)
    if session is not None:
        config.pluginmanager.register(session, "rtlgen-session")
    else:
        config.pluginmanager.register(NothingCollected(_NO_SUITE), "rtlgen-no-suite")


class NothingCollected:
    """Options without a model, or a model without a suite: where no test was collected, that is what was forgotten."""

    def __init__(self, line: str) -> None:
        self._line = line

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:  # noqa: ANN401
        """Say what is missing."""
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            terminalreporter.write_line(f"rtlgen: {self._line}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each problem of the suite that the mark names."""
    if "rtlgen_problem" in metafunc.fixturenames:
        from pytest_rtlgen.plugin.fixtures.suites import parametrize_problems

        parametrize_problems(metafunc)


@pytest.fixture(scope="session")
def rtlgen_check(pytestconfig: pytest.Config) -> "Iterator[CheckFixture]":
    """Check Verilog: ``rtlgen_check(candidate, reference)`` returns a verdict, which is true when it passed."""
    from pytest_rtlgen.plugin.fixtures.check import open_check

    with open_check(pytestconfig) as check:
        yield check


@pytest.fixture(scope="session")
def rtlgen_suite(pytestconfig: pytest.Config) -> "SuiteFixture":
    """Load a suite: ``rtlgen_suite("core:")`` returns it, ``rtlgen_suite()`` that of ``--rtlgen-suite``."""
    from pytest_rtlgen.plugin.fixtures.suites import find_suites

    return find_suites(pytestconfig)


@pytest.fixture(scope="session")
def rtlgen_model(pytestconfig: pytest.Config) -> "ModelFixture":
    """Ask the model of ``--rtlgen-model``: ``rtlgen_model.ask(problem, n=3)`` returns its answers."""
    from pytest_rtlgen.plugin.fixtures.model import open_model

    return open_model(pytestconfig)


def pytest_report_teststatus(report: pytest.TestReport, config: pytest.Config) -> tuple[str, str, object] | None:
    """Show each sample as a line of its own under ``-v``; samples are counted in no figure of pytest's.

    Gates are counted, and have a word in pytest's summary only: the line of the last test is complete when they come.
    """
    if hasattr(report, "rtlgen_is_counted"):
        return report.outcome, "", report.outcome.upper() if report.rtlgen_is_counted else ""
    sample = getattr(report, "rtlgen_sample", None)
    if sample is None:
        return None
    if config.get_verbosity() <= 0:
        return "", "", ""
    colour = "green" if sample["is_passed"] else "yellow"
    return "", "", (f"sample {sample['index']}: {sample['status']}", {colour: True})
