"""ABC, started once for many questions: starting it takes longer than most of them."""

import contextlib
import os
import select
import subprocess
import time
from pathlib import Path

from pytest_rtlgen.check.proof.text import read_decided
from pytest_rtlgen.errors import InnerError

_QUESTIONS = 200
"""After so many a new process takes over, whatever the old one holds on to."""
_PROMPT = b"> "
_LOOKS_S = 0.25


class SolverLostError(InnerError):
    """ABC ended, or its time was up; the message says which."""


class Solver:
    """Decides joint models. ``close`` ends the process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = 0

    def decide(self, folder: Path, *, seconds: int, cpu_s: float, wall_s: float) -> tuple[set[int], set[int]]:
        """Return the numbers of the outputs of ``folder``'s ``model.aig`` that are never 1, and of those that may be.

        Of these the inputs lie in ``cexN.aiw``. ``seconds`` is for the last and hardest step, the others for all.

        Raises:
            SolverLostError: it came to no end.
        """
        process = self._start()
        self._asked += 1
        mark = f"rtlgen-{self._asked}-done"
        commands = (
            f"read_aiger {folder}/model.aig",
            "scorr",
            f"pdr -a -T {seconds} -X {folder}/cex",
            "empty",
            f"echo {mark}",
        )
        try:
            return read_decided(_ask(process, commands, mark, cpu_s, wall_s))
        except SolverLostError:
            self.close()
            raise

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
        self._process = None

    def _start(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._asked >= _QUESTIONS:
            self.close()
            self._asked = 0
            self._process = subprocess.Popen(
                [find_abc()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={},
                bufsize=0,
            )
        return self._process


def find_abc() -> str:
    """Return the path of Yosys' own ABC."""
    from pyosys import libyosys

    return str(Path(libyosys.__file__).with_name("yosys-abc"))


def _ask(process: "subprocess.Popen[bytes]", commands: tuple[str, ...], mark: str, cpu_s: float, wall_s: float) -> str:
    """Return what ABC prints until ``mark``."""
    if process.stdin is None or process.stdout is None:
        raise SolverLostError("ABC has no pipes")
    deadline, most_s = time.monotonic() + wall_s, _read_cpu_s(process.pid) + cpu_s
    printed = b""
    try:
        process.stdin.write("".join(f"{command}\n" for command in commands).encode())
        while not printed.endswith(_PROMPT) or f"\n{mark} \n".encode() not in printed:
            if not select.select([process.stdout], [], [], _LOOKS_S)[0]:
                if time.monotonic() > deadline or _read_cpu_s(process.pid) > most_s:
                    raise SolverLostError("the time was up")
                continue
            part = os.read(process.stdout.fileno(), 1 << 16)
            if not part:
                raise SolverLostError("ABC died")
            printed += part
    except OSError as error:
        raise SolverLostError(f"ABC died: {error}") from error
    return printed.decode("ascii", "replace")


def _read_cpu_s(pid: int) -> float:
    """Return the CPU time that a process has used. Source: clock_getcpuclockid(3); there is no /proc here."""
    return time.clock_gettime(~pid << 3 | 2)
