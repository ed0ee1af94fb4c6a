"""Yosys as a simulator: everything from PyPI, no Icarus and no cocotb. Opt-in, and an independent second opinion.

It reads synthesizable designs only: no delays, no ``initial`` loops. What it refuses, Icarus may take.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.records import Diagnostic, Isolation, Severity, Status, Tool, Trace, count_bits
from pytest_rtlgen.simulators.base import Simulation, SimulationJob, new_nonce, read_trace
from pytest_rtlgen.tools.process import Limits, ProcessResult, run_program, was_killed
from pytest_rtlgen.tools.sandbox import SCRATCH, Sandbox, find_python, python_folders
from pytest_rtlgen.tools.versions import read_package_version

_PROGRAM = Path(__file__).with_name("inside_simulator") / "rtlgen_yosys.py"


class YosysSim:
    """Starts one process with pyosys for every design."""

    name = "yosys"

    def __init__(self, *, sandbox: Sandbox, limits: Limits) -> None:
        self._sandbox = sandbox
        self._limits = limits

    @property
    def version(self) -> str:
        """``Yosys 0.70 (pyosys)``, say."""
        return f"Yosys {_find_pyosys()} (pyosys)"

    @property
    def isolation(self) -> Isolation:
        """What is in force around each design."""
        return self._sandbox.isolation

    def simulate(self, job: SimulationJob) -> Simulation:
        """Simulate one design.

        Raises:
            ToolError: pyosys is missing.
        """
        nonce = new_nonce()
        chars = job.stimulus.steps * count_bits(job.interface.outputs)
        with tempfile.TemporaryDirectory(prefix="rtlgen-") as name:
            folder = Path(name)
            _write_job(job, folder)
            done = self._run(folder, nonce)
            if was_killed(done.exit_code, done.duration_s, self._limits):
                done = self._run(folder, nonce)
            rows = read_trace(_read(folder / f"trace-{nonce}"), nonce=nonce, outputs=job.interface.outputs, chars=chars)
            if rows is not None:
                trace = Trace(outputs=job.interface.outputs, rows=rows)
                return Simulation(trace=trace, status=None, duration_s=done.duration_s)
            return _explain(done, is_read=(folder / "stage").exists())

    def close(self) -> None:
        """Nothing stays between designs."""

    def _run(self, folder: Path, nonce: str) -> ProcessResult:
        return run_pyosys(
            _PROGRAM, folder, sandbox=self._sandbox, limits=self._limits, settings={"RTLGEN_NONCE": nonce}
        )


def run_pyosys(
    program: Path, folder: Path, *, sandbox: Sandbox, limits: Limits, settings: Mapping[str, str] = MappingProxyType({})
) -> ProcessResult:
    """Run the script ``program``, which imports pyosys, in ``folder``, isolated; ``settings`` are in its environment.

    Raises:
        ToolError: pyosys is missing.
    """
    _find_pyosys()
    scratch = SCRATCH if sandbox.is_active else str(folder)
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TMPDIR": scratch, "PYTHONHASHSEED": "0", **settings}
    command = sandbox.wrap(
        [find_python(), str(program)],
        env=env,
        readable=(*python_folders(), program.parent),
        scratch=folder,
        self_exe=find_python(),
    )
    return run_program(command, limits=limits, env=env, cwd=folder)


def _find_pyosys() -> str:
    """Return the version of pyosys; raise where it is missing."""
    found = read_package_version("pyosys")
    if found is None:
        raise ToolError("pyosys is not installed; pip install pyosys")
    return found


def _write_job(job: SimulationJob, folder: Path) -> None:
    description = {
        "top": job.interface.module,
        "inputs": [(port.name, port.width) for port in job.interface.inputs],
        "outputs": [(port.name, port.width) for port in job.interface.outputs],
        "steps": job.stimulus.steps,
    }
    (folder / "job.json").write_text(json.dumps(description), encoding="ascii")
    (folder / "stimulus").write_bytes(job.stimulus.rows or b"0" * job.stimulus.steps)
    (folder / "candidate.sv").write_bytes(job.source.encode("utf-8", "replace"))


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _explain(done: ProcessResult, *, is_read: bool) -> Simulation:
    lines = [line for line in done.output.splitlines() if "error" in line.lower()] or done.output.splitlines()[-1:]
    refused = Status.RUNTIME_ERROR if is_read else Status.ELABORATION_ERROR
    status = Status.TIMEOUT if done.is_timeout else refused
    message = lines[0].strip() if lines else f"Yosys ended with exit status {done.exit_code}"
    diagnostic = Diagnostic(tool=Tool.YOSYS, severity=Severity.ERROR, message=message)
    return Simulation(
        trace=None, status=status, is_compiled=is_read, diagnostics=(diagnostic,), duration_s=done.duration_s
    )
