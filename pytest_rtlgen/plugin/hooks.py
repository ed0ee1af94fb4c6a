"""Hooks that other packages may implement: the same under pytest, on the command line and in Python."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_rtlgen.backends import Backend, BackendSettings
    from pytest_rtlgen.evaluation.executors import Executor, ExecutorSettings
    from pytest_rtlgen.records import SampleResult, Suite, Summary
    from pytest_rtlgen.report.run_report import RunReport


@pytest.hookspec(firstresult=True)
def pytest_rtlgen_make_backend(spec: str, settings: "BackendSettings") -> "Backend | None":
    """Return the backend for ``--rtlgen-model=spec``, or ``None``: somebody else's.

    Asked for what is none of our own prefixes.
    """


@pytest.hookspec(firstresult=True)
def pytest_rtlgen_make_executor(name: str, settings: "ExecutorSettings") -> "Executor | None":
    """Return the executor for ``--rtlgen-executor=name``, or ``None``: somebody else's.

    Asked for what is none of our own names; a run whose proofs wait asks for a second one, when the first is closed.
    """


@pytest.hookspec(firstresult=True)
def pytest_rtlgen_load_suite(spec: str) -> "Suite | None":
    """Return the suite for ``--rtlgen-suite=spec``, or ``None``: somebody else's.

    Asked for what is none of our own prefixes, and no folder of our own format.
    """


@pytest.hookspec(firstresult=True)
def pytest_rtlgen_reward_rule(name: str) -> "Callable[[Mapping[str, float]], float] | None":
    """Return the rule of the reward preset ``name``, from the parts of a verdict to a reward, or ``None``."""


@pytest.hookspec
def pytest_rtlgen_sample_checked(result: "SampleResult") -> None:
    """See each result as soon as it is on disk, in the process that checked it."""


@pytest.hookspec
def pytest_rtlgen_report_section(report: "RunReport") -> str | None:
    """Return text that follows the tables of a run, or ``None``."""


@pytest.hookspec
def pytest_rtlgen_summary(summary: "Summary") -> None:
    """See the summary of the whole run, once, in the main process."""
