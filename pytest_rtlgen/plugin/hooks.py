"""Hooks that other plugins may implement. All start with ``pytest_rtlgen_``."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_rtlgen.backends import Backend, BackendSettings
    from pytest_rtlgen.records import SampleResult, Suite, Summary


@pytest.hookspec(firstresult=True)
def pytest_rtlgen_make_backend(spec: str, settings: "BackendSettings") -> "Backend | None":
    """Return the backend for ``--rtlgen-model=spec``, or ``None`` to leave it to others."""


@pytest.hookspec(firstresult=True)
def pytest_rtlgen_load_suite(spec: str) -> "Suite | None":
    """Return the suite for ``--rtlgen-suite=spec``, or ``None`` to leave it to others."""


@pytest.hookspec
def pytest_rtlgen_sample_checked(result: "SampleResult") -> None:
    """See each result as soon as it is on disk, in the process that checked it."""


@pytest.hookspec
def pytest_rtlgen_summary(summary: "Summary") -> None:
    """See the summary of the whole run, once, in the main process."""
