"""What all tests here share: processes that start once."""

import importlib
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.checkers import SharedChecker
    from support.kept_processes import Spares

    from pytest_rtlgen.check.checker import Checker, CheckSettings

importlib.import_module("numpy")  # pytester forgets what a test is the first to import, and numpy loads only once

# A shell's background job ignores Ctrl-C, and so would every program that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


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


@pytest.fixture(autouse=True)
def kept_processes(spares: "Spares", monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what a test runs in this process use the helper processes that earlier tests have started.

    A module that is about those processes puts a fixture of this name, which does nothing, in its place.
    """
    spares.use(monkeypatch)


@pytest.fixture(scope="session")
def verilator_runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of what Verilator compiles once, the same for all workers."""
    from support.verilator_runtime import find_runtime

    base = tmp_path_factory.getbasetemp()
    return find_runtime((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "verilator")
