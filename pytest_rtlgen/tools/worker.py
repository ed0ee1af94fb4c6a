"""A helper process that answers lines of JSON, so that what hangs or crashes on hostile text is not this process."""

import contextlib
import json
import queue
import selectors
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pytest_rtlgen.errors import InnerError, ToolError
from pytest_rtlgen.tools.cpu_time import find_last_child, read_cpu_s
from pytest_rtlgen.tools.cut_short import note_cut_short
from pytest_rtlgen.tools.process import Limits, kill_group, list_limits, make_limiter, start_server
from pytest_rtlgen.tools.sandbox import SCRATCH, Sandbox, find_python, python_folders
from pytest_rtlgen.tools.serve import READY

TRIES = 3
"""Processes that are tried for one thing, as somebody or the machine may kill one."""
_START_S = 60.0
_LEAST_WAIT_S = 0.05
_T = TypeVar("_T")
_BOOT = """\
import importlib.util, runpy, sys
folder, module = sys.argv[1:3]
spec = importlib.util.spec_from_file_location(
    "pytest_rtlgen", folder + "/__init__.py", submodule_search_locations=[folder]
)
sys.modules[spec.name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules[spec.name])
del sys.argv[1:3]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
"""``python -m module`` for a package whose parent folder, often a whole project, the process may not list."""


class WorkerLostError(InnerError):
    """The process died or did not answer in time: what it was given is to blame, or it is broken."""

    def __init__(self, reason: str = "", *, is_late: bool = False) -> None:
        super().__init__(reason)
        self.is_late = is_late
        """Whether it did not answer in time; else it died."""


def start_again(start: Callable[[], _T]) -> _T:
    """Return what ``start`` returns, which starts a process and may have to be called again.

    Raises:
        ToolError: it raised it ``TRIES`` times.
    """
    for _ in range(TRIES - 1):
        with contextlib.suppress(ToolError):
            return start()
    return start()


class Worker:
    """One process, ``python -m module FD``, which calls ``serve``."""

    def __init__(self, module: str, sandbox: Sandbox, limits: Limits) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the process
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._stream = ours.makefile("rwb")
        package = Path(__file__).parents[1]
        env = {
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONSAFEPATH": "1",  # nothing is imported from the folder that hostile text may write
            **({"TMPDIR": SCRATCH} if sandbox.is_active else {}),
        }
        argv = sandbox.wrap(
            [find_python(), "-c", _BOOT, str(package), module, str(theirs.fileno())],
            env=env,
            readable=(*python_folders(), package),
            self_exe=find_python(),
        )
        self._process = start_server(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env=env,
            pass_fds=(theirs.fileno(),),
            preexec_fn=make_limiter(list_limits(limits)),
        )
        theirs.close()
        self._await_ready(module)

    def ask(self, question: Any, timeout_s: float, slowness: float = 1) -> Any:  # noqa: ANN401  JSON both ways
        """Return the answer to one question, which may take ``timeout_s`` seconds.

        They are those of the process's own CPU time where other work holds it up, up to ``slowness`` times as many of
        the clock.

        Raises:
            WorkerLostError: no answer in time, or the process died; close this worker.
        """
        self._socket.settimeout(slowness * timeout_s)
        used_s = read_cpu_s(self._server) if slowness > 1 else None
        try:
            self._stream.write(json.dumps(question).encode() + b"\n")
            self._stream.flush()
            self._await_answer(timeout_s, slowness, used_s)
            return json.loads(self._stream.readline())
        except (OSError, ValueError) as error:
            raise WorkerLostError(str(error), is_late=isinstance(error, TimeoutError)) from error

    def _await_answer(self, timeout_s: float, slowness: float, used_s: float | None) -> None:
        """Wait for the first byte, with ``used_s`` the CPU time before the question; raise when the time is up."""
        last, left_s = time.monotonic() + slowness * timeout_s, timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            while not selector.select(left_s):
                now_s = read_cpu_s(self._server) if used_s is not None else None
                spent_s = timeout_s if now_s is None or used_s is None else now_s - used_s
                left_s = min(max(timeout_s - spent_s, 0), last - time.monotonic())
                if left_s <= 0:
                    raise TimeoutError
                left_s = max(left_s, _LEAST_WAIT_S)

    def close(self) -> None:
        """Kill the process and everything that it started."""
        kill_group(self._process)
        with contextlib.suppress(OSError):  # what the dead process has not read
            self._stream.close()
        self._socket.close()
        self._log.close()

    def _await_ready(self, module: str) -> None:
        self._socket.settimeout(_START_S)
        try:
            if self._stream.readline() == READY:
                self._server = find_last_child(self._process.pid)
                return
        except OSError:
            pass
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines() or ["nothing was printed"]
        self.close()
        raise ToolError(f"{module} did not start: {lines[-1]}; see rtlgen doctor")


class WorkerPool:
    """Workers started on first use; one that is lost is replaced.

    One that died may have been killed from outside, so what it was asked is asked again of others, ``TRIES`` in all.
    """

    def __init__(self, module: str, *, sandbox: Sandbox, limits: Limits, size: int) -> None:
        self._module, self._sandbox, self._limits = module, sandbox, limits
        self._idle: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(None)
        self._lock = threading.Lock()
        self._workers: set[Worker] = set()
        self._closings = 0
        """How often ``close`` was called: what it met is not asked again, so that it leaves no process."""

    def ask(self, question: Any, timeout_s: float, slowness: float = 1) -> Any:  # noqa: ANN401
        """Return the answer of a free worker, as ``Worker.ask``; waits until one is free.

        Raises:
            WorkerLostError: no answer in time, every process that was asked died, or ``close`` was called meanwhile.
            ToolError: no worker can be started.
        """
        tries, closings = 1, self._closings
        while True:
            try:
                return self._ask(question, timeout_s, slowness, closings)
            except WorkerLostError as error:
                if error.is_late or tries == TRIES or self._closings != closings:
                    note_cut_short()
                    raise
            tries += 1

    def _ask(self, question: Any, timeout_s: float, slowness: float, closings: int) -> Any:  # noqa: ANN401
        worker = self._idle.get()
        try:
            if worker is None:
                worker = start_again(lambda: Worker(self._module, self._sandbox, self._limits))
                self._keep(worker, closings)
            answer = worker.ask(question, timeout_s, slowness)
        except BaseException:
            self._idle.put(None)  # first: whatever happens, the place must not be lost
            self._discard(worker)
            raise
        self._idle.put(worker)
        return answer

    def close(self) -> None:
        """End every worker."""
        with self._lock:
            self._closings += 1
            workers: Sequence[Worker] = tuple(self._workers)
            self._workers.clear()
        for worker in workers:
            worker.close()

    def _keep(self, worker: Worker, closings: int) -> None:
        """Have ``worker`` ended by the next ``close``, unless there was one since ``closings`` was read."""
        with self._lock:
            self._workers.add(worker)
            if self._closings != closings:
                raise WorkerLostError("the pool was closed")

    def _discard(self, worker: Worker | None) -> None:
        if worker is not None:
            with self._lock:
                self._workers.discard(worker)
            worker.close()
