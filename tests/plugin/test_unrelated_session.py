"""What a session loads that uses nothing of this package: a few small modules of ours, and no others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OURS = {
    "pytest_rtlgen",
    "pytest_rtlgen.config",
    "pytest_rtlgen.config.option",
    "pytest_rtlgen.config.table",
    "pytest_rtlgen.config.values",
    "pytest_rtlgen.modes",
    "pytest_rtlgen.plugin",
    "pytest_rtlgen.plugin.hooks",
    "pytest_rtlgen.plugin.options",
}
"""Each costs every pytest session of every user half a millisecond before it does anything."""
LISTING = """
import sys
from dataclasses import is_dataclass

def pytest_unconfigure():
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] == "pytest_rtlgen"]
    made = {item.__name__ for module in ours for item in vars(module).values() if is_dataclass(item)}
    print("loaded:", *sys.modules)
    print("dataclasses:", *made)
"""


def list_loaded(folder: Path, *options: str) -> tuple[set[str], set[str]]:
    """Return the modules, and our dataclasses, that a session of one trivial test without other plugins has loaded."""
    (folder / "conftest.py").write_text(LISTING)
    (folder / "test_trivial.py").write_text("def test_it():\n    assert True\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("RTLGEN_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    lines = dict(
        line.split(":", 1) for line in done.stdout.splitlines() if line.startswith(("loaded:", "dataclasses:"))
    )
    return set(lines["loaded"].split()), set(lines["dataclasses"].split())


@pytest.mark.parametrize("options", [[], ["--help"], ["--markers"], ["--collect-only"]], ids=str)
def test_a_session_that_uses_nothing_of_ours_loads_the_option_table_alone(tmp_path: Path, options: list[str]) -> None:
    before, _ = list_loaded(tmp_path, *options)
    after, dataclasses = list_loaded(tmp_path, "-p", "pytest_rtlgen.plugin", *options)
    assert after - before == OURS
    assert dataclasses == set()  # each takes a millisecond to define, and the options one five


def test_a_session_with_an_option_loads_more(tmp_path: Path) -> None:
    loaded, dataclasses = list_loaded(tmp_path, "-p", "pytest_rtlgen.plugin", "-o", "rtlgen_n=2")
    assert "pytest_rtlgen.config.resolve" in loaded
    assert dataclasses
