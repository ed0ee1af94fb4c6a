"""ABC, started once for many questions: starting it takes longer than most of them."""

import os
import select
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from pytest_rtlgen.check.proof.kept import TIME_UP
from pytest_rtlgen.check.proof.text import read_decided
from pytest_rtlgen.errors import InnerError

_QUESTIONS = 200
"""After so many a new process takes over, whatever the old one holds on to."""
_PROMPT = b"> "
_LOOKS_S = 0.25
_SHARED_S = 1
"""Less time than this is shared out among the outputs."""


class SolverLostError(InnerError):
    """ABC ended, or its time was up; the message says which."""

    def __init__(self, reason: str, *, is_late: bool = False, is_starved: bool = False) -> None:
        super().__init__(reason)
        self.is_late = is_late
        """Whether its time was up."""
        self.is_starved = is_starved
        """Whether other work on the machine kept it from its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Numbers of outputs."""

    proved: frozenset[int]
    """Those that are never 1."""
    refuted: frozenset[int]
    """Those that may be: inputs that show it lie in ``cexN.aiw``."""
    cpu_s: float
    """What it took."""


class Solver:
    """Decides joint models. ``close`` ends the process."""

    def __init__(self) -> None:
        self._process: _Abc | None = None
        self._asked = 0

    def decide(self, folder: Path, *, seconds: float, outputs: int, cpu_s: float, wall_s: float) -> Decided:
        """Return what is decided of the ``outputs`` of ``folder``'s ``model.aig``.

        ``seconds`` of wall-clock time are for the last and hardest step, of which ABC counts whole ones, and less than
        one by equal shares (``find_time``); the other limits are for all steps.

        Raises:
            SolverLostError: it came to no end.
        """
        if self._process is None or self._asked >= _QUESTIONS:
            self.close()
            self._process, self._asked = _Abc(), 0
        self._asked += 1
        mark = f"rtlgen-{self._asked}-done"
        share = f" -H {ceil(1000 * seconds / outputs)}" if seconds < _SHARED_S else ""
        commands = (
            f"read_aiger {folder}/model.aig",
            "scorr",
            f"pdr -a -T {ceil(seconds)}{share} -X {folder}/cex",
            "empty",
            f"echo {mark}",
        )
        before = self._process.cpu_s
        try:
            proved, refuted = read_decided(self._process.ask(commands, mark, cpu_s, wall_s))
        except SolverLostError:
            self.close()
            raise
        return Decided(proved=frozenset(proved), refuted=frozenset(refuted), cpu_s=self._process.cpu_s - before)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
        self._process = None


def find_time(seconds: float, *, outputs: int, undecided: int) -> float:
    """Return how many of its ``seconds`` the solver spends at least if it leaves outputs ``undecided``."""
    return seconds * undecided / outputs if seconds < _SHARED_S else seconds * (undecided > 0)


class _Abc:
    """The process, of this one's group: it ends with it."""

    def __init__(self) -> None:
        reads, self._commands = os.pipe()
        self._printed, writes = os.pipe()
        path = find_abc()
        actions = [(os.POSIX_SPAWN_DUP2, end, number) for end, number in ((reads, 0), (writes, 1), (writes, 2))]
        self.pid = os.posix_spawn(path, [path], {}, file_actions=actions)
        os.close(reads)
        os.close(writes)

    @property
    def cpu_s(self) -> float:
        """The CPU time that it has used. Source: clock_getcpuclockid(3); there is no /proc here."""
        return time.clock_gettime(~self.pid << 3 | 2)

    def ask(self, commands: Sequence[str], mark: str, cpu_s: float, wall_s: float) -> str:
        """Return what it prints until ``mark``."""
        deadline, most_s = time.monotonic() + wall_s, self.cpu_s + cpu_s
        printed = b""
        try:
            os.write(self._commands, "".join(f"{command}\n" for command in commands).encode())
        except OSError as error:
            raise SolverLostError(f"ABC died: {error.strerror}") from error
        while not printed.endswith(_PROMPT) or f"\n{mark} \n".encode() not in printed:
            if not select.select([self._printed], [], [], _LOOKS_S)[0]:
                if self.cpu_s > most_s:
                    raise SolverLostError(TIME_UP, is_late=True)
                if time.monotonic() > deadline:
                    raise SolverLostError(TIME_UP, is_late=True, is_starved=True)
                continue
            part = os.read(self._printed, 1 << 16)
            if not part:
                raise SolverLostError("ABC died")
            printed += part
        return printed.decode("ascii", "replace")

    def close(self) -> None:
        """Kill it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._commands)
        os.close(self._printed)


def find_abc() -> str:
    """Return the path of Yosys' own ABC."""
    from pyosys import libyosys

    return str(Path(libyosys.__file__).with_name("yosys-abc"))
