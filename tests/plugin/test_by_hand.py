"""Tests that are written by hand: what they get, what their failures show, and what the harness's failures are."""

import re
from pathlib import Path

import pytest
from plugin.conftest import AND2, XOR2

from pytest_rtlgen.plugin.fixtures.verdict import CheckedVerdict
from pytest_rtlgen.records import Diagnostic, Method, Severity, SignalVerdict, Status, Tool, Verdict

OR2 = XOR2.replace("^", "|")
FILE = f"""
from pathlib import Path
import pytest
from pytest_rtlgen import Candidate
AND2, XOR2, OR2 = {AND2!r}, {XOR2!r}, {OR2!r}
ESCAPE = XOR2.replace("endmodule", chr(27) + "[2J")
"""
"""How a file of tests begins."""


def write_tests(pytester: pytest.Pytester, body: str) -> None:
    pytester.makepyfile(test_hand=FILE + body)


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "--strict-markers", "test_hand.py", *options)


CHECKS = """
@pytest.fixture(scope="module")
def verdict(rtlgen_check):
    return rtlgen_check(OR2, XOR2)

def test_right_texts_files_and_candidates(rtlgen_check, tmp_path):
    (tmp_path / "golden.sv").write_text(XOR2)
    for candidate in (XOR2, tmp_path / "golden.sv", Candidate(source=XOR2, rule="given")):
        assert rtlgen_check(candidate, tmp_path / "golden.sv").is_passed
    assert rtlgen_check(AND2 + XOR2, AND2 + XOR2, top="and2")

def test_wrong(rtlgen_check):
    assert rtlgen_check(OR2, XOR2).is_passed

def test_wrong_in_a_fixture(verdict):
    assert verdict

def test_many(rtlgen_check):
    found = [rtlgen_check(text, XOR2) for text in (OR2, "a", "b", "c", OR2.replace("xor2", "or2"), ESCAPE)]
    assert not any(found)
    assert found[-1]

def test_expected_to_fail(rtlgen_check):
    assert not rtlgen_check("golden.sv", XOR2)

def test_other_failure():
    assert False, "of no verdict"
"""


@pytest.mark.simulator
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_failure_shows_why_beside_the_assertion_and_below_it(pytester: pytest.Pytester, workers: str) -> None:
    write_tests(pytester, CHECKS)
    result = run(pytester, "-n", workers)
    result.assert_outcomes(passed=2, failed=4)
    text = result.stdout.str()
    assert re.search(r"where False = <Verdict mismatch: y is wrong at \d+ of \d+ steps>\.is_passed", text)
    assert re.search(r"assert <Verdict mismatch: y is wrong at \d+ of \d+ steps>", text)
    assert len(re.findall(r"^-+ rtlgen_check: xor2 -+$", text, re.MULTILINE)) == 5
    assert text.count("y: first wrong at") == 2
    assert "3 earlier candidates did not pass either" in text
    assert "<Verdict rejected: control character U+001B>" in text
    assert "\x1b" not in text
    assert "Traceback" not in text


@pytest.mark.simulator
def test_a_failure_of_the_harness_is_one_line_at_the_tests_own_line(pytester: pytest.Pytester) -> None:
    write_tests(
        pytester,
        """
def test_reference(rtlgen_check):
    rtlgen_check(XOR2, XOR2.replace("a ^ b", "nothing(a)"))

def test_path_as_text(rtlgen_check):
    rtlgen_check(XOR2, "golden.sv")

def test_missing_file(rtlgen_check):
    rtlgen_check(Path("missing.sv"), XOR2)

def test_suite(rtlgen_suite):
    rtlgen_suite("nowhere")

def test_no_suite(rtlgen_suite):
    rtlgen_suite()

def test_no_model(rtlgen_model):
    pass

def test_top_of_a_problem(rtlgen_check, rtlgen_suite):
    rtlgen_check(XOR2, rtlgen_suite("core:").problems[0], top="xor2")
""",
    )
    result = run(pytester)
    result.assert_outcomes(failed=6, errors=1)
    text = result.stdout.str()
    assert "plugin/fixtures" not in text  # no frame of ours
    for line in (
        r"E +pytest_rtlgen\.errors\.BadReferenceError: .*nothing.*",
        r"E +pytest_rtlgen\.errors\.UsageError: golden\.sv: a text is Verilog; give a file as pathlib\.Path.*",
        r"E +pytest_rtlgen\.errors\.UsageError: missing\.sv: cannot be read: .*",
        r"E +pytest_rtlgen\.errors\.SuiteError: nowhere/suite\.toml: .*",
        r"E +pytest_rtlgen\.errors\.UsageError: rtlgen_suite\(\): the session has 0 suites; .*",
        r"UsageError: rtlgen_model: no model is given; add --rtlgen-model, .*",
        r"E +pytest_rtlgen\.errors\.UsageError: top=xor2: core/abs_diff_accum_8 says what its module is; .*",
    ):
        assert len(re.findall(f"^{line}$", text, re.MULTILINE)) == 1, line


def test_a_missing_simulator_is_an_error_and_no_verdict(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_tests(pytester, "\ndef test_it(rtlgen_check):\n    assert not rtlgen_check(OR2, XOR2)\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["ToolError: iverilog is not on PATH; *"])
    assert "Traceback" not in result.stdout.str()


@pytest.mark.simulator
def test_the_options_of_a_check_need_no_model(pytester: pytest.Pytester) -> None:
    write_tests(
        pytester,
        """
def test_it(rtlgen_check):
    verdict = rtlgen_check(XOR2, XOR2)
    assert verdict.simulator.startswith("Yosys")
    assert verdict.is_proved
""",
    )
    run(pytester, "--rtlgen-simulator=yosys", "--rtlgen-formal=confirm").assert_outcomes(passed=1)


def test_where_nothing_is_collected_a_line_names_what_was_forgotten(pytester: pytest.Pytester) -> None:
    write_tests(pytester, "\n")
    result = run(pytester, "--rtlgen-simulator=yosys")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["rtlgen: there are options but no model; add --rtlgen-model, *"])


ASKS = """
@pytest.mark.rtlgen(suite="mini")
def test_some(rtlgen_problem, rtlgen_model, rtlgen_check):
    first = rtlgen_model.ask(rtlgen_problem, n=2)
    assert rtlgen_model.ask(rtlgen_problem, n=1) == first[:1]
    assert any([rtlgen_check(answer, rtlgen_problem) for answer in first])
"""


@pytest.mark.simulator
@pytest.mark.usefixtures("suite")
def test_the_mark_makes_a_test_of_each_problem(pytester: pytest.Pytester) -> None:
    write_tests(pytester, ASKS)
    result = run(pytester, "-v", "--rtlgen-model=replay:answers")
    result.assert_outcomes(passed=2, failed=1)
    outcomes = dict(re.findall(r"::test_some\[(\w+)\] (PASSED|FAILED)", result.stdout.str()))
    assert outcomes == {"and2": "PASSED", "counter": "PASSED", "xor2": "FAILED"}


@pytest.mark.usefixtures("suite")
def test_the_problems_of_the_mark_are_those_of_the_sessions_limit(pytester: pytest.Pytester) -> None:
    write_tests(pytester, '\n@pytest.mark.rtlgen("mini")\ndef test_it(rtlgen_problem):\n    pass\n')
    run(pytester, "--rtlgen-model=replay:answers", "--rtlgen-limit=2").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("", "rtlgen_problem: of no suite; mark the test with *"),
        ("@pytest.mark.rtlgen('nowhere')", "test_it: rtlgen_problem: nowhere/suite.toml: *"),
        ("@pytest.mark.rtlgen('core:', n=3)", "*the mark rtlgen takes one suite and nothing else: *"),
        ("@pytest.mark.rtlgen(3)", "*the mark rtlgen takes one suite and nothing else: *"),
    ],
)
def test_a_mark_that_cannot_be_meant_is_one_line_of_collection(
    pytester: pytest.Pytester, mark: str, message: str
) -> None:
    write_tests(pytester, f"\n{mark}\ndef test_it(rtlgen_problem):\n    pass\n")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{message}"])
    assert "plugin/fixtures" not in result.stdout.str()


COUNTING = """
import sys
with open("asked.txt", "a") as file:
    file.write("x")
print("no module")
"""


@pytest.mark.usefixtures("suite")
def test_the_model_is_asked_once_for_a_sample_and_only_for_what_is_missing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(answer=COUNTING)
    write_tests(
        pytester,
        """
def test_it(rtlgen_suite, rtlgen_model):
    problem = rtlgen_suite("mini").problems[0]
    (one,) = rtlgen_model.ask(problem)
    assert rtlgen_model.ask(problem, n=3)[0] is one
    assert [answer.key.index for answer in rtlgen_model.ask(problem, n=3)] == [0, 1, 2]
""",
    )
    run(pytester, "--rtlgen-model=command:python answer.py", "--rtlgen-no-cache").assert_outcomes(passed=1)
    assert (pytester.path / "asked.txt").read_text() == "xxx"


@pytest.mark.simulator
@pytest.mark.usefixtures("suite")
def test_what_a_run_was_answered_is_not_asked_for_again(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(answer=COUNTING)
    write_tests(
        pytester,
        """
def test_it(rtlgen_suite, rtlgen_model):
    for problem in rtlgen_suite().problems:
        rtlgen_model.ask(problem)
""",
    )
    options = ["--rtlgen-suite=mini", "--rtlgen-no-cache", "--rtlgen-out=runs", "--rtlgen-jobs=1"]
    run(pytester, "--rtlgen-model=command:python answer.py", *options).assert_outcomes(passed=1, failed=3)
    assert (pytester.path / "asked.txt").read_text() == "xxx"


def test_a_suite_of_a_conftest_is_found(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
from dataclasses import replace
from pytest_rtlgen import load_suite

def pytest_rtlgen_load_suite(spec):
    return replace(load_suite("core:"), name="ours") if spec == "ours:" else None
"""
    )
    write_tests(pytester, '\ndef test_it(rtlgen_suite):\n    assert rtlgen_suite("ours:").name == "ours"\n')
    run(pytester).assert_outcomes(passed=1)


@pytest.mark.usefixtures("suite")
def test_a_limit_is_kept_in_one_process_and_refused_in_several(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(answer=COUNTING)
    write_tests(
        pytester,
        """
def test_it(rtlgen_suite, rtlgen_model):
    for problem in rtlgen_suite("mini").problems:
        rtlgen_model.ask(problem)
""",
    )
    options = ["--rtlgen-model=command:python answer.py", "--rtlgen-max-tokens-total=1"]
    alone = run(pytester, *options)
    alone.assert_outcomes(failed=1)
    alone.stdout.fnmatch_lines(["E *LimitReachedError: *"])
    assert (pytester.path / "asked.txt").read_text() == "x"
    several = run(pytester, "-n1", *options)
    several.assert_outcomes(errors=1)
    several.stdout.fnmatch_lines(["UsageError: rtlgen_model: --rtlgen-max-cost and *counted in one process; *"])


def make_verdict(status: Status = Status.MISMATCH, **more: object) -> CheckedVerdict:
    return CheckedVerdict.of(Verdict(status=status, method=Method.SIMULATE, **more))  # type: ignore[arg-type]


def test_a_checked_verdict_equals_the_verdict_that_it_is_of() -> None:
    plain = Verdict(status=Status.MISMATCH, method=Method.SIMULATE, duration_s=1.5)
    checked = CheckedVerdict.of(plain)
    assert checked == plain
    assert plain == checked
    assert hash(checked) == hash(plain)
    assert checked != CheckedVerdict.of(Verdict(status=Status.PASSED, method=Method.SIMULATE))
    assert checked != "mismatch"


@pytest.mark.parametrize("status", Status)
def test_a_verdict_is_true_when_it_passed_and_only_then(status: Status) -> None:
    assert bool(make_verdict(status)) is (status is Status.PASSED)


def test_a_verdict_prints_as_one_printable_line_that_assert_shows_whole() -> None:
    name = "\\\x1b[2J" + "\u202e" * 500
    signals = [SignalVerdict(name=f"{name}{n}", checked=10**9, mismatches=10**9) for n in range(40)]
    never = SignalVerdict(name="z", checked=0, mismatches=0)
    message = Diagnostic(tool=Tool.SCREEN, severity=Severity.ERROR, message="\x1b[2J\n" * 500)
    texts = [
        repr(make_verdict(signals=tuple(signals))),
        repr(make_verdict(Status.INTERFACE_MISMATCH, diagnostics=(message,))),
        repr(make_verdict(Status.PASSED, diagnostics=(message,), signals=(signals[0],))),
    ]
    for text in texts:
        assert text.isprintable()
        assert len(text) <= 240
    assert texts[-1] == "<Verdict passed: every output did what the reference does>"
    assert repr(make_verdict(signals=(never,))) == "<Verdict mismatch: z is never known>"
