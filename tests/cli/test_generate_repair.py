"""``generate --repair``: the answers are checked and mended before the command ends."""

import sys
from pathlib import Path

import pytest

from pytest_rtlgen.cli import main
from pytest_rtlgen.storage import RunStore

pytestmark = pytest.mark.simulator
MODEL = """\
import os, pathlib, sys
right = pathlib.Path("mini", os.environ["RTLGEN_PROBLEM"], "reference.sv").read_text()
is_told = "does not get through the compiler" in sys.stdin.read()
print("```verilog\\n" + (right if is_told else right.replace(";", "", 1)) + "```")
"""


def generate(suite: Path, *extra: str) -> int:
    (suite.parent / "model.py").write_text(MODEL)
    common = ["generate", "--suite", str(suite), "--out", "runs", "--formal", "off", "--cycles", "50"]
    return main([*common, "--model", f"command:{sys.executable} model.py", *extra])


def test_answers_are_repaired_and_the_report_shows_each_turn(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate(mini, "--n", "2", "--repair", "compile:1") == 0
    store = RunStore.open(Path(capsys.readouterr().out.strip()))
    assert all(result.verdict.is_passed for result in store.read_results().values())
    assert [turn.turn for turn in store.read_run().repairs] == [1] * 4
    assert main(["report", str(store.path)]) == 0
    out, err = capsys.readouterr()
    assert "repair compile:1,simulate:0" in out
    assert "     1        4        4  1.000 [0.33, 1.00]" in out
    assert err == ""


def test_a_report_says_when_a_repair_is_still_to_come(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate(mini, "--repair", "compile:1") == 0
    store = RunStore.open(Path(capsys.readouterr().out.strip()))
    (store.path / "turn-1" / "results.jsonl").unlink()
    assert main(["report", str(store.path)]) == 0
    assert "incomplete: 2 samples still have a repair to come; go on with the run" in capsys.readouterr().err


def test_a_reflector_that_does_not_exist_is_refused_before_anything_is_asked(
    mini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate(mini, "--repair", "compile:1", "--reflector", "nobody:") == 2
    assert "nobody:: no such backend" in capsys.readouterr().err
    assert not (mini.parent / "runs").exists()
