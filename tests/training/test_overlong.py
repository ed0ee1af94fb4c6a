"""Soft overlong punishment, against values of the published formula computed by hand, and as a part of a reward."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import builders
import pytest

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training import Overlong, Reward, RewardResult, RewardSettings, open_reward
from pytest_rtlgen.training.reward.options import RewardOptions, make_reward
from pytest_rtlgen.training.reward.overlong import shape_overlong
from pytest_rtlgen.training.trl import for_trl

BUFFER = Overlong(max_length=100, buffer=20)
RIGHT = f"```verilog\n{builders.COUNTER}\n```"
WRONG = RIGHT.replace("4'd11", "4'd10")


@pytest.mark.parametrize(
    ("length", "penalty"),
    [(0, 0.0), (16384, 0.0), (16385, -1 / 4096), (18432, -0.5), (20479, -4095 / 4096), (20480, -1.0), (99999, -1.0)],
)
def test_values_of_the_paper(length: int, penalty: float) -> None:
    assert shape_overlong(length, max_length=20480, cache=4096) == pytest.approx(penalty)


def test_factor_scales() -> None:
    assert shape_overlong(75, max_length=100, cache=50, factor=0.2) == pytest.approx(-0.1)


def test_no_penalty_is_plain_zero() -> None:
    assert str(shape_overlong(1, max_length=100, cache=50)) in {"0.0", "-0.0"}
    assert shape_overlong(1, max_length=100, cache=50) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cache": 0}, "cache=0 must be between 1 and max_length=100"),
        ({"cache": 101}, "cache=101"),
        ({"length": -1}, "length=-1"),
        ({"factor": -1.0}, "factor=-1.0"),
    ],
)
def test_bad_arguments(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        shape_overlong(**{"length": 1, "max_length": 100, "cache": 50, **arguments})  # type: ignore[arg-type]  # bad on purpose


@pytest.mark.parametrize(
    ("length", "value", "share"), [(80, 1.0, 0.0), (90, 0.75, 0.5), (100, 0.5, 1.0), (999, 0.5, 1.0)]
)
def test_length_changes_the_value_and_no_part_but_its_own(length: int, value: float, share: float) -> None:
    result = RewardResult(value=1.0, parts={"passed": 1.0, "overlong": 0.0})
    found = Overlong(max_length=100, buffer=20, factor=0.5).apply(result, length)
    assert (found.value, found.parts) == (value, {"passed": 1.0, "overlong": share})


def test_what_has_no_value_gets_none() -> None:
    assert BUFFER.apply(RewardResult(value=None, parts={}), 100).value is None


@pytest.fixture(scope="module")
def reward() -> Iterator[Reward]:
    with open_reward([builders.problem()], RewardSettings(overlong=BUFFER)) as made:
        yield made


@pytest.mark.simulator
def test_groups_can_be_filtered_by_correctness_whatever_the_lengths(reward: Reward) -> None:
    answers = [RIGHT, RIGHT, WRONG, "I cannot.", "x" * 300_000]
    found = reward.judge(answers, ["counter"] * 5, lengths=[10, 90, 100, 85, 100])
    assert [result.value for result in found] == [1.0, 0.5, -1.0, -0.25, -1.0]
    assert [result.parts["passed"] for result in found] == [1.0, 1.0, 0.0, 0.0, 0.0]
    assert [result.parts["equivalence"] for result in found] == [1.0, 1.0, 0.0, 0.0, 0.0]
    assert [result.parts["overlong"] for result in found] == [0.0, 0.5, 1.0, 0.25, 1.0]


@pytest.mark.simulator
def test_a_harness_that_fails_gives_no_reward_however_long_the_answer_is(reward: Reward) -> None:
    (found,) = reward.judge([RIGHT], ["nonesuch"], lengths=[100])
    assert (found.value, found.parts["failed"]) == (None, 1.0)


@pytest.mark.simulator
def test_without_a_buffer_lengths_are_not_asked_for() -> None:
    with open_reward([builders.problem()], RewardSettings()) as made:
        assert made([RIGHT], ["counter"], lengths=[9**9]) == made([RIGHT], ["counter"]) == [1.0]


@pytest.mark.simulator
def test_trl_gives_the_token_ids(reward: Reward) -> None:
    """Called as ``GRPOTrainer._calculate_rewards`` of TRL 1.16 calls it."""
    metrics: dict[str, float] = {}
    found = for_trl(reward)(
        completions=[RIGHT, WRONG],
        completion_ids=[[1] * 90, [1] * 95],
        problem_id=["counter"] * 2,
        log_metric=metrics.__setitem__,
    )
    assert found == [0.5, -0.75]
    assert metrics["rtlgen/passed"] == 0.5
    assert metrics["rtlgen/overlong"] == pytest.approx(0.625)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        (None, "needs the tokens of each answer, which this trainer does not give; give judge its lengths, or name"),
        ([None], "name the model's tokenizer in the options"),
        ([-1], "an answer has a length of -1 tokens; give 0 or more"),
        ([1, 2], "1 completions but 2 lengths; give each its own"),
    ],
)
def test_lengths_that_cannot_be_meant(reward: Reward, lengths: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        reward.judge([RIGHT], ["counter"], lengths=lengths)


def test_options_spell_it() -> None:
    options = RewardOptions(overlong_max_length=16384, overlong_buffer=1024, overlong_factor=0.5, tokenizer="here")
    expected = Overlong(max_length=16384, buffer=1024, factor=0.5, tokenizer="here")
    assert make_reward(options).settings.overlong == expected
    assert make_reward(RewardOptions()).settings.overlong is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"overlong_max_length": 100}, "the overlong buffer needs overlong_buffer too; give both, in tokens"),
        ({"overlong_buffer": 100}, "the overlong buffer needs overlong_max_length too"),
        ({"overlong_max_length": 10, "overlong_buffer": 11}, "cache=11 must be between 1 and max_length=10"),
        ({"overlong_max_length": 10, "overlong_buffer": 1, "overlong_factor": -1.0}, "factor=-1.0"),
    ],
)
def test_options_that_cannot_be_meant(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_reward(replace(RewardOptions(), **changes))


@pytest.mark.training_stack
def test_a_tokenizer_counts_where_nobody_else_does(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordLevel(vocab={"<unk>": 0, "a": 1}, unk_token="<unk>"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>").save_pretrained(str(tmp_path))  # noqa: S106
    counting = replace(BUFFER, tokenizer=str(tmp_path))
    assert counting.measure(["a b c", "a", ""], [None, 7, None]) == [3, 7, 0]
    with pytest.raises(UsageError, match=r"the tokenizer .*nowhere cannot be loaded: "):
        replace(BUFFER, tokenizer=str(tmp_path / "nowhere")).measure(["a"], [None])
