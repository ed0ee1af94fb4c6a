"""The tests see the programs that the Makefile declares, and no other that is on the machine."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
MAKE = shutil.which("make") or "make"


def run_make(*arguments: str, path: str) -> "subprocess.CompletedProcess[str]":
    env = {"PATH": path, "LC_ALL": "C"}
    command = [MAKE, "-s", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)


def declared() -> list[str]:
    found: list[str] = re.findall(r"^TEST_PROGRAMS := (.*)$", MAKEFILE, re.MULTILINE)
    (line,) = found
    return line.split()


def test_a_program_that_is_here_by_chance_is_not_seen(tmp_path: Path) -> None:
    chance, programs = tmp_path / "chance", tmp_path / "programs"
    chance.mkdir()
    for name in ("yosys", "perl"):
        (chance / name).write_text("#!/bin/sh\n")
        (chance / name).chmod(0o755)
    path = os.pathsep.join((str(chance), os.environ["PATH"], os.defpath))
    done = run_make("programs", f"PROGRAMS={programs}", path=path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(link.name for link in programs.iterdir()) == sorted(declared())
    assert all(os.access(link, os.X_OK) for link in programs.iterdir())
    assert (programs / "perl").readlink() == chance / "perl"


def test_without_root_rights_a_missing_program_is_one_line(tmp_path: Path) -> None:
    done = run_make("programs", f"PROGRAMS={tmp_path}", "TEST_PROGRAMS=nonesuch other", path=str(tmp_path))
    assert done.returncode == 2
    line = done.stdout.splitlines()[-1]
    assert re.fullmatch(
        r"make: missing: nonesuch other; Debian:  sudo apt-get install [a-z+ ]*\bbubblewrap\b[a-z+ ]*", line
    )


@pytest.mark.parametrize(
    ("target", "folders"),
    [("test", [".venv"]), ("test-training", [".venv-training", ".venv-openenv"]), ("test-report", [".venv-report"])],
)
def test_pytest_is_started_with_that_path(target: str, folders: list[str]) -> None:
    path = os.pathsep.join((os.environ["PATH"], os.defpath))
    printed = run_make("-n", target, "PROGRAMS=/declared", path=path).stdout
    lines = [line for line in printed.splitlines() if "-m pytest " in line]
    assert lines
    for line, folder in zip(lines, folders, strict=True):
        assert line.startswith(f"PATH={ROOT}/{folder}/bin:/declared {folder}/bin/python -m pytest ")
