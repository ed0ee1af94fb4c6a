"""``rescore``: the same answers under other settings, in a run of their own."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.cli_designs import GOLDEN, WRONG

from pytest_rtlgen.cli import main
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.storage.turns import open_turn

pytestmark = pytest.mark.simulator


@pytest.fixture
def run(mini: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a checked run of ``inv`` alone, whose first answer is right and whose second is wrong."""
    folder = mini.parent / "answers" / "inv"
    folder.mkdir(parents=True)
    for index, text in enumerate((GOLDEN, WRONG)):
        (folder / f"{index}-answer.md").write_text(f"```verilog\n{text}```\n")
    model = f"replay:{folder.parent}"
    options = ["--n", "2", "--limit", "1", "--out", "runs", "--formal", "off"]
    assert main(["generate", "--suite", str(mini), "--model", model, *options]) == 0
    found = Path(capsys.readouterr().out.strip())
    assert main(["check", str(found)]) == 0
    capsys.readouterr()
    return found


def find_new(run: Path) -> RunStore:
    (found,) = {path.parent for path in run.parent.glob("*/run.json")} - {run}
    return RunStore.open(found)


def read_all(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.iterdir()}


def test_other_settings_make_a_new_run_and_leave_the_old(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = read_all(run)
    assert main(["rescore", str(run), "--stimulus-seed", "9", "--cycles", "30"]) == 0
    out, err = capsys.readouterr()
    new = find_new(run)
    assert f"{new.path}: 2 checked, 0 there before\n" in err
    assert f"run:     {new.path}\n" in out
    assert out.endswith("\nchanged: 0 of 2 verdicts\n")
    assert read_all(run) == before
    old = RunStore.open(run)
    assert new.read_completions() == old.read_completions()
    settings = new.header.settings
    assert (settings.stimulus_seed, settings.cycles, settings.formal) == (9, 30, "off")
    assert settings.model == old.header.settings.model
    checked = next(iter(new.read_results().values())).verdict.signals[0].checked
    assert checked < next(iter(old.read_results().values())).verdict.signals[0].checked


def test_a_mended_reference_changes_verdicts(run: Path, mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mini / "inv" / "reference.sv").write_text(WRONG)
    assert main(["rescore", str(run), "--suite", str(mini)]) == 0
    out, err = capsys.readouterr()
    assert err.startswith(f"{mini}: another dataset than the run's: digest ")
    assert out.endswith(
        "changed: 2 of 2 verdicts\n"
        "  1 x passed -> mismatch\n"
        "  1 x mismatch -> passed\n"
        "  mini/inv sample 0: passed -> mismatch\n"
        "  mini/inv sample 1: mismatch -> passed\n"
    )
    assert find_new(run).header.settings.suites != RunStore.open(run).header.settings.suites
    assert main(["rescore", str(run), "--suite", str(mini), "--json", "--out", "elsewhere"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert Path(found["run"]).parent == Path("elsewhere")
    assert (found["of"], found["compared"]) == (str(run), 2)
    assert found["changed"][0] == {
        "suite": "mini",
        "problem_id": "inv",
        "index": 0,
        "before": "passed",
        "after": "mismatch",
    }


def test_the_same_command_goes_on_with_an_unfinished_one(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rescore", str(run), "--cycles", "30"]) == 0
    new = find_new(run)
    results = new.path / "results.jsonl"
    results.write_bytes(results.read_bytes().splitlines(keepends=True)[0])
    (new.path / "summary.json").unlink()
    capsys.readouterr()
    assert main(["rescore", str(run), "--cycles", "30"]) == 0
    out, err = capsys.readouterr()
    assert f"{new.path}: 1 checked, 1 there before\n" in err
    assert out.endswith("changed: 0 of 2 verdicts\n")
    assert find_new(run).path == new.path


def test_of_a_repaired_run_the_last_answers_are_checked(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = RunStore.open(run)
    wrong = next(result for key, result in old.read_results().items() if key.index == 1)
    turn = open_turn(old, 1)
    turn.append_completion(replace(wrong.completion, text=f"```verilog\n{GOLDEN}```\n"))
    assert main(["rescore", str(run), "--cycles", "30"]) == 0
    assert capsys.readouterr().out.endswith("  mini/inv sample 1: mismatch -> passed\n")


def test_what_cannot_be_rescored(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rescore", "nowhere"]) == 2
    assert "error: nowhere/run.json: not found" in capsys.readouterr().err
    (run / "completions.jsonl").unlink()
    assert main(["rescore", str(run), "--cycles", "30"]) == 2
    assert f"error: {run}: holds no answer" in capsys.readouterr().err
    assert {path.name for path in run.parent.iterdir()} == {run.name}
