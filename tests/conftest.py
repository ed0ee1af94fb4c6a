"""What holds for every test here: none of the caller's settings and cache, and a list of what was skipped at the end.

What a user starts in this checkout, such as ``make demo``, has both.
"""

import itertools
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from support.skips import pytest_sessionfinish, pytest_terminal_summary

__all__ = ["pytest_sessionfinish", "pytest_terminal_summary"]

os.environ["COLUMNS"] = "80"  # what is printed does not depend on the terminal that the tests run in

for name in [name for name in os.environ if name.startswith("RTLGEN_") or name == "GITHUB_ACTIONS"]:
    del os.environ[name]

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
