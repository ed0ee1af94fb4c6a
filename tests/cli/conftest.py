"""The command line as users start it, a folder with designs, and a tiny suite."""

import subprocess
import sys
from pathlib import Path

import pytest
from cli_designs import GOLDEN, SUITE, WRONG, Cli


@pytest.fixture(autouse=True)
def quick(kept_processes: None) -> None:
    """Spare each command that runs in this process the start of its simulator, reader and prover."""


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Start the command line in its own process, in the test's folder."""

    def start(*args: str, stdin: bytes | str = b"") -> "subprocess.CompletedProcess[str]":
        fed = stdin.encode() if isinstance(stdin, str) else stdin
        command = [sys.executable, "-m", "pytest_rtlgen", *args]
        done = subprocess.run(command, input=fed, capture_output=True, cwd=tmp_path, timeout=120, check=False)
        return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())

    return start


@pytest.fixture
def designs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the test's folder the current one, with ``golden.sv`` and the wrong ``answer.sv``."""
    (tmp_path / "golden.sv").write_text(GOLDEN)
    (tmp_path / "answer.sv").write_text(WRONG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def mini(designs: Path) -> Path:
    """Write a suite in which ``inv`` is fine and ``zero`` rewards a module that does nothing."""
    root = designs / "mini"
    for name, reference in SUITE.items():
        folder = root / name
        folder.mkdir(parents=True)
        (folder / "problem.toml").write_text(f'title = "{name}"\ncategory = "gates"\ndifficulty = "easy"\n')
        (folder / "prompt.md").write_text(f"Write module {name}.\n")
        (folder / "reference.sv").write_text(reference)
    (root / "suite.toml").write_text('format = 1\nname = "mini"\ntitle = "Two small problems"\n')
    return root
