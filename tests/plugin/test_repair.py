"""``--rtlgen-repair``: a program that mends one error a turn, with and without xdist, killed and gone on with."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from plugin.conftest import Runner, find_runs
from plugin.test_runs import saved, wait_for

from pytest_rtlgen.cli import main
from pytest_rtlgen.storage import RunStore

pytestmark = pytest.mark.simulator
REPAIR = ("--rtlgen-repair=compile:3,simulate:4", "--rtlgen-formal=off", "--rtlgen-cycles=100")

MENDING = """\
import json, os, pathlib, sys, time
problem, index = os.environ["RTLGEN_PROBLEM"], int(os.environ["RTLGEN_INDEX"])
chat = json.loads(os.environ["RTLGEN_MESSAGES_JSON"])
turn = sum(message["role"] == "assistant" for message in chat)
with open({log!r}, "a") as log:
    log.write(f"{{problem}} {{index}} {{turn}}\\n")
time.sleep({delay})
right = pathlib.Path({suite!r}, problem, "reference.sv").read_text()
wrong = right.replace("assign y =", "assign y = ~")
steps = [right.replace(";", "", 1), right.replace("output", "inout", 1), wrong, right]
print("```verilog\\n" + steps[min(3, turn + index)] + "```")
"""
REVIEWER = """\
import sys
text = sys.stdin.read()
print("Mend it." if "# What the check found" in text else "I was asked something else.")
"""


@pytest.fixture
def model(pytester: pytest.Pytester, suite: Path) -> str:
    return write_model(pytester.path, suite)


def write_model(root: Path, suite: Path, *, delay: float = 0.0) -> str:
    program = root / "model.py"
    program.write_text(MENDING.format(log=str(root / "asked"), suite=str(suite), delay=delay))
    return f"command:{sys.executable} {program}"


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_last_answer_counts_and_each_turn_has_its_pass_rate(
    run: Runner, pytester: pytest.Pytester, model: str, workers: str
) -> None:
    result = run("-n", workers, *REPAIR, "-k", "and2 or xor2", model=model, n=2)
    result.assert_outcomes(passed=2)
    (path,) = find_runs(pytester.path)
    summary = RunStore.open(path).read_summary()
    assert [(row.asked, row.passed) for row in summary.turns] == [(4, 0), (4, 0), (4, 2), (2, 4)]
    assert [dict(row.function)[1].value for row in summary.turns] == [0, 0, 0.5, 1]
    assert dict(summary.total.function)[1].value == 1
    shown = result.stdout.str()
    assert "repair compile:3,simulate:4" in shown
    assert "turn    asked    right" in shown
    assert sorted((pytester.path / "asked").read_text().splitlines()) == sorted(
        f"{problem} {index} {turn}" for problem in ("and2", "xor2") for index in (0, 1) for turn in range(4 - index)
    )


def test_workers_save_the_same_run_as_none(run: Runner, pytester: pytest.Pytester, model: str) -> None:
    run("-n", "0", *REPAIR, model=model)
    alone = saved(pytester.path)
    for path in find_runs(pytester.path):
        path.rename(pytester.path / "kept")
    run("-n", "2", *REPAIR, "--rtlgen-no-cache", model=model)
    assert saved(pytester.path) == alone


def test_each_sample_is_seen_once_when_it_is_finished(run: Runner, pytester: pytest.Pytester, model: str) -> None:
    pytester.makeconftest(
        "def pytest_rtlgen_sample_checked(result):\n"
        "    with open('seen', 'a') as file:\n"
        "        file.write(f'{result.key.problem_id} {result.verdict.status}\\n')\n"
    )
    run(*REPAIR, "-k", "and2", model=model, n=2)
    assert (pytester.path / "seen").read_text().splitlines() == ["and2 passed"] * 2


def test_killed_between_the_turns_it_goes_on_and_asks_for_nothing_twice(pytester: pytest.Pytester, suite: Path) -> None:
    model, log = write_model(pytester.path, suite, delay=0.3), pytester.path / "asked"
    command = [
        *(sys.executable, "-m", "pytest", str(suite), "-p", "no:cacheprovider", "-k", "and2", *REPAIR),
        *(f"--rtlgen-model={model}", "--rtlgen-n=3", "--rtlgen-out=runs", "--rtlgen-concurrency=1"),
        *("--rtlgen-no-cache",),
    ]
    first = subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.DEVNULL, start_new_session=True)
    wait_for(lambda: log.exists() and len(log.read_text().splitlines()) >= 5)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    second = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stdout
    asked = log.read_text().splitlines()
    expected = {f"and2 {index} {turn}" for index in range(3) for turn in range(4 - index)}
    assert set(asked) == expected
    assert len(asked) <= len(expected) + 1, "only the answer that was in the making is asked for again"


def test_a_reflector_is_asked_and_named(run: Runner, pytester: pytest.Pytester, model: str) -> None:
    reviewer = pytester.path / "reviewer.py"
    reviewer.write_text(REVIEWER)
    result = run(*REPAIR, f"--rtlgen-reflector=command:{sys.executable} {reviewer}", "-k", "and2", model=model, n=1)
    result.assert_outcomes(passed=1)
    (path,) = find_runs(pytester.path)
    reflections = (path / "turn-1" / "reflections.jsonl").read_text()
    assert json.loads(reflections)["text"] == "Mend it.\n"
    assert "reflector command:" in result.stdout.str()


def test_a_run_that_shows_the_testbench_says_so_everywhere(
    run: Runner, pytester: pytest.Pytester, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(*REPAIR, "--rtlgen-show-testbench", "-k", "and2", model=model, n=1)
    assert "THE HIDDEN TESTBENCH WAS SHOWN" in result.stdout.str()
    (path,) = find_runs(pytester.path)
    assert json.loads((path / "run.json").read_text())["settings"]["is_testbench_shown"] is True
    capsys.readouterr()
    assert main(["report", str(path)]) == 0
    assert "THE HIDDEN TESTBENCH WAS SHOWN" in capsys.readouterr().out
    assert main(["report", str(path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["run"]["settings"]["is_testbench_shown"] is True
    assert [row["passed"] for row in document["summary"]["turns"]] == [0, 0, 0, 1]
    assert [turn["status"] for turn in document["repairs"]] == ["interface-mismatch", "mismatch", "passed"]


def test_a_model_that_fails_in_a_later_turn_is_an_error_of_the_run(
    run: Runner, pytester: pytest.Pytester, suite: Path
) -> None:
    model = write_model(pytester.path, suite)
    program = pytester.path / "model.py"
    text = program.read_text()
    program.write_text(text.replace("right =", "assert turn < 2\nright ="))
    result = run(*REPAIR, "-k", "and2 or xor2", model=model, n=1)
    result.stderr.fnmatch_lines(["*command:*: ended with exit status 1 for *the same again: it goes on*"])
    program.write_text(text)
    run(*REPAIR, "-k", "and2 or xor2", model=model, n=1).assert_outcomes(passed=2)
    assert len(find_runs(pytester.path)) == 1


def test_recordings_are_refused(run: Runner) -> None:
    result = run(*REPAIR)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--rtlgen-repair: replay:answers cannot answer again*"])
