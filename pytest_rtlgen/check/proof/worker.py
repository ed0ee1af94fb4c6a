"""The process that proves: it forks for every question, because an error in Yosys ends the process that it is in.

Started by ``WorkerPool``: ``python -m pytest_rtlgen.check.proof.worker FD``.
"""

import contextlib
import json
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pytest_rtlgen.check.proof.model import NotModelledError, prove
from pytest_rtlgen.tools.serve import serve
from pytest_rtlgen.verilog.syntax import parse_text

_MEMORY = 3 << 30
_FILES = 256 << 20
_LOG_TAIL = 4096
_TIME_UP = b'{"reason": "the time was up"}'
_READING_S = 5
"""CPU seconds that reading, simulating and mapping may take beside the solver's own."""
_SLOWNESS = 4
"""A busy machine may take this many seconds for one CPU second: limits are in CPU time, so load decides nothing."""


def limit_wall(seconds: float) -> float:
    """Return the seconds of wall-clock time after which a proof with ``seconds`` for the solver is given up."""
    return _SLOWNESS * (seconds + _READING_S)


def _load() -> None:
    """Load what every child needs, so that none has to."""
    from pyosys import libyosys

    libyosys.Design()
    parse_text("")


def _answer(question: dict[str, Any]) -> Any:  # noqa: ANN401  JSON
    """Return what ``model.prove`` answers, or the reason why it does not."""
    folder = tempfile.mkdtemp(prefix="proof-")
    try:
        written = _run_child(question, folder)
        return json.loads(written) if written else {"reason": _read_failure(Path(folder) / "yosys.log")}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_child(question: dict[str, Any], folder: str) -> bytes:
    """Return what the child writes before its time is up; nothing when it dies."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _prove_and_exit(question, folder, writing)
    os.close(writing)
    try:
        written = _read_until(reading, time.monotonic() + limit_wall(question["seconds"]))
    finally:
        os.close(reading)
        for kill in (os.killpg, os.kill):  # the second, should it die before it leads a group
            with contextlib.suppress(ProcessLookupError):
                kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    was_slow = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU
    return written or (_TIME_UP if was_slow else b"")


def _read_until(descriptor: int, deadline: float) -> bytes:
    parts: list[bytes] = []
    while select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
        part = os.read(descriptor, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return _TIME_UP


def _prove_and_exit(question: dict[str, Any], folder: str, descriptor: int) -> None:
    try:
        os.setsid()
        os.chdir(folder)
        seconds = max(_READING_S, round(2 * question["seconds"]))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # the first limit says why, the second kills
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_FILES, _FILES))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            answer = prove(question)
        except NotModelledError as error:
            answer = {"reason": str(error)}
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(json.dumps(answer).encode())
        os._exit(0)
    finally:
        os._exit(1)


def _read_failure(log: Path) -> str:
    """Return Yosys' own last error, or that it died without one."""
    if not log.exists():
        return "Yosys died"
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - _LOG_TAIL))
        lines = stream.read().decode("utf-8", "replace").splitlines()
    return next((line.strip() for line in reversed(lines) if "error" in line.lower()), "Yosys died")


if __name__ == "__main__":
    _load()
    serve(int(sys.argv[1]), _answer)
