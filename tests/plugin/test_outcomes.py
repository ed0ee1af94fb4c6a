"""Passing, failing, errors, gates and what is shown of them."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from plugin.conftest import Runner, find_runs

from pytest_rtlgen.cli import main
from pytest_rtlgen.records import Status
from pytest_rtlgen.storage import RunStore

pytestmark = pytest.mark.simulator


def test_an_item_passes_when_any_sample_passes(run: Runner) -> None:
    result = run()
    result.assert_outcomes(passed=2, failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_the_failure_names_the_wrong_outputs_and_draws_them(run: Runner) -> None:
    text = run("-k", "xor2").stdout.str()
    assert "xor2" in text
    assert re.search(r"\by\b.*wrong", text)
    assert "syntax" in text
    assert "Traceback" not in text


def test_the_failure_ends_with_the_commands_that_show_the_candidates(
    run: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    text = run("-k", "xor2").stdout.str()
    commands = re.findall(r"^the candidate is in runs/.*; to see it:\n  rtlgen (show .*)$", text, re.MULTILINE)
    capsys.readouterr()
    for index, command in enumerate(commands):
        assert main(shlex.split(command)) == 0
        assert capsys.readouterr().out.startswith(f"--- mini/xor2 sample {index}: ")
    assert len(commands) == 3


@pytest.mark.parametrize("more", [[], ["-n", "1"]], ids=["here", "xdist"])
def test_the_short_summary_of_a_failure_is_one_line_on_a_ci_too(
    run: Runner, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    monkeypatch.setenv("CI", "true")  # where pytest cuts no summary
    text = run("-k", "xor2", "--junit-xml=report.xml", *more).stdout.str()
    assert re.search(r"^FAILED .*::xor2 - 2 mismatch, 1 syntax-error\n=*", text, re.MULTILINE)
    (failure,) = ET.parse(pytester.path / "report.xml").iter("failure")
    assert failure.get("message") == "2 mismatch, 1 syntax-error"
    assert "--- sample 2 ---" in str(failure.text)


def test_the_summary_has_the_table_and_the_path_of_the_run(run: Runner, pytester: pytest.Pytester) -> None:
    result = run("--rtlgen-k=1,3")
    (saved,) = find_runs(pytester.path)
    text = result.stdout.str()
    assert "pass@1" in text
    assert "pass@3" in text
    assert "registers" in text
    assert saved.name in text
    summary = RunStore.open(saved).read_summary()
    assert dict(summary.total.function)[1].value == pytest.approx(2 / 9)
    assert dict(summary.total.function)[3].value == pytest.approx(2 / 3)
    assert dict(summary.statuses) == {
        Status.MISMATCH: 4,
        Status.PASSED: 2,
        Status.NO_CODE: 1,
        Status.SYNTAX_ERROR: 1,
        Status.INTERFACE_MISMATCH: 1,
    }


def test_report_only_never_fails(run: Runner) -> None:
    assert run("--rtlgen-report-only").ret == pytest.ExitCode.OK


@pytest.mark.parametrize("more", [[], ["-n", "1"]], ids=["here", "xdist"])
def test_on_github_an_unmet_gate_is_an_annotation(
    run: Runner, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    gates = ("--rtlgen-require=pass@1>=0.9", "--rtlgen-require=syntax@1>=0.1")
    assert "::error" not in run(*gates, *more).stdout.str()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    found = [line for line in run(*gates, *more).outlines if line.startswith("::")]
    assert [line.partition(", measured")[0] for line in found] == [
        "::error title=rtlgen gate::required pass@1>=0.9: NOT met"
    ]


@pytest.mark.parametrize(
    ("gate", "code", "outcome"), [("pass@1>=0.2", 0, "met"), ("pass@1>0.3", 1, "NOT met"), ("syntax@1>=0.6", 0, "met")]
)
def test_a_gate_decides_the_exit_status(run: Runner, gate: str, code: int, outcome: str) -> None:
    result = run(f"--rtlgen-require={gate}")
    assert result.ret == code
    result.stdout.fnmatch_lines([f"required {gate}: {outcome}, measured 0.* [[]0.*, 0.*[]]"])
    result.assert_outcomes(passed=3 + (code == 0), failed=code)


@pytest.mark.parametrize("arguments", [("-q",), ("-v",), ("-n", "2")], ids=" ".join)
def test_an_unmet_gate_is_red_and_a_failed_test(run: Runner, arguments: tuple[str, ...]) -> None:
    result = run("--rtlgen-require=pass@1.low>=0.2", "--rtlgen-require=pass@1>=0.2", "--color=yes", *arguments)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    lines = result.outlines
    assert sum(line.startswith("\x1b[31mrequired pass@1.low>=0.2: NOT met, ") for line in lines) == 1
    assert sum(line.startswith("\x1b[32mrequired pass@1>=0.2: met, ") for line in lines) == 1
    assert "133%" not in result.stdout.str()
    assert "\x1b[31m" in lines[-1]
    assert re.search(r"1 failed.*, .*4 passed", lines[-1])
    plain = re.sub(r"\x1b\[\d*m", "", result.stdout.str())
    assert "FAILED rtlgen::pass@1.low>=0.2 - required pass@1.low>=0.2: NOT met" in plain


def test_a_gate_is_a_test_case_of_the_junit_file(run: Runner, pytester: pytest.Pytester) -> None:
    run("--junitxml=out.xml", "--rtlgen-require=pass@1>=0.9", "--rtlgen-require=syntax@1>=0.1")
    root = ET.parse(pytester.path / "out.xml").getroot()
    gates = {case.get("name"): case for case in root.iter("testcase") if case.get("classname") == "rtlgen"}
    assert gates.keys() == {"pass@1>=0.9", "syntax@1>=0.1"}
    (failure,) = root.iter("failure")
    assert failure is gates["pass@1>=0.9"].find("failure")
    assert (failure.text or "").startswith("required pass@1>=0.9: NOT met, measured 0.2222 [")
    (counts,) = root.iter("testsuite")
    assert (counts.get("tests"), counts.get("failures")) == ("5", "1")


def test_a_gate_is_not_met_where_nothing_could_be_judged(run: Runner, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "import pytest\n\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_setup():\n    pytest.skip('not today')\n"
    )
    result = run("--rtlgen-require=pass@1>=0.1")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["required pass@1>=0.1: NOT met, measured nothing"])


def test_samples_are_lines_of_their_own_under_v_and_no_figure_counts_them(run: Runner) -> None:
    result = run("-v", "-k", "counter")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*sample 0: passed*", "*sample 1: mismatch*", "*sample 2: interface-mismatch*"])


def test_a_broken_reference_is_an_error_of_one_line_and_the_rest_goes_on(run: Runner, suite: Path) -> None:
    (suite / "and2" / "reference.sv").write_text(
        "module and2 (input a, input b, output y, output n);\n  assign y = nothing(a);\nendmodule\n"
    )
    result = run()
    result.assert_outcomes(passed=1, failed=1, errors=1)
    text = result.stdout.str()
    assert "BadReferenceError" in text
    assert "and2" in text
    assert "1 problems could not be judged" in text
    assert 'File "' not in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda suite: (suite / "and2" / "reference.sv").unlink(), "reference"),
        (lambda suite: (suite / "suite.toml").write_text("format = 1\nname ="), "suite.toml"),
        (lambda suite: (suite / "and2" / "problem.toml").write_text('titel = "x"\n'), "titel"),
    ],
)
def test_a_broken_suite_is_one_line_and_exit_4(
    run: Runner, suite: Path, change: Callable[[Path], None], message: str
) -> None:
    change(suite)
    result = run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in result.errlines if line.startswith("ERROR")]
    assert message in line


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--rtlgen-k=9", "raise n or lower k"),
        ("--rtlgen-simulator=vcs", "must be one of icarus"),
        ("--rtlgen-temperature=hot", "must be a number"),
        ("--rtlgen-resume=nowhere", "not found"),
        ("--rtlgen-require=pass>=2", "such as pass@1>=0.6"),
    ],
)
def test_an_option_that_cannot_be_meant_is_one_line_and_exit_4(run: Runner, option: str, message: str) -> None:
    result = run(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in result.errlines if line.startswith("ERROR")]
    assert message in line


def test_options_without_a_model_are_refused(pytester: pytest.Pytester, suite: Path) -> None:
    result = pytester.runpytest_inprocess(str(suite), "--rtlgen-n=2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --rtlgen options are given but no model; *"])


def test_an_unknown_model_is_refused(run: Runner) -> None:
    result = run(model="gpt")
    assert result.ret != pytest.ExitCode.OK
    assert "replay" in result.stdout.str() + result.stderr.str()


def test_a_missing_recording_is_an_error_of_the_harness(run: Runner) -> None:
    result = run(n=4)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.parseoutcomes().get("errors") == 3
    assert "lower --rtlgen-n" in result.stdout.str()


def test_a_missing_simulator_is_one_line(run: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run(apart=True)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: iverilog is not on PATH; *--rtlgen-simulator=yosys*"])


def test_junit_has_the_counts(run: Runner, pytester: pytest.Pytester) -> None:
    run("--junitxml=out.xml", "-k", "counter")
    case = next(ET.parse(pytester.path / "out.xml").getroot().iter("testcase"))
    properties = {item.get("name"): item.get("value") for item in case.iter("property")}
    assert properties["rtlgen_problem"] == "counter"
    assert properties["rtlgen_passed"] == "1"
    assert properties["rtlgen_statuses"] == "passed mismatch interface-mismatch"


def test_last_failed_runs_what_failed(run: Runner, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\n")
    pytester.runpytest_inprocess("mini", "--rtlgen-model=replay:answers", "--rtlgen-n=3", "--rtlgen-out=runs")
    result = run("--lf")
    result.assert_outcomes(failed=1, deselected=0) if "deselected" not in result.parseoutcomes() else None
    assert result.parseoutcomes()["failed"] == 1
    assert "passed" not in result.parseoutcomes()


def test_the_yosys_simulator_gives_the_same_outcomes(run: Runner) -> None:
    run("--rtlgen-simulator=yosys").assert_outcomes(passed=2, failed=1)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_dead_endpoint_is_an_error_and_not_the_models_failure(run: Runner, workers: str) -> None:
    result = run("-n", workers, "--rtlgen-base-url=http://127.0.0.1:9/v1", "--rtlgen-timeout=2", model="openai:m")
    assert result.ret in {pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.TESTS_FAILED}
    text = result.stdout.str() + result.stderr.str()
    assert "http://127.0.0.1:9" in text
    assert "Traceback" not in text
    assert "failed" not in result.parseoutcomes()


def test_a_full_disk_is_one_line_and_loses_nothing(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent / "full_disk"))
    result = run(apart=True)
    text = result.stdout.str() + result.stderr.str()
    assert "No space left on device" in text
    assert "--rtlgen-out" in text
    assert "Traceback" not in text
