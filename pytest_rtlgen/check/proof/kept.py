"""A process that has read one gold design: each question about it is a fork, which reads the gate design alone.

An error in Yosys ends the process that it is in, so how a process ended is part of the answer.
"""

import contextlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from pytest_rtlgen.check.proof.model import Model, NotModelledError

READING_S = 5
"""CPU seconds in which a design must be read, simulated and mapped."""
SLOWNESS = 4
"""A busy machine may take this many seconds for one CPU second: limits are in CPU time, so load decides nothing."""
TIME_UP = "the time was up"
_STARVED = {"reason": TIME_UP, "is_late": True, "is_starved": True}
"""Its CPU time was not up, so other work on the machine kept it from answering: another time it may."""
_ANSWER_S = 2.5 * SLOWNESS * READING_S
"""Seconds in which a process that was just started has read both designs, or has been ended."""
_MEMORY = 3 << 30
_FILES = 256 << 20
_LOG_TAIL = 4096


class KeptGold:
    """The process; ``close`` ends it."""

    def __init__(self, about: Mapping[str, Any]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="gold-"))
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(_ANSWER_S)
        self._stream = self._socket.makefile("rwb")
        self._process = _fork(lambda: _serve(about, theirs, self._folder), self._folder, closing=self._socket)
        theirs.close()
        self.is_lost = False

    def ask(self, question: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """Return ``joined``, the model that lies in ``folder`` then, and ``simulated``, or the ``reason`` why not."""
        try:
            self._stream.write(json.dumps({**question, "folder": str(folder)}).encode() + b"\n")
            self._stream.flush()
            answer = self._stream.readline()
        except TimeoutError:
            self.is_lost = True
            return _STARVED
        except OSError:
            answer = b""
        if answer:
            return dict(json.loads(answer))
        self.is_lost = True
        process, self._process = self._process, 0
        return {"reason": _describe_end(_end(process), self._folder)}

    def close(self) -> None:
        """End the process and delete its files."""
        process, self._process = self._process, 0
        if process:
            _end(process)
        with contextlib.suppress(OSError):  # what it has not read
            self._stream.close()
        self._socket.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _serve(about: Mapping[str, Any], connection: socket.socket, folder: Path) -> None:
    """Read the gold design in ``folder``, then answer until the other end is closed."""
    model: Model | None = None
    reason = b""
    try:
        model = Model(about)
    except NotModelledError as error:
        reason = json.dumps({"reason": str(error)}).encode()
    shutil.rmtree(folder, ignore_errors=True)  # who is killed later cannot
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    with connection, connection.makefile("rwb") as stream:
        for line in stream:
            stream.write((reason if model is None else _join_apart(model, json.loads(line), connection)) + b"\n")
            stream.flush()


def _join_apart(model: Model, question: Mapping[str, Any], connection: socket.socket) -> bytes:
    """Return the answer of a fork."""
    folder = Path(question["folder"])
    reading, writing = os.pipe()

    def join() -> None:
        os.close(reading)
        answer: dict[str, Any]
        try:
            joined, simulated = model.join(question)
            answer = {"joined": asdict(joined), "simulated": simulated}
        except NotModelledError as error:
            answer = {"reason": str(error)}
        with os.fdopen(writing, "wb") as stream:
            stream.write(json.dumps(answer).encode())

    process = _fork(join, folder, closing=connection)
    os.close(writing)
    try:
        written = _read_until(reading, time.monotonic() + SLOWNESS * READING_S)
    finally:
        os.close(reading)
        status = _end(process)
    return written or json.dumps({"reason": _describe_end(status, folder)}).encode()


def _fork(work: Callable[[], None], folder: Path, *, closing: socket.socket) -> int:
    """Return the process that does ``work`` in ``folder``, with limits and without ``closing``, and ends."""
    process = os.fork()
    if process == 0:
        closing.close()
        _work_and_exit(work, folder)
    return process


def _work_and_exit(work: Callable[[], None], folder: Path) -> NoReturn:
    status = 1
    try:
        os.chdir(folder)
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (READING_S, most))  # by its signal it is known
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_FILES, _FILES))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        work()
        status = 0
    finally:
        os._exit(status)


def _end(process: int) -> int:
    """End a process; return how it ended, which was decided before if it closed its end of a pipe."""
    os.kill(process, signal.SIGKILL)  # it starts no others, and stays until it is waited for
    return os.waitpid(process, 0)[1]


def _read_until(descriptor: int, deadline: float) -> bytes:
    parts: list[bytes] = []
    while select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
        part = os.read(descriptor, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return json.dumps(_STARVED).encode()


def _describe_end(status: int, folder: Path) -> str:
    """Return that the time was up, Yosys' own last error, or that it died without one."""
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return TIME_UP
    log = folder / "yosys.log"
    if not log.exists():
        return "Yosys died"
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - _LOG_TAIL))
        lines = stream.read().decode("utf-8", "replace").splitlines()
    return next((line.strip() for line in reversed(lines) if "error" in line.lower()), "Yosys died")
