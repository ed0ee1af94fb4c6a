"""A llama.cpp server on the loopback interface, there while it is asked and never longer."""

import contextlib
import ctypes
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pytest_rtlgen.backends.openai.chat_answers import shorten
from pytest_rtlgen.errors import InnerError, ToolError
from pytest_rtlgen.tools.process import kill_group, start_server

_HOST = "127.0.0.1"
_POLL_S = 0.1
_OK = 200
_TRIES = 3
"""Ports to try: another program can take one between our look and the server's start."""
_TAIL = 4096
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModel:
    """What is to be served, and how."""

    program: Path
    """``llama-server``."""
    libraries: Path | None
    """Folder of its own libraries; ``None``: the system's."""
    gguf: Path
    name: str
    """As the server is to name the model."""
    threads: int
    slots: int
    """Samples that it works on at once."""
    context: int
    """Most tokens of a prompt with its answer."""
    start_s: float
    """Most seconds until it must be ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A server that is ready."""

    url: str
    key: str
    """Made for this server alone: no other program on this machine may use it."""


class _PortTakenError(InnerError):
    """The server could not have the port that was free a moment ago."""


@contextlib.contextmanager
def serve(model: LocalModel) -> Iterator[Served]:
    """Start the server, wait until it is ready, and leave nothing of it behind, however the block ends.

    It runs in a process group of its own, with no variable of our environment but ``PATH``, and dies with us.

    Raises:
        ToolError: it cannot be started, or is not ready in time; the message ends with its own last words.
    """
    key = secrets.token_hex(16)
    with tempfile.TemporaryFile() as log, tempfile.NamedTemporaryFile("w", prefix="rtlgen-key-") as key_file:
        key_file.write(key)
        key_file.flush()
        process, port = _start(model, Path(key_file.name), log)
        try:
            yield Served(url=f"http://{_HOST}:{port}/v1", key=key)
        finally:
            kill_group(process)


def list_arguments(model: LocalModel, port: int, key_file: Path) -> list[str]:
    """Return the command line of the server."""
    return [
        *(str(model.program), "--model", str(model.gguf), "--alias", model.name),
        *("--host", _HOST, "--port", str(port), "--api-key-file", str(key_file), "--offline"),
        *("--threads", str(model.threads), "--threads-batch", str(model.threads)),
        *("--parallel", str(model.slots), "--ctx-size", str(model.slots * model.context)),
    ]


def _start(model: LocalModel, key_file: Path, log: IO[bytes]) -> "tuple[subprocess.Popen[bytes], int]":
    """Return the server, ready, and its port."""
    for _ in range(_TRIES):
        port = _find_port()
        process = _launch(list_arguments(model, port, key_file), model, log)
        try:
            _await_ready(process, port, model, log)
        except _PortTakenError:
            kill_group(process)
        except BaseException:
            kill_group(process)
            raise
        else:
            return process, port
    raise ToolError(f"{model.program.name}: {_TRIES} ports in a row were taken by other programs; try again")


def _launch(argv: Sequence[str], model: LocalModel, log: IO[bytes]) -> "subprocess.Popen[bytes]":
    env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
    if model.libraries is not None:
        env["LD_LIBRARY_PATH"] = str(model.libraries)
    log.seek(0)
    log.truncate()
    try:
        return start_server(
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, preexec_fn=_make_dying(os.getpid())
        )
    except OSError as error:
        raise ToolError(f"{argv[0]}: cannot be started: {error.strerror or error}; check the program") from error


def _make_dying(parent: int) -> Callable[[], None] | None:
    """Return what makes a child die with us, for use between fork and exec; nothing where the system cannot."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def die_with_parent() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:  # it ended before that
            os._exit(1)

    return die_with_parent


def _find_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _await_ready(process: "subprocess.Popen[bytes]", port: int, model: LocalModel, log: IO[bytes]) -> None:
    deadline = time.monotonic() + model.start_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            tail = _read_tail(log)
            if "bind" in tail:
                raise _PortTakenError
            raise ToolError(f"{model.program.name} ended with exit status {process.returncode} ({_last_line(tail)})")
        if _is_ready(port):
            return
        time.sleep(_POLL_S)
    raise ToolError(
        f"{model.program.name} was not ready within {model.start_s:g} s ({_last_line(_read_tail(log))}); "
        "raise --rtlgen-engine=start_s=N"
    )


def _is_ready(port: int) -> bool:
    """Whether the server says that the model is loaded. Source: llama.cpp's server, ``GET /health``."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=5.0)  # no proxy stands between
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == _OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _read_tail(log: IO[bytes]) -> str:
    size = os.fstat(log.fileno()).st_size
    return os.pread(log.fileno(), _TAIL, max(0, size - _TAIL)).decode("utf-8", "replace")


def _last_line(text: str) -> str:
    return shorten((text.strip().splitlines() or ["it printed nothing"])[-1])
