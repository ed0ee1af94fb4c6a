"""``check RUN``: the answers of a saved run, wherever they were made."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.cli_designs import BROKEN, GOLDEN, WRONG, Cli

from pytest_rtlgen.cli import main
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import Environment, RunSettings
from pytest_rtlgen.storage import RunStore

CHECK_SCRIPT = [sys.executable, "-m", "pytest_rtlgen", "check"]


def generate(suite: Path, capsys: pytest.CaptureFixture[str], *extra: str, model: str = "reference:") -> Path:
    args = ["generate", "--suite", str(suite), "--model", model, "--out", "runs", "--n", "2", "--formal", "off"]
    assert main([*args, *extra]) == 0
    return Path(capsys.readouterr().out.strip())


def write_answers(folder: Path, **answers: list[str]) -> str:
    for problem, texts in answers.items():
        (folder / "answers" / problem).mkdir(parents=True)
        for index, text in enumerate(texts):
            (folder / "answers" / problem / f"{index}-answer.md").write_text(f"```verilog\n{text}```\n")
    return f"replay:{folder / 'answers'}"


def statuses(store: RunStore) -> dict[str, str]:
    return {f"{key.problem_id} {key.index}": str(found.verdict.status) for key, found in store.read_results().items()}


@pytest.mark.simulator
def test_a_copied_run_is_checked_without_its_suite(mini: Path, cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    zero = "module zero (input a, output y);\n  assign y = 0;\nendmodule\n"
    run = generate(mini, capsys, model=write_answers(mini.parent, inv=[GOLDEN, WRONG], zero=[zero, "I cannot."]))
    copied = run.rename(mini.parent / "copied")
    mini.rename(mini.parent / "away")
    done = cli("check", str(copied))
    store = RunStore.open(copied)
    assert statuses(store) == {"inv 0": "passed", "inv 1": "mismatch", "zero 0": "passed", "zero 1": "no-code"}
    assert done.returncode == 0
    assert done.stderr.endswith(f"{copied}: 4 checked, 0 there before\n")
    assert "samples: 4 (2 passed, 1 no-code, 1 mismatch)" in done.stdout
    assert store.is_finished
    again = cli("check", str(copied))
    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert again.stderr == f"{copied}: 0 checked, 4 there before\n"
    assert cli("report", str(copied)).stdout == done.stdout
    for gate, code, word in (("pass@1>=0.5", 0, "met"), ("pass@1.low>=0.5", 1, "NOT met")):
        gated = cli("check", str(copied), "--require", gate)
        assert gated.returncode == code
        assert f"required {gate}: {word}, measured 0.5000 [" in gated.stderr


@pytest.mark.simulator
def test_pytest_prints_the_same_summary_of_the_same_run(
    mini: Path, cli: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    run = generate(mini, capsys)
    summary = cli("check", str(run)).stdout.strip()
    options = ["--rtlgen-model=reference:", "--rtlgen-n=2", "--rtlgen-formal=off", f"--rtlgen-resume={run}"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(mini), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert summary in done.stdout


@pytest.mark.simulator
def test_pytest_too_says_where_a_run_was_checked(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = generate(mini, capsys)
    made_on_a_gpu_box(run)
    options = ["--rtlgen-model=reference:", "--rtlgen-n=2", "--rtlgen-formal=off", f"--rtlgen-resume={run}"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(mini), *options]
    assert subprocess.run(command, capture_output=True, timeout=120, check=False).returncode == 0
    assert dict(RunStore.open(run).header.environment.tools)["simulator"].startswith("Icarus")


@pytest.mark.simulator
def test_what_was_generated_since_is_checked_by_the_same_command(
    mini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = generate(mini, capsys)
    answers = run / "completions.jsonl"
    answers.write_text("".join(answers.read_text().splitlines(keepends=True)[:2]))
    assert main(["check", str(run)]) == 0
    err = capsys.readouterr().err
    assert f"{run}: incomplete: 0 problems have fewer than 2 samples, 1 have none\n" in err
    assert not RunStore.open(run).is_finished
    assert generate(mini, capsys) == run
    assert main(["check", str(run), "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["summary"]["total"]["problems"] == 2
    assert err.endswith(f"{run}: 2 checked, 2 there before\n")
    assert RunStore.open(run).is_finished


@pytest.mark.simulator
def test_a_problem_that_cannot_be_judged_stops_no_other(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mini / "inv" / "reference.sv").write_text(BROKEN)
    run = generate(mini, capsys, model=write_answers(mini.parent, inv=[GOLDEN] * 2, zero=[GOLDEN] * 2))
    assert main(["check", str(run), "--jobs", "1"]) == 2
    out, err = capsys.readouterr()
    assert f"{run}: mini/inv: not judged (2 samples): " in err
    assert f"{run}: 2 checked, 0 there before, 1 problems not judged\n" in err
    assert "not judged, and in no figure: 1\n  mini/inv: " in out
    assert not RunStore.open(run).is_finished


@pytest.mark.simulator
def test_the_run_says_where_it_was_checked(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = generate(mini, capsys, "--limit", "1")
    made_on_a_gpu_box(run)
    assert main(["check", str(run)]) == 0
    environment = RunStore.open(run).header.environment
    assert dict(environment.tools)["simulator"].startswith("Icarus")
    made_on_a_gpu_box(run)
    capsys.readouterr()
    assert main(["check", str(run)]) == 0
    assert "checked on another machine, or with other tools, so far" in capsys.readouterr().err


@pytest.mark.simulator
def test_a_run_with_a_repair_loop_is_left_open(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = generate(mini, capsys, "--limit", "1", "--n", "1")
    header = json.loads((run / "run.json").read_text())
    header["settings"]["repair"] = "compile:1"
    header["problems"] = header["problems"][:1]
    (run / "run.json").write_text(json.dumps(header) + "\n")
    assert main(["check", str(run)]) == 0
    err = capsys.readouterr().err
    assert err.endswith(f"{run}: first answers only; pytest with --rtlgen-resume={run} goes on to repair them\n")
    assert not RunStore.open(run).is_finished


def made_on_a_gpu_box(run: Path) -> None:
    """Write the environment of a machine without a simulator into the run."""
    header = json.loads((run / "run.json").read_text())
    header["environment"] = {"harness": "0", "python": "3.11", "platform": "gpu-box", "tools": []}
    (run / "run.json").write_text(json.dumps(header) + "\n")


@pytest.mark.simulator
def test_ctrl_c_spoils_no_verdict_and_the_same_command_goes_on(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = [GOLDEN if index % 2 else WRONG for index in range(60)]
    model = write_answers(mini.parent, inv=answers)
    run = generate(mini, capsys, "--n", "60", "--limit", "1", model=model)
    process = subprocess.Popen(
        [*CHECK_SCRIPT, str(run), "--jobs", "1"], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    wait_for_verdicts(run, process)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.endswith("interrupted\n")
    store = RunStore.open(run)
    assert 0 < len(store.read_results()) < 60
    assert main(["check", str(run)]) == 0
    assert statuses(store) == {f"inv {index}": "passed" if index % 2 else "mismatch" for index in range(60)}
    assert len((run / "results.jsonl").read_text().splitlines()) == 60


def wait_for_verdicts(run: Path, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while not (run / "results.jsonl").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


def test_settings_of_another_run_are_refused(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = generate(mini, capsys)
    assert main(["check", str(run), "--stimulus-seed", "3"]) == 2
    assert capsys.readouterr().err == (
        f"error: --stimulus-seed=3: the run {run} was made with 0; "
        "leave it out, or use rescore for a new run with other settings\n"
    )


def test_a_suite_of_other_content_or_name_is_refused(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = generate(mini, capsys)
    (mini / "inv" / "prompt.md").write_text("Write another module inv.\n")
    assert main(["check", str(run), "--suite", str(mini)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"error: --suite {mini}: another dataset than that of the run {run}: digest ")
    assert err.endswith("; leave --suite out to check against the run's own, or use rescore\n")
    toml = (mini / "suite.toml").read_text()
    (mini / "suite.toml").write_text(toml.replace('"mini"', '"other"'))
    assert main(["check", str(run), "--suite", str(mini)]) == 2
    assert f"the run {run} has no suite 'other'; it has mini\n" in capsys.readouterr().err


@pytest.mark.simulator
def test_a_run_without_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pytest_rtlgen.records import SamplingParams

    settings = RunSettings(
        model="m", suites=(), sampling=SamplingParams(n=1), prompt="chat", simulator="icarus", formal=FormalMode.OFF
    )
    environment = Environment(harness="0", python="3", platform="p", tools=())
    run = RunStore.create(tmp_path, settings, environment, []).path
    assert main(["check", str(run)]) == 2
    assert f"error: {run}: holds no answer; copy completions.jsonl too, or ask" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nowhere"], "nowhere/run.json: not found; give the folder of a run"),
        (["run", "--candidate=a"], "a RUN has its own references and answers"),
        (["run", "--jsonl=a", "--out=b"], "a RUN has its own references and answers"),
        (["--suite=mini", "--reference=a", "--candidate=b"], "--require and --html belong to a RUN"),
        (["--require=pass@1>=0.5", "--reference=a", "--candidate=b"], "--require and --html belong to a RUN"),
    ],
)
def test_what_cannot_be_meant(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *args]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
