"""The replay buffer for verl over a stand-in with the methods of verl 0.9.1's ``ReplayBuffer``, where verl is missing.

``test_adaptive_verl_real.py`` has the same over verl itself.
"""

import random
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.training.adaptive import verl as adaptive_verl
from pytest_rtlgen.training.adaptive.verl import AdaptiveRefill

METHODS = (
    "_sync_metadata_from_transfer_queue",
    "_dapo_filtered_keys",
    "_clear_groups",
    "_wait_for_next_poll",
    "_select_prompt_uids",
    "_materialize_batch",
)


class FakeBuffer:
    """Prompts finish one poll after they were asked for; each is useful, dull or broken by ``fate``."""

    def __init__(self, *, refill_fn: Any, filter_groups_metric: str, **more: object) -> None:
        del more
        self.metric = filter_groups_metric
        self.refill_fn = refill_fn
        self.partitions: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
        for name in ("pending", "running", "finished", "failure"):
            setattr(self, f"{name}_keys", defaultdict(set))
        self.dull: set[str] = set()
        self.polls = 0

    def add(self, uid: str, fate: str) -> None:
        self.pending_keys["train"].add(uid)  # type: ignore[attr-defined]
        self.fates = {**getattr(self, "fates", {}), uid: fate}

    def _sync_metadata_from_transfer_queue(self) -> None: ...

    def _wait_for_next_poll(self, partition_id: str, shown: float) -> float:
        self.polls += 1
        for uid in self.pending_keys[partition_id]:  # type: ignore[attr-defined]
            fate = self.fates[uid]
            if fate == "broken":
                self.failure_keys[partition_id].add(uid)  # type: ignore[attr-defined]
            else:
                self.finished_keys[partition_id].add(uid)  # type: ignore[attr-defined]
                self.partitions[partition_id] |= {f"{uid}_0": {}, f"{uid}_1": {}}
            if fate == "dull":
                self.dull.add(uid)
        self.pending_keys[partition_id].clear()  # type: ignore[attr-defined]
        return shown

    def _dapo_filtered_keys(self, partition_id: str) -> tuple[set[str], Counter[float]]:
        return self.dull & self.finished_keys[partition_id], Counter()  # type: ignore[attr-defined]

    def _clear_groups(self, partition_id: str, uids: set[str]) -> None:
        for name in ("pending", "running", "finished", "failure"):
            getattr(self, f"{name}_keys")[partition_id].difference_update(uids)
        for key in [key for key in self.partitions[partition_id] if key.split("_")[0] in uids]:
            del self.partitions[partition_id][key]

    def _select_prompt_uids(self, partition_id: str, keys: set[str], count: int) -> tuple[list[str], Any, Any]:
        return sorted(keys, key=int)[:count], dict(self.partitions[partition_id]), {}

    def _materialize_batch(self, partition_id: str, uids: list[str], partition: object) -> list[str]:
        del partition
        self._clear_groups(partition_id, set(uids))
        return uids

    def sample(self, global_steps: int, partition_id: str, batch_size: int) -> tuple[object, dict[str, object]]:
        return ("plain", global_steps, partition_id, batch_size), {}


class Buffer(AdaptiveRefill, FakeBuffer):
    pass


class Settings(dict[str, Any]):
    """Like a ``DictConfig``."""

    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__


class Trainer:
    """What verl's trainer has that the buffer reads; each prompt's ``fate`` goes by its number."""

    def __init__(self, fate: Any) -> None:
        self.config = Settings(
            algorithm=Settings(filter_groups=Settings(enable=False, metric="reward")),
            data=Settings(gen_batch_size=None),
            reward=Settings(reward_model=Settings(enable=False)),
        )
        self.asked: list[int] = []
        self._fate, self._numbers = fate, iter(range(10**6))

    def add_prompts(self, count: int) -> None:
        self.asked.append(count)
        for _ in range(count):
            number = next(self._numbers)
            self.buffer.add(str(number), self._fate(number))

    buffer: Any = None


def make(fate: Any, **settings: object) -> tuple[Buffer, list[int]]:
    trainer = Trainer(fate)
    buffer = Buffer(trainer_mode="sync", sampler_kwargs=settings, refill_fn=trainer.add_prompts)
    trainer.buffer = buffer
    return buffer, trainer.asked


def test_a_round_is_what_the_sampler_asks_for_and_the_first_is_topped_up() -> None:
    buffer, asked = make(lambda number: "useful" if number % 4 == 0 else "dull", max_prompts=100)
    for _ in range(2):
        asked.clear()
        buffer.refill_fn(8)  # as verl's prepare_step does
        batch, metrics = buffer.sample(1, "train", 8)
        assert [int(uid) % 4 for uid in batch] == [0] * 8
        assert metrics["training/adaptive/useful_groups"] == 8
        assert metrics["training/adaptive/generated_prompts"] == sum(asked)
        assert not buffer.finished_keys["train"]  # type: ignore[attr-defined]
    assert sum(asked[:2]) > 8 / 0.25, "one in four is useful"
    assert metrics["training/adaptive/rounds"] == 1


def test_a_hopeless_stream_ends_with_a_full_batch_of_dull_groups(caplog: pytest.LogCaptureFixture) -> None:
    buffer, asked = make(lambda _: "dull", max_rounds=3)
    buffer.refill_fn(4)
    batch, metrics = buffer.sample(1, "train", 4)
    assert len(batch) == 4
    assert metrics["training/adaptive/rounds"] == 3
    assert sum(asked) == metrics["training/adaptive/generated_prompts"]
    assert "0 of 4 useful groups" in caplog.text


def test_groups_without_samples_are_never_in_a_batch() -> None:
    rng = random.Random(0)
    buffer, _ = make(lambda _: rng.choice(["broken", "useful", "dull"]))
    buffer.refill_fn(6)
    batch, _ = buffer.sample(1, "train", 6)
    assert {buffer.fates[uid] for uid in batch} == {"useful"}


def test_nothing_but_failures_is_an_error_not_a_batch() -> None:
    buffer, _ = make(lambda _: "broken", max_rounds=2)
    buffer.refill_fn(4)
    with pytest.raises(RuntimeError, match="0 of 4 groups have samples"):
        buffer.sample(1, "train", 4)


def test_validation_is_left_to_verl() -> None:
    buffer, asked = make(lambda _: "dull")
    assert buffer.sample(7, "val", 4) == (("plain", 7, "val", 4), {})
    assert not asked


def test_settings_reach_the_buffer_and_the_trainer() -> None:
    assert make(lambda _: "dull", metric="passed")[0].metric == "passed"
    buffer = make(lambda _: "dull")[0]
    config = buffer.refill_fn.__self__.config
    assert buffer.metric == config.algorithm.filter_groups.metric == "acc"
    assert (config.algorithm.filter_groups.enable, config.data.gen_batch_size) == (True, 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rounds": 3}, "sampler_kwargs has 'rounds'"),
        ({"metric": "reward"}, "metric is 'reward', which length and format change too; use 'acc'"),
        ({"metric": "score"}, "metric is 'score'"),
    ],
)
def test_settings_that_cannot_be_meant(settings: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make(lambda _: "dull", **settings)


def test_a_trainer_that_is_none_of_verls_is_refused() -> None:
    with pytest.raises(UsageError, match=r"verl's trainer has no algorithm\.filter_groups"):
        Buffer(trainer_mode="sync", refill_fn=print)
    with pytest.raises(UsageError, match=r"trainer_mode is 'separate_async'; it must be sync"):
        Buffer(trainer_mode="separate_async", refill_fn=print)


@pytest.mark.training_stack
@pytest.mark.filterwarnings("ignore")  # what the libraries say to each other is not ours
def test_the_real_buffer_of_verl() -> None:
    found = adaptive_verl.AdaptiveReplayBuffer
    assert all(hasattr(found, name) for name in METHODS)


def test_without_verl_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("verl", "verl.trainer.ppo.v1.replay_buffer"):  # another test may have loaded it
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ToolError, match=r"needs verl 0\.9 or newer"):
        adaptive_verl.make_replay_buffer()


def test_the_file_is_found_by_path_as_verl_loads_it() -> None:
    assert Path(adaptive_verl.__file__).name == "verl.py"
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        adaptive_verl.Nothing  # noqa: B018
