"""Dynamic sampling by simulation: what is kept, how much is asked for, and that it always ends."""

import math
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training.adaptive.sampling import AdaptiveSampler, GroupKind, classify_group

RIGHT, WRONG, MIXED, BROKEN = [1.0] * 4, [0.0] * 4, [0.0, 1.0, 0.0, 0.0], [None, 1.0, 0.0, 0.0]
Rewards = list[float | None]


@pytest.mark.parametrize(
    ("rewards", "kind"),
    [
        ([1.0, 1.0], GroupKind.ALL_RIGHT),
        ([0.0, 0.0], GroupKind.ALL_WRONG),
        ([-0.5, -0.5], GroupKind.ALL_WRONG),
        ([0.5, 0.5], GroupKind.ALL_EQUAL),
        ([0.0, 1.0], GroupKind.USEFUL),
        ([0.25, 0.5], GroupKind.USEFUL),
        ([None, 1.0, 0.0], GroupKind.UNMEASURED),
        ([None, None], GroupKind.UNMEASURED),
        ([math.nan, 1.0], GroupKind.UNMEASURED),
    ],
)
def test_kind_of_a_group(rewards: Rewards, kind: GroupKind) -> None:
    assert classify_group(rewards) is kind


def test_keeps_useful_groups_in_order_and_no_more_than_needed() -> None:
    sampler = AdaptiveSampler(target=2, group=4)
    assert sampler.take([RIGHT, MIXED, BROKEN, WRONG, MIXED, MIXED]) == (1, 4)
    assert sampler.next_prompts() == 0
    report = sampler.report()
    assert report.is_full
    assert (report.kept, report.generated, report.surplus) == (2, 6, 1)
    assert dict(report.kinds) == {
        GroupKind.USEFUL: 3,
        GroupKind.ALL_RIGHT: 1,
        GroupKind.ALL_WRONG: 1,
        GroupKind.ALL_EQUAL: 0,
        GroupKind.UNMEASURED: 1,
    }
    assert str(report) == "2 of 2 useful groups from 6 prompts (3 useful, 1 all-right, 1 all-wrong, 1 unmeasured)"


def test_the_first_round_is_one_batch_and_the_next_is_sized_by_what_it_gave() -> None:
    sampler = AdaptiveSampler(target=100, group=4)
    assert sampler.next_prompts() == 100  # nothing is known
    sampler.take([MIXED] * 50 + [WRONG] * 50)
    assert sampler.ratio.mean == pytest.approx(0.5)
    assert 100 < sampler.next_prompts() < 150, "50 are missing: 100 on average, and some more to be safe"


def test_a_first_round_that_is_short_makes_the_evidence_doubtful_unless_the_harness_failed() -> None:
    def weigh(last: Sequence[Sequence[float | None]]) -> float:
        sampler = AdaptiveSampler(target=10, group=4, memory=1e9)
        sampler.take([MIXED] * 500 + [WRONG] * 500)
        sampler.begin()
        sampler.take(last)
        return sum(sampler.ratio.posterior)

    assert weigh([MIXED] * 10 + [WRONG] * 8) == pytest.approx(2 + 1000 + 18)
    assert weigh([MIXED] * 9 + [WRONG] * 9) == pytest.approx(2 + 800 + 18)
    assert weigh([MIXED] * 9 + [WRONG] * 9 + [BROKEN]) == pytest.approx(2 + 1000 + 18)


def test_the_released_rule_can_be_chosen() -> None:
    sampler = AdaptiveSampler(target=100, group=4, rule="released")
    sampler.take([MIXED] * 50 + [WRONG] * 50)
    assert sampler.next_prompts() == 100
    with pytest.raises(UsageError, match="rule='mean' is unknown; known are quantile, released"):
        AdaptiveSampler(target=1, group=2, rule="mean")


def test_failures_of_the_harness_say_nothing_about_the_model() -> None:
    sampler = AdaptiveSampler(target=8, group=4)
    before = sampler.ratio.mean
    assert sampler.take([BROKEN] * 16) == ()
    assert sampler.ratio.mean == before
    assert sampler.next_prompts() == 8


def test_the_estimate_outlives_a_batch() -> None:
    sampler = AdaptiveSampler(target=10, group=4)
    sampler.take([MIXED] * 10 + [RIGHT] * 30)
    learnt = sampler.ratio.mean
    sampler.begin()
    assert sampler.ratio.mean == learnt
    assert sampler.next_prompts() > 10 / learnt
    assert sampler.report().generated == 0


@pytest.mark.parametrize("useless", [RIGHT, WRONG, BROKEN, [0.5] * 4], ids=["right", "wrong", "broken", "equal"])
def test_a_stream_without_a_useful_group_ends_and_says_so(useless: Rewards) -> None:
    sampler = AdaptiveSampler(target=3, group=4, max_rounds=5, max_prompts=50)
    generated = 0
    while needed := sampler.next_prompts():
        assert needed <= 50
        generated += needed
        sampler.take([useless] * needed)
    report = sampler.report()
    assert not report.is_full
    assert (report.rounds, report.kept, report.generated) == (5, 0, generated)
    assert str(report).endswith("; gave up after 5 rounds, going on with what there is")


def test_rounds_without_groups_end_too() -> None:
    sampler = AdaptiveSampler(target=3, group=4, max_rounds=2)
    sampler.take([])
    sampler.take([])
    assert sampler.next_prompts() == 0


def test_requests_are_whole_multiples_within_the_bound() -> None:
    sampler = AdaptiveSampler(target=5, group=4, multiple=8, max_prompts=20)
    assert sampler.next_prompts() == 8
    sampler.take([MIXED] * 4 + [WRONG] * 12)
    assert sampler.next_prompts() == 16


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": 0}, "target=0: must be 1 or more"),
        ({"group": 0}, "group=0"),
        ({"max_rounds": 0}, "max_rounds=0"),
        ({"multiple": 0}, "multiple=0"),
        ({"max_prompts": 4, "multiple": 8}, "max_prompts=4 is below multiple=8"),
        ({"memory": 0.0}, "memory=0.0"),
    ],
)
def test_bad_arguments(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        AdaptiveSampler(**{"target": 4, "group": 4, **arguments})  # type: ignore[arg-type]  # bad on purpose


def test_a_group_of_another_size_is_refused_before_anything_is_counted() -> None:
    sampler = AdaptiveSampler(target=4, group=4)
    with pytest.raises(UsageError, match="group 1 has 3 rewards, not 4"):
        sampler.take([MIXED, [0.0, 1.0, 0.0]])
    assert sampler.report().rounds == 0


def play(sampler: AdaptiveSampler, draw: Callable[[], Rewards]) -> list[int]:
    """Run one batch and return what was asked for in each round."""
    sampler.begin()
    asked = []
    while needed := sampler.next_prompts():
        asked.append(needed)
        sampler.take([draw() for _ in range(needed)])
    return asked


def draw_at(rng: random.Random, rate: float) -> Callable[[], Rewards]:
    return lambda: [float(rng.random() < rate) for _ in range(8)]


@given(rate=st.floats(0, 1), seed=st.integers(0, 99), target=st.integers(1, 40), rounds=st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_any_stream_ends_within_its_bounds_and_repeats_exactly(
    rate: float, seed: int, target: int, rounds: int
) -> None:
    def run() -> tuple[list[int], str]:
        sampler = AdaptiveSampler(target=target, group=8, max_rounds=rounds)
        return play(sampler, draw_at(random.Random(seed), rate)), str(sampler.report())

    asked, report = run()
    assert len(asked) <= rounds
    assert sum(asked) <= rounds * 4 * target
    assert (asked, report) == run()


def test_once_the_ratio_is_known_one_round_is_nearly_always_enough() -> None:
    rate = 0.05
    useful = 1 - rate**8 - (1 - rate) ** 8  # 0.337
    sampler = AdaptiveSampler(target=64, group=8)
    draw = draw_at(random.Random(1), rate)
    play(sampler, draw)
    asked = [play(sampler, draw) for _ in range(80)]
    assert sampler.report().is_full
    assert sum(map(len, asked)) / 80 < 1.1
    assert sum(map(sum, asked)) / 80 == pytest.approx(64 / useful, rel=0.25), "what being sure costs"
