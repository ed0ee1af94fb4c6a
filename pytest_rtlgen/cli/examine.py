"""What the doctor looks at, in the order in which it says it."""

import importlib.util
import platform
import re
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, distribution

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.single import make_problem
from pytest_rtlgen.cli.examine_isolation import examine_isolation
from pytest_rtlgen.cli.finding import Finding
from pytest_rtlgen.errors import RtlgenError, ToolError
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import Candidate, Verdict
from pytest_rtlgen.simulators.icarus import OLDEST_ICARUS
from pytest_rtlgen.tools.versions import find_program, read_icarus_version, read_package_version

_PACKAGES: tuple[tuple[str, tuple[int, ...], tuple[int, ...], str], ...] = (
    ("pytest", (8, 2), (), "runs the suites"),
    ("cocotb", (2, 1), (2, 2), "drives the simulator"),
    ("pyslang", (12, 1), (13,), "reads Verilog"),
    ("numpy", (2, 0), (), "compares traces"),
)
"""(package, oldest version, first version that is too new, what for): the default configuration needs all of them."""
_OPTIONAL: tuple[tuple[str, str], ...] = (
    ("pyosys", "for --simulator=yosys"),
    ("openai", "for --model=openai:NAME"),
    ("pytest-xdist", "for pytest -n"),
)
_OLDEST_PYTHON = (3, 11)
_PROBE = "module rtlgen_probe (input a, input b, output y);\n  assign y = a ^ b;\nendmodule\n"


def examine_machine() -> Iterator[Finding]:
    """Yield the findings, each as soon as it is known."""
    yield _look_at_python()
    yield _look_at_libpython()
    for name, oldest, newest, use in _PACKAGES:
        yield look_at_package(name, oldest, newest, use)
    for name, use in _OPTIONAL:
        found = read_package_version(name)
        detail = f"not installed; only needed {use}" if found is None else f"{found} ({use})"
        yield Finding(name=name, status="ok" if found else "note", detail=detail, remedy="" if found else _pip(name))
    yield from look_at_pytest_cocotb()
    yield _look_at_icarus()
    yield from examine_isolation()
    yield _probe("probe, warm simulator without sandbox", "icarus", SandboxMode.OFF)
    yield _probe("probe, default configuration", "icarus", SandboxMode.AUTO, is_needed=True)
    if read_package_version("pyosys"):
        yield _probe("probe, yosys", "yosys", SandboxMode.AUTO)


def look_at_package(name: str, oldest: tuple[int, ...], too_new: tuple[int, ...], use: str) -> Finding:
    """Return whether a package that is needed is there in a version that is known to work."""
    found = read_package_version(name)
    spec = f"{name}>={_dotted(oldest)}" + (f",<{_dotted(too_new)}" if too_new else "")
    if found is None:
        return Finding(name=name, status="missing", detail=f"not installed ({use})", remedy=_pip(spec))
    numbers = tuple(int(part) for part in re.findall(r"\d+", found)[: len(oldest)])
    if numbers < oldest or (too_new and numbers[: len(too_new)] >= too_new):
        return Finding(name=name, status="missing", detail=f"{found}, but {spec} is needed", remedy=_pip(spec))
    return Finding(name=name, status="ok", detail=f"{found} ({use})")


def look_at_pytest_cocotb() -> Iterator[Finding]:
    """Yield a finding when the package ``pytest-cocotb`` is there and breaks every pytest run.

    Its entry point names a module of cocotb that cocotb 2.1 does not have, so pytest ends with exit status 3.
    """
    try:
        entries = distribution("pytest-cocotb").entry_points
    except PackageNotFoundError:
        return
    for entry in entries:
        if entry.group == "pytest11" and not _can_import(entry.module):
            yield Finding(
                name="pytest-cocotb",
                status="missing",
                detail=f"broken: it asks pytest to load {entry.module}, which is not there, so no pytest run starts",
                remedy="pip uninstall pytest-cocotb (nothing here needs it), or pytest -p no:" + entry.name,
            )


def _look_at_python() -> Finding:
    found = platform.python_version()
    if sys.version_info[:2] < _OLDEST_PYTHON:
        needed = _dotted(_OLDEST_PYTHON)
        return Finding(name="Python", status="missing", detail=f"{found} is too old", remedy=f"use Python {needed}")
    return Finding(name="Python", status="ok", detail=f"{found} at {sys.executable}")


def _look_at_libpython() -> Finding:
    try:
        import find_libpython
    except ImportError:
        return Finding(name="libpython", status="missing", detail="cannot be looked for", remedy=_pip("find-libpython"))
    path = find_libpython.find_libpython()
    if path:
        return Finding(name="libpython", status="ok", detail=str(path))
    return Finding(
        name="libpython",
        status="missing",
        detail="this Python has no shared libpython, which cocotb needs",
        remedy="use a Python built with --enable-shared (pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared; "
        "Debian: apt-get install libpython3-dev), or --simulator=yosys",
    )


def _look_at_icarus() -> Finding:
    remedy = "Debian: apt-get install iverilog; or use --simulator=yosys"
    try:
        path = find_program("iverilog", "")
        found = read_icarus_version(path)
        find_program("vvp", "")
    except ToolError as error:
        return Finding(name="Icarus Verilog", status="missing", detail=str(error).rstrip("; "), remedy=remedy)
    if int(found.split(".")[0]) < OLDEST_ICARUS:
        detail = f"{found} at {path} is too old; {OLDEST_ICARUS}.0 or newer is needed"
        return Finding(name="Icarus Verilog", status="missing", detail=detail, remedy=remedy)
    return Finding(name="Icarus Verilog", status="ok", detail=f"{found} at {path}")


def _probe(name: str, simulator: str, mode: SandboxMode, *, is_needed: bool = False) -> Finding:
    """Return whether a tiny design can be checked, and how long that takes first and then."""
    failed = "missing" if is_needed else "note"
    try:
        with Checker(CheckSettings(simulator=simulator, sandbox=mode)) as checker:
            problem, candidate = make_problem(reference=_PROBE), Candidate(source=_PROBE, rule="given")
            first_s, verdict = _time(lambda: checker.check(candidate, problem))
            next_s, _ = _time(lambda: checker.check(candidate, problem))
    except RtlgenError as error:
        return Finding(name=name, status=failed, detail=f"does not work: {error}")
    if not verdict.is_passed:
        messages = "; ".join(item.message for item in verdict.diagnostics[:2])
        return Finding(name=name, status=failed, detail=f"a right design got {verdict.status}: {messages}")
    isolation = verdict.isolation.sandbox if verdict.isolation else "none"
    detail = (
        f"{verdict.simulator}, sandbox {isolation}: {first_s * 1000:.0f} ms with start-up, then {next_s * 1000:.0f} ms"
    )
    return Finding(name=name, status="ok", detail=detail)


def _time(call: Callable[[], Verdict]) -> tuple[float, Verdict]:
    started = time.monotonic()
    value = call()
    return time.monotonic() - started, value


def _can_import(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False


def _pip(requirement: str) -> str:
    return f"pip install '{requirement}'"


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
