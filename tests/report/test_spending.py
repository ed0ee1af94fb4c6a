"""What a run took, added up and shown."""

import json
from typing import Any

import pytest
from report.test_terminal import SUMMARY

from pytest_rtlgen.backends.spending.prices import Price
from pytest_rtlgen.records import Completion, Environment, Run, RunSettings, SampleKey, SamplingParams, TokenUsage
from pytest_rtlgen.report.json_report import render_run_json
from pytest_rtlgen.report.spending import Spending, join_spending, sum_spending
from pytest_rtlgen.report.terminal import render_summary

PRICE = Price(prompt=2.0, completion=8.0)


def about(value: float) -> Any:
    """Return what equals every number near ``value``, for a field of a record."""
    return pytest.approx(value)


def completion(index: int, *usage: int | None) -> Completion:
    prompt, answer, reasoning = usage or (None, None, None)
    key = SampleKey(suite="mini", problem_id="inv", index=index)
    return Completion(
        key=key, text="x", model="m", usage=TokenUsage(prompt=prompt, completion=answer, reasoning=reasoning)
    )


def test_every_completion_counts_and_what_was_not_counted_is_reported() -> None:
    rows = [completion(0, 1000, 500, 300), completion(1, 0, 2500, None), completion(2)]
    spending = sum_spending(rows, PRICE)
    assert spending == Spending(
        prompt_tokens=1000,
        completion_tokens=3000,
        reasoning_tokens=300,
        uncounted=1,
        cost_usd=about(0.026),  # 1000 * 2 + 3000 * 8 = 26,000 millionths
    )
    text = render_summary(SUMMARY, title="t", run_path="r", spending=spending)
    assert (
        "tokens:  1,000 prompt, 3,000 completion (300 of them reasoning); not counted: 1 answers\n"
        "cost:    $0.0260\n"
        "time:    "
    ) in text


def test_without_a_price_there_is_no_cost() -> None:
    text = render_summary(SUMMARY, title="t", run_path="r", spending=sum_spending([completion(0, 5, 7, 0)], None))
    assert "tokens:  5 prompt, 7 completion\ntime:    " in text


def test_what_several_models_took_has_a_cost_where_each_has_one() -> None:
    part = sum_spending([completion(0, 1000, 500, 300), completion(1)], PRICE)
    assert join_spending([part, part]) == Spending(
        prompt_tokens=2000,
        completion_tokens=1000,
        reasoning_tokens=600,
        uncounted=2,
        cost_usd=about(0.012),  # 2 * (1000 * 2 + 500 * 8) millionths
    )
    assert join_spending([part, sum_spending([completion(0, 1, 1, 0)], None)]).cost_usd is None


def test_the_json_report_has_it() -> None:
    settings = RunSettings(model="m", suites=(), sampling=SamplingParams(), prompt="chat", simulator="icarus")
    environment = Environment(harness="0", python="3", platform="p", tools=())
    run = Run(run_id="r", started_at="s", settings=settings, environment=environment, samples=())
    text = render_run_json(run, SUMMARY, spending=sum_spending([completion(0, 10, 20, 5)], PRICE))
    assert json.loads(text)["spending"] == {
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "reasoning_tokens": 5,
        "uncounted": 0,
        "cost_usd": pytest.approx(0.00018),
    }
    assert json.loads(render_run_json(run, SUMMARY))["spending"] is None
