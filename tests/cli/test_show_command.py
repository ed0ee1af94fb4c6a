"""``show``: one sample of a saved run, found by what somebody types, and its waves in a file."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from builders import COUNTER
from support.cli_designs import BROKEN, GOLDEN, WRONG, Cli

from pytest_rtlgen.records import Feedback, RepairKind
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.storage.turns import open_turn

pytestmark = pytest.mark.simulator


@pytest.fixture
def run(mini: Path, cli: Cli) -> str:
    """Return a checked run: of ``inv`` a right, a wrong and a broken answer, of ``zero`` mostly refusals."""
    for name, texts in {
        "inv": (GOLDEN, WRONG, BROKEN),
        "zero": ("module zero (input a, output y);\n  assign y = 0;\nendmodule\n",),
    }.items():
        folder = mini.parent / "answers" / name
        folder.mkdir(parents=True)
        for index in range(3):
            text = f"Here:\n```verilog\n{texts[index]}```\n" if index < len(texts) else "I cannot help with that."
            (folder / f"{index}-answer.md").write_text(text)
    options = ["--n", "3", "--out", "runs", "--formal", "off"]
    found = cli("generate", "--suite", "mini", "--model", "replay:answers", *options).stdout.strip()
    assert cli("check", found).returncode == 0
    return found


def assert_error(done: "subprocess.CompletedProcess[str]", message: str) -> None:
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_the_first_failed_sample_is_shown(run: str, cli: Cli) -> None:
    done = cli("show", run, "inv")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("--- mini/inv sample 1: mismatch ---\n\n--- prompt ---\n")
    assert "  Write module inv." in done.stdout
    assert "|   assign n = y;\n| endmodule\n  ```\n" in done.stdout
    assert "\n  4    assign n = y;\n" in done.stdout
    assert "\nn: first wrong at 0 ns\n" in done.stdout
    assert cli("show", run, "mini/inv", "1").stdout == done.stdout


def test_an_offending_line_is_marked(run: str, cli: Cli) -> None:
    assert "\n> 3    assign y = ;\n     ^ pyslang error: " in cli("show", run, "inv", "2").stdout


def test_without_a_failed_sample_the_first_is_shown(run: str, cli: Cli) -> None:
    lines = Path(run, "results.jsonl").read_text().splitlines(keepends=True)
    Path(run, "results.jsonl").write_text("".join(line for line in lines if '"passed"' in line))
    assert cli("show", run, "inv").stdout.startswith("--- mini/inv sample 0: passed ---\n")


def test_an_answer_without_verdict_is_shown(run: str, cli: Cli) -> None:
    Path(run, "results.jsonl").unlink()
    assert cli("show", run, "inv", "1").stdout.startswith("--- mini/inv sample 1: not checked yet ---\n")
    done = cli("show", run, "inv", "1", "--vcd", "wave.vcd")
    assert done.returncode == 2
    assert done.stderr == f"error: --vcd: the sample was not checked yet; check it with rtlgen check {run}\n"


def test_what_is_not_there_is_told_in_one_line_with_what_is(run: str, cli: Cli) -> None:
    assert_error(
        cli("show", "nowhere", "inv"), "nowhere/run.json: not found; give the folder of a run, such as .rtlgen/runs/RUN"
    )
    assert_error(cli("show", run, "invv"), f"{run} has no problem invv; did you mean inv?")
    assert_error(cli("show", run, "mini/zeero"), f"{run} has no problem mini/zeero; did you mean mini/zero?")
    assert_error(cli("show", run, "\x1b[2J"), f"{run} has no problem \\x1b[2J; it has inv, zero")
    assert_error(cli("show", run, "inv", "7"), "mini/inv has no sample 7; it has 0, 1, 2")
    assert_error(cli("show", run, "inv", "first"), "SAMPLE first: must be a whole number from 0")
    assert_error(cli("show", run, "inv", "1", "--turn", "1"), "mini/inv sample 1 has no turn 1; its last turn is 0")
    Path(run, "completions.jsonl").unlink()
    assert_error(cli("show", run, "inv"), f"{run}: mini/inv has no answer yet; ask for one with rtlgen generate")


def test_a_problem_of_two_suites_must_be_named_whole(run: str, cli: Cli) -> None:
    header = Path(run, "run.json")
    store = RunStore.open(Path(run))
    other = RunStore.create(
        Path("two"),
        store.header.settings,
        store.header.environment,
        [*store.header.problems, replace(store.header.problems[0], suite="other")],
    )
    header.write_text((other.path / "run.json").read_text())
    assert_error(cli("show", run, "inv"), "inv is in several suites; write mini/inv or other/inv")
    assert cli("show", run, "mini/inv").returncode == 0


def test_of_a_repaired_sample_the_last_answer_is_shown_and_any_can_be(run: str, cli: Cli) -> None:
    store = RunStore.open(Path(run))
    results = {key.index: result for key, result in store.read_results().items() if key.problem_id == "inv"}
    wrong, right = results[1], results[0]
    turn = open_turn(store, 1)
    turn.append_feedback(Feedback(key=wrong.key, kind=RepairKind.SIMULATE, text="output n is wrong"))
    completion = replace(right.completion, key=wrong.key)
    turn.append_completion(completion)
    turn.append_result(replace(right, completion=completion))
    last = cli("show", run, "inv", "1").stdout
    assert last.startswith("--- mini/inv sample 1, turn 1 of 1: passed ---\n")
    assert "[assistant]\n  Here:\n" in last
    assert "\n  output n is wrong\n" in last
    first = cli("show", run, "inv", "1", "--turn", "0").stdout
    assert first.startswith("--- mini/inv sample 1, turn 0 of 1: mismatch ---\n")
    assert "[assistant]" not in first


def test_texts_that_the_run_does_not_hold_are_not_made_up(run: str, cli: Cli) -> None:
    store = RunStore.open(Path(run))
    for prompt in ("my template.j2 sha256:00", "published shots=1 spec:sha256:00"):
        other = RunStore.create(
            Path("others"),
            replace(store.header.settings, prompt=prompt),
            store.header.environment,
            store.header.problems,
        )
        other.append_completion(*store.read_completions().values())
        assert "(the run does not hold the texts of its prompt style" in cli("show", str(other.path), "inv").stdout


@pytest.mark.parametrize(("sample", "differing"), [("0", False), ("1", True)])
def test_the_waves_of_a_sample_go_into_a_file(run: str, cli: Cli, sample: str, *, differing: bool) -> None:
    done = cli("show", run, "inv", sample, "--vcd", "wave.vcd")
    assert (done.returncode, done.stderr) == (0, "wave.vcd: 2100 steps\n")
    text = Path("wave.vcd").read_text()
    assert [line.split()[2] for line in text.splitlines() if line.startswith("$scope")] == [
        *("actual", "differs", "expected", "inputs")
    ]
    differs = text.partition("$scope module differs")[2].partition("$upscope")[0]
    codes = {line.split()[4]: line.split()[3] for line in differs.splitlines() if line.startswith("$var")}
    assert (f"\n1{codes['n']}\n" in text) is differing
    assert f"\n1{codes['y']}\n" not in text


def test_what_was_not_simulated_has_no_waves(run: str, cli: Cli) -> None:
    done = cli("show", run, "inv", "2", "--vcd", "wave.vcd")
    assert (done.returncode, done.stderr) == (1, "wave.vcd: not written: the candidate does not run (syntax-error)\n")
    assert not Path("wave.vcd").exists()


def test_a_withheld_reference_has_no_waves(run: str, cli: Cli) -> None:
    store = RunStore.open(Path(run))
    problems = [replace(one, reference=replace(one.reference, text="")) for one in store.header.problems]
    other = RunStore.create(Path("withheld"), store.header.settings, store.header.environment, problems)
    other.append_completion(*store.read_completions().values())
    for result in store.read_results().values():
        other.append_result(result)
    done = cli("show", str(other.path), "inv", "--vcd", "wave.vcd")
    message = "wave.vcd: not written: the benchmark withholds the reference of mini/inv\n"
    assert (done.returncode, done.stderr) == (1, message)


def test_a_candidate_that_a_file_holds_has_waves_too(designs: Path, cli: Cli) -> None:
    one = ["check", "--reference", "golden.sv", "--candidate", "answer.sv"]
    done = cli(*one, "--vcd", "wave.vcd")
    assert (done.returncode, done.stderr) == (1, "wave.vcd: 2100 steps\n")
    assert (designs / "wave.vcd").read_text().startswith("$timescale 1 ns $end\n")
    done = cli(*one, "--fst", "wave.fst", "--vcd", "again.vcd")
    assert (done.returncode, done.stderr) == (1, "again.vcd: 2100 steps\nwave.fst: 2100 steps\n")
    assert (designs / "again.vcd").read_text() == (designs / "wave.vcd").read_text()
    assert (designs / "wave.fst").stat().st_size < (designs / "wave.vcd").stat().st_size / 2
    assert cli(*one, "--vcd", "nowhere/wave.vcd").stderr == (
        "error: nowhere/wave.vcd: cannot be written: No such file or directory; give another file\n"
    )
    assert "leave out --json, --vcd and --fst" in cli(*one, "--show-text", "--vcd", "wave.vcd").stderr
    for name in ("vcd", "fst"):
        assert f"rtlgen show RUN PROBLEM --{name} wave" in cli("check", ".", f"--{name}", "wave").stderr


RACE = """\
module counter (input clk, input rst, input en, output reg [3:0] q, output wrap);
  reg [3:0] early;
  wire late_clk = clk;
  assign wrap = q == 4'd11;
  always @(posedge clk) if (rst) early = 0; else if (en) early = wrap ? 0 : early + 1;
  always @(posedge late_clk) q = early;
endmodule
"""
HANGS = COUNTER.replace(
    "endmodule", "  reg [9:0] n = 0;\n  always @(posedge clk) begin n <= n + 1; while (n > 900); end\nendmodule"
)


@pytest.mark.parametrize(
    ("candidate", "note"),
    [
        (RACE, r"\d+ steps; no output differs in it, as it shows one simulator, and another one found the difference"),
        (HANGS, r"\d+ steps, as far as the candidate ran \(timeout\)"),
    ],
    ids=["race", "hang"],
)
def test_waves_that_do_not_show_the_failure_say_why(designs: Path, cli: Cli, candidate: str, note: str) -> None:
    (designs / "counter.sv").write_text(COUNTER)
    (designs / "candidate.sv").write_text(candidate)
    one = ["check", "--reference", "counter.sv", "--candidate", "candidate.sv", "--cross-check", "yosys"]
    done = cli(*one, "--check-timeout", "3", "--vcd", "wave.vcd")
    assert done.returncode == 1
    assert re.fullmatch(f"wave.vcd: {note}\n", done.stderr)
    assert Path("wave.vcd").read_text().count("$upscope") == 4
