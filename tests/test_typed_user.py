"""A user's own file under ``mypy --strict`` sees the type of every public name, and that other names do not exist."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_rtlgen

USER = """\
from typing import assert_type

import pytest_rtlgen as rtlgen
from pytest_rtlgen.records import Suite, Summary

CODE = "module same(input a, output b); assign b = a; endmodule"


def check(candidate: rtlgen.Candidate, settings: rtlgen.CheckSettings) -> None:
    problem = rtlgen.Problem(
        suite="mine",
        problem_id="same",
        title="same",
        category="wires",
        description="b is a",
        top="same",
        reference=rtlgen.SourceFile(name="same.v", text=CODE),
        reference_top="same",
    )
    with rtlgen.Checker(settings) as checker:
        verdict = checker.check(candidate, problem)
    assert_type(verdict, rtlgen.Verdict)
    assert_type(verdict.signals, tuple[rtlgen.SignalVerdict, ...])
    assert_type(verdict.status, rtlgen.Status)
    assert_type(verdict.credit, float)


def score(reward: rtlgen.Reward) -> None:
    suite = rtlgen.load_suite("suites/core")
    assert_type(suite, Suite)
    assert_type(rtlgen.Reward(problems=suite.problems), rtlgen.Reward)
    assert_type(reward(["text"], ["same"]), list[float | None])
    assert_type(rtlgen.summarize(suite.problems, [], [1]), Summary)


def judge() -> None:
    report = rtlgen.evaluate("suites/core", "reference:", n=2, formal="off")
    assert_type(report, rtlgen.RunReport)
    assert_type(report.summary, Summary)


try:
    assert_type(rtlgen.check_source(reference=CODE, candidate=CODE), rtlgen.Verdict)
except rtlgen.RtlgenError as error:
    assert_type(error, rtlgen.RtlgenError)
assert_type(rtlgen.extract_candidate(CODE, top="same"), rtlgen.Candidate)
assert_type(rtlgen.estimate_pass_at_k(10, 3, 1), float)
assert_type(rtlgen.__version__, str)
rtlgen.nonsense  # error
rtlgen.check_source(reference=CODE)  # error
rtlgen.evaluate(3, "reference:")  # error
rtlgen.estimate_pass_at_k("10", 3, 1)  # error
"""


@pytest.mark.slow
def test_a_strict_user_sees_the_type_of_every_public_name(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(USER, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "user.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = [int(line) for line in re.findall(r"^user\.py:(\d+): error", done.stdout, re.MULTILINE)]
    expected = [number for number, line in enumerate(USER.splitlines(), 1) if "  # error" in line]
    assert found == expected, done.stdout + done.stderr


def test_that_file_uses_every_public_name() -> None:
    used = {node.attr for node in ast.walk(ast.parse(USER)) if isinstance(node, ast.Attribute)}
    assert set(pytest_rtlgen.__all__) <= used


def test_a_type_checker_and_python_fetch_the_names_from_the_same_modules() -> None:
    text = Path(pytest_rtlgen.__file__).read_text(encoding="utf-8")
    typed = {
        alias.name: node.module
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.module not in {"typing", "pytest_rtlgen.version"}
        for alias in node.names
    }
    assert typed == pytest_rtlgen._HOMES  # type: ignore[attr-defined]
    assert {*typed, "__version__"} == set(pytest_rtlgen.__all__)
