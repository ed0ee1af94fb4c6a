"""Verilator's own code, compiled once for all workers of a session: it takes longer than any design of the tests."""

import fcntl
import shutil
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.simulators.verilator import VerilatorSim, find_verilator
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox


@dataclass
class Lent:
    """A folder in the place of a simulator's temporary one, which it does not remove."""

    name: str

    def cleanup(self) -> None:
        pass


def find_runtime(folder: Path) -> Path:
    """Return ``folder`` with what a simulator compiles before its first design; the first worker that asks makes it."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            simulator = VerilatorSim(sandbox=choose_sandbox(SandboxMode.AUTO), limits=Limits())
            shutil.copytree(simulator._compile_runtime(find_verilator()), folder)
            simulator.close()
    return folder


def lend_runtime(simulator: object, folder: Path) -> None:
    """Have ``simulator`` use what ``find_runtime`` made."""
    assert isinstance(simulator, VerilatorSim)
    simulator._runtime = Lent(str(folder))  # type: ignore[assignment]  # all that it uses of a TemporaryDirectory
