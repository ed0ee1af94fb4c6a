"""What a simulator is asked and what it answers."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pytest_rtlgen.records import Diagnostic, Interface, Isolation, Status, Stimulus, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationJob:
    """One design to be simulated."""

    source: str
    """Verilog text that defines ``interface.module``."""
    interface: Interface
    stimulus: Stimulus
    is_enough: Callable[[Trace], bool] | None = None
    """Whether a trace of the first steps tells all that is asked for, so that the rest need not be played. A simulator
    may ask it at times, or never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """How a simulation went: a trace, or the status that explains why there is none, or a start that is enough."""

    trace: Trace | None
    status: Status | None
    """``None`` where there is a trace, or a start that is enough."""
    start: Trace | None = None
    """The trace as far as it came, where the time was up before its end, or where that is enough."""
    is_compiled: bool = True
    """Whether the compiler took the design."""
    is_fallback: bool = False
    """Whether a second simulator ran it, as the first could not compile it."""
    diagnostics: tuple[Diagnostic, ...] = ()
    duration_s: float = 0.0


class Simulator(Protocol):
    """Simulates designs. Thread-safe; start-up is lazy; ``close`` leaves no process behind."""

    @property
    def name(self) -> str:
        """As ``--rtlgen-simulator`` spells it."""
        ...

    @property
    def version(self) -> str:
        """Program and version, as records keep it."""
        ...

    @property
    def isolation(self) -> Isolation:
        """What is in force around every design that this simulator runs."""
        ...

    def simulate(self, job: SimulationJob) -> Simulation:
        """Simulate one design.

        Raises:
            ToolError: the simulator is missing or broken, which says nothing about the design.
        """
        ...

    def close(self) -> None:
        """End every process."""
        ...


def new_nonce() -> str:
    """Return a name part that no design can guess: 16 letters and digits that start with a letter."""
    return "n" + secrets.token_hex(8)


def read_trace(payload: bytes, *, nonce: str, outputs: Sequence[object], chars: int) -> bytes | None:
    """Return the rows of a trace that is complete and well formed, else ``None``."""
    mark = nonce.encode()
    head, _, rest = payload.partition(b"\n")
    rows, _, tail = rest.partition(b"\n")
    is_whole = head == mark and tail == mark and len(rows) == chars and not rows.strip(b"01XZ")
    return rows if is_whole and outputs else None


def read_start(payload: bytes, *, nonce: str, width: int) -> bytes | None:
    """Return the whole rows of a trace that was cut, ``None`` where it has no beginning."""
    head, found, rest = payload.partition(b"\n")
    rows = rest.partition(b"\n")[0]
    if not found or head != nonce.encode() or rows.strip(b"01XZ") or not width:
        return None
    return rows[: len(rows) // width * width]
