"""Lines to the user while no test is running."""

import logging

import pytest

from pytest_rtlgen.report.plain_text import escape_controls

_LOG = logging.getLogger(__name__)


def say_line(config: pytest.Config, line: str) -> None:
    """Show one line on the terminal; in a process without one, an xdist worker, it goes to the log."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        _LOG.warning("%s", line)
    else:
        reporter.ensure_newline()
        reporter.write_line(escape_controls(line))
