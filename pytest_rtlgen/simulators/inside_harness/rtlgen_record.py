"""What happens while a harness runs: a pytest plugin, and a witness of cocotb's runner. It decides nothing."""

# ruff: noqa: INP001  found on their own path, as inside_simulator's are

import contextlib
import importlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

_MOST_TEXT = 4000
_CODE = {
    *(".py", ".pyc", ".pyo", ".pth", ".so", ".ini", ".cfg", ".toml"),
    *(".v", ".sv", ".vh", ".svh", ".vvp", ".vpi", ".f", ".mk", ".h", ".cpp", ".o", ".a"),
}
"""What a Python imports or obeys, and what a simulator or compiler reads."""
_TIMESCALE = os.environ.get("RTLGEN_TIMESCALE")
"""For a bench that names none: a candidate need not bring the one that the user's own design brought."""
tests: list[dict[str, str]] = []
"""One a pytest test: id, outcome, message."""
broken: list[dict[str, str]] = []
"""One a file of the harness that pytest could not load: the reason."""
builds: list[dict[str, Any]] = []
"""One a compilation: whether it failed, and the tail of its log where that is a file."""
simulations: list[dict[str, Any]] = []
"""One a simulation: its cocotb tests, ``None`` where it left no results; how it ended; the tail of its log."""


def pytest_runtest_logreport(report: Any) -> None:  # noqa: ANN401  a pytest TestReport
    """Note the outcome of a test, and of its set-up and tear-down where they fail."""
    if report.when == "call" or report.outcome != "passed":
        tests.append({"id": report.nodeid, "outcome": report.outcome, "message": _describe(report)})


def pytest_collectreport(report: Any) -> None:  # noqa: ANN401  a pytest CollectReport
    """Note a file that cannot be loaded."""
    if report.outcome == "failed":
        broken.append({"reason": _describe(report)})


def watch_runner(watched: Sequence[Path], *, is_guarded: bool) -> None:
    """Keep a record of everything that cocotb's runner, and cocotb-test's, compile and simulate.

    ``watched``: the folders that a simulation may write to, and the harness's own. Guarded, the results go to a file
    whose name the design cannot know, what lies under the expected name when the simulator has ended is thrown away,
    and so are code that the simulation has left in these folders and its changes to code there: no later simulation
    imports or compiles what an earlier one wrote.
    """
    folders = watched if is_guarded else None
    _watch_cocotb_tools(folders)
    if any(b"cocotb_test" in path.read_bytes() for path in _list_code(watched) if path.suffix == ".py"):
        _watch_cocotb_test(folders)


def _watch_cocotb_tools(folders: Sequence[Path] | None) -> None:
    from cocotb_tools.runner import Runner

    execute, build = Runner._execute, Runner.build  # noqa: SLF001  the one place through which both steps go

    def watch(runner: Any, cmds: Sequence[list[str]], cwd: Any) -> None:  # noqa: ANN401
        results = runner.env.get("COCOTB_RESULTS_FILE")
        step = partial(execute, runner, cmds, cwd)
        if results is None:
            _compile(runner, step)
        else:
            _simulate(runner, step, Path(results), folders)

    def build_timed(runner: Any, *arguments: Any, **named: Any) -> None:  # noqa: ANN401
        if _TIMESCALE and named.get("timescale") is None:
            named["timescale"] = tuple(_TIMESCALE.split("/"))
        build(runner, *arguments, **named)

    Runner.build = build_timed  # type: ignore[method-assign, assignment]
    Runner._execute = watch  # type: ignore[method-assign, assignment]  # noqa: SLF001  as above


def _watch_cocotb_test(folders: Sequence[Path] | None) -> None:
    """Watch the runner of the package cocotb-test, whose commands come all at once: the last one simulates."""
    try:
        Simulator: Any = importlib.import_module("cocotb_test.simulator").Simulator  # noqa: N806  a class
    except ImportError:  # the bench will say so
        return
    run, execute = Simulator.run, Simulator.execute

    def watch_run(simulator: Any) -> Any:  # noqa: ANN401
        simulator.timescale = simulator.timescale or _TIMESCALE
        return run(simulator)

    def watch(simulator: Any, cmds: Sequence[list[str]]) -> None:  # noqa: ANN401
        count = len(cmds) if simulator.compile_only else len(cmds) - 1
        for command in cmds[:count]:
            _compile(simulator, partial(execute, simulator, [command]))
        for command in cmds[count:]:
            results = Path(simulator.env["COCOTB_RESULTS_FILE"])
            _simulate(simulator, partial(execute, simulator, [command]), results, folders)

    Simulator.run, Simulator.execute = watch_run, watch


def _compile(runner: Any, step: Callable[[], None]) -> None:  # noqa: ANN401
    failed = True
    try:
        step()
        failed = False
    finally:
        builds.append({"failed": failed, "log": _read_log(runner)})


def _simulate(
    runner: Any,  # noqa: ANN401
    step: Callable[[], None],
    results: Path,
    folders: Sequence[Path] | None,
) -> None:
    is_guarded = folders is not None
    hidden = results.with_name(f"{secrets.token_hex(12)}.xml") if is_guarded else results
    code = _read_code(folders or ())
    runner.env["COCOTB_RESULTS_FILE"] = str(hidden)
    ending = ""
    try:
        step()
    except BaseException as error:
        ending = f"{type(error).__name__}: {error}"
        raise
    finally:
        del runner.env["COCOTB_RESULTS_FILE"]
        if is_guarded:
            results.unlink(missing_ok=True)
            with contextlib.suppress(FileNotFoundError):
                os.replace(hidden, results)  # noqa: PTH105
            _restore_code(folders or (), code)
        simulations.append({"tests": _read_results(results), "ending": ending, "log": _read_log(runner)})


def _read_code(folders: Sequence[Path]) -> dict[Path, bytes]:
    """Return the files in ``folders`` that could change what a later step does."""
    return {path: path.read_bytes() for path in _list_code(folders) if path.is_file()}


def _restore_code(folders: Sequence[Path], code: dict[Path, bytes]) -> None:
    """Take back every change to ``code``, as far as files are writable."""
    for path in list(_list_code(folders)):
        if path not in code:
            path.unlink(missing_ok=True)
    for path, content in code.items():
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _list_code(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        for place, _, names in os.walk(folder):
            yield from (Path(place, name) for name in names if Path(name).suffix in _CODE)


def _read_results(path: Path) -> list[dict[str, Any]] | None:
    try:
        root = ET.parse(path).getroot()  # noqa: S314  cocotb wrote it
    except (OSError, ET.ParseError):
        return None
    found = []
    for case in root.iter("testcase"):
        fault = next((item for item in case if item.tag in {"failure", "error"}), None)
        kind, message = ("", "") if fault is None else (fault.get("type") or "failure", fault.get("message") or "")
        is_skipped = case.find("skipped") is not None
        name, message = str(case.get("name")), message[:_MOST_TEXT]
        found.append({"name": name, "fault": kind, "message": message, "is_skipped": is_skipped})
    return found


def _read_log(runner: Any) -> str:  # noqa: ANN401
    try:
        return Path(runner.log_file).read_text("utf-8", "replace")[-_MOST_TEXT:]
    except (OSError, TypeError, AttributeError):
        return ""


def _describe(report: Any) -> str:  # noqa: ANN401
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash is not None else report.longrepr or "")[:_MOST_TEXT]
