"""pytest's hooks. Each only delegates, and does nothing at all unless a model is given.

This file is loaded in every pytest session of every user who has the package installed: it imports nothing heavy.
"""

from typing import Any

import pytest

from pytest_rtlgen.plugin.options import add_options, read_options

_MARKERS = (
    "rtlgen: a problem that a language model answers",
    "rtlgen_category(name): the problem's category",
    "rtlgen_difficulty(name): easy, medium, hard or unrated",
)


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
    from pytest_rtlgen.plugin.session import open_session

    session = open_session(config, options)
    if session is not None:
        config.pluginmanager.register(session, "rtlgen-session")
    else:
        config.pluginmanager.register(NoSuite(), "rtlgen-no-suite")


class NoSuite:
    """A model without a suite: where nothing else was collected either, that is what was forgotten."""

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:  # noqa: ANN401
        """Say what is missing."""
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            terminalreporter.write_line(
                "rtlgen: there is a model but no suite: name one (--rtlgen-suite=core:), or give pytest a folder that "
                "holds a suite.toml"
            )


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
