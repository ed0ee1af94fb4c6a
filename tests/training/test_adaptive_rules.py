"""How large a round is: the quantile of the posterior predictive, and the released running minima."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom  # type: ignore[import-untyped]

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training.adaptive.rules import EffectiveRatio, QuantileRule, ReleasedRule, chance_of_fewer


def test_old_evidence_fades() -> None:
    ratio = EffectiveRatio(memory=10)
    ratio.note(useful=100, useless=0)
    high = ratio.mean
    for _ in range(10):
        ratio.note(useful=0, useless=5)
    assert high > 0.95
    assert ratio.mean < 0.2


@given(prompts=st.integers(1, 3000), share=st.floats(0, 1.1), good=st.floats(0.5, 4000), bad=st.floats(0.5, 4000))
@settings(max_examples=200, deadline=None)
def test_the_chance_is_that_of_scipy(prompts: int, share: float, good: float, bad: float) -> None:
    missing = max(1, round(share * prompts))
    assert chance_of_fewer(missing, prompts, good, bad) == pytest.approx(
        betabinom.cdf(missing - 1, prompts, good, bad), abs=1e-8
    )


def test_a_chance_too_small_for_a_float_is_certainty_on_the_right_side() -> None:
    assert chance_of_fewer(4000, 4000, 40.0, 4000.0) == pytest.approx(1.0)
    assert chance_of_fewer(1, 4000, 4000.0, 4.0) == 0.0


def test_the_quantile_is_the_fewest_prompts_that_are_likely_enough() -> None:
    ratio = EffectiveRatio(memory=1e9)
    rule = QuantileRule(ratio, confidence=0.97)
    assert rule.request(128, most=512) == 128, "nothing is known"
    ratio.note(useful=400, useless=600)
    asked = rule.request(128, most=512)
    assert betabinom.sf(127, asked, 401, 601) >= 0.97 > betabinom.sf(127, asked - 1, 401, 601)
    assert rule.request(128, most=300) == 300
    assert rule.request(128, most=100) == 100


@pytest.mark.parametrize("confidence", [0.0, 1.0, -1.0, math.nan])
def test_a_confidence_that_is_no_probability(confidence: float) -> None:
    with pytest.raises(UsageError, match=r"confidence=.* must be above 0 and below 1"):
        QuantileRule(EffectiveRatio(memory=1), confidence=confidence)


def test_one_round_is_enough_as_often_as_it_should_be() -> None:
    rng = random.Random(5)
    ratio = EffectiveRatio(memory=1e9)
    rule = QuantileRule(ratio, confidence=0.9)
    ratio.note(useful=5000, useless=5000)
    asked = rule.request(64, most=999)
    full = sum(sum(rng.random() < 0.5 for _ in range(asked)) >= 64 for _ in range(4000))
    assert 0.89 < full / 4000 < 0.93


def test_the_released_rule_by_hand() -> None:
    rule = ReleasedRule()
    assert rule.request(128, most=512) == 128  # both ratios start at 1
    rule.note(missing=128, useful=64, useless=64)
    assert rule.request(64, most=512) == 128  # this batch: 64 of 128
    rule.note(missing=64, useful=80, useless=48)  # full: 144 of 256
    rule.begin()
    assert rule.request(128, most=512) == math.ceil(128 / (144 / 256))
    rule.note(missing=128, useful=200, useless=28)  # better, which a running minimum does not see
    rule.begin()
    assert rule.request(128, most=512) == math.ceil(128 / (144 / 256))


def test_the_released_rule_after_a_round_without_a_useful_group_is_bounded() -> None:
    rule = ReleasedRule()
    rule.note(missing=128, useful=0, useless=128)
    assert rule.request(128, most=512) == 512
    rule.begin()
    assert rule.request(128, most=512) == 128, "only full batches count for the next"
    rule.note(missing=128, useful=0, useless=0)  # nothing was measured
    assert rule.request(128, most=512) == 128


def test_doubted_evidence_counts_less_and_says_the_same() -> None:
    ratio = EffectiveRatio(memory=1e9)
    rule = QuantileRule(ratio, confidence=0.97)
    ratio.note(useful=300, useless=300)
    sure = rule.request(128, most=999)
    for _ in range(5):
        ratio.doubt()
    assert ratio.mean == pytest.approx(0.5)
    assert rule.request(128, most=999) > sure
