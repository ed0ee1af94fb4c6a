"""The saved run: the same on any worker count, and whole after being killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from plugin.conftest import Runner, find_runs

from pytest_rtlgen.storage import RunStore, canonical_run

pytestmark = pytest.mark.simulator

SLOW_MODEL = """\
import os, pathlib, sys, time
problem, index = os.environ["RTLGEN_PROBLEM"], os.environ["RTLGEN_INDEX"]
with open({log!r}, "a") as log:
    log.write(f"{{problem}} {{index}}\\n")
time.sleep(0.4)
print(pathlib.Path({answers!r}, problem, index + "-answer.md").read_text())
"""


def saved(root: Path) -> dict[str, object]:
    (path,) = find_runs(root)
    run = canonical_run(RunStore.open(path).read_run())
    return {key: value for key, value in run.items() if key != "run_id"}


def test_two_workers_save_the_same_run_as_none(run: Runner, pytester: pytest.Pytester) -> None:
    run("-n", "0")
    alone = saved(pytester.path)
    for path in find_runs(pytester.path):
        path.rename(pytester.path / "kept")
    result = run("-n", "2")
    result.assert_outcomes(passed=2, failed=1)
    assert saved(pytester.path) == alone
    assert "pass@1" in result.stdout.str()


def test_a_finished_run_is_not_gone_on_with(run: Runner, pytester: pytest.Pytester) -> None:
    run()
    run()
    assert len(find_runs(pytester.path)) == 2


@pytest.mark.parametrize("workers", ["0", "2"])
def test_killed_in_the_middle_it_goes_on_and_asks_for_nothing_twice(
    pytester: pytest.Pytester, suite: Path, workers: str
) -> None:
    log = pytester.path / "asked"
    program = pytester.path / "model.py"
    program.write_text(SLOW_MODEL.format(log=str(log), answers=str(pytester.path / "answers")))
    command = [
        *(sys.executable, "-m", "pytest", str(suite), "-n", workers, "-p", "no:cacheprovider"),
        *(f"--rtlgen-model=command:{sys.executable} {program}", "--rtlgen-n=3"),
        *("--rtlgen-out=runs", "--rtlgen-concurrency=1", "--rtlgen-k=1,3"),
    ]
    first = subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.DEVNULL, start_new_session=True)
    wait_for(lambda: log.exists() and len(log.read_text().splitlines()) >= 4)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    (path,) = find_runs(pytester.path)
    kept = RunStore.open(path).read_completions()
    assert 0 < len(kept) < 9
    second = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, check=False)
    assert second.returncode == pytest.ExitCode.TESTS_FAILED, second.stdout
    assert find_runs(pytester.path) == [path]
    asked = log.read_text().splitlines()
    delivered = {f"{key.problem_id} {key.index}" for key in kept}
    assert not delivered & set(asked[4:]), "a completion that was on disk was asked for again"
    assert dict(RunStore.open(path).read_summary().total.function)[1].value == pytest.approx(2 / 9)


def test_ctrl_c_leaves_a_resumable_run_and_no_process(pytester: pytest.Pytester, suite: Path) -> None:
    log = pytester.path / "asked"
    program = pytester.path / "model.py"
    program.write_text(SLOW_MODEL.format(log=str(log), answers=str(pytester.path / "answers")))
    command = [
        *(sys.executable, "-m", "pytest", str(suite), "-p", "no:cacheprovider"),
        *(
            f"--rtlgen-model=command:{sys.executable} {program}",
            "--rtlgen-n=3",
            "--rtlgen-out=runs",
            "--rtlgen-concurrency=1",
        ),
    ]
    process = subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.PIPE, text=True, start_new_session=True)
    wait_for(lambda: log.exists() and len(log.read_text().splitlines()) >= 3)
    os.kill(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert "the same command goes on with it" in said
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    (path,) = find_runs(pytester.path)
    assert not RunStore.open(path).is_finished


def wait_for(condition: Callable[[], object], within_s: float = 120) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"nothing happened for {within_s} s"
        time.sleep(0.02)
