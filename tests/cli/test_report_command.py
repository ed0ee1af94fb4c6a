"""``report``: a saved run, complete or not."""

import contextlib
import io
import json
import re
from pathlib import Path

import pytest
from builders import method_of, problem
from support.small_bench import small_problem

from pytest_rtlgen.cli import main
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.records import (
    BenchVerdict,
    Candidate,
    Completion,
    Environment,
    Method,
    RunSettings,
    SampleKey,
    SampleResult,
    SamplingParams,
    Status,
    Verdict,
)
from pytest_rtlgen.storage import RunStore

PASS, FAIL = Status.PASSED, Status.MISMATCH
NAMES = ("one", "two", "three")


def save_run(out: Path, statuses: dict[str, list[Status]], n: int = 4) -> Path:
    settings = RunSettings(
        model="replay:x", suites=(("test", "0"),), sampling=SamplingParams(n=n), prompt="chat", simulator="icarus"
    )
    environment = Environment(harness="0", python="3", platform="p", tools=())
    store = RunStore.create(out, settings, environment, [problem(problem_id=name) for name in NAMES])
    for name, found in statuses.items():
        for index, status in enumerate(found):
            key = SampleKey(suite="test", problem_id=name, index=index)
            completion = Completion(key=key, text="x", model="m")
            store.append_completion(completion)
            verdict = Verdict(status=status, method=method_of(status))
            store.append_result(
                SampleResult(completion=completion, candidate=Candidate(source="x", rule="fence"), verdict=verdict)
            )
    return store.path


def test_a_complete_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = save_run(tmp_path, {"one": [PASS] * 4, "two": [FAIL] * 4, "three": [PASS, FAIL, FAIL, FAIL]})
    assert main(["report", str(run)]) == 0
    out, err = capsys.readouterr()
    assert "replay:x  n=4" in out
    assert "pass@1" in out
    assert "pass@5" not in out
    assert "0.417 [" in out, "(1 + 0 + 1/4) / 3"
    assert err == ""


def test_a_saved_run_is_gated_without_checking_it_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = save_run(tmp_path, {"one": [PASS] * 4, "two": [FAIL] * 4, "three": [PASS, FAIL, FAIL, FAIL]})
    assert main(["report", str(run), "--require", "pass@1>=0.4"]) == 0
    assert capsys.readouterr().err.startswith("required pass@1>=0.4: met, measured 0.4167 [0.1")
    assert main(["report", str(run), "--require", "pass@1.low>=0.4", "--require", "pass@3>0", "--json"]) == 1
    out, err = capsys.readouterr()
    assert [line.split(",")[0] for line in err.splitlines()] == [
        "required pass@1.low>=0.4: NOT met",
        "required pass@3>0: met",
    ]
    gates = json.loads(out)["gates"]
    assert [(gate["gate"], gate["is_met"]) for gate in gates] == [("pass@1.low>=0.4", False), ("pass@3>0", True)]
    assert gates[0]["measured"].keys() == {"value", "low", "high"}
    assert main(["report", str(run), "--require", "pass@5>0"]) == 2
    assert "k = 5 needs 5 completions a problem" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_an_unmet_gate_is_red_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = save_run(tmp_path, {"one": [PASS]})
    for color, start in (("", "\x1b[31mrequired"), ("1", "required")):
        monkeypatch.setenv("NO_COLOR", color)
        terminal = Terminal()
        with contextlib.redirect_stderr(terminal):
            assert main(["report", str(run), "--require", "pass@1.low>=0.9"]) == 1
        assert terminal.getvalue().splitlines()[-1].startswith(start)


def test_json_and_k(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = save_run(tmp_path, {"one": [PASS] * 4, "two": [FAIL] * 4, "three": [PASS, FAIL, FAIL, FAIL]})
    assert main(["report", str(run), "--json", "--k", "1,2"]) == 0
    total = json.loads(capsys.readouterr().out)["summary"]["total"]
    assert {k: value["value"] for k, value in total["function"].items()} == {
        "1": pytest.approx(1.25 / 3),
        "2": pytest.approx(1.5 / 3),
    }


def test_an_unfinished_run_goes_as_far_as_it_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = save_run(tmp_path, {"one": [PASS] * 6, "two": [PASS, FAIL]}, n=6)
    assert main(["report", str(run), "--json"]) == 0
    out, err = capsys.readouterr()
    summary = json.loads(out)["summary"]
    assert list(summary["total"]["function"]) == ["1"]
    assert summary["total"]["problems"] == 2
    assert err == f"{run}: incomplete: 1 problems have fewer than 6 samples, 1 have none\n"
    assert main(["report", str(run), "--require", "pass@1>=0.1"]) == 1
    assert "required pass@1>=0.1: met" in capsys.readouterr().err


@pytest.mark.parametrize("extra", [[], ["--json"]])
def test_a_run_without_verdicts_is_an_error(
    extra: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = save_run(tmp_path, {})
    assert main(["report", str(run), *extra]) == 2
    assert f"error: {run}: no sample of this run was checked yet" in capsys.readouterr().err


def test_a_k_above_the_samples_and_a_folder_that_is_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = save_run(tmp_path, {"one": [PASS]})
    assert main(["report", str(run), "--k", "5"]) == 2
    assert "k = 5 needs 5 completions a problem" in capsys.readouterr().err
    assert main(["report", str(tmp_path)]) == 2
    assert f"error: {tmp_path}/run.json: not found; give the folder of a run" in capsys.readouterr().err


def test_both_scorings_of_a_benchmark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = RunSettings(
        model="replay:x",
        suites=(("verilog-eval-v2", "0"),),
        sampling=SamplingParams(n=1),
        prompt="chat",
        simulator="icarus",
        scoring=ScoringMode.BOTH,
    )
    environment = Environment(harness="0", python="3", platform="p", tools=(("simulator", "Icarus Verilog 11.0"),))
    task = small_problem("Prob082_lfsr32")
    store = RunStore.create(tmp_path, settings, environment, [task])
    key = SampleKey(suite=task.suite, problem_id=task.problem_id, index=0)
    completion = Completion(key=key, text="x", model="m")
    store.append_completion(completion)
    result = SampleResult(
        completion=completion,
        candidate=Candidate(source="x", rule="fence"),
        verdict=Verdict(status=PASS, method=Method.SIMULATE),
        bench_verdict=BenchVerdict(status=Status.TIMEOUT, is_passed_unguarded=False, code="T"),
    )
    store.append_result(result)
    assert main(["report", str(store.path)]) == 0
    printed = capsys.readouterr().out
    line = r"^  as published +pass rate \(per problem cut to whole %\) +0\.000 \[0\.00, 0\.8\d\] +0/1$"
    assert re.search(line, printed, re.MULTILINE)
    assert "verilog-eval-v2: the scorings disagree on 1: 1 watchdog" in printed
    assert main(["report", str(store.path), "--json"]) == 0
    (sides,) = json.loads(capsys.readouterr().out)["scorings"]
    assert (sides["published_ceiling"], sides["ours_ceiling"], sides["ours"]["pass@1"]["value"]) == (0, 1, 1.0)
