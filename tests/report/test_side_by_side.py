"""Both scorings of a run: figures by hand, ceilings from the list, disagreements, and how they are shown."""

import json
import re
from pathlib import Path
from typing import cast

import pytest
from builders import problem

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.known_bad import Kind, KnownBad, KnownBadList
from pytest_rtlgen.metrics import Figures, summarize
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.records import (
    BenchRule,
    BenchVerdict,
    Candidate,
    CocotbHarness,
    Completion,
    Environment,
    Method,
    Problem,
    Run,
    RunSettings,
    SampleKey,
    SampleResult,
    SamplingParams,
    SourceFile,
    Status,
    Testbench,
    Verdict,
)
from pytest_rtlgen.report.disagreement import Reason
from pytest_rtlgen.report.json_report import render_run_json
from pytest_rtlgen.report.side_by_side import compare_sides
from pytest_rtlgen.report.sides_text import render_sides

NOTHING = KnownBadList(by_problem={})
TEXT = SourceFile(name="x", text="x")


def task(name: str, rule: BenchRule | None) -> Problem:
    if rule is None:
        return problem(problem_id=name, harness=CocotbHarness(files=(TEXT,), targets=("rtl/x.sv",)))
    bench = Testbench(rule=rule, bench=TEXT, bench_top="tb", top="t", reference=TEXT, reference_top="t")
    return problem(problem_id=name, testbench=bench)


def rows(name: str, marks: str) -> list[SampleResult]:
    """Return a sample for each two letters: ours, then the benchmark's; ``P`` passes, ``f`` fails, ``-`` not asked."""
    found = []
    for index, pair in enumerate(marks.split()):
        mine, yours = pair[0], pair[1]
        key = SampleKey(suite="test", problem_id=name, index=index)
        status = Status.PASSED if "P" in (mine if mine != "-" else yours) else Status.MISMATCH
        method = Method.SIMULATE if mine != "-" else Method.TESTBENCH
        guarded = Status.PASSED if yours == "P" else Status.MISMATCH
        verdict = BenchVerdict(status=guarded, is_passed_unguarded=yours in "PF", is_syntax_right=True)
        found.append(
            SampleResult(
                completion=Completion(key=key, text="x", model="m"),
                candidate=Candidate(source="x", rule="fence"),
                verdict=Verdict(status=status, method=method),
                bench_verdict=verdict,
            )
        )
    return found


def known(*entries: tuple[str, Kind]) -> KnownBadList:
    made = {
        ("test", name): (
            KnownBad(
                suite="test", problem_id=name, scoring=ScoringMode.BENCH, kind=kind, evidence="seen", found="run: x"
            ),
        )
        for name, kind in entries
    }
    return KnownBadList(by_problem=made)


ROWS = [*rows("a", "PP PP ff"), *rows("b", "PP fP ff")]
"""Ours passes 2 and 1 of 3 samples, the benchmark 2 and 2."""


def values(figures: Figures) -> dict[str, float]:
    assert all(found.low <= found.value <= found.high for _, found in figures)
    return {name: found.value for name, found in figures}


@pytest.mark.parametrize(
    ("rule", "figures"),
    [
        (BenchRule.VERILOG_EVAL_V2, {"pass rate (per problem cut to whole %)": 0.66}),
        (BenchRule.VERILOG_EVAL_V1, {"pass@1": pytest.approx(2 / 3)}),
        (
            BenchRule.RTLLM,
            {
                "syntax pass@1": 1.0,
                "function pass@1": pytest.approx(2 / 3),
                "syntax, any of n": 1.0,
                "function, any of n": 1.0,
            },
        ),
        (None, {"pass@1": pytest.approx(2 / 3)}),
    ],
)
def test_each_benchmark_has_its_own_metric(rule: BenchRule | None, figures: dict[str, object]) -> None:
    (sides,) = compare_sides([task("a", rule), task("b", rule)], ROWS, NOTHING)
    assert values(sides.published) == figures
    assert values(sides.ours) == {"pass@1": pytest.approx(0.5)}
    assert (sides.suite, sides.problems, sides.samples) == ("test", 2, 6)
    assert (sides.ours_ceiling, sides.published_ceiling) == (2, 2)


def test_a_rule_without_a_row_gets_no_other_benchmarks_figures() -> None:
    problems = [task("a", cast("BenchRule", "other")), task("b", cast("BenchRule", "other"))]
    with pytest.raises(SuiteError, match="no scoring rule 'other'"):
        compare_sides(problems, ROWS, NOTHING)


def test_verdicts_of_a_bench_without_a_bench_are_an_error() -> None:
    with pytest.raises(SuiteError, match="test: the run has verdicts of a bench, but no problem has one"):
        compare_sides([problem(problem_id="a"), problem(problem_id="b")], ROWS, NOTHING)


def test_the_biased_metric_of_cvdp_is_named_so() -> None:
    results = rows("a", "PP ff ff ff ff")
    (sides,) = compare_sides([task("a", None)], results, NOTHING, (1, 5))
    assert values(sides.published) == {"pass@1": pytest.approx(0.2), "biased pass@5": pytest.approx(0.67232)}
    assert values(sides.ours) == {"pass@1": pytest.approx(0.2), "pass@5": 1.0}


def test_a_problem_that_no_reference_passes_counts_as_failed_and_lowers_the_ceiling() -> None:
    problems = [task(name, BenchRule.VERILOG_EVAL_V2) for name in ("a", "b", "watched", "lost")]
    (sides,) = compare_sides(problems, ROWS, known(("watched", Kind.WATCHDOG)))
    assert values(sides.published) == {"pass rate (per problem cut to whole %)": pytest.approx(0.44)}
    assert (sides.problems, sides.published_ceiling, sides.ours_ceiling) == (3, 2, 3)


def test_a_suite_without_a_scorer_of_its_own_has_no_second_side() -> None:
    plain = [SampleResult(completion=r.completion, candidate=r.candidate, verdict=r.verdict) for r in ROWS]
    assert compare_sides([problem(problem_id="a"), problem(problem_id="b")], plain, NOTHING) == ()


def test_where_only_the_benchmark_judged_ours_is_empty() -> None:
    (sides,) = compare_sides([task("a", None)], rows("a", "-P -f"), NOTHING)
    assert (sides.ours, sides.disagreements) == ((), ())


def test_disagreements_are_listed_with_their_class() -> None:
    (sides,) = compare_sides(
        [task("a", BenchRule.RTLLM), task("b", BenchRule.RTLLM)], ROWS, known(("b", Kind.ACCEPTS_ANYTHING))
    )
    (one,) = sides.disagreements
    assert (one.problem_id, one.index, one.ours, one.published) == ("b", 1, "mismatch", "passed")
    assert (one.reason, one.detail) == (Reason.ACCEPTS_ANYTHING, "seen")


def test_the_table() -> None:
    results = [*rows("a", "PP PP ff"), *rows("b", "PP fP fF")]
    problems = [task(name, BenchRule.VERILOG_EVAL_V2) for name in ("a", "b", "watched")]
    sides = compare_sides(problems, results, known(("watched", Kind.WATCHDOG), ("b", Kind.UNSATISFIABLE)))
    page = Path(__file__).parents[2] / "docs" / "explanation" / "two-scorings.md"
    (shown,) = re.findall(r"^```\n(scored by.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    lines = render_sides(sides).splitlines()
    assert lines[:9] == shown.splitlines()
    assert lines[9:] == [
        "",
        "test: the scorings disagree on 2: 1 unknown, 1 forged-output",
        "  b sample 1: ours mismatch, published passed: unknown",
        "  b sample 2: ours mismatch, published passed: forged-output",
    ]


def test_each_scoring_stands_with_and_without_the_problems_whose_text_is_open() -> None:
    results = [*rows("a", "PP PP ff"), *rows("b", "PP fP ff"), *rows("c", "ff ff ff")]
    problems = [task(name, BenchRule.VERILOG_EVAL_V1) for name in "abc"]
    entries = {
        ("test", name): (
            KnownBad(suite="test", problem_id=name, scoring=scoring, kind=kind, evidence="seen", found="run: x"),
        )
        for name, scoring, kind in (("b", ScoringMode.OURS, Kind.CONTRADICTS), ("c", ScoringMode.BOTH, Kind.AMBIGUOUS))
    }
    (sides,) = compare_sides(problems, results, KnownBadList(by_problem=entries))
    assert values(sides.ours) == {"pass@1": pytest.approx(1 / 3)}
    assert values(sides.ours_without_open) == {"pass@1": pytest.approx(2 / 3)}
    assert values(sides.published) == {"pass@1": pytest.approx(4 / 9)}
    assert values(sides.published_without_open) == {"pass@1": pytest.approx(2 / 3)}
    assert sides.open_problems == ("b", "c")


def test_agreement_is_reported() -> None:
    sides = compare_sides([task("a", BenchRule.RTLLM)], rows("a", "PP ff"), NOTHING)
    assert render_sides(sides).splitlines()[-1] == "test: the scorings agree on every sample"


def test_the_json_document_has_both_sides() -> None:
    problems = [task("a", BenchRule.RTLLM), task("b", BenchRule.RTLLM)]
    sides = compare_sides(problems, ROWS, known(("b", Kind.ACCEPTS_ANYTHING)))
    run = Run(
        run_id="r",
        started_at="2026-11-21T04:30:05+00:00",
        settings=RunSettings(model="m", suites=(), sampling=SamplingParams(n=3), prompt="chat", simulator="icarus"),
        environment=Environment(harness="0", python="3", platform="p", tools=()),
        samples=tuple(ROWS),
    )
    document = json.loads(render_run_json(run, summarize(problems, ROWS, (1,)), sides))
    (suite,) = document["scorings"]
    assert (suite["suite"], suite["problems"], suite["published_ceiling"]) == ("test", 2, 2)
    assert suite["published"]["function, any of n"]["value"] == 1.0
    assert suite["published"]["function, any of n"].keys() == {"value", "low", "high"}
    assert suite["disagreements"][0]["reason"] == "testbench-accepts-anything"
    assert document["samples"][0]["published"]["published"] is True
