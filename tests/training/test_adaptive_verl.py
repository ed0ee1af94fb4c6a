"""The replay buffer for verl over a stand-in with the methods of verl 0.9.1's ``ReplayBuffer``, and the real one."""

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

    def __init__(self, *, sampler_kwargs: object = None, refill_fn: Any = None, filter_groups_metric: str = "") -> None:
        del sampler_kwargs
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


def make(fate: Any, **settings: object) -> tuple[Buffer, list[int]]:
    asked: list[int] = []
    numbers = iter(range(10**6))

    def refill(count: int) -> None:
        asked.append(count)
        for _ in range(count):
            number = next(numbers)
            buffer.add(str(number), fate(number))

    buffer = Buffer(sampler_kwargs=settings, refill_fn=refill)
    return buffer, asked


def test_each_round_asks_for_what_is_missing_over_the_share_of_useful_groups() -> None:
    buffer, asked = make(lambda number: "useful" if number % 4 == 0 else "dull")
    buffer.refill_fn(8)  # as verl's prepare_step does
    batch, metrics = buffer.sample(1, "train", 8)
    assert asked[1] == 20  # 2 of 8: Beta(3, 7), so (8 - 2) / 0.3
    assert [int(uid) % 4 for uid in batch] == [0] * 8
    assert metrics["training/adaptive/useful_groups"] == 8
    assert metrics["training/adaptive/generated_prompts"] == sum(asked)
    assert not buffer.finished_keys["train"]  # type: ignore[attr-defined]


def test_a_hopeless_stream_ends_with_a_full_batch_of_dull_groups(caplog: pytest.LogCaptureFixture) -> None:
    buffer, asked = make(lambda _: "dull", max_rounds=3)
    buffer.refill_fn(4)
    batch, metrics = buffer.sample(1, "train", 4)
    assert len(batch) == 4
    assert len(asked) == metrics["training/adaptive/rounds"] == 3
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


def test_settings_reach_the_buffer_and_strange_ones_are_named() -> None:
    assert make(lambda _: "dull", metric="acc")[0].metric == "acc"
    assert make(lambda _: "dull")[0].metric == "reward"
    with pytest.raises(UsageError, match="sampler_kwargs has 'rounds'"):
        make(lambda _: "dull", rounds=3)


@pytest.mark.training_stack
@pytest.mark.filterwarnings("ignore")  # what the libraries say to each other is not ours
def test_the_real_buffer_of_verl() -> None:
    found = adaptive_verl.AdaptiveReplayBuffer
    assert all(hasattr(found, name) for name in METHODS)


def test_without_verl_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "verl", None)
    with pytest.raises(ToolError, match=r"needs verl 0\.9 or newer"):
        adaptive_verl.make_replay_buffer()


def test_the_file_is_found_by_path_as_verl_loads_it() -> None:
    assert Path(adaptive_verl.__file__).name == "verl.py"
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        adaptive_verl.Nothing  # noqa: B018
