"""pass@k against exact arithmetic, intervals against simulation, summaries against figures worked by hand."""

import importlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import comb
from typing import Any

import pytest
from builders import method_of
from hypothesis import given
from hypothesis import strategies as st

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.metrics import (
    Counts,
    Figures,
    bootstrap_interval,
    estimate_mcnemar_p,
    estimate_pass_at_k,
    measure_biased,
    measure_rtllm,
    measure_truncated,
    measure_unbiased,
    summarize,
)
from pytest_rtlgen.records import (
    Candidate,
    Completion,
    Difficulty,
    Method,
    Problem,
    SampleKey,
    SampleResult,
    SignalVerdict,
    SourceFile,
    Status,
    TokenUsage,
    Verdict,
)


def a_problem(problem_id: str, *, category: str = "memory", difficulty: Difficulty = Difficulty.EASY) -> Problem:
    return Problem(
        suite="core",
        problem_id=problem_id,
        title=problem_id,
        category=category,
        difficulty=difficulty,
        description="Design it.",
        top=problem_id,
        reference=SourceFile(name=f"{problem_id}/reference.sv", text=f"module {problem_id}; endmodule\n"),
        reference_top=problem_id,
    )


def a_result(problem_id: str, index: int, status: Status, *, right: int = 0, outputs: int = 2) -> SampleResult:
    signals = tuple(
        SignalVerdict(name=f"q{number}", checked=10, mismatches=0 if number < right else 3) for number in range(outputs)
    )
    return SampleResult(
        completion=Completion(
            key=SampleKey(suite="core", problem_id=problem_id, index=index),
            text="module",
            model="m",
            usage=TokenUsage(prompt=100, completion=7),
            latency_s=0.5,
        ),
        candidate=Candidate(source="module", rule="fence"),
        verdict=Verdict(status=status, method=method_of(status), signals=signals, duration_s=0.25),
    )


def results_of(problem_id: str, statuses: Sequence[Status]) -> list[SampleResult]:
    return [a_result(problem_id, index, status) for index, status in enumerate(statuses)]


@pytest.mark.parametrize(
    ("n", "c", "k", "expected"),
    [
        (1, 0, 1, 0.0),
        (1, 1, 1, 1.0),
        (5, 2, 1, 0.4),  # 2/5
        (5, 2, 2, 0.7),  # 1 - C(3,2)/C(5,2) = 1 - 3/10
        (5, 2, 3, 0.9),  # 1 - 1/10
        (5, 2, 4, 1.0),  # four of five cannot miss both
        (10, 3, 5, 11 / 12),  # 1 - C(7,5)/C(10,5) = 1 - 21/252
        (20, 1, 10, 0.5),  # half of the samples are drawn
        (5, 0, 5, 0.0),
    ],
)
def test_pass_at_k_by_hand(n: int, c: int, k: int, expected: float) -> None:
    assert estimate_pass_at_k(n, c, k) == pytest.approx(expected, abs=1e-15)


def exact_pass_at_k(n: int, c: int, k: int) -> float:
    return float(1 - Fraction(comb(n - c, k), comb(n, k)))


@pytest.mark.parametrize("n", range(1, 61))
def test_pass_at_k_equals_exact_fractions_for_every_c_and_k(n: int) -> None:
    for c in range(n + 1):
        for k in range(1, n + 1):
            assert estimate_pass_at_k(n, c, k) == pytest.approx(exact_pass_at_k(n, c, k), abs=1e-13)


@pytest.mark.parametrize("c", [0, 1, 2, 50, 100, 150, 199, 200])
@pytest.mark.parametrize("k", [1, 2, 10, 100, 150, 199, 200])
def test_pass_at_k_equals_exact_fractions_for_many_samples(c: int, k: int) -> None:
    assert estimate_pass_at_k(200, c, k) == pytest.approx(exact_pass_at_k(200, c, k), abs=1e-12)


def test_pass_at_k_needs_no_factorial() -> None:
    assert estimate_pass_at_k(1_000_000, 1, 1) == pytest.approx(1e-6, rel=1e-9)


@given(st.integers(1, 300), st.data())
def test_pass_at_k_rises_with_c_and_with_k_and_stays_a_chance(n: int, data: st.DataObject) -> None:
    c = data.draw(st.integers(0, n - 1))
    k = data.draw(st.integers(1, n))
    here = estimate_pass_at_k(n, c, k)
    assert 0.0 <= here <= 1.0
    assert estimate_pass_at_k(n, c + 1, k) >= here - 1e-12
    if k < n:
        assert estimate_pass_at_k(n, c, k + 1) >= here - 1e-12


@pytest.mark.parametrize(
    ("n", "c", "k", "message"),
    [
        (4, 1, 5, r"pass@5 needs at least 5 samples, got n = 4"),
        (4, 1, 0, r"pass@0: k must be 1 or more"),
        (4, 5, 1, r"pass@1: 5 right samples of n = 4 is no count"),
        (4, -1, 1, r"pass@1: -1 right samples"),
        (0, 0, 1, r"got n = 0"),
    ],
)
def test_pass_at_k_refuses_what_cannot_be(n: int, c: int, k: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        estimate_pass_at_k(n, c, k)


@pytest.mark.parametrize("passed", [0, 1, 7, 19, 20])
def test_the_interval_of_one_sample_a_problem_is_that_of_jeffreys(passed: int) -> None:
    stats: Any = importlib.import_module("scipy.stats")
    low, high = stats.beta.ppf((0.025, 0.975), passed + 0.5, 20 - passed + 0.5)
    found = bootstrap_interval([1.0] * passed + [0.0] * (20 - passed), seed=2, resamples=200_000)
    assert found.low == pytest.approx(low if passed else 0.0, abs=0.003)
    assert found.high == pytest.approx(high if passed < 20 else 1.0, abs=0.003)


@pytest.mark.parametrize("values", [[1.0], [0.0] * 74, [1.0] * 74, [0.4] * 74, [0.7]])
def test_no_interval_is_without_width(values: list[float]) -> None:
    found = bootstrap_interval(values, seed=1)
    assert found.low <= values[0] <= found.high
    assert found.high - found.low > 0.01


def test_the_interval_of_differences_reaches_to_both_sides() -> None:
    found = bootstrap_interval([0.0] * 40, seed=1, span=(-1.0, 1.0))
    assert -0.1 < found.low < -0.01
    assert 0.01 < found.high < 0.1


@pytest.mark.parametrize(("fell", "rose"), [(0, 0), (1, 0), (8, 1), (3, 3), (2, 9), (0, 30), (700, 640)])
def test_the_p_value_is_that_of_an_independent_computation(fell: int, rose: int) -> None:
    stats: Any = importlib.import_module("scipy.stats")
    expected = stats.binomtest(fell, fell + rose).pvalue if fell + rose else 1.0
    assert estimate_mcnemar_p(fell, rose) == pytest.approx(expected, rel=1e-9)


def test_interval_depends_on_the_seed_alone() -> None:
    values = [0.0, 1.0, 0.25, 0.5, 1.0, 0.0, 0.75]
    first = bootstrap_interval(values, seed=3)
    assert bootstrap_interval(values, seed=3) == first
    assert bootstrap_interval(values, seed=4) != first
    assert first.value == 0.5
    assert first.low < 0.5 < first.high


def test_interval_does_not_depend_on_the_block_size(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bootstrap_interval([0.0, 0.2, 1.0], seed=5, resamples=1000)
    monkeypatch.setattr("pytest_rtlgen.metrics._BLOCK", 30)
    assert bootstrap_interval([0.0, 0.2, 1.0], seed=5, resamples=1000) == whole


def test_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    import numpy as np

    random = np.random.default_rng(20261121)
    hits = 0
    for trial in range(300):
        values = random.beta(2.0, 3.0, size=60).tolist()  # true mean 2 / (2 + 3)
        interval = bootstrap_interval(values, seed=trial, resamples=400)
        hits += interval.low <= 0.4 <= interval.high
    assert 0.90 <= hits / 300 <= 0.98


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30), st.integers(0, 2**32))
def test_an_interval_holds_its_value_and_lies_within_what_can_be(values: list[float], seed: int) -> None:
    interval = bootstrap_interval(values, seed=seed, resamples=50)
    assert 0.0 <= interval.low <= interval.value <= interval.high <= 1.0 + 1e-12


def test_interval_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="at least one problem"):
        bootstrap_interval([], seed=0)
    with pytest.raises(UsageError, match="resamples must be 1 or more, got 0"):
        bootstrap_interval([0.0, 1.0], seed=0, resamples=0)


def test_summary_by_hand() -> None:
    problems = [
        a_problem("fifo"),
        a_problem("adder", category="arithmetic", difficulty=Difficulty.HARD),
    ]
    results = [
        a_result("adder", 1, Status.SYNTAX_ERROR, outputs=0),
        a_result("adder", 0, Status.MISMATCH, right=1),
        a_result("fifo", 0, Status.PASSED, right=2),
        a_result("fifo", 1, Status.MISMATCH, right=0),
    ]
    summary = summarize(problems, results, (2, 1, 1))

    assert summary.total.label == "all"
    assert summary.total.problems == 2
    assert [(k, round(value.value, 6)) for k, value in summary.total.syntax] == [(1, 0.75), (2, 1.0)]
    assert [(k, round(value.value, 6)) for k, value in summary.total.function] == [(1, 0.25), (2, 0.5)]
    assert summary.total.credit.value == 0.375  # (1.0 + 0.0) / 2 and (0.5 + 0.0) / 2
    assert [(row.label, row.problems) for row in summary.by_category] == [("arithmetic", 1), ("memory", 1)]
    assert [row.label for row in summary.by_difficulty] == ["easy", "hard"]
    assert [(k, found.value, found.low) for k, found in summary.by_difficulty[1].function] == [(1, 0, 0), (2, 0, 0)]
    assert all(0.5 < found.high < 1.0 for _, found in summary.by_difficulty[1].function)
    assert summary.statuses == ((Status.MISMATCH, 2), (Status.PASSED, 1), (Status.SYNTAX_ERROR, 1))
    assert (summary.samples, summary.prompt_tokens, summary.completion_tokens) == (4, 400, 28)
    assert (summary.generation_s, summary.check_s) == (2.0, 1.0)
    fifo = summary.problems[0]
    assert (fifo.problem_id, fifo.n, fifo.compiled, fifo.passed, fifo.credit) == ("fifo", 2, 2, 1, 0.5)
    assert summary.excluded == ()


def test_summary_does_not_depend_on_the_order_of_results() -> None:
    problems = [a_problem("fifo"), a_problem("stack")]
    results = results_of("fifo", [Status.PASSED, Status.TIMEOUT]) + results_of("stack", [Status.NO_CODE] * 2)
    assert summarize(problems, results[::-1], (1, 2)) == summarize(problems, results, (1, 2))


def test_every_status_counts_as_its_compile_outcome_says() -> None:
    statuses = list(Status)
    summary = summarize([a_problem("fifo")], results_of("fifo", statuses), (1,))
    assert summary.problems[0].compiled == 6
    assert summary.total.syntax[0][1].value == pytest.approx(6 / 12)
    assert summary.total.function[0][1].value == pytest.approx(1 / 12)


def test_missing_token_counts_are_no_tokens() -> None:
    result = SampleResult(
        completion=Completion(key=SampleKey(suite="core", problem_id="fifo", index=0), text="", model="m"),
        candidate=Candidate(source="", rule="no module"),
        verdict=Verdict(status=Status.NO_CODE, method=Method.EXTRACT),
    )
    summary = summarize([a_problem("fifo")], [result], (1,))
    assert (summary.prompt_tokens, summary.completion_tokens) == (0, 0)


def test_a_k_above_a_problems_samples_is_refused_by_name() -> None:
    problems = [a_problem("fifo"), a_problem("stack")]
    results = results_of("fifo", [Status.PASSED] * 5) + results_of("stack", [Status.PASSED] * 4)
    with pytest.raises(UsageError, match=r"pass@5 needs 5 checked samples .* 'core/stack' has n = 4"):
        summarize(problems, results, (1, 5))


def test_a_problem_without_result_is_an_error_unless_excluded() -> None:
    problems = [a_problem("fifo"), a_problem("stack")]
    results = results_of("fifo", [Status.PASSED])
    with pytest.raises(UsageError, match=r"'core/stack' has no result; check it, or exclude it with a reason"):
        summarize(problems, results, (1,))
    summary = summarize(problems, results, (1,), excluded=[("core/stack", "iverilog: not found")])
    assert summary.total.problems == 1
    assert summary.excluded == (("core/stack", "iverilog: not found"),)


def test_an_excluded_problem_leaves_every_figure_with_the_results_it_has() -> None:
    problems = [a_problem("fifo"), a_problem("stack")]
    results = results_of("fifo", [Status.PASSED] * 2) + results_of("stack", [Status.MISMATCH])
    summary = summarize(problems, results, (2,), excluded=[("core/stack", "dead endpoint")])
    assert summary.samples == 2
    assert summary.statuses == ((Status.PASSED, 2),)
    assert [score.problem_id for score in summary.problems] == ["fifo"]


@pytest.mark.parametrize(
    ("ids", "results", "excluded", "message"),
    [
        (["fifo"], results_of("stack", [Status.PASSED]), [], "'core/stack', which is not among the problems"),
        (["fifo"], results_of("fifo", [Status.PASSED]) * 2, [], "sample 0 of 'core/fifo' has two results"),
        (["fifo", "fifo"], [], [], "the same problem is listed twice"),
        (["fifo"], [], [("fifo", "x")], "excluded problem 'fifo' is not in the run; write it as suite/problem_id"),
        (["fifo"], [], [("core/fifo", "x")], "no problem is left to summarize"),
        ([], [], [], "no problem is left to summarize"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    ids: list[str], results: list[SampleResult], excluded: list[tuple[str, str]], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        summarize([a_problem(problem_id) for problem_id in ids], results, (1,), excluded=excluded)


def test_a_nonsense_k_is_refused() -> None:
    with pytest.raises(UsageError, match="pass@0: k must be 1 or more"):
        summarize([a_problem("fifo")], results_of("fifo", [Status.PASSED]), (0,))


def counts(*triples: tuple[int, int, int]) -> list[Counts]:
    return [Counts(n=n, compiled=compiled, passed=passed) for n, compiled, passed in triples]


@pytest.mark.parametrize(
    ("measure", "rows", "figures"),
    [
        (measure_truncated, counts((3, 3, 1), (3, 3, 2)), [(33 + 66) / 200]),
        (measure_truncated, counts((100, 100, 29)), [0.28]),  # int(29 / 100 * 100) is 28, for them too
        (measure_unbiased, counts((5, 5, 1), (5, 5, 0)), [0.1, 0.5]),
        (measure_unbiased, counts((4, 4, 4)), [1.0]),
        (measure_rtllm, counts((5, 4, 1), (5, 0, 0)), [0.4, 0.1, 0.5, 0.5]),
        (measure_biased, counts((5, 5, 1)), [0.2, 0.67232]),
        (measure_biased, counts((4, 4, 1)), [0.25]),
    ],
)
def test_the_metric_of_each_benchmark(
    measure: Callable[[list[Counts]], Figures], rows: list[Counts], figures: list[float]
) -> None:
    assert [found.value for _, found in measure(rows)] == pytest.approx(figures)
