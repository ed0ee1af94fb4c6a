"""The saved run: the same on any worker count, and whole after being killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from plugin.conftest import ANSWERS, Runner, find_runs
from support.canonical_runs import canonical_run
from support.loopback_server import Asked, Reply, chat, choice, refuse, serve

from pytest_rtlgen.config.resolve import resolve_call
from pytest_rtlgen.evaluation.results import report_run
from pytest_rtlgen.records import SampleResult
from pytest_rtlgen.report.run_report import Gaps
from pytest_rtlgen.storage import RunStore

pytestmark = pytest.mark.simulator

SLOW_MODEL = """\
import os, pathlib, sys, time
problem, index = os.environ["RTLGEN_PROBLEM"], os.environ["RTLGEN_INDEX"]
with open({log!r}, "a") as log:
    log.write(f"{{problem}} {{index}}\\n")
time.sleep(0.4)
print(pathlib.Path({answers!r}, problem, index + "-answer.md").read_text())
"""


def answer(_: int, asked: Asked) -> Reply:
    name = next(name for name in ANSWERS if f"module {name}" in asked.problem)
    return chat(choice(f"```verilog\n{ANSWERS[name][0]}\n```\n"), usage={"prompt_tokens": 10, "completion_tokens": 5})


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
    printed, _ = process.communicate(timeout=30)
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert "the same command goes on with it" in printed
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    (path,) = find_runs(pytester.path)
    assert not RunStore.open(path).is_finished


def wait_for(condition: Callable[[], object], within_s: float = 120) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"nothing happened for {within_s} s"
        time.sleep(0.02)


def test_two_endpoints_do_not_share_a_run(
    run: Runner, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    common = ["--rtlgen-concurrency=1", "--rtlgen-cache=kept", "--rtlgen-k=1"]
    with serve(answer) as first, serve(answer) as second:
        run(f"--rtlgen-base-url={first.url}", "--rtlgen-max-tokens-total=1", *common, model="openai:m", n=1)
        (path,) = find_runs(pytester.path)
        kept = RunStore.open(path).read_completions()
        assert kept
        refused = run(f"--rtlgen-base-url={second.url}", *common, model="openai:m", n=1)
        assert refused.ret == pytest.ExitCode.USAGE_ERROR
        message = refused.stderr.str()
        assert first.url in message
        assert second.url in message
        assert (second.asked, RunStore.open(path).read_completions()) == ([], kept)
        run(f"--rtlgen-base-url={second.url}", "--rtlgen-resume=never", *common, model="openai:m", n=1)
        assert len(find_runs(pytester.path)) == 2


def test_an_address_that_answered_nothing_refuses_no_other(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with serve(lambda _, __: refuse(404)) as wrong:
        run(f"--rtlgen-base-url={wrong.url}", "--rtlgen-k=1", model="openai:m", n=1)
    with serve(answer) as right:
        result = run(f"--rtlgen-base-url={right.url}", "--rtlgen-no-cache", "--rtlgen-k=1", model="openai:m", n=1)
    result.assert_outcomes(passed=2, failed=1)


DEADLY = """\
import os, pathlib, signal
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    mark = pathlib.Path({mark!r})
    if item.name == "counter" and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_worker_that_dies_leaves_a_run_that_says_so_and_is_finished_by_the_same_command(
    run: Runner, pytester: pytest.Pytester
) -> None:
    pytester.makeconftest(DEADLY.format(mark=str(pytester.path / "died")))
    first = run("-n", "2", "--rtlgen-report-only", apart=True)
    assert first.ret == pytest.ExitCode.TESTS_FAILED
    first.stdout.fnmatch_lines(["incomplete: 1 problems have no verdict (mini/counter): a worker died*"])
    (path,) = find_runs(pytester.path)
    assert not RunStore.open(path).is_finished
    second = run("-n", "2", "--rtlgen-report-only", apart=True)
    assert second.ret == pytest.ExitCode.OK
    assert find_runs(pytester.path) == [path]
    assert RunStore.open(path).read_summary().total.problems == 3


def test_a_session_that_stops_early_finishes_no_run(run: Runner, pytester: pytest.Pytester) -> None:
    (pytester.path / "answers" / "and2" / "0-answer.md").write_text("nothing")
    result = run("-x", n=1)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["incomplete: 2 problems have no verdict (mini/counter, mini/xor2)*"])
    (path,) = find_runs(pytester.path)
    assert not RunStore.open(path).is_finished
    run(n=1)
    assert find_runs(pytester.path) == [path]
    assert RunStore.open(path).is_finished


def test_only_what_was_selected_can_be_missing(run: Runner, pytester: pytest.Pytester) -> None:
    run("-k", "gates")
    (path,) = find_runs(pytester.path)
    store = RunStore.open(path)
    assert [problem.problem_id for problem in store.list_selected()] == ["and2", "xor2"]
    assert store.header.settings.selection == "-k gates"
    assert report_run(store, resolve_call({"k": "1"})).gaps == Gaps()
    run("--rtlgen-limit=1")
    (path,) = set(find_runs(pytester.path)) - {path}
    assert [problem.problem_id for problem in RunStore.open(path).header.problems] == ["and2"]


def test_another_gate_checks_nothing_anew(run: Runner, pytester: pytest.Pytester) -> None:
    run("--rtlgen-require=pass@1>=0.9", "--rtlgen-k=1")
    (before,) = find_runs(pytester.path)
    result = run("--rtlgen-require=pass@1>=0.1", "--rtlgen-k=1")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines([f"*9 verdicts on the same answers are those of *{before.name}*"])
    (after,) = set(find_runs(pytester.path)) - {before}
    assert RunStore.open(after).read_results() == RunStore.open(before).read_results()
    (pytester.path / "answers" / "xor2" / "0-answer.md").write_text("no code at all")
    result = run("--rtlgen-k=1")
    result.stdout.fnmatch_lines(["*8 verdicts on the same answers*"])
    assert "same answers" not in run("--rtlgen-k=1", "--rtlgen-resume=never").stdout.str()


@pytest.mark.parametrize("workers", ["0", "2"])
def test_another_run_finds_references_and_verdicts_that_are_kept(
    run: Runner, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(pytester.path / "cache"))
    run("--rtlgen-resume=never", "--rtlgen-k=1", "-n", workers)
    kept = list_kept(pytester.path / "cache")
    assert {path.parent.parent.name for path in kept} == {"references", "verdicts"}
    run("--rtlgen-resume=never", "--rtlgen-k=1")
    assert kept.items() <= list_kept(pytester.path / "cache").items()
    first, second = (
        [replace(one.verdict, duration_s=0.0) for one in read_samples(path)] for path in find_runs(pytester.path)
    )
    assert first == second


def test_without_the_cache_a_run_keeps_nothing(
    run: Runner, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(pytester.path / "cache"))
    run("--rtlgen-no-cache", "--rtlgen-k=1")
    assert not (pytester.path / "cache").exists()


def list_kept(folder: Path) -> dict[Path, int]:
    """Return the files with their inodes: one that is written again has another."""
    return {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file()}


def read_samples(path: Path) -> tuple[SampleResult, ...]:
    return RunStore.open(path).read_run().samples
