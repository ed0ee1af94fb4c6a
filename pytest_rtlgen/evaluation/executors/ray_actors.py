"""The only module that talks to Ray: actors that do checks, as workers of a pool. Source: Ray 2.60."""

import logging
import os
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pytest_rtlgen.backends.extras import Needs
from pytest_rtlgen.errors import DefectError, InnerError, RtlgenError, ToolError, UsageError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.records import Environment
from pytest_rtlgen.tools.worker import WorkerLostError
from pytest_rtlgen.version import __version__

NEEDS = Needs(extra="ray", modules=("ray",))
_END_S = 10
_PAUSE_S = 5
_POLL_S = 0.5
_LOCK = threading.Lock()
_Taken = TypeVar("_Taken", contravariant=True)  # noqa: PLC0105  what mypy asks of a protocol
_Given = TypeVar("_Given", covariant=True)  # noqa: PLC0105  likewise


class _LateError(WorkerLostError):
    """There was no answer in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaySettings:
    """How actors are had; plain data, so that it can be sent anywhere."""

    address: str | None = None
    """Of the cluster, as ``ray.init`` takes it; ``None``: the one that is connected, else what Ray finds or starts."""
    tries: int = 3
    """How many actors one check may lose before it is given up: the harness failed, not the model. Also how many
    may end as they start before one is given up."""
    timeout_s: float = 600
    """Most time for one check, waiting for a slot of its machine included; then its actor counts as lost."""
    start_timeout_s: float = 300
    """Most time until an actor answers for the first time, waiting for a free core included."""

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise UsageError(f"ray: tries is {self.tries}; use 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an actor runs, and what."""

    machine: str
    pid: int
    environment: Environment

    @classmethod
    def here(cls, environment: Environment) -> "Place":
        """Return this process."""
        return cls(machine=socket.gethostname(), pid=os.getpid(), environment=environment)

    def __str__(self) -> str:
        return f"{self.machine}:{self.pid}"


class Actor(Protocol[_Taken, _Given]):
    """What runs in the process of an actor."""

    def begin(self) -> Place:
        """Start the tools.

        Raises:
            ToolError: the simulator is missing or broken.
        """

    def do(self, work: _Taken) -> _Given:
        """Return the result of ``work``; what it raises of ours is raised where the work comes from."""

    def close(self) -> None:
        """End the tools."""


class RayWorker(Generic[_Taken, _Given]):
    """An actor as a ``Worker`` of the pool."""

    def __init__(self, actor: Foreign, place: Place, timeout_s: float) -> None:  # Ray has no types
        self.name = str(place)
        self.place = place
        self._actor = actor
        self._timeout_s = timeout_s

    def do(self, work: _Taken) -> _Given:
        """Return the result of ``work``.

        Raises:
            WorkerLostError: the actor or its machine is gone, or there is no answer in time.
            RtlgenError: the actor raised it.
        """
        found: _Given = _receive(self._actor.do.remote(work), timeout_s=self._timeout_s)
        return found

    def end(self) -> None:
        """End the actor and its tools, if they are still there."""
        import ray

        try:
            ray.get(self._actor.close.remote(), timeout=_END_S)
        except ray.exceptions.RayError:
            pass  # it is gone, or does not answer
        finally:
            ray.kill(self._actor, no_restart=True)


def connect(address: str | None) -> bool:
    """Connect this process to a cluster; return whether it was not connected before.

    Raises:
        ToolError: Ray is missing, or cannot be reached.
    """
    NEEDS.check("ray")
    import ray

    with _LOCK:  # many actors are started at once
        if ray.is_initialized():
            return False
        try:
            ray.init(address=address, logging_level=logging.WARNING, log_to_driver=False)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise ToolError(f"ray: {address or 'a local cluster'} cannot be reached: {error}") from error
        return True


def disconnect() -> None:
    """Leave the cluster; one that ``connect`` started ends."""
    import ray

    ray.shutdown()


def count_cores() -> int:
    """Return the cores of the cluster that is connected, those in use included."""
    import ray

    return int(ray.cluster_resources().get("CPU", 0))


def start_actor(
    kind: type[Actor[_Taken, _Given]], arguments: Mapping[str, Any], options: RaySettings, closed: threading.Event
) -> RayWorker[_Taken, _Given]:
    """Return an actor that is ready, on a machine with a free core of the connected cluster: ``kind(**arguments)``.

    Raises:
        ToolError: there is none, in time or at all, or none before ``closed`` was set.
    """
    lost = ""
    for attempt in range(options.tries):
        # Ray takes a while to see that a machine is gone, and starts actors there.
        closed.wait(_PAUSE_S if attempt else 0)
        try:
            return _start_once(kind, arguments, options, closed)
        except _LateError as error:
            raise ToolError(f"ray: no actor could be started: {error}") from error
        except WorkerLostError as error:
            lost = str(error)
    raise ToolError(f"ray: {options.tries} actors in a row ended as they started, the last: {lost}")


def _start_once(
    kind: type[Actor[_Taken, _Given]], arguments: Mapping[str, Any], options: RaySettings, closed: threading.Event
) -> RayWorker[_Taken, _Given]:
    import ray

    # Restarts are the pool's: it knows which check was lost, and says so.
    made = ray.remote(kind).options(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")
    actor = made.remote(**arguments)
    try:
        begun = actor.begin.remote()
        _await_start(begun, options.start_timeout_s, closed)
        place: Place = _receive(begun, timeout_s=options.start_timeout_s)
        _refuse_other_version(place)
    except RtlgenError:
        ray.kill(actor, no_restart=True)
        raise
    return RayWorker(actor, place, options.timeout_s)


def _refuse_other_version(place: Place) -> None:
    version = place.environment.harness
    if version != __version__:
        raise ToolError(f"{place.machine} has pytest-rtlgen {version}, this process {__version__}; install one version")


def _await_start(begun: Foreign, timeout_s: float, closed: threading.Event) -> None:  # Ray has no types
    """Return once the call ``begun`` has ended: waiting for a free core may take long, and be of no use any more."""
    import ray

    deadline = time.monotonic() + timeout_s
    while not ray.wait([begun], timeout=_POLL_S)[0]:
        if closed.is_set():
            raise ToolError("ray: an actor was no longer needed before it had started")
        if time.monotonic() > deadline:
            raise _LateError(f"no answer within {timeout_s:g} s; is a core of the cluster free?")


def _receive(called: Foreign, timeout_s: float) -> Foreign:
    """Return what the call ``called`` gives."""
    import ray

    try:
        return ray.get(called, timeout=timeout_s)
    except ray.exceptions.RayTaskError as error:  # raised by the method itself
        cause = getattr(error, "cause", error)
        if isinstance(cause, RtlgenError) and not isinstance(cause, InnerError):
            raise cause from error
        raise DefectError(f"defect of the harness: {type(cause).__name__}: {cause}") from error
    except ray.exceptions.GetTimeoutError as error:
        raise _LateError(f"no answer within {timeout_s:g} s") from error
    except ray.exceptions.RayError as error:
        reason = str(error).strip().partition("\n")[0]
        raise WorkerLostError(f"{type(error).__name__}: {reason}") from error
