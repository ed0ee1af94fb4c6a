"""The cold simulator: cocotb's own runner, a fresh process for every design. Slow; assumes nothing about vvp."""

import tempfile
from pathlib import Path

from pytest_rtlgen.records import Isolation
from pytest_rtlgen.simulators.base import Simulation, SimulationJob
from pytest_rtlgen.simulators.icarus import INSIDE, JobFiles, RawOutcome, find_icarus, judge_outcome, prepare_job
from pytest_rtlgen.tools.process import Limits, ProcessResult, run_program
from pytest_rtlgen.tools.sandbox import SCRATCH, Sandbox, python_folders

_SIGNAL_BASE = 128
"""Exit status above which a program was killed by the signal that remains (bubblewrap and shells agree on it)."""
_COMPILE_FAILED = 3
"""Exit status of ``rtlgen_cold.py`` when the design does not compile."""


class IcarusCold:
    """Starts an interpreter, a compiler and a simulator for every design."""

    name = "icarus-cold"

    def __init__(self, *, sandbox: Sandbox, limits: Limits) -> None:
        self._sandbox = sandbox
        self._limits = limits

    @property
    def version(self) -> str:
        """``Icarus Verilog 11.0``, say."""
        return f"Icarus Verilog {find_icarus().version}"

    @property
    def isolation(self) -> Isolation:
        """What is in force around each design."""
        return self._sandbox.isolation

    def simulate(self, job: SimulationJob) -> Simulation:
        """Simulate one design.

        Raises:
            ToolError: Icarus or cocotb is missing.
        """
        files = prepare_job(job, find_icarus())
        with tempfile.TemporaryDirectory(prefix="rtlgen-") as name:
            folder = Path(name)
            for file, data in files.files:
                (folder / file).write_bytes(data)
            done = self._run(files, folder)
            return judge_outcome(job, files, _read_outcome(done, folder, files.secret), self._limits)

    def close(self) -> None:
        """Nothing stays between designs."""

    def _run(self, files: JobFiles, folder: Path) -> ProcessResult:
        installation = find_icarus()
        scratch = SCRATCH if self._sandbox.is_active else str(folder)
        env = {**installation.environment(), **files.env, "TMPDIR": scratch}
        argv = [installation.python, str(INSIDE / "rtlgen_cold.py")]
        command = self._sandbox.wrap(argv, env=env, readable=(*python_folders(), INSIDE), scratch=folder)
        return run_program(command, limits=self._limits, env=env, cwd=folder)


def _read_outcome(done: ProcessResult, folder: Path, secret: str) -> RawOutcome:
    trace = folder / f"trace-{secret}"
    design = folder / "sim.vvp"
    return RawOutcome(
        is_compiled=done.exit_code != _COMPILE_FAILED and design.exists(),
        exit_code=done.exit_code if done.exit_code <= _SIGNAL_BASE else _SIGNAL_BASE - done.exit_code,
        is_timeout=done.is_timeout,
        log=done.output,
        trace=trace.read_bytes() if trace.exists() else b"",
        design_bytes=design.stat().st_size if design.exists() else 0,
        duration_s=done.duration_s,
    )
