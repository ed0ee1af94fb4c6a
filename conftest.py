"""Test-wide settings of this repository: the tests see none of the caller's own settings and kept completions."""

import importlib
import itertools
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

importlib.import_module("numpy")  # pytester forgets what a test is the first to import, and numpy loads only once

for name in [name for name in os.environ if name.startswith("RTLGEN_")]:
    del os.environ[name]

# A shell's background job ignores Ctrl-C, and so would every program that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

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
