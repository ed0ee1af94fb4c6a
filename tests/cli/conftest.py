"""The command line, a folder with designs, and a tiny suite."""

import contextlib
import io
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli_designs import GOLDEN, SUITE, WRONG, Cli

from pytest_rtlgen.cli import main


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Run the command line in this process, in the test's folder; its own page's examples start it as users do."""

    def run(*args: str, stdin: bytes | str = b"") -> "subprocess.CompletedProcess[str]":
        fed = stdin.encode() if isinstance(stdin, str) else stdin
        given, out, err = (io.TextIOWrapper(io.BytesIO(content), encoding="utf-8") for content in (fed, b"", b""))
        with (
            contextlib.chdir(tmp_path),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.MonkeyPatch.context() as patched,
        ):
            patched.setattr(sys, "stdin", given)
            try:
                status = main(args)
            except SystemExit as end:  # --help
                status = int(end.code or 0)
        return subprocess.CompletedProcess(args, status, _read(out), _read(err))

    return run


def _read(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


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
