"""Several references for one problem: the reward is the largest over them, for every preset."""

import json
from collections.abc import Iterator

import pytest

from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Problem
from pytest_rtlgen.training import Guards, OnMemorised, Reward, RewardSettings, find_preset, open_reward
from pytest_rtlgen.training.reward.presets import PRESETS

PORTS = "input [3:0] a, input [3:0] b, output [3:0] low, output [3:0] high, output [3:0] mean"


def write(low: str, high: str, mean: str, *, name: str = "pair") -> str:
    return (
        f"module {name}({PORTS});\n  assign low = {low};\n  assign high = {high};\n  assign mean = {mean};\nendmodule\n"
    )


UNSIGNED = write("a < b ? a : b", "a < b ? b : a", "(a + b) >> 1")
SIGNED = write(
    "$signed(a) < $signed(b) ? a : b", "$signed(a) < $signed(b) ? b : a", "($signed(a) + $signed(b)) >>> 1", name="p"
)
NEARER_SIGNED = SIGNED.replace(">>> 1", ">>> 2")
"""Two of three outputs are right after the second reference, none after the first."""
WRONG = write("a", "b", "a")
REFERENCES = (UNSIGNED, SIGNED)


def answer(source: str) -> str:
    return f"<think>\nhm\n</think>\n<answer>\n```verilog\n{source.replace('module p(', 'module pair(')}```\n</answer>"


@pytest.fixture(scope="module")
def problem(tmp_path_factory: pytest.TempPathFactory) -> Problem:
    path = tmp_path_factory.mktemp("rows") / "rl.jsonl"
    path.write_text(json.dumps({"problem_id": "pair", "instruction": "Sort.", "references": REFERENCES}) + "\n")
    (found,) = load_suite(f"references:{path}").problems
    assert found.unjudged == ""
    return found


@pytest.fixture(scope="module", params=[name for name in PRESETS if "spec2rtl" not in name])
def reward(request: pytest.FixtureRequest, problem: Problem) -> Iterator[Reward]:
    settings = RewardSettings(preset=find_preset(request.param), guards=Guards(on_memorised=OnMemorised.FLAG))
    with open_reward([problem], settings) as made:
        yield made


@pytest.mark.simulator
def test_the_reward_is_the_largest_over_the_references(reward: Reward) -> None:
    sources = [UNSIGNED, SIGNED, NEARER_SIGNED, WRONG, "module pair(", ""]
    answers = [answer(source) for source in sources]
    each = [reward(answers, [text.replace("module p(", "module pair(")] * len(answers), seed=0) for text in REFERENCES]
    best = [max(values) for values in zip(*each, strict=True)]
    assert reward(answers, ["pair"] * len(answers), seed=0) == best
    assert reward(answers, [json.dumps(REFERENCES)] * len(answers), seed=0) == best
    assert best[:2] == [each[0][0], each[1][1]] == [max(best)] * 2
    assert each[0][1] < best[1]


@pytest.mark.simulator
def test_partial_credit_is_that_of_the_nearest_reference(problem: Problem) -> None:
    with open_reward([problem], RewardSettings(preset=find_preset("salv"))) as reward:
        (alone,) = reward([answer(NEARER_SIGNED)], [UNSIGNED], seed=0)
        (best,) = reward([answer(NEARER_SIGNED)], ["pair"], seed=0)
    assert alone == 0
    assert best == pytest.approx(2 / 3)


@pytest.mark.simulator
def test_each_reference_is_known_by_heart(problem: Problem) -> None:
    guards = Guards(on_memorised=OnMemorised.ZERO, memorised_tokens=1)
    with open_reward([problem], RewardSettings(guards=guards)) as reward:
        found = reward.judge([answer(text) for text in REFERENCES], ["pair"] * 2)
    assert [(result.value, result.parts["memorised"]) for result in found] == [(0.0, 1.0)] * 2


@pytest.mark.simulator
def test_a_reference_that_is_no_good_gives_no_reward_and_says_why(problem: Problem) -> None:
    wider = UNSIGNED.replace("input [3:0] b", "input [4:0] b")
    unbuilt = UNSIGNED.replace("a < b ? a : b", "missing(a)")
    with open_reward([problem], RewardSettings()) as reward:
        tasks = [json.dumps([UNSIGNED, text]) for text in (wider, "module pair(", unbuilt)] + ['["module ", 1]']
        found = reward.judge([answer(UNSIGNED)] * 4, tasks)
    assert [result.value for result in found] == [None] * 4
    assert "(reference 2): the ports of a variant must be the reference's" in found[0].reason
    assert "reference (reference 2):1:" in found[1].reason
    assert "reference (reference 2)" in found[2].reason
    assert "must be a JSON list of texts" in found[3].reason
