"""Run one program to its end with limits, and leave nothing of it behind."""

import contextlib
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.tools.cut_short import note_cut_short

_STARTER_LOCK = threading.Lock()
_starter: tuple[int, ThreadPoolExecutor] | None = None
"""(process id, pool of one thread)."""
LOG_BYTES = 64 * 1024
"""Most bytes of a program's output that are kept."""
_OUT_OF_CPU = (-signal.SIGXCPU, 128 + signal.SIGXCPU)
"""Directly, and as a sandbox passes it on."""
_KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)
"""As by the kernel of a machine that is out of memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one job may use."""

    cpu_s: int = 10
    """CPU seconds of one process."""
    wall_s: float = 20.0
    memory_mib: int = 1536
    """Address space of one process."""
    file_mib: int = 32
    """Size of any file that it writes."""
    open_files: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessResult:
    """How a program ended."""

    exit_code: int
    """Negative: killed by that signal."""
    is_timeout: bool
    output: str
    """Last ``LOG_BYTES`` bytes of standard output and standard error, merged."""
    stdout: bytes
    """All of standard output, when asked for; else empty."""
    duration_s: float


def list_limits(limits: Limits) -> tuple[tuple[int, int, int], ...]:
    """Return ``limits`` as (resource, soft, hard) for ``resource.setrlimit``, never above what this process may set."""
    requested = (
        (resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1),  # soft first: SIGXCPU tells a time-out from a kill
        (resource.RLIMIT_AS, limits.memory_mib << 20, limits.memory_mib << 20),
        (resource.RLIMIT_FSIZE, limits.file_mib << 20, limits.file_mib << 20),
        (resource.RLIMIT_NOFILE, limits.open_files, limits.open_files),
        (resource.RLIMIT_CORE, 0, 0),
    )
    return tuple((kind, *_below_ceiling(kind, soft, hard)) for kind, soft, hard in requested)


def make_limiter(limits: Sequence[tuple[int, int, int]]) -> Callable[[], None]:
    """Return a function that sets ``limits`` on its own process, for use between fork and exec."""

    def limit() -> None:
        for kind, soft, hard in limits:
            resource.setrlimit(kind, (soft, hard))

    return limit


def _below_ceiling(kind: int, soft: int, hard: int) -> tuple[int, int]:
    ceiling = resource.getrlimit(kind)[1]
    return (soft, hard) if ceiling == resource.RLIM_INFINITY else (min(soft, ceiling), min(hard, ceiling))


def run_program(
    argv: Sequence[str],
    *,
    limits: Limits,
    env: Mapping[str, str],
    cwd: Path | None = None,
    keep_stdout: bool = False,
) -> ProcessResult:
    """Run ``argv`` in a process group of its own and kill the whole group when its time is up.

    Raises:
        ToolError: the program does not exist or cannot be started.
    """
    started = time.monotonic()
    with TemporaryFile() as log, TemporaryFile() as out:
        process = _start(argv, stdout=out if keep_stdout else log, stderr=log, env=env, cwd=cwd, limits=limits)
        is_timeout = False
        try:
            process.wait(limits.wall_s)
        except subprocess.TimeoutExpired:
            is_timeout = True
        finally:
            kill_group(process)
        is_timeout = is_timeout or process.returncode in _OUT_OF_CPU
        if is_timeout or process.returncode in _KILLED:
            note_cut_short()
        return ProcessResult(
            exit_code=process.returncode,
            is_timeout=is_timeout,
            output=_read_tail(log),
            stdout=_read_all(out) if keep_stdout else b"",
            duration_s=time.monotonic() - started,
        )


def was_killed(exit_code: int, duration_s: float, limits: Limits) -> bool:
    """Whether a program met SIGKILL before its CPU time can have been up: somebody else's, or the machine's memory.

    ``exit_code`` is negative for a signal, or as a shell or a sandbox gives it.
    """
    return exit_code in _KILLED and duration_s < limits.cpu_s


def start_server(argv: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":  # noqa: ANN401  as for Popen
    """Start a program that outlives the calling thread but not this process.

    A sandbox that is told to die with its parent dies with the parent's *thread*, so one thread that
    lives as long as this process starts them all.
    """
    global _starter  # noqa: PLW0603  one per process, made anew after a fork
    with _STARTER_LOCK:
        if _starter is None or _starter[0] != os.getpid():
            _starter = (os.getpid(), ThreadPoolExecutor(1, thread_name_prefix="rtlgen-starter"))
        pool = _starter[1]
    return pool.submit(lambda: subprocess.Popen(list(argv), start_new_session=True, **options)).result()


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """Kill every process of the group that ``process`` leads, and reap it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _start(
    argv: Sequence[str],
    *,
    stdout: IO[bytes],
    stderr: IO[bytes],
    env: Mapping[str, str],
    cwd: Path | None,
    limits: Limits,
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=make_limiter(list_limits(limits)),  # noqa: PLW1509  only setrlimit calls, no locks
        )
    except OSError as error:
        raise ToolError(f"cannot start {argv[0]}: {error.strerror or error}; check that it is installed") from error


def _read_tail(log: IO[bytes]) -> str:
    size = log.seek(0, os.SEEK_END)
    log.seek(max(0, size - LOG_BYTES))
    return log.read().decode("utf-8", "replace")


def _read_all(out: IO[bytes]) -> bytes:
    out.seek(0)
    return out.read()
