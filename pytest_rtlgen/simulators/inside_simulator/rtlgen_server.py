"""Serve simulation jobs from a simulator that has loaded cocotb but not yet opened a design.

``vvp`` starts its Python before it opens the design file. ``sitecustomize`` calls ``serve`` at that moment:
the process then waits for jobs, forks for each one, and the child returns to ``vvp``, which opens the
``design.vvp`` that the child has compiled in the job's own folder.

Wire format, both ways: one line of JSON, then as many raw bytes as its ``body`` says. While a job runs, the trace so
far is sent wherever the job's ``looks`` say, with the stage ``start``; the line ``stop`` then ends the job.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import time
from io import BufferedRWPair
from pathlib import Path
from typing import Any

LOG_BYTES = 16 * 1024
STOP = b"stop\n"
STARTED = b"simulate\n"
"""What a child writes first, once the design is compiled."""
_PRELOADED = ("cocotb.regression", "cocotb._init", "cocotb_tools._coverage", "pygpi.entry", "rtlgen_play")


def serve(descriptor: int) -> None:
    """Answer jobs until the harness closes the socket. Returns only in a forked child, ready to simulate."""
    for module in _PRELOADED:
        importlib.import_module(module)
    for library in os.environ.pop("RTLGEN_PRELOAD").split(":"):
        # The simulator loads these for every design; already mapped and relocated, that costs it nothing.
        if library:
            ctypes.CDLL(library)
    gc.collect()
    gc.freeze()
    scratch = Path(os.environ.pop("RTLGEN_SCRATCH"))
    connection = socket.socket(fileno=descriptor)
    stream = connection.makefile("rwb")
    _send(stream, {"ready": True})
    for number in range(1 << 62):
        line = stream.readline()
        if not line:
            os._exit(0)
        if line == STOP:  # the job it was for had ended by then
            continue
        job = json.loads(line)
        folder = scratch / f"job{number}"
        folder.mkdir()
        for name, size in job["files"]:
            (folder / name).write_bytes(stream.read(size))
        if _run(job, folder, stream, connection):
            return
        _empty(scratch)


def _empty(folder: Path) -> None:
    """Remove everything: a design may have written beside its own folder."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _run(job: dict[str, Any], folder: Path, stream: BufferedRWPair, connection: socket.socket) -> bool:
    """Fork for one job. Returns True in the child; the parent reports the outcome and returns False."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        os.close(connection.detach())
        _become_job(job, folder, write_end)
        return True
    os.close(write_end)
    payload, end = _watch(read_end, connection, stream, job)
    if end == "stopped":
        _end(child)
        _send(stream, {"stage": "stopped", "exit_code": 0, "is_timeout": False, "log": "", "design_bytes": 0})
        return False
    if payload.endswith(b"\n" + job["env"]["RTLGEN_SECRET"].encode()):
        # Whole: answer first, the kernel takes a while to clear the process away.
        _send(
            stream,
            {"stage": "simulate", "exit_code": 0, "is_timeout": False, "log": "", "design_bytes": 0},
            payload.partition(b"\n")[2],
        )
        _end(child)
        return False
    status = _end(child)
    stage, _, trace = payload.partition(b"\n")
    reply = {
        "stage": stage.decode("ascii", "replace"),
        "exit_code": os.waitstatus_to_exitcode(status),
        "is_timeout": end == "timeout",
        "log": _read_tail(folder / "log"),
        "design_bytes": (folder / "design.vvp").stat().st_size if (folder / "design.vvp").exists() else 0,
    }
    _send(stream, reply, trace)
    return False


def _become_job(job: dict[str, Any], folder: Path, trace_fd: int) -> None:
    """Turn this child into the job: own process group, limits, folder; compile, then return to the simulator."""
    os.setpgid(0, 0)
    os.chdir(folder)
    for kind, soft, hard in job["limits"]:
        resource.setrlimit(kind, (soft, hard))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a flood is cut, it does not kill a correct design
    null = os.open(os.devnull, os.O_RDWR)
    log = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for command in job["compile"]:
        _, status = os.waitpid(os.posix_spawn(command[0], command, os.environ), 0)
        if status != 0:
            _give_up(trace_fd, os.waitstatus_to_exitcode(status))
    if not Path("design.vvp").exists():
        _give_up(trace_fd, 1)
    os.dup2(null, 1)  # what a design prints decides nothing
    os.write(trace_fd, STARTED)
    os.environ.update(job["env"], RTLGEN_TRACE_FD=str(trace_fd))


def _give_up(trace_fd: int, exit_code: int) -> None:
    """End the job: the compiler has refused the design, or was killed by signal ``-exit_code``."""
    os.write(trace_fd, f"compile {exit_code}".encode())
    os._exit(1)


def _watch(read_end: int, connection: socket.socket, stream: BufferedRWPair, job: dict[str, Any]) -> tuple[bytes, str]:
    """Collect what the child writes, at most as much as the job allows.

    Returns it with how that ended: empty as the child ended, ``timeout``, or ``stopped`` by the harness.
    """
    chunks: list[bytes] = []
    total = 0
    looks = [len(STARTED) + place for place in job["looks"]]
    deadline = time.monotonic() + job["wall_s"]
    end = ""
    while True:
        left = deadline - time.monotonic()
        ready = select.select([read_end, connection.fileno()], [], [], left)[0] if left > 0 else []
        if connection.fileno() in ready:
            if stream.readline() != STOP:  # nobody says anything else while a job runs: the harness is gone
                os._exit(0)
            end = "stopped"
            break
        if not ready:
            end = "timeout"
            break
        chunk = os.read(read_end, 1 << 16)
        if not chunk:
            break
        total += len(chunk)
        if total <= job["trace_bytes"]:
            chunks.append(chunk)
        if looks and total >= looks[0]:
            looks = [place for place in looks if place > total]
            _send(stream, {"stage": "start"}, b"".join(chunks)[len(STARTED) :])
    os.close(read_end)
    return b"".join(chunks), end


def _end(child: int) -> int:
    """Kill what is left of the child's group and return its wait status."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError):
            kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _read_tail(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_BYTES))
        return log.read().decode("utf-8", "replace")


def _send(stream: BufferedRWPair, reply: dict[str, Any], body: bytes = b"") -> None:
    stream.write(json.dumps({**reply, "body": len(body)}).encode() + b"\n" + body)
    stream.flush()
