"""What all tests here share: none of the caller's own settings and cache, and processes that start once."""

import importlib
import itertools
import os
import shutil
import signal
import tempfile
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

for name in [name for name in os.environ if name.startswith("RTLGEN_")]:
    del os.environ[name]

# A shell's background job ignores Ctrl-C, and so would every program that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

if "PYTEST_XDIST_WORKER" not in os.environ:  # workers, and the programs that tests start, share their session's folder
    os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="rtlgen-test-cache-")

CACHE = Path(tempfile.gettempdir()) / f"rtlgen-test-completions-{os.getpid()}"
_numbers = itertools.count()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give each test a cache of completions of its own; the folder is made by the test that uses it."""
    del item
    os.environ["RTLGEN_CACHE"] = str(CACHE / str(next(_numbers)))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the caches."""
    del config
    shutil.rmtree(CACHE, ignore_errors=True)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(os.environ["XDG_CACHE_HOME"], ignore_errors=True)


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
