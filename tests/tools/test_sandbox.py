"""What a program inside the sandbox can and cannot reach, tried with real programs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_rtlgen.errors import SandboxError
from pytest_rtlgen.tools import sandbox as module
from pytest_rtlgen.tools.sandbox import SCRATCH, Sandbox, SandboxMode, choose_sandbox, python_folders

needs_bwrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")


@pytest.fixture
def sandbox() -> Sandbox:
    return choose_sandbox(SandboxMode.REQUIRED)


def run(sandbox: Sandbox, code: str, **options: object) -> str:
    argv = sandbox.wrap(["/usr/bin/sh", "-c", code], env={"PATH": "/usr/bin"}, readable=(), **options)  # type: ignore[arg-type]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False, env={"SECRET": "leaked"})
    return done.stdout + done.stderr


@needs_bwrap
def test_there_is_no_proc(sandbox: Sandbox) -> None:
    assert run(sandbox, "ls /proc/self/mem").count("No such file") == 1


@needs_bwrap
def test_the_program_finds_itself_without_proc(sandbox: Sandbox) -> None:
    assert run(sandbox, "ls /proc/self; ls /proc/self/mem", self_exe="/usr/bin/sh").splitlines()[0] == "exe"


@needs_bwrap
def test_the_home_folder_and_the_project_are_not_there(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("here")
    assert "No such file" in run(sandbox, f"cat {tmp_path / 'canary'}")
    assert "No such file" in run(sandbox, f"ls {Path(__file__).parent}")


@needs_bwrap
def test_the_system_is_read_only(sandbox: Sandbox) -> None:
    assert "Read-only file system" in run(sandbox, "touch /usr/canary")


@needs_bwrap
def test_the_environment_is_empty_but_for_what_is_given(sandbox: Sandbox) -> None:
    assert "leaked" not in run(sandbox, "env")


@needs_bwrap
def test_there_is_no_network(sandbox: Sandbox) -> None:
    argv = sandbox.wrap(
        [sys.executable, "-c", "import socket; print(socket.if_nameindex())"], env={}, readable=python_folders()
    )
    shown = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True).stdout
    assert shown.strip() == "[(1, 'lo')]"


@needs_bwrap
def test_the_scratch_folder_is_bounded_and_vanishes(sandbox: Sandbox) -> None:
    said = run(sandbox, f"head -c 600M /dev/zero > {SCRATCH}/big; ls {SCRATCH}")
    assert "No space left" in said
    assert not Path(SCRATCH).exists()


@needs_bwrap
def test_a_folder_of_ours_can_be_the_scratch(sandbox: Sandbox, tmp_path: Path) -> None:
    run(sandbox, f"echo hello > {SCRATCH}/answer", scratch=tmp_path)
    assert (tmp_path / "answer").read_text() == "hello\n"


def test_required_without_bubblewrap_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        SandboxError, match=r"--rtlgen-sandbox=required.*bwrap is not installed.*apt-get install bubblewrap"
    ):
        choose_sandbox(SandboxMode.REQUIRED)


def test_auto_without_bubblewrap_falls_back_and_says_so_in_the_record(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert choose_sandbox(SandboxMode.AUTO).isolation.sandbox == "none"


def test_a_bubblewrap_that_fails_is_not_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    module._probe.cache_clear()
    with pytest.raises(SandboxError, match="No permissions to create new namespace"):
        choose_sandbox(SandboxMode.REQUIRED)


def test_off_is_off() -> None:
    assert not choose_sandbox(SandboxMode.OFF).is_active
