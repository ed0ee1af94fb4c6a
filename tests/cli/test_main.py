"""How a command ends: its exit status, and what stands on standard error."""

import argparse
import importlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import types
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from support.cli_designs import GOLDEN, Cli

from pytest_rtlgen import cli as package
from pytest_rtlgen.cli import main
from pytest_rtlgen.cli.arguments import _TITLES as TITLES
from pytest_rtlgen.cli.arguments import parse_arguments
from pytest_rtlgen.cli.commands import Command
from pytest_rtlgen.config import OPTIONS
from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.report.console import Pace, Progress, write_note
from pytest_rtlgen.version import __version__


def put_command(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make ``boom`` the only command; it raises ``error``."""

    def boom(_: argparse.Namespace) -> int:
        raise error

    module = types.ModuleType("pytest_rtlgen.cli.boom")
    vars(module).update(add_arguments=lambda _: None, run=boom)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(package, "COMMANDS", (Command(name="boom", help="go wrong", module="boom"),))


@pytest.mark.parametrize(
    ("error", "status", "printed"),
    [
        (SuiteError("a.toml: bad\nline \x1b[2J"), 2, "error: a.toml: bad\\nline \\x1b[2J\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
)
def test_known_ends(
    error: BaseException, status: int, printed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_command(monkeypatch, error)
    assert main(["boom"]) == status
    assert capsys.readouterr() == ("", printed)


@pytest.mark.parametrize("error", [ZeroDivisionError("oops"), BrokenPipeError("oops")])
def test_a_defect_is_neither_a_verdict_nor_silent(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_command(monkeypatch, error)
    assert main(["boom"]) == 3
    assert capsys.readouterr().err.endswith(f"{type(error).__name__}: oops\n")


@pytest.mark.parametrize("args", [["nonsense"], ["--verbose", "doctor"]])
def test_no_such_command(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(args) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert err.endswith("see rtlgen --help\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["chek", "a.sv"], "chek: no such command; did you mean check?; see rtlgen --help"),
        (["report", "run", "--jsn"], "--jsn: not understood; did you mean --json?; see rtlgen report --help"),
        (["generate", "--modle=x"], "--modle=x: not understood; did you mean --model?; see rtlgen generate --help"),
        (["suites", "fetch", "x", "--form"], "--form: not understood; did you mean --from?; see rtlgen suites fetch -"),
        (["suites", "explain", "rtllm-2"], "rtllm-2: no known benchmark; did you mean rtllm-v2?; known are "),
        (["generate", "--suite=core:", "--model=opanai:x"], "--rtlgen-model=opanai:x: no such backend; did you mean o"),
        (["generate", "--suite=core:", "--model=replays"], "--rtlgen-model=replays: no such backend; did you mean rep"),
        (["selfcheck", "verilog-eval2:x"], "verilog-eval2:x: neither a path nor a known format; did you mean verilog-"),
        (["selfcheck", "core"], "core: no such file or folder; did you mean core:?"),
    ],
)
def test_a_slip_of_the_keyboard_is_told_what_was_meant(args: list[str], said: str, cli: Cli) -> None:
    done = cli(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {said}")


def test_no_command_is_a_request_for_help(cli: Cli) -> None:
    done = cli()
    assert (done.returncode, done.stdout, done.stderr) == (2, "", cli("--help").stdout)


def test_version(cli: Cli) -> None:
    done = cli("--version")
    assert (done.returncode, done.stdout) == (0, f"rtlgen {__version__}\n")


@pytest.mark.parametrize("command", package.COMMANDS, ids=lambda command: command.name)
def test_help_has_groups_defaults_and_examples_that_are_understood(command: Command, cli: Cli) -> None:
    told = squeeze(cli(command.name, "--help").stdout)
    assert command.help in told
    assert command.help[0].isupper()
    assert command.help.endswith(".")
    assert command.examples
    for example in command.examples:
        words = shlex.split(example.partition(" <")[0])
        args = vars(parse_arguments(package.COMMANDS, [command.name, *words]))
        assert squeeze(f"rtlgen {command.name} {example}") in told
    assert {group for group, title in TITLES.items() if f" {title}: " in told} == {
        row.group for row in OPTIONS if row.key in args
    }
    for row in OPTIONS:
        assert row.key not in args or squeeze(row.full_help) in told


def test_every_default_is_in_the_help(cli: Cli) -> None:
    for command in package.COMMANDS:
        told = squeeze(cli(command.name, "--help").stdout)
        parser = argparse.ArgumentParser()
        importlib.import_module(f"pytest_rtlgen.cli.{command.module}").add_arguments(parser)
        for action in parser._actions:
            if action.default not in {None, False, argparse.SUPPRESS}:
                assert f"default: {action.default}" in told, action.option_strings


def squeeze(text: str) -> str:
    """Return ``text`` without line breaks, which argparse also makes at hyphens."""
    return " ".join(re.sub(r"-\n\s+", "-", text).split())


def test_the_console_script_is_the_command_line() -> None:
    (script,) = entry_points(group="console_scripts", name="rtlgen")
    assert script.load() is main


def test_help_names_every_command(cli: Cli) -> None:
    done = cli("--help")
    assert done.returncode == 0
    assert all(command.name in done.stdout for command in package.COMMANDS)


def test_starting_costs_no_heavy_import() -> None:
    heavy = "{'numpy', 'pyslang', 'openai', 'cocotb', 'pytest', 'pyosys'} & set(sys.modules)"
    code = f"import sys; from pytest_rtlgen.cli import main; main(['nonsense']); print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "set()\n"


@pytest.mark.simulator
@pytest.mark.parametrize(("target", "status"), [("/dev/full", 2), ("pipe", 141)])
def test_a_standard_output_that_takes_nothing(target: str, status: int, designs: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pytest_rtlgen", "check", "--reference=golden.sv", "--candidate=golden.sv"],
            stdout=full if target == "/dev/full" else writer,
            stderr=subprocess.PIPE,
            cwd=designs,
            timeout=60,
            check=False,
        )
    os.close(writer)
    assert done.returncode == status
    assert b"Traceback" not in done.stderr


@pytest.mark.simulator
def test_ctrl_c_ends_a_stream_and_its_simulators(designs: Path) -> None:
    work = (json.dumps({"id": n, "reference": GOLDEN, "candidate": GOLDEN}) + "\n" for n in range(5000))
    (designs / "in.jsonl").write_text("".join(work))
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest_rtlgen", "check", "--jsonl=in.jsonl", "--out=out.jsonl", "--jobs=2"],
        cwd=designs,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not (designs / "out.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "interrupted\n"
    lines = (designs / "out.jsonl").read_text().splitlines()
    assert 0 < len(lines) < 5000
    assert all(json.loads(line)["verdict"]["status"] == "passed" for line in lines)


def test_progress_shows_what_is_due_and_only_that(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progress = Progress()
    for now[0], text in ((109.0, "early"), (110.5, "first"), (111.0, "too soon"), (112.6, "second")):
        progress.show(text)
    progress.clear()
    assert capsys.readouterr().err == "first\nsecond\n"


def test_the_pace_of_work_is_told_with_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pace = Pace()
    said = []
    for now[0], done, total in (
        *((100.0, 20, 120), (100.5, 30, 120), (104.0, 40, 120), (110.0, 110, 120)),
        *((111.0, 1, 10_000), (121.0, 11, 10_000), (122.0, 3, 10_000), (222.0, 13, 3000)),
    ):
        said.append(pace.describe(done, total))
    assert said == ["", "", ", 5/s, 16 s left", ", 9/s, 1 s left", "", ", 1/s, 3 h left", "", ""]
    now[0] = 232.0
    assert pace.describe(23, 3000) == ", 1/s, 50 min left"


def test_progress_on_a_terminal_is_one_line_that_goes_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    progress = Progress()
    for now[0], text in ((102.5, "10 done"), (105.0, "9 left")):
        progress.show(text)
    progress.clear()
    write_note("end")
    assert capsys.readouterr().err == "\r10 done\r9 left \r" + " " * 6 + "\rend\n"
