"""One run of a program that stands in for a model, which can be called off at any moment."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

MOST_OUTPUT_MIB = 16
"""More than any answer; a program that writes more is stopped."""
_POLL_S = 0.2
_TAIL = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended."""

    stdout: str
    """Bytes that are not UTF-8 are replaced."""
    log_tail: str
    """End of standard error."""
    exit_code: int
    """Negative: killed by that signal."""
    stopped_why: str
    """Why it was stopped; empty: it ended by itself."""


async def run_to_end(argv: Sequence[str], *, env: Mapping[str, str], stdin: bytes, timeout_s: float) -> Ended:
    """Run ``argv`` in a process group of its own, of which nothing is left at the end, nor when this is cancelled.

    Memory and CPU are not limited: the program may hold a model.

    Raises:
        OSError: it cannot be started.
    """
    with (
        TemporaryFile() as feed,
        TemporaryFile() as out,
        TemporaryFile() as log,
    ):  # files: a grandchild cannot hold them open
        feed.write(stdin)
        feed.seek(0)
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=feed, stdout=out, stderr=log, env=dict(env), start_new_session=True
        )
        try:
            stopped_why = await _watch(process, out, timeout_s)
        finally:
            await _kill_group(process)
        return Ended(
            stdout=_read(out, 0),
            log_tail=_read(log, max(0, _size(log) - _TAIL)),
            exit_code=process.returncode or 0,
            stopped_why=stopped_why,
        )


async def _watch(process: Process, out: IO[bytes], timeout_s: float) -> str:
    """Wait for the end; return why the program must be stopped before, or nothing."""
    now = asyncio.get_running_loop().time
    deadline = now() + timeout_s
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), min(_POLL_S, max(0.0, deadline - now())))
        if _size(out) > MOST_OUTPUT_MIB << 20:
            return f"wrote more than {MOST_OUTPUT_MIB} MiB"
        if process.returncode is not None:
            return ""
        if now() >= deadline:
            return f"did not end within {timeout_s:g} s"


async def _kill_group(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


def _read(file: IO[bytes], start: int) -> str:
    file.seek(start)
    return file.read((MOST_OUTPUT_MIB << 20) + 1).decode("utf-8", "replace")
