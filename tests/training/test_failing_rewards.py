"""What each trainer does when a reward raises, is None or is NaN: their own functions are asked (trainers.md)."""

import asyncio
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_rtlgen.errors import RewardError
from pytest_rtlgen.training import Reward, RewardSettings, find_preset
from pytest_rtlgen.training.recipes.small_model import write_small_model
from pytest_rtlgen.training.verl import for_verl

pytestmark = [pytest.mark.training_stack, pytest.mark.filterwarnings("ignore")]  # the libraries' own warnings

GROUP = 4
NONE, NAN = None, math.nan


class Grader:
    """A reward of TRL: the second answer of each group gets ``value``, the others 1, 0, 0."""

    def __init__(self, value: float | BaseException | None) -> None:
        self.value = value
        self.__name__ = "grader"

    def __call__(self, *, completions: Sequence[Any], **_: object) -> list[float | None]:
        if isinstance(self.value, BaseException):
            raise self.value
        return [self.value if at % GROUP == 1 else float(at % GROUP == 0) for at in range(len(completions))]


def make_trl_trainer(folder: Path, *rewards: Callable[..., Any]) -> Any:
    """Return TRL's trainer with a model of one layer; its groups have four answers."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    warnings.simplefilter("default")
    fields = {"vocabulary": 280, "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1}
    write_small_model(folder / "model", {**fields, "num_attention_heads": 1}, ["Write it."], seed=1)
    settings = {
        "output_dir": str(folder),
        "per_device_train_batch_size": GROUP,
        "num_generations": GROUP,
        "max_completion_length": 4,
        "max_steps": 1,
        "logging_steps": 1,
        "report_to": [],
        "use_cpu": True,
        "bf16": False,
        "save_strategy": "no",
    }
    return GRPOTrainer(
        model=str(folder / "model"),
        reward_funcs=list(rewards),
        train_dataset=Dataset.from_list([{"prompt": "Write it."}] * 2),
        args=GRPOConfig(**settings),
    )


def read_advantages(trainer: Any) -> list[float]:
    """Return the advantages that TRL gives the answers to one prompt."""
    found = trainer._generate_and_score_completions([{"prompt": "Write it."}] * GROUP)["advantages"]
    return [round(float(value), 3) for value in found]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.slow
@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("value", [NONE, NAN], ids=["None", "NaN"])
def test_trl_leaves_out_what_has_no_reward(value: float | None, tmp_path: Path) -> None:
    """The mean and the deviation are those of 1, 0, 0; the answer without a reward has advantage 0."""
    advantages = read_advantages(make_trl_trainer(tmp_path, Grader(value)))
    assert advantages == pytest.approx([1.154, 0.0, -0.577, -0.577], abs=0.002)


@pytest.mark.slow
@pytest.mark.usefixtures("offline")
def test_trl_counts_a_missing_reward_as_0_beside_another_reward(tmp_path: Path) -> None:
    """With a second reward the sum counts, in which a missing one is 0: keep to one reward function."""

    def short(*, completions: Sequence[Any], **_: object) -> list[float]:
        return [0.5] * len(completions)

    advantages = read_advantages(make_trl_trainer(tmp_path, Grader(NONE), short))
    assert advantages == pytest.approx([1.5, -0.5, -0.5, -0.5], abs=0.002)


@pytest.mark.slow
@pytest.mark.usefixtures("offline")
def test_trl_ends_the_run_when_a_reward_raises(tmp_path: Path) -> None:
    with pytest.raises(RewardError, match="no simulator"):
        make_trl_trainer(tmp_path, Grader(RewardError("no simulator"))).train()


class Store:
    """An in-memory stand-in for the TransferQueue, as far as verl's worker and buffer use it."""

    def __init__(self) -> None:
        self.tags: dict[str, dict[str, Any]] = {}
        self.fields: dict[str, Any] = {}

    async def async_kv_put(self, *, key: str, partition_id: str, tag: Mapping[str, Any]) -> None:
        assert partition_id == "train"
        self.tags.setdefault(key, {}).update(tag)

    async def async_kv_batch_put(
        self, *, keys: Sequence[str], fields: Any, tags: Sequence[Mapping[str, Any]], partition_id: str
    ) -> None:
        assert partition_id == "train"
        for at, key in enumerate(keys):
            self.tags[key] = dict(tags[at])
            self.fields[key] = fields[at]

    def kv_list(self) -> dict[str, dict[str, dict[str, Any]]]:
        return {"train": {key: dict(tag) for key, tag in self.tags.items()}}

    def kv_clear(self, *, partition_id: str, keys: Sequence[str]) -> None:
        assert partition_id == "train"
        for key in keys:
            self.tags.pop(key, None)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    from verl.trainer.ppo.v1 import agent_loop_tq, replay_buffer

    made = Store()
    monkeypatch.setattr(agent_loop_tq, "tq", made)
    monkeypatch.setattr(replay_buffer, "tq", made)
    return made


def roll_out(store: Store, uid: str, score: Callable[[int], float | None]) -> None:
    """Let verl's worker make the answers of one group; their text is given, and ``score`` judges them."""
    from omegaconf import OmegaConf
    from verl.experimental.agent_loop.agent_loop import AgentLoopMetrics, AgentLoopOutput
    from verl.trainer.ppo.v1.agent_loop_tq import AgentLoopWorkerTQ

    worker_class: Any = AgentLoopWorkerTQ.__ray_metadata__.modified_class

    class Worker(worker_class):  # type: ignore[misc]  # known only now
        def __init__(self) -> None:
            rollout = {"n": GROUP, "val_kwargs": {"n": 1}}
            self.config = OmegaConf.create({"actor_rollout_ref": {"rollout": rollout}})
            self.processor = self.reward_loop_worker_handles = None
            self.distillation_enabled = False

        async def _run_agent_loop(self, *_: object, session_id: int, **prompt: Any) -> None:
            for name in ("trajectory", "trace"):
                prompt.pop(name)
            output = AgentLoopOutput(
                prompt_ids=[1, 2],
                response_ids=[3, 4],
                response_mask=[1, 1],
                reward_score=score(session_id),
                metrics=AgentLoopMetrics(),
            )
            await self._agent_loop_postprocess(output, False, session_id=session_id, **prompt)

    store.tags[uid] = {"is_prompt": True, "status": "pending", "global_steps": 1}
    asyncio.run(Worker()._run_prompt({"uid": uid, "global_steps": 1}, {}, {"validate": False}))


def make_buffer(**changes: Any) -> Any:
    from omegaconf import OmegaConf
    from verl.trainer.ppo.v1.replay_buffer import ReplayBuffer

    nothing = OmegaConf.create({})
    return ReplayBuffer("sync", nothing, None, "drop", nothing, poll_interval=0.01, gen_batch_size=1, **changes)


def measure_advantages(scores: Sequence[float]) -> list[float]:
    """Return the advantages of one group by verl's GRPO."""
    import numpy as np
    import torch
    from verl.trainer.ppo.core_algos import compute_grpo_outcome_advantage

    rewards = torch.tensor([[0.0, score] for score in scores])
    found, _ = compute_grpo_outcome_advantage(rewards, torch.ones_like(rewards), np.array(["a"] * len(scores)))
    return [float(row[0]) for row in found]


def test_verl_trains_on_what_is_left_of_a_group_in_which_a_reward_raised(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither does the run end, nor is the group left out: its other answers are trained on."""
    compute_score = for_verl(Reward(settings=RewardSettings(preset=find_preset("equivalence"))))

    def score(session: int) -> float:
        if session == 1:
            return compute_score("rtl", "x", "nonesuch")["score"]
        return float(session == 0)

    roll_out(store, "a", score)
    assert store.tags["a"]["status"] == "failure"
    assert "unknown problem 'nonesuch'" in caplog.text
    batch, _ = make_buffer().sample(1, "train", 1)
    assert sorted(batch.keys) == ["a_0_0", "a_2_0", "a_3_0"]
    left = [float(store.fields[key]["rm_scores"].sum()) for key in sorted(batch.keys)]
    assert measure_advantages(left) == pytest.approx([1.154, -0.577, -0.577], abs=0.002)


def test_verl_keeps_the_rest_of_a_failed_group_also_where_it_may_refill(store: Store) -> None:
    refilled: list[int] = []
    roll_out(store, "a", lambda session: 1 / (session != 1))
    buffer = make_buffer(sync_refill_failed_groups=True, refill_fn=refilled.append)
    assert len(buffer.sample(1, "train", 1)[0].keys) == GROUP - 1
    assert refilled == []


def test_verl_ends_the_run_when_every_reward_of_a_batch_raised(store: Store) -> None:
    roll_out(store, "a", lambda _: 1 / 0)
    with pytest.raises(RuntimeError, match="no materializable trajectories"):
        make_buffer().sample(1, "train", 1)


def test_verl_replaces_a_group_without_any_reward_only_if_told_to(store: Store) -> None:
    def refill(count: int) -> None:
        assert count == 1
        roll_out(store, "b", lambda session: float(session == 0))

    roll_out(store, "a", lambda _: 1 / 0)
    batch, metrics = make_buffer(sync_refill_failed_groups=True, refill_fn=refill).sample(1, "train", 1)
    assert {key[0] for key in batch.keys} == {"b"}
    assert metrics == {"training/rollout_failure/evicted_samples": 1}


def test_verl_makes_a_whole_group_nan_of_one_nan() -> None:
    assert all(math.isnan(value) for value in measure_advantages([1.0, NAN, 0.0, 0.0]))


def test_verl_has_no_place_for_a_score_of_none(store: Store) -> None:
    """The answer reaches the batch without ``rm_scores``, which its trainer reads of every answer."""
    roll_out(store, "a", lambda session: NONE if session == 1 else 1.0)
    assert store.tags["a"]["status"] == "finished"
    assert {key: "rm_scores" in fields for key, fields in store.fields.items()} == {
        "a_0_0": True,
        "a_1_0": False,
        "a_2_0": True,
        "a_3_0": True,
    }


def score_by_verifiers(value: float | BaseException | None) -> Any:
    """Return a trace that verifiers scored with a reward of ``value``."""
    import verifiers.v1 as vf

    class Graded(vf.Task[vf.TaskData, vf.State, vf.TaskConfig]):  # type: ignore[misc]  # known only now
        @vf.reward  # type: ignore[untyped-decorator]
        async def graded(self, trace: vf.Trace) -> float | None:
            del trace
            if isinstance(value, BaseException):
                raise value
            return value

    task = Graded(vf.TaskData(prompt="Write it."), vf.TaskConfig())
    trace = vf.Trace(
        task=vf.TraceTask(type="Graded", data=task.data),
        agent=vf.AgentInfo(config=vf.AgentConfig()),
        state=vf.State(),
        root_reply="x",
    )
    try:
        asyncio.run(task.score(trace))
    except vf.TaskError as error:
        return trace, error
    return trace, None


@pytest.mark.parametrize("value", [NONE, RewardError("no simulator")], ids=["None", "raises"])
def test_verifiers_has_an_error_and_no_reward_but_its_sum_is_0(value: RewardError | None) -> None:
    trace, error = score_by_verifiers(value)
    assert error is not None
    assert trace.rewards == {"graded": None}
    assert trace.reward == 0


def test_verifiers_takes_nan_for_a_reward() -> None:
    trace, error = score_by_verifiers(NAN)
    assert error is None
    assert math.isnan(trace.reward)
