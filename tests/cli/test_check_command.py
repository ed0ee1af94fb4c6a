"""``check`` of one candidate: the stable contract."""

import json
from pathlib import Path

import pytest
from support.cli_designs import GOLDEN, WRONG, Cli

from pytest_rtlgen.cli import main

pytestmark = pytest.mark.simulator


def test_a_right_candidate_exits_0_and_says_so(cli: Cli, designs: Path) -> None:
    done = cli("check", "--reference", "golden.sv", "--candidate", str(designs / "golden.sv"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("passed: every output did what the reference does\n")


def test_a_wrong_candidate_exits_1_with_one_json_verdict(cli: Cli, designs: Path) -> None:
    done = cli("check", "--reference", str(designs / "golden.sv"), "--candidate", "answer.sv", "--json")
    assert (done.returncode, done.stderr) == (1, "")
    verdict = json.loads(done.stdout)
    assert {
        "schema_version",
        "status",
        "signals",
        "diagnostics",
        "isolation",
        "duration_s",
        "method",
        "simulator",
        "wave",
        "equivalence",
    } == set(verdict)
    assert verdict["status"] == "mismatch"
    right, wrong = verdict["signals"]
    assert right["name"] == "y"
    assert (right["mismatches"], right["first_mismatch_ns"], right["expected"], right["actual"]) == (
        0,
        None,
        None,
        None,
    )
    assert wrong == {**wrong, "name": "n", "checked": wrong["mismatches"], "first_mismatch_ns": 0.0}
    assert {wrong["expected"], wrong["actual"]} == {"0", "1"}
    assert set(verdict["isolation"]) == {"sandbox", "is_network_cut", "is_filesystem_private", "has_limits"}
    assert verdict["duration_s"] > 0


def test_a_missing_file_is_one_line_and_exit_2(cli: Cli, designs: Path) -> None:
    done = cli("check", "--reference", str(designs / "none.sv"), "--candidate", "answer.sv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {designs}/none.sv: cannot be read: No such file or directory; check the path\n"


def test_dash_reads_standard_input(cli: Cli, designs: Path) -> None:
    del designs
    assert cli("check", "--reference", "golden.sv", "--candidate", "-", stdin=WRONG).returncode == 1


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOLDEN.encode(),
        b"// caf\xe9, na\xefve\n" + GOLDEN.encode(),
        GOLDEN.replace("\n", "\r\n").encode(),
    ],
    ids=["byte-order mark", "latin-1 comment", "carriage returns"],
)
def test_any_bytes_are_read(designs: Path, content: bytes) -> None:
    (designs / "answer.sv").write_bytes(content)
    assert main(["check", "--reference", "golden.sv", "--candidate", "answer.sv", "--sandbox=off"]) == 0


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe\x01" * 50], ids=["empty", "binary"])
def test_bytes_that_are_no_design_are_a_verdict(designs: Path, content: bytes) -> None:
    (designs / "answer.sv").write_bytes(content)
    assert main(["check", "--reference", "golden.sv", "--candidate", "answer.sv", "--sandbox=off"]) == 1


def test_top_names_the_module(designs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two = GOLDEN + "module other (input a, output y);\n  assign y = a;\nendmodule\n"
    (designs / "golden.sv").write_text(two)
    args = ["check", "--reference", "golden.sv", "--candidate", "answer.sv", "--sandbox=off"]
    assert main(args) == 2
    assert "error: golden.sv: cannot tell which module is the top (found inv, other)" in capsys.readouterr().err
    (designs / "answer.sv").write_text(two)
    assert main([*args, "--top", "other"]) == 0


def test_memories_are_loaded_from_files_beside_the_reference(designs: Path) -> None:
    text = 'module m (input [1:0] a, output [3:0] y);\n  reg [3:0] r [0:3];\n  initial $readmemh("far/rom.hex", r);\n'
    (designs / "golden.sv").write_text(text + "  assign y = r[a];\nendmodule\n")
    (designs / "rom.hex").write_text("0 1 2 3")
    (designs / "answer.sv").write_text("module m (input [1:0] a, output [3:0] y);\n  assign y = a;\nendmodule\n")
    command = ["check", "--reference", str(designs / "golden.sv"), "--candidate", str(designs / "answer.sv")]
    assert main(command) == 0
    (designs / "rom.hex").write_text("0 1 2 4")
    assert main(command) == 1


def test_a_broken_reference_is_the_harness_s_error(designs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (designs / "golden.sv").write_text("module inv (input a, output y);\n  assign y = ;\nendmodule\n")
    assert main(["check", "--reference", "golden.sv", "--candidate", "answer.sv"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: golden.sv:2: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["a.sv"], "a.sv: not a run; to check a candidate write: rtlgen check --reference REFERENCE --candidate a.sv"),
        (
            ["r.sv", "c d.sv"],
            "r.sv, c d.sv: not a run; to check a candidate write: rtlgen check --reference r.sv --cand",
        ),
        (["r.sv", "c.sv", "e.sv"], "3 paths: check takes one run; to check a candidate write: rtlgen check --referen"),
        ([], "check needs RUN, or --reference FILE and --candidate FILE, or --jsonl IN and --out OUT"),
        (["--reference=-", "--candidate=-"], "only one of --reference and --candidate can be standard input"),
        (["--reference=a", "--candidate=b", "--out=c"], "--out belongs to --jsonl"),
        (["--jsonl=a"], "--jsonl needs --out FILE"),
        (["--jsonl=a", "--out=b", "--json"], "leave out --reference, --candidate, --json, --vcd and --fst"),
        (["--reference=a", "--candidate=b", "--simulator=vcs"], "must be one of icarus, icarus-cold, yosys"),
        (["--reference=a", "--candidate=b", "--check-timeout=0"], "--rtlgen-check-timeout='0' (command line): must be"),
        (
            ["--reference=a", "--candidate=b", "--referenc=c"],
            "--referenc=c: not understood; did you mean --reference?; see rtlgen check --help",
        ),
    ],
)
def test_arguments_that_cannot_be_meant(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *args]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err


def test_long_spelling_and_environment_mean_the_same(
    designs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del designs
    args = ["check", "--reference", "golden.sv", "--candidate", "golden.sv", "--sandbox=off", "--json"]
    monkeypatch.setenv("RTLGEN_CYCLES", "40")
    assert main(args) == 0
    from_environment = json.loads(capsys.readouterr().out)["signals"][0]["checked"]
    assert main([*args, "--rtlgen-cycles=20"]) == 0
    from_long_spelling = json.loads(capsys.readouterr().out)["signals"][0]["checked"]
    assert (from_environment, from_long_spelling) == (120, 60)


def test_the_text_that_every_tool_reads_is_shown(cli: Cli, designs: Path) -> None:
    text = "`define N ~a // not\nmodule inv (input a, output y, output n);\n  assign y = `N, n = a;\n"
    (designs / "macro.sv").write_text(text + "  initial $display(1);\nendmodule\n")
    done = cli("check", "--reference", "golden.sv", "--candidate", str(designs / "macro.sv"), "--show-text")
    assert done.returncode == 0
    assert done.stdout == "\nmodule inv (input a, output y, output n);\n  assign y = ~ a , n = a;\n  \nendmodule\n"
    assert done.stderr == "note: left out, as no output can depend on it: $display (line 4)\n"


def test_a_text_that_is_refused_is_shown_with_the_reason(cli: Cli, designs: Path) -> None:
    (designs / "ends.sv").write_text(GOLDEN.replace("endmodule", "  initial $finish;\nendmodule"))
    done = cli("check", "--reference", "golden.sv", "--candidate", str(designs / "ends.sv"), "--show-text")
    assert (done.returncode, done.stderr) == (1, "error: line 4: system task $finish\n")
    assert "$finish" in done.stdout
