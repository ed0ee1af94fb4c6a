"""``selfcheck`` as a command: table, JSON, exit status."""

import json
import shutil
from pathlib import Path

import pytest
from support.small_bench import BENCH, BROKEN, IMPATIENT, REFERENCE

from pytest_rtlgen import package_data
from pytest_rtlgen.cli import main

pytestmark = pytest.mark.simulator


@pytest.fixture(autouse=True)
def file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print as into a file, where no line is too long."""
    monkeypatch.delenv("COLUMNS")


def test_a_sound_suite_exits_0(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selfcheck", str(mini), "--limit", "1", "--sandbox=off"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["problem", "checked", "unreached", "seconds", "finding"]
    name, share, unreached, _, finding = lines[2].split()
    assert (name, share, unreached, finding) == ("inv", "100.0%", "0", "ok")
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
    same = (mini / "zero" / "reference.sv").read_text().replace("a & ~a", "a")  # of which no mutant plays for long
    (mini / "zero" / "reference.sv").write_text(same)
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


@pytest.mark.parametrize("spec", ["core:", "{folder}", "{folder}/suite.toml"])
def test_nothing_is_written_into_an_installed_package(
    mini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], spec: str
) -> None:
    monkeypatch.setattr(package_data, "_PACKAGE", tmp_path / "site")
    folder = shutil.copytree(mini, tmp_path / "site" / "data" / "suites" / "core")
    suite = spec.format(folder=folder)
    assert main(["selfcheck", suite, "--mutants", "4", "--write"]) == 2
    assert capsys.readouterr().err == (
        f"error: --write: {suite} is part of the installed package, and an upgrade would replace "
        f"{folder}/mutation.toml; copy the suite (cp -r {folder} FOLDER) and give that folder\n"
    )
    assert not (folder / "mutation.toml").exists()


@pytest.fixture
def benchmark(designs: Path) -> str:
    """Write two problems of VerilogEval v2's format, of which one is on the known-bad list, and name them."""
    folder = designs / "dataset_spec-to-rtl"
    folder.mkdir()
    for name, bench in (("Prob082_lfsr32", IMPATIENT), ("Prob900_xor", BENCH)):
        (folder / f"{name}_prompt.txt").write_text("Write TopModule, whose output y is a xor b.\n")
        (folder / f"{name}_ref.sv").write_text(REFERENCE)
        (folder / f"{name}_test.sv").write_text(bench)
    return f"verilog-eval-v2:{designs}"


def test_a_benchmark_is_checked_under_both_scorings(
    benchmark: str, designs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["selfcheck", benchmark, "--cycles=40", "--jobs=2", "--formal=off"]
    assert main([*command, "--json", "found.json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["problem", "checked", "unreached", "own", "bench", "seconds", "finding"]
    assert lines[2].split()[:5] == ["Prob082_lfsr32", "100.0%", "0", "timeout", "T"]
    assert "ok; known (watchdog): its own testbench does not pass the reference (timeout, T): " in lines[2]
    assert lines[3].split()[:4] == ["Prob900_xor", "100.0%", "0", "passed"]
    assert lines[-4:] == [
        "effective ceiling: ours 2/2, published 1/2",
        "modules that do nothing or forge: 7 tried; 0 pass their own bench, 2 as published",
        "",
        "verilog-eval-v2: 2 problems, 2 ok, 0 faulty",
    ]
    report = json.loads((designs / "found.json").read_text())
    assert report["ceilings"] == {
        "ours": {"possible": 2, "problems": 2},
        "published": {"possible": 1, "problems": 2},
    }
    assert report["problems"][1]["bench"]["fooled"] == [
        "forged by printing that it passed",
        "forged by instantiating the reference",
    ]


def test_our_scoring_alone_leaves_the_benches_out(benchmark: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["selfcheck", benchmark, "--cycles=40", "--limit=1", "--scoring=ours", "--formal=off", "--json"]
    assert main(command) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ceilings"] == {"ours": {"possible": 1, "problems": 1}}
    assert report["problems"][0]["bench"] is None


def test_a_bench_that_is_bad_and_not_known_exits_1(
    benchmark: str, designs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (designs / "dataset_spec-to-rtl" / "Prob900_xor_test.sv").write_text(BROKEN)
    assert main(["selfcheck", benchmark, "--cycles=40", "--formal=off"]) == 1
    assert "its own testbench does not pass the reference (elaboration-error" in capsys.readouterr().out


def test_a_json_file_that_cannot_be_written_is_one_line(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selfcheck", str(mini), "--limit=1", "--sandbox=off", "--json", "nowhere/x.json"]) == 2
    assert capsys.readouterr().err.startswith("error: nowhere/x.json: cannot be written: ")
