"""Compile and run Verilog files in a scratch folder of their own, isolated and limited."""

import math
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from pytest_rtlgen.records import Status
from pytest_rtlgen.simulators.icarus import classify_refusal, find_icarus
from pytest_rtlgen.tools.process import Limits, ProcessResult, run_program
from pytest_rtlgen.tools.sandbox import SCRATCH, Sandbox

_SIGNAL_BASE = 128
"""Exit status above which a program was killed by the signal that remains (bubblewrap and shells agree on it)."""
_TIMEOUT = "/usr/bin/timeout"
"""Of coreutils. Asked to end, ``vvp`` still runs final blocks, in which benches print their counts.
Without it, the limits end the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """One scratch folder and the limits of what runs there."""

    folder: Path
    sandbox: Sandbox
    limits: Limits

    def write(self, files: Mapping[str, str]) -> None:
        """Write ``files`` into the folder."""
        for name, text in files.items():
            (self.folder / name).write_text(text, encoding="utf-8", errors="replace", newline="")

    def has(self, name: str) -> bool:
        """Whether there is a file ``name``, as a compiler's success shows: exit statuses wrap around at 256 errors."""
        return (self.folder / name).is_file()

    def read(self, name: str) -> bytes:
        """Return the content of the file ``name``."""
        return (self.folder / name).read_bytes()

    def compile(self, *arguments: str) -> ProcessResult:
        """Run ``iverilog`` in the folder. Raises ``ToolError`` when there is none."""
        return self._run([find_icarus().iverilog, *arguments], keep_stdout=False)

    def simulate(self, design: str, *, ask_after_s: float | None = None) -> ProcessResult:
        """Run ``vvp`` on ``design``, its standard output kept whole, and ask it to end after ``ask_after_s`` of time.

        Raises:
            ToolError: there is no ``vvp``.
        """
        asker = [_TIMEOUT, f"{ask_after_s:g}"] if ask_after_s is not None and Path(_TIMEOUT).exists() else []
        return self._run([*asker, find_icarus().vvp, "-n", design], keep_stdout=True)

    def _run(self, argv: Sequence[str], *, keep_stdout: bool) -> ProcessResult:
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}
        env["TMPDIR"] = SCRATCH if self.sandbox.is_active else str(self.folder)
        prefix = Path(find_icarus().vvp).resolve().parent.parent
        command = self.sandbox.wrap(argv, env=env, readable=(prefix,), scratch=self.folder)
        return run_program(command, limits=self.limits, env=env, cwd=self.folder, keep_stdout=keep_stdout)


@contextmanager
def open_workplace(sandbox: Sandbox, limits: Limits, timeout_s: float) -> Iterator[Workplace]:
    """Yield a fresh folder, which is removed afterwards; each program there may use ``timeout_s`` of CPU."""
    bounded = replace(limits, cpu_s=max(1, math.ceil(timeout_s)), wall_s=max(2.0, 2 * timeout_s))
    with tempfile.TemporaryDirectory(prefix="rtlgen-") as name:
        yield Workplace(folder=Path(name), sandbox=sandbox, limits=bounded)


class Ending(NamedTuple):
    """How a program ended that gave no result."""

    status: Status
    reason: str
    """For people."""


def explain_end(done: ProcessResult, limits: Limits, *, is_compiled: bool) -> Ending:
    """Return why a program that gave no result ended."""
    stage = "simulation" if is_compiled else "compilation"
    killer = _find_signal(done)
    if done.is_timeout or killer == signal.SIGXCPU:
        return Ending(
            Status.TIMEOUT, f"{stage} did not end within {limits.cpu_s} s of CPU or {limits.wall_s:g} s of time"
        )
    if killer == signal.SIGXFSZ:
        return Ending(Status.RESOURCE_LIMIT, f"{stage} wrote more than {limits.file_mib} MiB")
    if "bad_alloc" in done.output or "out of memory" in done.output.lower():
        return Ending(Status.RESOURCE_LIMIT, f"{stage} needed more than {limits.memory_mib} MiB of memory")
    if not is_compiled:
        return Ending(classify_refusal(done.output), "iverilog refused the design")
    if killer:
        return Ending(Status.RUNTIME_ERROR, f"the simulator was killed by {signal.Signals(killer).name}")
    return Ending(Status.EARLY_FINISH, "the simulation ended before the testbench reached a conclusion")


def _find_signal(done: ProcessResult) -> int:
    """Return the signal that ended the program, else 0."""
    number = -done.exit_code if done.exit_code < 0 else done.exit_code - _SIGNAL_BASE
    return number if number in {item.value for item in signal.Signals} else 0
