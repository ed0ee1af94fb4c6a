"""Adaptive sampling in verl's own synchronous trainer, data loader and queue, without a GPU (``make test-training``).

What needs one is left out: the engine. In its place, through verl's setting for another agent loop manager, answers are
drawn from a list; our ``compute_score`` judges them with real Icarus.
"""

import importlib
import json
import logging
import random
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from adaptive_run import ANSWERS, INVERTER, NEVER, make_model

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training import Reward
from pytest_rtlgen.training.verl import for_verl

pytestmark = [
    pytest.mark.training_stack,
    pytest.mark.simulator,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # what the libraries say to each other is not ours
]
BATCH, SAMPLES = 6, 4
SAMPLER = "trainer.v1.sampler"
PLUGGED = (
    f"{SAMPLER}.custom_sampler.path=pkg://pytest_rtlgen.training.adaptive.verl",
    f"{SAMPLER}.custom_sampler.name=AdaptiveReplayBuffer",
)
"""All that the documentation asks for."""


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """verl's TransferQueue on a Ray of this machine."""
    import ray

    transfer_queue: Any = importlib.import_module("transfer_queue")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_raylet_start_wait_time_s", "180")  # a busy machine
        ray.init(
            address="local",
            num_cpus=2,
            object_store_memory=80 << 20,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
        transfer_queue.init(compose().transfer_queue)
        yield transfer_queue
        transfer_queue.close()
        ray.shutdown()


@pytest.fixture(scope="module")
def reward() -> Iterator[Reward]:
    made = Reward()
    yield made
    made.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, and 64 rows in verl's form, half of which no answer solves."""
    folder: Path = tmp_path_factory.mktemp("verl")
    model, tokenizer = make_model(folder)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    rows = [
        {
            "data_source": "rtlgen",
            "prompt": [{"role": "user", "content": "some"}],
            "reward_model": {"style": "rule", "ground_truth": task},
            "extra_info": {"index": number},
        }
        for number, task in enumerate([INVERTER, NEVER] * 32)
    ]
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    return folder


def compose(folder: Path | None = None, *overrides: str) -> Any:
    """Return verl's own configuration with ``overrides``."""
    import verl
    from hydra import compose, initialize_config_dir

    rows = [] if folder is None else [f"data.{name}_files={folder}/rows.json" for name in ("train", "val")]
    model = [] if folder is None else [f"actor_rollout_ref.model.path={folder}"]
    mine = [
        *rows,
        *model,
        f"data.train_batch_size={BATCH}",
        "data.dataloader_num_workers=0",
        f"actor_rollout_ref.rollout.n={SAMPLES}",
        "transfer_queue.backend.SimpleStorage.num_data_storage_units=1",
    ]
    with initialize_config_dir(str(Path(verl.__file__).parent / "trainer" / "config"), version_base=None):
        return compose("ppo_trainer", overrides=[*mine, *overrides])


class Answers:
    """An agent loop manager: draws answers instead of generating them, scores them, and fills the queue."""

    def __init__(self, queue: Any, reward: Reward, *, fails: bool = False) -> None:
        self.asked: list[int] = []
        self._queue, self._fails = queue, fails
        self._rng = random.Random(2)
        score = for_verl(reward)
        self._score = lru_cache(lambda answer, task: score("rtlgen", answer, task, {}))

    def generate_sequences(self, batch: Any) -> None:
        self.asked.append(len(batch))
        for number, (uid, model) in enumerate(zip(batch["uid"], batch["reward_model"], strict=True)):
            if self._fails and number % 3 == 0:
                self._queue.kv_put(key=uid, partition_id="train", tag={"status": "failure"})
                continue
            scores = [self._score(self._rng.choice(ANSWERS), model["ground_truth"]) for _ in range(SAMPLES)]
            self._put(uid, scores)
            self._queue.kv_put(key=uid, partition_id="train", tag={"status": "finished"})

    def _put(self, uid: str, scores: Sequence[Mapping[str, float]]) -> None:
        import torch
        from verl.utils.tensordict_utils import list_of_dict_to_tensordict

        rows = [
            {
                "rm_scores": torch.tensor([score["score"] - 0.01 * self._rng.random()]),  # as a length penalty does
                "extra_fields": {"reward_extra_info": dict(score)},
            }
            for score in scores
        ]
        keys = [f"{uid}_{number}_0" for number in range(len(scores))]
        tags = [{"status": "success", "acc": score["acc"]} for score in scores]
        fields = list_of_dict_to_tensordict(rows)
        self._queue.kv_batch_put(keys=keys, partition_id="train", tags=tags, fields=fields)


def make_trainer(folder: Path, manager: Answers, *overrides: str) -> Any:
    """Return verl's trainer as its ``TaskRunner`` makes it, up to what needs a GPU."""
    from verl.trainer.ppo.v1 import get_trainer_cls

    trainer = get_trainer_cls("sync")(config=compose(folder, *overrides))
    trainer._init_tokenizer()
    trainer._init_dataloader()
    trainer.replay_buffer.poll_interval = 0.01
    trainer.agent_loop_manager = manager
    trainer.global_steps = 1
    return trainer


def take_step(trainer: Any, queue: Any) -> tuple[list[list[float]], dict[str, float]]:
    """Return what is right in each group of the next batch, and its metrics; verl's own calls, in verl's order."""
    trainer.prepare_step()
    batch, metrics = trainer.replay_buffer.sample(
        global_steps=trainer.global_steps, partition_id="train", batch_size=BATCH
    )
    groups: dict[str, list[float]] = {}
    for key, tag in zip(batch.keys, batch.tags, strict=True):
        groups.setdefault(key.split("_")[0], []).append(tag["acc"])
    queue.kv_clear(keys=list(batch.keys), partition_id="train")  # as the trainer does after its update
    trainer.global_steps += 1
    return list(groups.values()), metrics


def test_the_documented_settings_are_enough(queue: Any, reward: Reward, folder: Path) -> None:
    manager = Answers(queue, reward)
    trainer = make_trainer(folder, manager, *PLUGGED)
    assert trainer.config.algorithm.filter_groups.enable
    assert (trainer.config.algorithm.filter_groups.metric, trainer.config.data.gen_batch_size) == ("acc", 1)
    for _ in range(5):
        manager.asked.clear()
        groups, metrics = take_step(trainer, queue)
        assert len(groups) == metrics["training/adaptive/useful_groups"] == BATCH
        assert all(len(group) == SAMPLES and len(set(group)) == 2 for group in groups), "right and wrong in each"
        assert metrics["training/adaptive/generated_prompts"] == sum(manager.asked)
        assert not queue.kv_list("train").get("train"), "nothing is left behind"
    assert manager.asked[0] == BATCH, "verl's prepare_step"
    assert sum(manager.asked[:2]) > BATCH, "the first round is topped up to the estimate before it is waited for"
    assert metrics["training/adaptive/rounds"] == len(manager.asked) - 1


def test_a_group_that_verl_marks_as_failed_is_replaced(queue: Any, reward: Reward, folder: Path) -> None:
    groups, metrics = take_step(make_trainer(folder, Answers(queue, reward, fails=True), *PLUGGED), queue)
    assert len(groups) == metrics["training/adaptive/useful_groups"] == BATCH
    assert all(len(group) == SAMPLES for group in groups)


def test_the_released_rule_in_verl(queue: Any, reward: Reward, folder: Path) -> None:
    trainer = make_trainer(folder, Answers(queue, reward), *PLUGGED, f"+{SAMPLER}.sampler_kwargs.rule=released")
    for _ in range(2):
        groups, _metrics = take_step(trainer, queue)
        assert len(groups) == BATCH


def test_without_what_we_set_verl_takes_whole_batches_only(queue: Any, reward: Reward, folder: Path) -> None:
    """Why ``configure_trainer`` is there."""
    trainer = make_trainer(folder, Answers(queue, reward))
    with pytest.raises(ValueError, match=r"num_prompts \(7\) must be a positive multiple of gen_batch_size \(6\)"):
        trainer._add_prompts_to_generate(7)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ([f"+{SAMPLER}.sampler_kwargs.metric=reward"], "metric is 'reward', which length and format change too"),
        (["trainer.v1.trainer_mode=colocate_async"], "trainer_mode is 'colocate_async'; it must be sync"),
        (["reward.reward_model.enable=true"], "a colocated reward model scores after sampling"),
        ([f"+{SAMPLER}.sampler_kwargs.rounds=3"], "sampler_kwargs has 'rounds'"),
    ],
)
def test_what_cannot_work_is_refused_when_the_trainer_is_made(folder: Path, overrides: list[str], message: str) -> None:
    from verl.trainer.ppo.v1 import PPOTrainerSync

    with pytest.raises(UsageError, match=message):
        PPOTrainerSync(config=compose(folder, *PLUGGED, *overrides))


def test_another_measure_of_what_is_right_is_warned_about(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    from verl.trainer.ppo.v1 import PPOTrainerSync

    trainer = PPOTrainerSync(config=compose(folder, *PLUGGED, f"+{SAMPLER}.sampler_kwargs.metric=outputs"))
    assert trainer.replay_buffer.filter_groups_metric == "outputs"
    assert "groups are useful by 'outputs'" in caplog.text
