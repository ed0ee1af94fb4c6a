"""The only module that talks to Ray: an actor that checks candidates, as a worker of the pool. Source: Ray 2.60."""

import os
import socket
import threading
import time
from dataclasses import dataclass
from typing import Protocol

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.records import Verdict
from pytest_rtlgen.tools.worker import WorkerLostError
from pytest_rtlgen.training.reward.callable import Answer, Reward, RewardSettings
from pytest_rtlgen.version import __version__

_END_S = 10
_PAUSE_S = 5
_LOCK = threading.Lock()


class _LateError(WorkerLostError):
    """There was no answer in time."""


class ActorOptions(Protocol):
    """The part of ``RaySettings`` that an actor needs."""

    @property
    def address(self) -> str | None:
        """Of the cluster."""

    @property
    def tries(self) -> int:
        """How many actors are started for one that lives."""

    @property
    def timeout_s(self) -> float:
        """For one check."""

    @property
    def start_timeout_s(self) -> float:
        """Until the first answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an actor runs, and what."""

    machine: str
    pid: int
    version: str
    """Of this package."""


class CheckActor(Reward):
    """What runs in the process of an actor: a checker with its warm simulator."""

    def begin(self) -> Place:
        """Start the tools.

        Raises:
            ToolError: the simulator is missing or broken.
        """
        self.start()
        return Place(machine=socket.gethostname(), pid=os.getpid(), version=__version__)

    def check(self, answer: Answer) -> Verdict | str:
        """Return the verdict, or why there is none: the harness failed."""
        return self._check(answer)


class RayWorker:
    """An actor as a ``Worker`` of the pool."""

    def __init__(self, actor: Foreign, place: Place, options: ActorOptions) -> None:  # Ray has no types
        self.name = f"{place.machine}:{place.pid}"
        self._actor = actor
        self._options = options

    def do(self, work: Answer) -> Verdict | str:
        """Return the verdict, or why there is none.

        Raises:
            WorkerLostError: the actor or its machine is gone, or there is no answer in time.
            ToolError: the actor cannot do its work.
        """
        found: Verdict | str = _ask(self._actor.check, work, timeout_s=self._options.timeout_s)
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


def start_actor(settings: RewardSettings, options: ActorOptions) -> RayWorker:
    """Return an actor that is ready, on a machine with a free core.

    Raises:
        ToolError: there is none, in time or at all.
    """
    lost = ""
    for attempt in range(options.tries):
        time.sleep(
            _PAUSE_S if attempt else 0
        )  # Ray takes a while to see that a machine is gone, and starts actors there
        try:
            return _start_once(settings, options)
        except _LateError as error:
            raise ToolError(f"ray: no actor could be started: {error}") from error
        except WorkerLostError as error:
            lost = str(error)
    raise ToolError(f"ray: {options.tries} actors in a row ended as they started, the last: {lost}")


def _start_once(settings: RewardSettings, options: ActorOptions) -> RayWorker:
    ray = _connect(options.address)
    # Restarts are the pool's: it knows which check was lost, and says so.
    made = ray.remote(CheckActor).options(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")
    actor = made.remote(settings=settings)
    try:
        place: Place = _ask(actor.begin, timeout_s=options.start_timeout_s)
        _refuse_other_version(place)
    except (WorkerLostError, ToolError):
        ray.kill(actor, no_restart=True)
        raise
    return RayWorker(actor, place, options)


def _refuse_other_version(place: Place) -> None:
    if place.version != __version__:
        raise ToolError(
            f"{place.machine} has pytest-rtlgen {place.version}, this process {__version__}; install one version"
        )


def _ask(method: Foreign, *arguments: object, timeout_s: float) -> Foreign:  # Ray has no types
    import ray

    try:
        return ray.get(method.remote(*arguments), timeout=timeout_s)
    except ray.exceptions.RayTaskError as error:  # raised by the method itself
        cause = getattr(error, "cause", error)
        raise ToolError(f"{type(cause).__name__}: {cause}") from error
    except ray.exceptions.GetTimeoutError as error:
        raise _LateError(f"no answer within {timeout_s:g} s; is a core of the cluster free?") from error
    except ray.exceptions.RayError as error:
        reason = str(error).strip().partition("\n")[0]
        raise WorkerLostError(f"{type(error).__name__}: {reason}") from error


def _connect(address: str | None) -> Foreign:  # the module ray
    try:
        import ray
    except ImportError as error:
        raise ToolError("ray is not installed; pip install 'pytest-rtlgen[ray]'") from error
    with _LOCK:  # many actors are started at once
        if not ray.is_initialized():
            try:
                ray.init(address=address)
            except (ConnectionError, ValueError, RuntimeError) as error:
                raise ToolError(f"ray: {address or 'a local cluster'} cannot be reached: {error}") from error
    return ray
