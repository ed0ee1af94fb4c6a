"""What the warm and the cold Icarus share: the installation, the files of a job, and what an outcome means."""

import re
import signal
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.records import Diagnostic, Severity, Status, Tool, Trace, count_bits
from pytest_rtlgen.simulators.base import Simulation, SimulationJob, new_nonce, read_start, read_trace
from pytest_rtlgen.simulators.wrapper import count_block_steps, render_wrapper
from pytest_rtlgen.tools.cut_short import note_cut_short
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import find_python
from pytest_rtlgen.tools.versions import find_program, read_icarus_version

OLDEST_ICARUS = 11
INSIDE = Path(__file__).with_name("inside_simulator")
"""Folder of the modules that run inside the simulator."""
_IVL_CONFIGURATION = (
    *(f"generation:{word}" for word in ("2012", "no-specify", "assertions", "xtypes", "io-range-error")),
    *(f"generation:{word}" for word in ("no-strict-ca-eval", "no-strict-expr-width", "shared-loop-index")),
    *(f"generation:{word}" for word in ("no-verilog-ams", "icarus-misc")),
    "warnings:n",
    "ignore_missing_modules:false",
    "out:design.vvp",
    "iwidth:32",
    "widthcap:65536",
    "functor:cprop",
    "functor:nodangle",
    "flag:DLL=vvp.tgt",
)
_DIRECT_VERSIONS = frozenset({"11.0"})
"""Versions whose parts were tested without the driver; their configuration is private to Icarus and may change."""
_LOG_LINE = re.compile(r"^(?:.*/)?candidate\.sv:(\d+): +(?:: )?(?:(error|warning|sorry|syntax error)\b:? ?)?(.*)$")
_SYNTAX = re.compile(
    r"^(?:.*/)?candidate\.sv:\d+: (?:syntax error|error: (?:invalid module item|malformed statement))", re.MULTILINE
)
_MAX_DIAGNOSTICS = 20
_OF_THE_MACHINE = frozenset({Status.TIMEOUT, Status.RESOURCE_LIMIT, Status.RUNTIME_ERROR})


@dataclass(frozen=True, slots=True, kw_only=True)
class IcarusInstallation:
    """The programs and libraries of one Icarus with cocotb."""

    iverilog: str
    vvp: str
    version: str
    """As ``iverilog -V`` prints it, e.g. ``11.0``."""
    python: str
    parts: Path | None
    """Folder of ``ivl`` and ``ivlpp``, where they may be started without the ``iverilog`` driver."""
    gpi_users: str
    """Value of ``GPI_USERS``: libpython and cocotb's entry point."""
    vpi_library: str

    def commands(self, top: str) -> tuple[tuple[str, ...], ...]:
        """Return the programs that turn ``wrapper.v`` and ``candidate.sv`` into ``design.vvp``, in order.

        The driver joins the two by a shell pipe, which costs 2 ms and loses the preprocessor's exit status.
        """
        if self.parts is None:
            return ((self.iverilog, "-g2012", "-s", top, "-o", "design.vvp", "wrapper.v", "candidate.sv"),)
        preprocess = (str(self.parts / "ivlpp"), "-L", "-o", "expanded.v", "wrapper.v", "candidate.sv")
        return preprocess, (str(self.parts / "ivl"), "-Civl.conf", f"-C{self.parts / 'vvp.conf'}", "--", "expanded.v")

    def configuration(self, top: str) -> bytes:
        """Return the ``ivl.conf`` that the driver would write for ``commands(top)``."""
        lines = [f"root:{top}", f"basedir:{self.parts}", *(f"module:{path}" for path in self.vpi_modules())]
        return "\n".join([*lines, *_IVL_CONFIGURATION, ""]).encode()

    def vpi_modules(self) -> tuple[str, ...]:
        """Return the system-task libraries that designs may need."""
        return (
            tuple(str(self.parts / f"{name}.vpi") for name in ("system", "v2005_math", "v2009")) if self.parts else ()
        )

    def environment(self) -> dict[str, str]:
        """Return the whole environment of a simulator process."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C",
            "GPI_USERS": self.gpi_users,
            "PYGPI_PYTHON_BIN": self.python,
            "PYTHONPATH": str(INSIDE),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "TOPLEVEL_LANG": "verilog",
            "COCOTB_TEST_MODULES": "rtlgen_play",
            # Empty: keeps pytest and every installed pytest plugin out of the simulator.
            "COCOTB_REWRITE_ASSERTION_FILES": "",
            "COCOTB_LOG_LEVEL": "CRITICAL",
            "GPI_LOG_LEVEL": "CRITICAL",
            "COCOTB_RANDOM_SEED": "1",
        }


@cache
def find_icarus() -> IcarusInstallation:
    """Return the Icarus on PATH with this Python's cocotb.

    Raises:
        ToolError: Icarus, its version, cocotb or a shared libpython is not as needed; the message says what to do.
    """
    iverilog = find_program(
        "iverilog", "Debian: apt-get install iverilog; or use --rtlgen-simulator=yosys, which needs PyPI only"
    )
    vvp = find_program("vvp", "it comes with Icarus Verilog (Debian: apt-get install iverilog)")
    version = read_icarus_version(iverilog)
    if int(version.split(".")[0]) < OLDEST_ICARUS:
        raise ToolError(
            f"{iverilog}: Icarus Verilog {version} is too old; install {OLDEST_ICARUS}.0 or newer, "
            "or use --rtlgen-simulator=yosys"
        )
    python, libpython, entry_point, vpi_library = _find_cocotb()
    return IcarusInstallation(
        iverilog=str(Path(iverilog).resolve()),  # a link from elsewhere is not seen within a sandbox
        vvp=str(Path(vvp).resolve()),
        version=version,
        python=python,
        parts=_find_parts(iverilog) if version in _DIRECT_VERSIONS else None,
        gpi_users=f"{libpython};{entry_point}",
        vpi_library=vpi_library,
    )


def _find_parts(iverilog: str) -> Path | None:
    prefix = Path(iverilog).resolve().parent.parent
    for folder in (prefix / "lib" / "ivl", *sorted(prefix.glob("lib/*/ivl")), prefix / "lib64" / "ivl"):
        if all(
            (folder / name).is_file()
            for name in ("ivl", "ivlpp", "vvp.conf", "system.vpi", "v2005_math.vpi", "v2009.vpi")
        ):
            return folder
    return None


def _find_cocotb() -> tuple[str, str, str, str]:
    import find_libpython

    try:
        from cocotb_tools import config
    except ImportError as error:
        raise ToolError(
            f"cocotb cannot be imported: {error}; install it with: pip install 'cocotb>=2.1,<2.2'"
        ) from error
    libpython = find_libpython.find_libpython()
    if libpython is None:
        raise ToolError(
            f"{find_python()} has no shared libpython, which cocotb needs; use a Python built with --enable-shared "
            "(pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared), or use --rtlgen-simulator=yosys"
        )
    return find_python(), libpython, config.pygpi_entry_point(), str(config.lib_name_path("vpi", "icarus"))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFiles:
    """One simulation as files, a compiler command line and an environment."""

    nonce: str
    """In the name of everything around the design."""
    secret: str
    """What the trace is told by; no name holds it."""
    files: tuple[tuple[str, bytes], ...]
    compile: tuple[tuple[str, ...], ...]
    """Command lines, run in order in the job's folder."""
    env: dict[str, str]
    trace_chars: int

    @property
    def trace_bytes(self) -> int:
        """Most bytes that an honest job sends back."""
        return self.trace_chars + 2 * len(self.secret) + 64


def prepare_job(job: SimulationJob, installation: IcarusInstallation) -> JobFiles:
    """Return what a simulator process needs to simulate ``job``, under a fresh nonce."""
    nonce, secret = new_nonce(), new_nonce()
    out_width = count_bits(job.interface.outputs)
    block_steps = count_block_steps(job.stimulus, out_width)
    wrapper = render_wrapper(job.interface, nonce=nonce, block_steps=block_steps)
    top = f"top_{nonce}"
    trace_chars = job.stimulus.steps * out_width
    return JobFiles(
        nonce=nonce,
        secret=secret,
        files=(
            ("wrapper.v", wrapper.encode()),
            ("candidate.sv", job.source.encode("utf-8", "replace")),
            ("stimulus", job.stimulus.rows or b"0" * job.stimulus.steps),
            ("ivl.conf", installation.configuration(top)),
        ),
        compile=installation.commands(top),
        env={
            "RTLGEN_NONCE": nonce,
            "RTLGEN_SECRET": secret,
            "RTLGEN_TRACE_CHARS": str(trace_chars),
            "COCOTB_TOPLEVEL": top,
        },
        trace_chars=trace_chars,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RawOutcome:
    """What a simulator process left behind."""

    is_compiled: bool
    exit_code: int
    """Negative: killed by that signal."""
    is_timeout: bool
    log: str
    """Tail of the compiler's and the simulator's messages."""
    trace: bytes
    """Payload as it arrived, unchecked."""
    design_bytes: int
    """Size of the compiled design."""
    duration_s: float
    is_stopped: bool = False
    """The harness had seen enough, of which ``trace`` is the beginning."""


def judge_outcome(job: SimulationJob, files: JobFiles, raw: RawOutcome, limits: Limits) -> Simulation:
    """Return the trace if it is whole, else the status that says why there is none.

    Only the trace under the job's secret counts as success; the log merely tells failures apart.
    """
    if raw.is_stopped:
        return Simulation(
            trace=None, status=None, start=read_beginning(job, files, raw.trace), duration_s=raw.duration_s
        )
    rows = read_trace(raw.trace, nonce=files.secret, outputs=job.interface.outputs, chars=files.trace_chars)
    if rows is not None:
        trace = Trace(outputs=job.interface.outputs, rows=rows)
        return Simulation(trace=trace, status=None, duration_s=raw.duration_s)
    status, reason = _explain(raw, limits)
    if status in _OF_THE_MACHINE or raw.exit_code < 0:
        note_cut_short()
    diagnostics = (
        read_log(raw.log.replace(f"top_{files.nonce}.dut_{files.nonce}", job.interface.module))
        if not raw.is_compiled
        else ()
    )
    note = Diagnostic(tool=Tool.SIMULATOR, severity=Severity.ERROR, message=reason)
    is_cut = status is Status.TIMEOUT and raw.is_compiled
    start = read_beginning(job, files, raw.trace) if is_cut else None
    return Simulation(
        trace=None,
        start=start,
        status=status,
        is_compiled=raw.is_compiled,
        diagnostics=(*diagnostics, note),
        duration_s=raw.duration_s,
    )


def read_beginning(job: SimulationJob, files: JobFiles, payload: bytes) -> Trace | None:
    """Return the whole steps of a trace that has come in part; ``None`` where it has no beginning."""
    rows = read_start(payload, nonce=files.secret, width=count_bits(job.interface.outputs))
    return None if rows is None else Trace(outputs=job.interface.outputs, rows=rows)


def _explain(raw: RawOutcome, limits: Limits) -> tuple[Status, str]:
    stage = "simulation" if raw.is_compiled else "compilation"
    if raw.is_timeout or raw.exit_code == -signal.SIGXCPU:
        return Status.TIMEOUT, f"{stage} did not end within {limits.cpu_s} s of CPU or {limits.wall_s:g} s of time"
    if raw.design_bytes >= limits.file_mib << 20:
        return Status.RESOURCE_LIMIT, f"the compiled design is larger than {limits.file_mib} MiB"
    if _is_out_of_memory(raw):
        return Status.RESOURCE_LIMIT, f"{stage} needed more than {limits.memory_mib} MiB of memory"
    if not raw.is_compiled:
        return classify_refusal(raw.log), "iverilog refused the design"
    if raw.exit_code < 0:
        return Status.RUNTIME_ERROR, f"the simulator was killed by {signal.Signals(-raw.exit_code).name}"
    return Status.EARLY_FINISH, "the simulation ended before the stimulus did"


def _is_out_of_memory(raw: RawOutcome) -> bool:
    return (raw.exit_code in (-signal.SIGABRT, 134) and "bad_alloc" in raw.log) or "out of memory" in raw.log.lower()


def classify_refusal(log: str) -> Status:
    """Return which error the compiler's log reports of a candidate that it refused: of syntax or elaboration."""
    return Status.SYNTAX_ERROR if _SYNTAX.search(log) else Status.ELABORATION_ERROR


def read_log(log: str) -> tuple[Diagnostic, ...]:
    """Return the compiler's messages about the candidate, at most 20."""
    found = []
    for line in log.splitlines():
        match = _LOG_LINE.match(line)
        if match is None:
            continue
        kind = match[2] or "error"
        severity = Severity.WARNING if kind == "warning" else Severity.ERROR
        message = match[3] if kind in {"error", "warning"} else f"{kind}: {match[3]}".rstrip(": ")
        found.append(Diagnostic(tool=Tool.IVERILOG, severity=severity, message=message, line=int(match[1])))
    return tuple(found[:_MAX_DIAGNOSTICS])
