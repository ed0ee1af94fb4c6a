"""The reward as each trainer calls it. TRL and verifiers themselves are asked where they are installed."""

import asyncio
import importlib.util
import inspect
import json
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import builders
import pytest

from pytest_rtlgen.errors import RewardError, UsageError
from pytest_rtlgen.modes import CheckDepth, FormalMode
from pytest_rtlgen.training import REWARD_CHECK, Reward, RewardSettings, find_preset, open_reward
from pytest_rtlgen.training import openrlhf as openrlhf_module
from pytest_rtlgen.training.openrlhf import cut_prompt, read_variable, render_openrlhf
from pytest_rtlgen.training.reward.answers import read_answer, read_response
from pytest_rtlgen.training.reward.options import RewardOptions, find_reward, make_reward, read_reward_options
from pytest_rtlgen.training.reward.steps import DEFAULT_SEEDS
from pytest_rtlgen.training.trl import for_trl
from pytest_rtlgen.training.verl import compute_score, compute_score_async, for_verl

INVERTER = "module inv(input a, output y); assign y = ~a; endmodule"
RIGHT = f"<think>Flip it.</think><answer>```verilog\n{INVERTER}\n```</answer>"
WRONG = RIGHT.replace("~", "")


@pytest.fixture(scope="module")
def reward() -> Iterator[Reward]:
    with open_reward([builders.problem()], RewardSettings(preset=find_preset("codev-r1"))) as made:
        yield made


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("plain", "plain"),
        ([{"role": "assistant", "content": "said"}], "said"),
        ([{"role": "assistant", "content": "a"}, {"role": "tool", "content": "b"}], "a"),
        ([{"role": "assistant", "content": "a"}, {"role": "assistant", "content": "b"}], "b"),
        ({"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "image"}, {"text": "b"}]}, "ab"),
        ([{"role": "assistant", "content": None}], ""),
        ([{"role": "user", "content": "a"}], ""),
        ([], ""),
        (None, ""),
        (3, ""),
    ],
)
def test_answers_in_every_form(answer: Any, text: str) -> None:
    assert read_answer(answer) == text


@pytest.mark.parametrize("response", [{}, {"output": None}, {"output": [3, {"type": "reasoning", "content": "x"}]}])
def test_a_response_without_a_message_is_empty(response: dict[str, Any]) -> None:
    assert read_response(response) == ""


@pytest.mark.simulator
def test_trl_gets_rewards_by_column_and_none_where_the_harness_failed(reward: Reward) -> None:
    """Called as ``GRPOTrainer._calculate_rewards`` of TRL 1.16 calls it."""
    metrics: dict[str, float] = {}
    extra: dict[str, list[Any]] = {}
    call = for_trl(reward, column="answer")
    found = call(
        prompts=["p"] * 4,
        completions=[RIGHT, [{"role": "assistant", "content": RIGHT}], WRONG, RIGHT],
        completion_ids=[[1]] * 4,
        answer=[INVERTER, INVERTER, INVERTER, "nonesuch"],
        trainer_state=None,
        log_metric=metrics.__setitem__,
        log_extra=extra.__setitem__,
    )
    assert found == [1.0, 1.0, 0.0, None]
    assert metrics["rtlgen/failed"] == 0.25
    assert metrics["rtlgen/passed"] == pytest.approx(2 / 3)
    assert metrics["rtlgen/compiled"] == 1.0
    assert extra == {"rtlgen_status": ["passed", "passed", "mismatch", "unchecked"]}
    assert call.__name__ == "rtlgen_codev-r1"
    assert pickle.loads(pickle.dumps(call)).column == "answer"  # noqa: S301  as trainers do


@dataclass(frozen=True)
class TrainerState:
    """What counts here of transformers' own."""

    global_step: int


@pytest.mark.simulator
def test_trl_says_which_step_it_is(reward: Reward) -> None:
    metrics: dict[str, float] = {}
    found = for_trl(reward, column="answer")(
        completions=[RIGHT, WRONG],
        answer=[INVERTER] * 2,
        trainer_state=TrainerState(global_step=20),
        log_metric=metrics.__setitem__,
    )
    assert found == [1.0, 0.0]
    assert metrics["rtlgen/seed"] == 20 % DEFAULT_SEEDS


@pytest.mark.simulator
def test_trl_may_await_it(reward: Reward) -> None:
    """As ``is_async_callable`` of TRL 1.16 asks."""
    metrics: dict[str, float] = {}
    call: Any = pickle.loads(pickle.dumps(for_trl(reward, column="answer", is_async=True)))  # noqa: S301
    assert inspect.iscoroutinefunction(call.__call__)
    assert not inspect.iscoroutinefunction(for_trl(reward).__call__)
    try:
        found = asyncio.run(
            call(
                completions=[RIGHT, WRONG],
                answer=[INVERTER] * 2,
                trainer_state=TrainerState(global_step=3),
                log_metric=metrics.__setitem__,
            )
        )
    finally:
        call.reward.close()
    assert found == [1.0, 0.0]
    assert metrics["rtlgen/seed"] == 3


@pytest.mark.simulator
def test_a_template_that_writes_the_first_tag_is_told_to_the_reward() -> None:
    rest = RIGHT.removeprefix("<think>")
    plain, told = (RewardOptions(preset="codev-r1", prefill=prefill) for prefill in ("", "<think>\n"))
    assert find_reward(plain)([rest, RIGHT], [INVERTER] * 2) == [0.0, 1.0]
    found = find_reward(told).judge([rest, RIGHT, rest.replace("~", "")], [INVERTER] * 3)
    assert [result.value for result in found] == [1.0, 0.0, 0.0], "the tag twice is no form"
    assert [result.parts["format"] for result in found] == [1.0, 0.0, 1.0]


def test_trl_is_told_of_a_column_that_is_missing(reward: Reward) -> None:
    with pytest.raises(UsageError, match="no column 'problem_id'; found prompts, task; name it in for_trl"):
        for_trl(reward)(prompts=["p"], completions=["x"], task=["counter"])


@pytest.mark.simulator
def test_verl_gets_a_dictionary_with_the_same_names_each_time(reward: Reward) -> None:
    """Called as ``NaiveRewardManager.run_single`` of verl 0.9.1 calls it."""
    score = pickle.loads(pickle.dumps(for_verl(reward)))  # noqa: S301  verl sends it to its workers
    try:
        right, wrong, empty = (
            score(data_source="rtl", solution_str=text, ground_truth=INVERTER, extra_info={"num_turns": 1})
            for text in (RIGHT, WRONG, "")
        )
        assert (right["score"], right["acc"]) == (1.0, 1.0)
        assert (wrong["score"], wrong["acc"], wrong["compiled"]) == (0.0, 0.0, 1.0)
        assert list(right) == list(wrong) == list(empty)
        assert {type(value) for value in right.values()} == {float}
        with pytest.raises(
            RewardError, match=r"no score: unknown problem 'x'.* verl leaves this answer out of its group"
        ):
            score("rtl", RIGHT, "x")
    finally:
        score.reward.close()


@pytest.mark.simulator
@pytest.mark.parametrize(("extra_info", "seed"), [({"min_global_steps": 19}, 2.0), ({"min_global_steps": None}, 0.0)])
def test_verl_says_which_step_it_is(extra_info: dict[str, Any], seed: float) -> None:
    """As ``extra_info`` of verl 0.9.1 holds what its rollout adds."""
    with open_reward([], RewardSettings()) as made:
        assert for_verl(made)("rtl", RIGHT, INVERTER, extra_info)["seed"] == seed


@pytest.mark.simulator
def test_verl_may_await_it() -> None:
    """As ``get_custom_reward_fn`` and ``NaiveRewardManager`` of verl 0.9.1 ask."""
    assert inspect.iscoroutinefunction(compute_score_async)
    found = asyncio.run(compute_score_async("rtl", WRONG, INVERTER, {"min_global_steps": 5}, preset="salv"))
    assert (found["score"], found["seed"]) == (0.0, 5.0)
    with pytest.raises(RewardError, match="no score: unknown problem 'x'"):
        asyncio.run(compute_score_async("rtl", RIGHT, "x", None, preset="salv"))


@pytest.mark.simulator
def test_verl_makes_it_from_its_configuration() -> None:
    found = compute_score("rtl", RIGHT, INVERTER, None, preset="salv", reward_router_address="1.2.3.4:5")
    assert found["salv"] == found["score"] == 1.0
    with pytest.raises(UsageError, match="unknown option 'presets'; known are suites, preset, jobs"):
        compute_score("rtl", RIGHT, INVERTER, None, presets="salv")


@pytest.mark.simulator
def test_openrlhf_loads_the_file_and_reads_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loaded as ``SingleTurnAgentExecutor`` of OpenRLHF 0.11.2 loads it."""
    monkeypatch.setenv("RTLGEN_REWARD", json.dumps({"preset": "equivalence"}))
    spec = importlib.util.spec_from_file_location("reward_func", str(openrlhf_module.__file__))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    prompt = "<|user|>Write module inv.<|assistant|>"
    found = module.reward_func([f" {prompt}{RIGHT}<|end|>"], [prompt], [INVERTER])
    assert found["rewards"] == found["scores"] == 1.0
    assert found["extra_logs"]["passed"] == 1.0
    assert found["extra_logs"]["seed"] == 0
    many = module.reward_func([prompt + RIGHT, prompt + WRONG], [prompt] * 2, [INVERTER] * 2)
    assert many["rewards"] == [1.0, 0.0]
    with pytest.raises(UsageError, match="1 queries, 2 prompts and 1 labels; send as many of each"):
        module.reward_func(["a"], ["a", "b"], ["c"])


def test_openrlhf_has_no_reward_where_the_harness_failed(reward: Reward) -> None:
    found = render_openrlhf(reward.judge([RIGHT], ["nonesuch"]), reward.part_names)
    assert found["rewards"] is None
    assert found["scores"] is None


def test_the_prompt_is_cut_off_once_and_only_in_front() -> None:
    assert cut_prompt(" ask: answer ask: ", "ask: ") == "answer ask: "
    assert cut_prompt("other", "ask: ") == "other"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "RTLGEN_REWARD is no JSON"),
        ("[]", "RTLGEN_REWARD must be a JSON object"),
        ('{"a": 1}', "unknown option 'a'; known are suites"),
    ],
)
def test_a_variable_that_cannot_be_meant_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_variable({"RTLGEN_REWARD": text})


def test_options_are_read_from_plain_values() -> None:
    given = {"suites": "suites/core", "preset": "salv", "max_parallel": 3, "sandbox": "required"}
    options = read_reward_options(given)
    assert options == RewardOptions(suites=("suites/core",), preset="salv", max_parallel=3, sandbox="required")
    assert read_reward_options({"suites": ["a", "b"]}).suites == ("a", "b")
    settings = make_reward(RewardOptions(on_memorised="skip", seeds=3)).settings
    assert (settings.guards.on_memorised, settings.check, settings.seeds) == ("skip", REWARD_CHECK, 3)
    proving = make_reward(RewardOptions(formal="confirm", jobs=3)).settings.check
    assert (proving.formal, proving.depth, proving.jobs) == (FormalMode.CONFIRM, CheckDepth.FULL, 3)
    with pytest.raises(UsageError, match="'sometimes' is not a valid SandboxMode; see: rtlgen help"):
        make_reward(RewardOptions(sandbox="sometimes"))


def test_equal_options_share_one_reward_of_the_process() -> None:
    assert find_reward(RewardOptions(preset="salv")) is find_reward(RewardOptions(preset="salv"))
    assert find_reward(RewardOptions(preset="salv")) is not find_reward(RewardOptions(preset="graded"))


def test_suites_are_loaded() -> None:
    suite = str(Path(__file__).parents[2] / "suites" / "core")
    assert len(make_reward(RewardOptions(suites=(suite,))).problems) > 50


@pytest.mark.training_stack
@pytest.mark.simulator
def test_verifiers_loads_tasks_and_scores_a_trace() -> None:
    import verifiers.v1 as vf

    from pytest_rtlgen.training.verifiers_set import RtlTaskConfig, RtlTaskset, RtlTasksetConfig

    suite = str(Path(__file__).parents[2] / "suites" / "core")
    config = RtlTasksetConfig(task=RtlTaskConfig(suites=[suite], preset="codev-r1"))
    task = next(iter(RtlTaskset(config).take(1)))
    assert "Write a Verilog module" in task.data.prompt
    assert "<think>" in task.data.system_prompt
    assert "endmodule" not in task.data.model_dump_json(), "the reference never leaves"
    source = next(p for p in find_reward(config.task.read()).problems if p.problem_id == task.data.problem_id)
    trace = vf.Trace(
        task=vf.TraceTask(type="RtlTask", data=task.data),
        agent=vf.AgentInfo(config=vf.AgentConfig()),
        state=vf.State(),
        root_reply=f"<think>.</think><answer>```verilog\n{source.reference.text}\n```</answer>",
    )
    asyncio.run(task.score(trace))
    assert trace.rewards["rtlgen"].score == 1.0
    assert trace.metrics["rtlgen/passed"] == 1.0


@pytest.mark.training_stack
@pytest.mark.simulator
def test_verifiers_keeps_a_trace_out_whose_harness_failed() -> None:
    import verifiers.v1 as vf

    from pytest_rtlgen.training.verifiers_set import RtlData, RtlTask, RtlTaskConfig, RtlTaskset, RtlTasksetConfig

    task = RtlTask(RtlData(problem_id="nonesuch"), RtlTaskConfig())
    trace = vf.Trace(
        task=vf.TraceTask(type="RtlTask", data=task.data),
        agent=vf.AgentInfo(config=vf.AgentConfig()),
        state=vf.State(),
        root_reply="x",
    )
    with pytest.raises(vf.TaskError, match="no reward: unknown problem 'nonesuch'"):
        asyncio.run(task.score(trace))
    with pytest.raises(UsageError, match="no suite; set env"):
        list(RtlTaskset(RtlTasksetConfig()).load())
