"""What a user's own file sees: ``make lint`` reads it under ``mypy --strict``, where a needless ignore is an error."""

from typing import assert_type

import pytest_rtlgen as rtlgen
from pytest_rtlgen.records import Completion, Suite, Summary

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
    assert_type(verdict.method, rtlgen.Method)
    assert_type(verdict.credit, float)


def choose() -> rtlgen.CheckSettings:
    return rtlgen.CheckSettings(formal=rtlgen.FormalMode.OFF, sandbox=rtlgen.SandboxMode.REQUIRED)


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


def test_by_hand(
    rtlgen_check: rtlgen.CheckFixture, rtlgen_suite: rtlgen.SuiteFixture, rtlgen_model: rtlgen.ModelFixture
) -> None:
    for problem in rtlgen_suite("core:").problems:
        answers = rtlgen_model.ask(problem, n=2)
        assert_type(answers, tuple[Completion, ...])
        verdict: rtlgen.Verdict = rtlgen_check(answers[0], problem)
        assert verdict.is_passed
    rtlgen_check(CODE, 3)  # type: ignore[arg-type]


try:
    assert_type(rtlgen.check_source(reference=CODE, candidate=CODE), rtlgen.Verdict)
except rtlgen.RtlgenError as error:
    assert_type(error, rtlgen.RtlgenError)
assert_type(rtlgen.extract_candidate(CODE, top="same"), rtlgen.Candidate)
assert_type(rtlgen.estimate_pass_at_k(10, 3, 1), float)
assert_type(rtlgen.__version__, str)
assert rtlgen.nonsense  # type: ignore[attr-defined]
rtlgen.check_source(reference=CODE)  # type: ignore[call-arg]
rtlgen.evaluate(3, "reference:")  # type: ignore[arg-type]
rtlgen.estimate_pass_at_k("10", 3, 1)  # type: ignore[arg-type]
