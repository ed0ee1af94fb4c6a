"""Programs end when they should, and nothing of them stays."""

import os
import sys
import time
from pathlib import Path

import pytest

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.tools.process import LOG_BYTES, Limits, ProcessResult, run_program

ENV = {"PATH": os.defpath}


def python(code: str, *, limits: Limits = Limits(), keep_stdout: bool = False) -> ProcessResult:  # noqa: B008
    return run_program([sys.executable, "-c", code], limits=limits, env=ENV, keep_stdout=keep_stdout)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_the_exit_code_and_both_outputs_are_kept() -> None:
    done = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)")
    assert done.exit_code == 7
    assert not done.is_timeout
    assert sorted(done.output.split()) == ["err", "out"]


def test_standard_output_is_kept_apart_on_request() -> None:
    done = python("import sys; print('out'); print('err', file=sys.stderr)", keep_stdout=True)
    assert done.stdout == b"out\n"
    assert done.output == "err\n"


def test_only_the_tail_of_a_flood_is_kept() -> None:
    done = python("print('x' * 1_000_000 + 'end')")
    assert len(done.output) == LOG_BYTES
    assert done.output.endswith("end\n")


def test_the_whole_group_is_killed_when_time_is_up(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(note)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    done = python(code, limits=Limits(wall_s=1.5))
    assert done.is_timeout
    deadline = time.monotonic() + 5
    while is_alive(int(note.read_text())) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(int(note.read_text()))


def test_a_child_that_outlives_its_parent_is_killed_too(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(note)!r}, 'w').write(str(child.pid))\n"
    )
    assert python(code).exit_code == 0
    deadline = time.monotonic() + 5
    while is_alive(int(note.read_text())) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(int(note.read_text()))


def test_cpu_time_is_limited_and_counts_as_a_time_out() -> None:
    assert python("while True: pass", limits=Limits(cpu_s=1)).is_timeout


def test_memory_is_limited() -> None:
    done = python("x = bytearray(2 << 30)", limits=Limits(memory_mib=512))
    assert done.exit_code == 1
    assert "MemoryError" in done.output


def test_file_size_is_limited(tmp_path: Path) -> None:
    target = tmp_path / "big"
    python(f"open({str(target)!r}, 'wb').write(bytes(8 << 20))", limits=Limits(file_mib=1))
    assert target.stat().st_size == 1 << 20


def test_nothing_of_our_environment_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert "sk-secret" not in python("import os; print(dict(os.environ))").output


def test_a_program_that_does_not_exist_is_named() -> None:
    with pytest.raises(ToolError, match=r"cannot start /nowhere/tool: No such file or directory; check that it is"):
        run_program(["/nowhere/tool"], limits=Limits(), env=ENV)
