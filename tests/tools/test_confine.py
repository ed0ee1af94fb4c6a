"""Landlock as older kernels offer it, and the filter on both architectures, read back by a small interpreter."""

import errno
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_rtlgen.tools.confine import read_landlock_abi
from pytest_rtlgen.tools.seccomp import render_filter

ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOWED, KILLED = "allowed", "killed"
OLD_KERNEL = """\
import sys
from pytest_rtlgen.tools import confine
abi, scratch, canary = int(sys.argv[1]), sys.argv[2], sys.argv[3]
confine.read_landlock_abi = lambda: abi
confine._prctl(confine._PR_SET_NO_NEW_PRIVS, 1)
confine._restrict_files([], scratch)
open(scratch + "/file", "w").write("hello")
print(open(scratch + "/file").read())
for mode in "rwa":
    try:
        open(canary, mode)
    except PermissionError:
        print("refused")
"""


@pytest.mark.parametrize("abi", [1, 2, 3, 4, 5, 6, 7, 99])
def test_each_version_of_landlock_is_asked_only_for_what_it_knows(abi: int, tmp_path: Path) -> None:
    if read_landlock_abi() < min(abi, 6):
        pytest.skip("this kernel offers less")
    (tmp_path / "scratch").mkdir()
    (tmp_path / "canary").write_text("here")
    argv = [sys.executable, "-c", OLD_KERNEL, str(abi), str(tmp_path / "scratch"), str(tmp_path / "canary")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=20)
    assert done.stdout.split() == ["hello", "refused", "refused", "refused"], done.stderr
    assert (tmp_path / "canary").read_text() == "here"


def judge(machine: str, number: int, *arguments: int, architecture: int | None = None) -> str:
    """Return what the filter of ``machine`` says of one system call."""
    words = (number, ARCH[machine] if architecture is None else architecture)
    data = struct.pack("=II8x6Q", *words, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    lines = list(struct.iter_unpack("=HBBI", render_filter(machine)))
    at, value = 0, 0
    while True:
        code, if_true, if_false, operand = lines[at]
        at += 1
        if code == 0x20:
            (value,) = struct.unpack_from("=I", data, operand)
        elif code == 0x54:
            value &= operand
        elif code in {0x15, 0x25}:
            at += if_true if (value == operand if code == 0x15 else value > operand) else if_false
        else:
            named = {0x7FFF0000: ALLOWED, 0x80000000: KILLED}
            return named.get(operand) or errno.errorcode[operand & 0xFFFF]


@pytest.mark.parametrize(
    ("call", "x86_64", "aarch64", "arguments", "expected"),
    [
        ("read", 0, 63, (), ALLOWED),
        ("execve", 59, 221, (), ALLOWED),
        ("wait4", 61, 260, (), ALLOWED),
        ("socket", 41, 198, (1, 1, 0), "EPERM"),
        ("socketpair AF_UNIX", 53, 199, (1, 1, 0), ALLOWED),
        ("socketpair AF_VSOCK", 53, 199, (40, 1, 0), "EPERM"),
        ("ptrace", 101, 117, (), "EPERM"),
        ("mount", 165, 40, (), "EPERM"),
        ("bpf", 321, 280, (), "EPERM"),
        ("keyctl", 250, 219, (), "EPERM"),
        ("io_uring_setup", 425, 425, (), "EPERM"),
        ("open_by_handle_at", 304, 265, (), "EPERM"),
        ("clone as fork", 56, 220, (0x1200011,), ALLOWED),
        ("clone as thread", 56, 220, (0x3D0F00,), ALLOWED),
        ("clone with a user namespace", 56, 220, (0x10000011,), "EPERM"),
        ("clone with a mount namespace", 56, 220, (0x20011,), "EPERM"),
        ("clone3", 435, 435, (), "ENOSYS"),
        ("openat2", 437, 437, (), "ENOSYS"),
        ("unheard of", 500, 500, (), "ENOSYS"),
        ("openat to read", 257, 56, (0, 0, 0), ALLOWED),
        ("openat to write and empty", 257, 56, (0, 0, 0x241), ALLOWED),
        ("openat to empty without writing", 257, 56, (0, 0, 0x200), "EPERM"),
        ("openat to empty with neither", 257, 56, (0, 0, 0x203), "EPERM"),
        ("own limits", 302, 261, (0, 7), ALLOWED),
        ("limits of another", 302, 261, (1, 7), "EPERM"),
        ("kill one", 62, 129, (4711, 9), ALLOWED),
        ("kill all", 62, 129, (0xFFFFFFFFFFFFFFFF, 9), "EPERM"),
        ("ioctl TCGETS", 16, 29, (0, 0x5401), ALLOWED),
        ("ioctl TIOCSTI", 16, 29, (0, 0x5412), "EPERM"),
    ],
)
def test_the_filter(call: str, x86_64: int, aarch64: int, arguments: tuple[int, ...], expected: str) -> None:
    del call
    assert judge("x86_64", x86_64, *arguments) == expected
    assert judge("aarch64", aarch64, *arguments) == expected


def test_calls_of_another_architecture_end_the_program() -> None:
    assert judge("x86_64", 11, architecture=0x40000003) == KILLED
    assert judge("aarch64", 11, architecture=0x40000028) == KILLED


def test_calls_of_x32_are_not_there() -> None:
    assert judge("x86_64", 0x40000000) == "ENOSYS"


def test_open_is_guarded_where_it_exists() -> None:
    assert judge("x86_64", 2, 0, 0x200) == "EPERM"
    assert judge("x86_64", 2, 0, 0x241) == ALLOWED
