"""``selfcheck`` as a command: table, JSON, exit status."""

import json
from pathlib import Path

import pytest

from pytest_rtlgen.cli import main

pytestmark = pytest.mark.simulator


def test_a_sound_suite_exits_0(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selfcheck", str(mini), "--limit", "1", "--sandbox=off"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["problem", "checked", "seconds", "finding"]
    name, share, _, finding = lines[2].split()
    assert (name, share, finding) == ("inv", "100.0%", "ok")
    assert lines[-1] == "mini: 1 problems, 1 ok, 0 faulty"


def test_a_problem_that_rewards_a_stub_exits_1(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selfcheck", str(mini), "--sandbox=off", "--jobs=2"]) == 1
    out = capsys.readouterr().out
    assert "a module that holds every output at 0 passes: the reference never shows anything else\n" in out
    assert out.endswith("mini: 2 problems, 1 ok, 1 faulty\n")


def test_a_reference_that_does_not_compile_is_a_row(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mini / "inv" / "reference.sv").write_text("module inv (input a, output y);\n  assign y = ;\nendmodule\n")
    (mini / "zero" / "reference.sv").write_text("module zero (input a, output y);\n  assign y = a;\nendmodule\n")
    assert main(["selfcheck", str(mini), "--sandbox=off", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["suite"], report["ok"], report["faulty"]) == ("mini", 1, 1)
    broken, sound = report["problems"]
    assert f"{mini}/inv/reference.sv:2: " in broken["faults"][0]
    assert (broken["problem_id"], broken["is_ok"], broken["checked_share"]) == ("inv", False, None)
    assert (sound["problem_id"], sound["is_ok"], sound["checked_share"], sound["faults"]) == ("zero", True, 1.0, [])


def test_no_suite_is_one_line(designs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selfcheck", str(designs / "nowhere")]) == 2
    assert capsys.readouterr().err.startswith(f"error: {designs}/nowhere/suite.toml: no such file; ")


def test_mutants_are_scored_and_kept(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["selfcheck", str(mini), "--sandbox=off", "--mutants", "4"]
    main([*command, "--write"])
    assert "inv: mutation score 100.0%, " in capsys.readouterr().out
    kept = mini / "mutation.toml"
    kept.write_text(kept.read_text().replace("killed = ", "killed = 1", 1))
    main([*command, "--json"])
    (change,) = json.loads(capsys.readouterr().out)["mutation_changes"]
    assert change.startswith("inv: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--write"], "--write keeps the mutation score of a whole suite: give --mutants N, and no --limit"),
        (["--mutants", "-1"], "--mutants -1: give a number of mutants, or 0 for none"),
    ],
)
def test_mutant_arguments_that_cannot_be_meant(
    mini: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["selfcheck", str(mini), *arguments]) == 2
    assert capsys.readouterr().err == f"error: {message}\n"
