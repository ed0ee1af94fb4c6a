"""What holds for every test here: the end of a run lists what was skipped, and only listed reasons may skip."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING

import pytest
from support.skips import pytest_sessionfinish, pytest_terminal_summary

if TYPE_CHECKING:
    from support.checkers import SharedChecker
    from support.kept_processes import Spares

    from pytest_rtlgen.check.checker import Checker, CheckSettings

__all__ = ["kept_processes", "pytest_sessionfinish", "pytest_terminal_summary", "shared_checker", "spares"]


@pytest.fixture(scope="session")
def shared_checker() -> "Iterator[SharedChecker]":
    """Return what finds the session's checker with certain settings; its processes start once, as do references."""
    from pytest_rtlgen.check.checker import Checker

    with ExitStack() as opened:

        @cache
        def find(settings: "CheckSettings") -> "Checker":
            return opened.enter_context(Checker(settings))

        yield find


@pytest.fixture(scope="session")
def spares() -> "Iterator[Spares]":
    """Return the session's idle helper processes."""
    from support.kept_processes import Spares

    made = Spares()
    yield made
    made.close()


@pytest.fixture
def kept_processes(spares: "Spares", monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what a test runs in this process use the helper processes that earlier tests have started."""
    spares.use(monkeypatch)
