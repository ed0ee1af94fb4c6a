"""The figures of a run once more without the problems on the known-bad list, by hand."""

import pytest
from builders import problem

from pytest_rtlgen.known_bad import Kind, KnownBad, KnownBadList
from pytest_rtlgen.metrics import summarize
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.records import (
    Candidate,
    Completion,
    Method,
    SampleKey,
    SampleResult,
    Status,
    Summary,
    Verdict,
)
from pytest_rtlgen.report.without import add_without


def result(name: str, *, is_passed: bool, method: Method = Method.SIMULATE) -> SampleResult:
    key = SampleKey(suite="test", problem_id=name, index=0)
    return SampleResult(
        completion=Completion(key=key, text="x", model="m"),
        candidate=Candidate(source="x", rule="fence"),
        verdict=Verdict(status=Status.PASSED if is_passed else Status.MISMATCH, method=method),
    )


RESULTS = [result("right", is_passed=True), result("open", is_passed=False), result("weak", is_passed=True)]


def known(**entries: tuple[Kind, ScoringMode]) -> KnownBadList:
    return KnownBadList(
        by_problem={
            ("test", name): (
                KnownBad(suite="test", problem_id=name, scoring=scoring, kind=kind, evidence="seen", found="run: x"),
            )
            for name, (kind, scoring) in entries.items()
        }
    )


def summary_of(results: list[SampleResult], found: KnownBadList) -> Summary:
    problems = [problem(problem_id=row.key.problem_id) for row in results]
    return add_without(summarize(problems, results, (1,)), results, found)


def rows(summary: Summary) -> list[tuple[str, int, float]]:
    return [(row.label, row.problems, row.function[0][1].value) for row in summary.without]


def test_open_texts_are_left_out_first_then_everything_that_is_listed() -> None:
    found = known(open=(Kind.AMBIGUOUS, ScoringMode.BOTH), weak=(Kind.NO_CIRCUIT, ScoringMode.OURS))
    summary = summary_of(RESULTS, found)
    assert summary.total.function[0][1].value == pytest.approx(2 / 3)
    assert rows(summary) == [("without 1 with open texts", 2, 1.0), ("without 2 known bad", 1, 1.0)]


@pytest.mark.parametrize("kind", [Kind.AMBIGUOUS, Kind.CONTRADICTS, Kind.UNSATISFIABLE])
def test_each_kind_of_open_text_counts(kind: Kind) -> None:
    assert rows(summary_of(RESULTS, known(open=(kind, ScoringMode.OURS)))) == [("without 1 with open texts", 2, 1.0)]


def test_an_entry_counts_only_where_the_scoring_that_it_spoils_decided() -> None:
    found = known(open=(Kind.AMBIGUOUS, ScoringMode.BENCH))
    assert rows(summary_of(RESULTS, found)) == []
    by_bench = [result("right", is_passed=True), result("open", is_passed=False, method=Method.TESTBENCH)]
    assert rows(summary_of(by_bench, found)) == [("without 1 with open texts", 1, 1.0)]


@pytest.mark.parametrize(
    "found", [known(), known(open=(Kind.CONSTANT, ScoringMode.BOTH)), known(other=(Kind.AMBIGUOUS, ScoringMode.BOTH))]
)
def test_without_a_listed_problem_there_is_no_row(found: KnownBadList) -> None:
    assert summary_of(RESULTS, found).without == ()


def test_a_run_of_listed_problems_alone_has_no_row() -> None:
    assert summary_of(RESULTS[1:2], known(open=(Kind.AMBIGUOUS, ScoringMode.OURS))).without == ()
