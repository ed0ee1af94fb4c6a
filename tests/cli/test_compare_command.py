"""``compare``: two runs that were built with a known difference."""

import importlib
import json
import math
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import method_of, problem

from pytest_rtlgen.cli import main
from pytest_rtlgen.metrics import bootstrap_interval
from pytest_rtlgen.records import (
    Candidate,
    Completion,
    Environment,
    RunSettings,
    SampleKey,
    SampleResult,
    SamplingParams,
    Status,
    Verdict,
)
from pytest_rtlgen.storage import RunStore

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "compare-two-runs.md"
SETTINGS = RunSettings(
    model="replay:before", suites=(("test", "0"),), sampling=SamplingParams(), prompt="chat", simulator="icarus"
)
ENVIRONMENT = Environment(harness="1.0", python="3", platform="p", tools=(("simulator", "Icarus 12"), ("pytest", "8")))
NAMES = [f"p{number:02}" for number in range(40)]
BEFORE = {name: "P" if number < 28 else "F" for number, name in enumerate(NAMES)}
AFTER = {**BEFORE, **dict.fromkeys(NAMES[:6], "F"), **dict.fromkeys(NAMES[38:], "P")}
"""Six problems that passed fail, two that failed pass."""


def save_run(
    out: Path,
    answers: Mapping[str, str],
    name: str,
    *,
    settings: RunSettings = SETTINGS,
    environment: Environment = ENVIRONMENT,
) -> Path:
    """Write a run with a sample for each letter of ``answers``: P passes, F does not."""
    n = max(map(len, answers.values()))
    settings = replace(settings, sampling=replace(settings.sampling, n=n))
    problems = [problem(problem_id=label) for label in answers]
    store = RunStore.create(out, settings, environment, problems, name=name)
    for label, letters in answers.items():
        for index, letter in enumerate(letters):
            completion = Completion(key=SampleKey(suite="test", problem_id=label, index=index), text="x", model="m")
            status = Status.PASSED if letter == "P" else Status.MISMATCH
            verdict = Verdict(status=status, method=method_of(status))
            candidate = Candidate(source="x", rule="fence")
            store.append_completion(completion)
            store.append_result(SampleResult(completion=completion, candidate=candidate, verdict=verdict))
    return store.path


def compare(capsys: pytest.CaptureFixture[str], *words: str | Path) -> dict[str, Any]:
    assert main(["compare", *map(str, words), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)["comparison"]
    return found


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    out = Path(".rtlgen/runs")
    save_run(out, BEFORE, "step3000")
    save_run(out, AFTER, "step4000", settings=replace(SETTINGS, model="replay:after"))
    return out


def test_a_known_difference_is_found(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = compare(capsys, "step3000", "step4000")
    (figure,) = found["figures"]
    assert (figure["base"]["value"], figure["new"]["value"]) == (pytest.approx(28 / 40), pytest.approx(24 / 40))
    change = figure["change"]
    assert change["value"] == pytest.approx(-4 / 40)
    assert change["low"] < -4 / 40 < change["high"]
    widths = [item["high"] - item["low"] for item in (figure["base"], figure["new"], change)]
    assert widths[2] < 0.8 * math.hypot(*widths[:2]), "the problems are paired"
    stats: Any = importlib.import_module("scipy.stats")
    assert (figure["fell"], figure["rose"]) == (6, 2)
    assert figure["p_value"] == pytest.approx(stats.binomtest(2, 8).pvalue)
    flips = [(item["problem"], item["run"], item["sample"]) for item in found["changed"]]
    worse = [(f"test/{name}", str(runs / "step4000"), 0) for name in NAMES[:6]]
    assert flips == [*worse, *((f"test/{name}", str(runs / "step3000"), 0) for name in NAMES[38:])]
    assert all(item["is_flip"] for item in found["changed"])


def test_the_page_shows_what_is_printed(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert runs.is_dir()
    assert main(["compare", "step3000", "step4000", "--fail", "pass@1:-2%"]) == 1
    out, err = capsys.readouterr()
    blocks = re.findall(r"^```\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (block,) = (block for block in blocks if "base:" in block)
    assert out.startswith(block)
    assert err.startswith("required pass@1:-2%: NOT met, measured -0.1000 [-0.2")
    assert max(map(len, out.splitlines())) <= 80
    shown = [shlex.split(line)[1:] for line in out.splitlines() if line.startswith("    rtlgen show ")]
    assert len(shown) == 8
    for words in shown:
        assert main(words) == 0
        assert "mismatch" in capsys.readouterr().out
    assert main(["compare", "step3000", "step4000", "--fail", "pass@1:-10%"]) == 0


def test_the_interval_of_a_known_difference_covers_it_as_often_as_it_says() -> None:
    import numpy as np

    random, hits, trials = np.random.default_rng(7), 0, 400
    for trial in range(trials):
        rates = random.beta(0.5, 0.5, 60)  # the same problems for both; the new model solves a fifth less of each
        changes = (random.binomial(5, 0.8 * rates) - random.binomial(5, rates)) / 5
        found = bootstrap_interval(changes.tolist(), seed=trial, resamples=1000, span=(-1.0, 1.0))
        hits += found.low <= -0.1 <= found.high
    assert 0.92 <= hits / trials <= 0.99


def test_several_samples_a_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = save_run(tmp_path, {"a": "PPFFF", "b": "PFFFF", "c": "PPPPP", "d": "FFFFF"}, "one")
    new = save_run(tmp_path, {"a": "FPPPF", "b": "FFFFF", "c": "PPFPP", "d": "FFFFF"}, "two")
    found = compare(capsys, base, new)
    rows = [(item["problem"], item["is_flip"], Path(item["run"]).name, item["sample"]) for item in found["changed"]]
    assert rows == [("test/b", True, "two", 0), ("test/c", False, "two", 2), ("test/a", False, "one", 2)]
    by_k = {figure["k"]: figure for figure in found["figures"]}
    assert (by_k[1]["fell"], by_k[1]["rose"]) == (2, 1)
    assert (by_k[5]["fell"], by_k[5]["rose"]) == (1, 0), "of five samples one passes before and after"


def test_two_runs_may_have_one_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = (save_run(tmp_path / folder, {"a": "P"}, "gate") for folder in ("monday", "tuesday"))
    assert compare(capsys, one, other)["problems"] == 1


def test_the_same_share_of_more_samples_is_no_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shares = [("PF", "PFPF"), ("PFF", "PFFPFF"), ("PPPPPPF", "PPPPPPF" * 2)]
    base = save_run(tmp_path, {f"p{place}": few for place, (few, _) in enumerate(shares)}, "one")
    new = save_run(tmp_path, {f"p{place}": many for place, (_, many) in enumerate(shares)}, "two")
    found = compare(capsys, base, new, "--unlike", "--k", "1")
    assert (found["changed"], found["figures"][0]["fell"], found["figures"][0]["rose"]) == ([], 0, 0)


def test_only_problems_of_both_runs_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = save_run(tmp_path, {"a": "P", "b": "P", "c": "F"}, "one")
    new = save_run(tmp_path, {"b": "P", "c": "P", "d": "F"}, "two", settings=replace(SETTINGS, limit=3))
    found = compare(capsys, base, new)
    assert (found["problems"], found["only_base"], found["only_new"]) == (2, ["test/a"], ["test/d"])
    assert found["figures"][0]["change"]["value"] == 0.5
    assert main(["compare", str(base), str(new)]) == 0
    assert "problems in both: 2; in base alone, and in no figure: 1; in new alone" in capsys.readouterr().out
    other = save_run(tmp_path, {"x": "P"}, "three")
    assert main(["compare", str(base), str(other)]) == 2
    assert "have no problem in common" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "environment", "phrase"),
    [
        ({"suites": (("test", "1"),)}, {}, "dataset test 0 and 1"),
        ({"prompt": "completion"}, {}, "prompt chat and completion"),
        ({"sampling": SamplingParams(temperature=0.8)}, {}, "temperature none and 0.8"),
        ({"stimulus_seed": 3}, {}, "stimulus-seed 0 and 3"),
        ({"others": (("patience", "2"),)}, {}, "others none and"),
        ({}, {"harness": "1.1"}, "pytest-rtlgen version 1.0 and 1.1"),
        ({}, {"tools": (("simulator", "Icarus 13"),)}, "simulator version Icarus 12 and Icarus 13"),
    ],
)
def test_unlike_runs_are_refused_with_what_differs(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    settings: Mapping[str, Any],
    environment: Mapping[str, Any],
    phrase: str,
) -> None:
    base = save_run(tmp_path, {"a": "P"}, "one")
    kept, tools = replace(SETTINGS, **settings), replace(ENVIRONMENT, **environment)
    new = save_run(tmp_path, {"a": "F"}, "two", settings=kept, environment=tools)
    assert main(["compare", str(base), str(new)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"are unlike: {phrase}" in line
    assert "--unlike" in line
    assert main(["compare", str(base), str(new), "--unlike"]) == 0
    assert f"unlike: {phrase}" in capsys.readouterr().out


def test_the_model_its_address_the_seed_and_the_selection_may_differ(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = replace(
        SETTINGS, model="openai:m", base_url="http://h/v1", sampling=SamplingParams(seed=4), selection="-k a", limit=1
    )
    tools = replace(ENVIRONMENT, python="3.99", platform="q", tools=(("simulator", "Icarus 12"), ("pytest", "9")))
    base = save_run(tmp_path, {"a": "P"}, "one")
    new = save_run(tmp_path, {"a": "P"}, "two", settings=other, environment=tools)
    assert compare(capsys, base, new)["unlike"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["step3000", "step3000"], "step3000: the same run as step3000; give two runs"),
        (["step3000", "nowhere"], "nowhere/run.json: not found"),
        (["step3000", "step4000", "--fail", "pass@5:-1%"], "k = 5 needs 5 completions a problem"),
        (["step3000", "step4000", "--fail", "pass@1:2%"], "percentage points, such as pass@1:-2%"),
    ],
)
def test_what_cannot_be_compared(
    runs: Path, capsys: pytest.CaptureFixture[str], words: Sequence[str], message: str
) -> None:
    assert runs.is_dir()
    assert main(["compare", *words]) == 2
    assert message in capsys.readouterr().err
