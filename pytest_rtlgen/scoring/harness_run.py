"""Run a benchmark's cocotb harness in a work folder of its own, isolated and limited, without Docker.

The folders are those of CVDP's containers: ``/code`` with ``rtl``, ``verif``, ``docs``, ``src`` and ``rundir``, where
every command starts; ``/src`` with the harness, read-only; ``/rundir`` for pytest's cache. bubblewrap puts them at
these paths; elsewhere the paths are rewritten in the harness's own texts.

Source: github.com/NVlabs/cvdp_benchmark, ``src/repository.py`` (``docker_cmd``, ``create_folders``).
"""

import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pytest_rtlgen.errors import BadReferenceError, RecordError, ToolError
from pytest_rtlgen.records import (
    HARNESS_FOLDER,
    BenchRule,
    CocotbHarness,
    HarnessCommand,
    SandboxKind,
    SourceFile,
    is_inner_path,
)
from pytest_rtlgen.simulators.icarus import find_icarus
from pytest_rtlgen.storage import decode
from pytest_rtlgen.tools.process import Limits, ProcessResult, run_program
from pytest_rtlgen.tools.sandbox import SCRATCH, Sandbox, find_python, python_folders
from pytest_rtlgen.tools.versions import find_program

SEED = "1"
_INSIDE = Path(__file__).parents[1] / "simulators" / "inside_harness"
_RUN_SCRIPT = _INSIDE / "rtlgen_harness.py"
_TEMPORARY = "tmp"
_FOLDERS = (
    *(f"code/{name}" for name in ("rtl", "verif", "docs", "src", "rundir")),
    "src",
    "rundir/harness",
    _TEMPORARY,
)
_MOUNTS = (("--bind", "/code"), ("--ro-bind", "/src"), ("--bind", "/rundir"), ("--bind", "/tmp"))  # noqa: S108  inside
_PLACES = re.compile(r"(?:(?<![\w./$}-])|(?<=[^\w-]-[A-Za-z]))/(?:code|src|rundir)(?![\w.-])")
"""The container's folders where a text names them, also behind an option's letter."""
_SOURCE = "src/"
_CALLED = re.compile(r"""["'][^"'\n]*\b(yosys|verilator|iverilog|vvp)\b""")
_FIXED = {"PATH", "HOME", "LC_ALL", "TMPDIR", "PYTHONHASHSEED", "PYTHONNOUSERSITE", "GPI_USERS"}
"""Variables that a harness's settings do not change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRecord:
    """How one pytest test of a harness ended."""

    __test__ = False

    id: str
    outcome: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRecord:
    """One compilation."""

    failed: bool
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CocotbRecord:
    """How one cocotb test ended."""

    name: str
    fault: str
    """Class of what ended it; empty: it passed."""
    message: str
    is_skipped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationRecord:
    """One simulation."""

    tests: tuple[CocotbRecord, ...] | None
    """``None``: it left no results."""
    ending: str
    """What cocotb's runner raised, empty where it raised nothing."""
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenFile:
    """A Python file of the harness that cannot be loaded."""

    reason: str
    missing_module: str = ""
    """Python module that it imports and that is not here; empty: it cannot be loaded for another reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HarnessRecord:
    """What happened while one command ran."""

    exit_code: int
    broken: tuple[BrokenFile, ...]
    tests: tuple[TestRecord, ...]
    builds: tuple[BuildRecord, ...]
    simulations: tuple[SimulationRecord, ...]
    log_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HarnessRun:
    """One command of a harness, run."""

    done: ProcessResult
    record: HarnessRecord | None
    """``None``: it was killed before it could tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HarnessPlace:
    """A work folder with a harness and one set of files in it."""

    folder: Path
    sandbox: Sandbox
    limits: Limits

    def run(self, command: HarnessCommand, *, is_guarded: bool, wall_s: float) -> HarnessRun:
        """Run one command, at most ``wall_s`` seconds of time.

        Raises:
            ToolError: Icarus, cocotb or Python cannot be started.
        """
        name = command.module or self._place(command.script)
        mode = "guarded" if is_guarded else "open"
        return self._start(command, [mode, name, *map(self._place, command.arguments)], wall_s)

    def list_broken(self, names: Iterable[str], command: HarnessCommand) -> tuple[BrokenFile, ...]:
        """Return those of the modules ``names`` of the harness that cannot be loaded where ``command`` starts."""
        run = self._start(command, ["probe", *names], self.limits.wall_s)
        return run.record.broken if run.record is not None else ()

    def _start(self, command: HarnessCommand, arguments: list[str], wall_s: float) -> HarnessRun:
        env = self._environment(dict(command.settings))
        root = "/" if self._is_mounted else str(self.folder)
        argv = [find_python(), str(_RUN_SCRIPT), root, self._place(command.folder), *arguments]
        readable = (*python_folders(), _INSIDE)
        mounts = [(option, Path(f"{self.folder}{path}"), path) for option, path in _MOUNTS] if self._is_mounted else []
        wrapped = self.sandbox.wrap(argv, env=env, readable=readable, scratch=self.folder, mounts=mounts)
        limits = replace(self.limits, wall_s=wall_s)
        done = run_program(wrapped, limits=limits, env=env, cwd=self.folder, keep_stdout=True)
        return HarnessRun(done=done, record=_read_record(done.stdout))

    @property
    def _is_mounted(self) -> bool:
        return self.sandbox.kind is SandboxKind.BUBBLEWRAP

    def _place(self, text: str) -> str:
        """Return ``text`` with the container's paths replaced by those that they have here."""
        return text if self._is_mounted else _PLACES.sub(lambda found: f"{self.folder}{found[0]}", text)

    def _environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        placed = {name: self._place(value) for name, value in settings.items() if name not in _FIXED}
        icarus = find_icarus()
        programs = (Path(find_python()).parent, Path(icarus.iverilog).parent, "/usr/local/bin", "/usr/bin", "/bin")
        paths = [str(_INSIDE), *placed.get("PYTHONPATH", "").split(os.pathsep)]
        return {
            "COCOTB_RANDOM_SEED": SEED,
            "PYTHONDONTWRITEBYTECODE": "1",
            "COCOTB_REWRITE_ASSERTION_FILES": "",  # keeps pytest's loader away from every module that a test imports
            **placed,
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "PATH": os.pathsep.join(str(path) for path in programs),
            "HOME": self._place(HARNESS_FOLDER),
            "LC_ALL": "C.UTF-8",
            "TMPDIR": f"{SCRATCH if self._is_mounted else self.folder}/{_TEMPORARY}",
            "PYTHONHASHSEED": "0",
            "PYTHONNOUSERSITE": "1",  # it would lie in HOME, where simulations write
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "GPI_USERS": icarus.gpi_users,
        }


@contextmanager
def open_harness(
    harness: CocotbHarness, files: Iterable[SourceFile], *, sandbox: Sandbox, limits: Limits
) -> Iterator[HarnessPlace]:
    """Yield a fresh work folder with the context, then ``files`` over it, and the harness; it is removed afterwards.

    Raises:
        BadReferenceError: a file of the harness leaves the work folder.
    """
    with tempfile.TemporaryDirectory(prefix="rtlgen-") as name:
        place = HarnessPlace(folder=Path(name).resolve(), sandbox=sandbox, limits=limits)
        for folder in _FOLDERS:
            (place.folder / folder).mkdir(parents=True)
        for file in (*harness.context, *files):
            _write(place.folder / "code", file)
        for file in harness.files:
            if file.name.startswith(_SOURCE):
                _write(place.folder, SourceFile(name=file.name, text=place._place(file.text)))  # noqa: SLF001
        yield place


def require_programs(harness: CocotbHarness) -> None:
    """Raise unless all that ``harness`` runs is here.

    Raises:
        BadReferenceError: it runs nothing.
        ToolError: a program that it calls is not here.
    """
    if not harness.commands:
        raise BadReferenceError(f"harness of {', '.join(harness.targets)}: it names no command that runs a test")
    texts = [file.text for file in harness.files if file.name.endswith(".py")]
    programs = {name for text in texts for name in _CALLED.findall(text)}
    if any(dict(command.settings).get("SIM") == "verilator" for command in harness.commands):
        programs.add("verilator")
    for name in sorted(programs):
        find_program(name, "the harness calls it; install it")


def list_harness_modules(harness: CocotbHarness) -> tuple[str, ...]:
    """Return the names of the Python modules that a harness brings, a user's bench those of its folders."""
    paths = [PurePosixPath("/", file.name) for file in harness.files]
    folders = {"/src"}
    if harness.rule is BenchRule.COCOTB:
        paths = [PurePosixPath("/code", file.name) for file in harness.context]
        folders = {name for command in harness.commands for name in dict(command.settings)["PYTHONPATH"].split(":")}
    return tuple(path.stem for path in paths if path.suffix == ".py" and str(path.parent) in folders)


def _write(folder: Path, file: SourceFile) -> None:
    if not is_inner_path(file.name):
        raise BadReferenceError(f"{file.name}: a path that leaves the work folder; name it below rtl, verif or docs")
    path = folder / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(file.text, encoding="utf-8", errors="replace", newline="")


def _read_record(answer: bytes) -> HarnessRecord | None:
    if not answer:
        return None
    try:
        return decode(HarnessRecord, json.loads(answer), "harness")
    except (ValueError, RecordError) as error:
        raise ToolError(f"the harness's record cannot be read: {error}; is another Python first on PATH?") from error
