"""The warm simulator: one ``vvp`` with cocotb loaded, forked for every design.

``docs/explanation/warm-simulator.md`` says why; ``inside_simulator/rtlgen_server.py`` is the other end.
"""

import contextlib
import json
import queue
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pytest_rtlgen.errors import InnerError, ToolError
from pytest_rtlgen.records import Isolation, count_bits
from pytest_rtlgen.simulators.base import Simulation, SimulationJob
from pytest_rtlgen.simulators.icarus import (
    INSIDE,
    IcarusInstallation,
    JobFiles,
    RawOutcome,
    find_icarus,
    judge_outcome,
    prepare_job,
    read_beginning,
)
from pytest_rtlgen.tools.process import Limits, kill_group, list_limits, start_server, was_killed
from pytest_rtlgen.tools.sandbox import SCRATCH, Sandbox, python_folders
from pytest_rtlgen.tools.worker import TRIES, start_again

_START_S = 60.0
_GRACE_S = 5.0
_LOOKS = (256, 1024, 4096)
"""Steps after which a trace is looked at that need not come whole."""
_CLOSED = "the simulator was closed while a design was waiting or running; begin it again"


class ServerLostError(InnerError):
    """The warm process died or stopped answering; a fresh one may do better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What is asked while a job runs."""

    places: tuple[int, ...]
    """Bytes of the trace after which it is looked at."""
    is_enough: Callable[[bytes], bool]
    """Whether the trace so far, unchecked, tells enough."""


class WarmServer:
    """One warm process. Not thread-safe: one job at a time."""

    def __init__(self, installation: IcarusInstallation, sandbox: Sandbox) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the process
        self._scratch = None if sandbox.is_active else tempfile.TemporaryDirectory(prefix="rtlgen-")
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._stream = ours.makefile("rwb")
        scratch = SCRATCH if self._scratch is None else self._scratch.name
        env = {
            **installation.environment(),
            "RTLGEN_SERVER_FD": str(theirs.fileno()),
            "RTLGEN_SCRATCH": scratch,
            "RTLGEN_PRELOAD": ":".join(installation.vpi_modules()),
            "TMPDIR": scratch,
        }
        argv = [installation.vvp, "-n", "-m", installation.vpi_library, "design.vvp", "-none"]
        command = sandbox.wrap(argv, env=env, readable=(*python_folders(), INSIDE))
        self._process = start_server(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env=env,
            cwd=scratch if self._scratch else "/",
            pass_fds=(theirs.fileno(),),
        )
        theirs.close()
        self._await_ready()

    def run(self, files: JobFiles, limits: Limits, look: "_Look | None" = None) -> RawOutcome:
        """Run one job to its end, or until ``look`` has seen enough.

        Raises:
            ServerLostError: the process died or did not answer in time.
        """
        started = time.monotonic()
        request = {
            "files": [(name, len(data)) for name, data in files.files],
            "compile": files.compile,
            "env": files.env,
            "limits": list_limits(limits),
            "wall_s": limits.wall_s,
            "trace_bytes": files.trace_bytes,
            "looks": look.places if look else (),
        }
        message = json.dumps(request).encode() + b"\n" + b"".join(data for _, data in files.files)
        timeout_s = limits.wall_s + _GRACE_S
        reply, trace = self._exchange(message, timeout_s=timeout_s)
        seen = b""
        while reply["stage"] == "start":
            stops = look is not None and not seen and look.is_enough(trace)
            seen = trace if stops else seen
            reply, trace = self._exchange(b"stop\n" if stops else b"", timeout_s=timeout_s)
        is_stopped = reply["stage"] == "stopped"
        stage, _, code = reply["stage"].partition(" ")
        return RawOutcome(
            is_compiled=stage == "simulate",
            exit_code=int(code) if code else reply["exit_code"],
            is_timeout=reply["is_timeout"],
            log=reply["log"],
            trace=seen if is_stopped else trace,
            design_bytes=reply["design_bytes"],
            duration_s=time.monotonic() - started,
            is_stopped=is_stopped,
        )

    def close(self) -> None:
        """Kill the process and everything that it started, and remove its files."""
        kill_group(self._process)
        with contextlib.suppress(OSError):  # what the dead process has not read
            self._stream.close()
        self._socket.close()
        self._log.close()
        if self._scratch is not None:
            self._scratch.cleanup()

    def _await_ready(self) -> None:
        try:
            self._exchange(b"", timeout_s=_START_S)
        except ServerLostError as error:
            self._log.seek(0)
            lines = self._log.read().decode("utf-8", "replace").strip().splitlines() or ["nothing was printed"]
            self.close()
            raise ToolError(
                f"the warm simulator did not start: {lines[-1]}; see rtlgen doctor, "
                "or use --rtlgen-simulator=icarus-cold"
            ) from error

    def _exchange(self, message: bytes, *, timeout_s: float) -> tuple[dict[str, Any], bytes]:
        self._socket.settimeout(timeout_s)
        try:
            self._stream.write(message)
            self._stream.flush()
            line = self._stream.readline()
            reply = json.loads(line)
            return reply, self._stream.read(reply["body"])
        except (OSError, ValueError) as error:
            raise ServerLostError(str(error)) from error


class IcarusWarm:
    """A pool of warm processes, started on first use; one job runs in one of them."""

    name = "icarus"

    def __init__(self, *, sandbox: Sandbox, limits: Limits, jobs: int) -> None:
        self._sandbox = sandbox
        self._limits = limits
        self._idle: queue.LifoQueue[WarmServer | None] = queue.LifoQueue()
        for _ in range(jobs):
            self._idle.put(None)
        self._lock = threading.Lock()
        self._servers: set[WarmServer] = set()
        self._closings = 0
        """How often ``close`` was called: a job that it met is not begun again."""

    @property
    def version(self) -> str:
        """``Icarus Verilog 11.0``, say."""
        return f"Icarus Verilog {find_icarus().version}"

    @property
    def isolation(self) -> Isolation:
        """What is in force around each design."""
        return self._sandbox.isolation

    def simulate(self, job: SimulationJob) -> Simulation:
        """Simulate one design, ``TRIES`` times at most: again where the process was lost, or the design's was killed.

        Raises:
            ToolError: no warm process can be started, all that were asked were lost, or ``close`` was called meanwhile.
        """
        installation, closings = find_icarus(), self._closings
        for tries_left in reversed(range(TRIES)):
            files = prepare_job(job, installation)
            try:
                with self._borrow(installation, closings) as server:
                    raw = server.run(files, self._limits, _make_look(job, files))
            except ServerLostError as error:
                if self._closings != closings:
                    raise ToolError(_CLOSED) from error
                continue
            if not tries_left or not was_killed(raw.exit_code, raw.duration_s, self._limits):
                return judge_outcome(job, files, raw, self._limits)
        raise ToolError(
            f"the warm simulator died {TRIES} times on one design; try --rtlgen-simulator=icarus-cold and report it"
        )

    def close(self) -> None:
        """End every warm process; a job that is running raises, and the next one starts afresh."""
        with self._lock:
            self._closings += 1
            servers, self._servers = self._servers, set()
        for server in servers:
            server.close()

    @contextmanager
    def _borrow(self, installation: IcarusInstallation, closings: int) -> Iterator[WarmServer]:
        server = self._idle.get()
        try:
            if server is None:
                server = start_again(lambda: WarmServer(installation, self._sandbox))
                self._keep(server, closings)
            yield server
        except BaseException:
            self._idle.put(None)  # first: whatever happens, the place must not be lost
            self._discard(server)
            raise
        self._idle.put(server)

    def _keep(self, server: WarmServer, closings: int) -> None:
        """Have ``server`` ended by the next ``close``, unless there was one since ``closings`` was read."""
        with self._lock:
            self._servers.add(server)
            if self._closings != closings:
                raise ToolError(_CLOSED)

    def _discard(self, server: WarmServer | None) -> None:
        if server is None:
            return
        with self._lock:
            self._servers.discard(server)
        server.close()


def _make_look(job: SimulationJob, files: JobFiles) -> _Look | None:
    """Return when and how the trace of ``job`` is looked at before its end; ``None``: never."""
    judge = job.is_enough
    if judge is None:
        return None

    def is_enough(payload: bytes) -> bool:
        start = read_beginning(job, files, payload)
        return start is not None and judge(start)

    width = count_bits(job.interface.outputs)
    steps = [count for count in _LOOKS if count < job.stimulus.steps]
    return _Look(places=tuple(len(files.secret) + 1 + count * width for count in steps), is_enough=is_enough)
