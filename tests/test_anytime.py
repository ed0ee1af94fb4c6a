"""Bounds that hold whenever one looks."""

import importlib
from math import isclose
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_rtlgen.anytime import bound_anytime
from pytest_rtlgen.errors import UsageError

SCORES = st.integers(1, 30).flatmap(
    lambda problems: st.lists(
        st.lists(st.sampled_from((0.0, 0.5, 1.0)), min_size=problems, max_size=problems), min_size=1, max_size=4
    )
)


@given(SCORES, st.sampled_from((0.01, 0.05, 0.3)))
@settings(max_examples=60, deadline=None)
def test_bounds_hold_the_first_mean_only_narrow_and_are_alike(rounds: list[list[float]], error: float) -> None:
    found = bound_anytime(rounds, error)
    mirrored = bound_anytime([[1 - score for score in row] for row in rounds], error)
    alone = bound_anytime(rounds[:1], error)
    assert 0 <= alone.low <= alone.value + 1e-9
    assert alone.value - 1e-9 <= alone.high <= 1
    assert found.low >= alone.low - 1e-9, "what was left out stays left out"
    assert found.high <= alone.high + 1e-9
    assert isclose(found.low, 1 - mirrored.high, abs_tol=1e-6)
    assert isclose(found.high, 1 - mirrored.low, abs_tol=1e-6)


@given(SCORES)
@settings(max_examples=40, deadline=None)
def test_less_error_means_wider_bounds(rounds: list[list[float]]) -> None:
    wide, narrow = bound_anytime(rounds, 0.01), bound_anytime(rounds, 0.2)
    assert wide.low <= narrow.low + 1e-9
    assert wide.high >= narrow.high - 1e-9


def test_more_rounds_come_closer_and_never_as_close_as_one_look_at_a_known_number() -> None:
    row = [1.0] * 60 + [0.0] * 40
    stats: Any = importlib.import_module("scipy.stats")
    widths = [found.high - found.low for found in (bound_anytime([row] * count, 0.05) for count in (1, 4, 16))]
    assert widths == sorted(widths, reverse=True)
    for count, width in zip((1, 4, 16), widths, strict=True):
        right, wrong = 60 * count, 40 * count
        once = stats.beta.ppf(0.95, right + 1, wrong) - stats.beta.ppf(0.05, right, wrong + 1)  # Clopper and Pearson
        assert once < width < 2.5 * once


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_whoever_stops_at_the_first_false_bound_is_wrong_as_seldom_as_promised(share: float) -> None:
    """The worst problems for it: all alike, so that the mean varies as much as it can."""
    random, error, runs = np.random.default_rng(7), 0.1, 150
    wrong_low = wrong_high = 0
    for _ in range(runs):
        rounds = (random.random((12, 25)) < share).astype(float)
        found = [bound_anytime(rounds[:count].tolist(), error) for count in range(1, 13)]
        wrong_low += any(bound.low > share for bound in found)
        wrong_high += any(bound.high < share for bound in found)
    most = error * runs + 3 * (runs * error * (1 - error)) ** 0.5
    assert wrong_low + wrong_high > 0
    assert max(wrong_low, wrong_high) <= most


def test_problems_that_are_unlike_make_no_bound_false() -> None:
    random, error, runs = np.random.default_rng(3), 0.1, 150
    chances = np.array([0.0] * 10 + [0.02] * 10 + [0.5] * 10 + [0.9] * 10 + [1.0] * 10)
    wrong = 0
    for _ in range(runs):
        rounds = (random.random((6, 50)) < chances).astype(float)
        found = [bound_anytime(rounds[:count].tolist(), error) for count in range(1, 7)]
        wrong += any(bound.low > chances.mean() or bound.high < chances.mean() for bound in found)
    assert wrong <= 2 * error * runs


@pytest.mark.parametrize(
    ("rounds", "error", "message"),
    [
        ([], 0.05, "one round or more"),
        ([[]], 0.05, "one round or more"),
        ([[1.0], [1.0, 0.0]], 0.05, "a score of every problem"),
        ([[1.0]], 0.0, "error 0.0: must be"),
    ],
)
def test_what_cannot_be_meant_is_refused(rounds: list[list[float]], error: float, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        bound_anytime(rounds, error)
