"""Adaptive sampling in TRL: the parts, and TRL's own trainer with a tiny model (``make test-training``)."""

import contextlib
import itertools
import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import adaptive_run
import pytest
from adaptive_run import GROUP, INVERTER, NEVER

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training import Reward, RewardResult
from pytest_rtlgen.training.adaptive.rows import TrainingBatch, count_tokens, cut_rows, draw_rows, join_rows, share_rows
from pytest_rtlgen.training.adaptive.trl import find_correctness, read_correctness
from pytest_rtlgen.training.trl import for_trl


def test_rows_are_drawn_without_end_each_pass_whole_and_in_another_order() -> None:
    rows = list(itertools.islice(draw_rows("abcdef", seed=3), 12))
    assert sorted(rows[:6]) == sorted(rows[6:]) == list("abcdef")
    assert rows[:6] != rows[6:]
    assert rows == list(itertools.islice(draw_rows("abcdef", seed=3), 12))


def test_every_process_works_on_its_part() -> None:
    assert [share_rows("abcdef", process=process, processes=3) for process in range(3)] == [
        ["a", "b"],
        ["c", "d"],
        ["e", "f"],
    ]


def make_output(prompts: list[int], answers: list[int], first: int) -> dict[str, Any]:
    """Return what TRL makes of a batch: samples with these numbers of tokens, whose ids count up from ``first``."""
    import torch

    def pad(lengths: list[int], *, is_left: bool, is_mask: bool) -> Any:
        rows = []
        for number, length in enumerate(lengths):
            row, gap = [1 if is_mask else first + number] * length, [0] * (max(lengths) - length)
            rows.append(gap + row if is_left else row + gap)
        return torch.tensor(rows)

    return {
        "prompt_ids": pad(prompts, is_left=True, is_mask=False),
        "prompt_mask": pad(prompts, is_left=True, is_mask=True),
        "completion_ids": pad(answers, is_left=False, is_mask=False),
        "completion_mask": pad(answers, is_left=False, is_mask=True),
        "importance_sampling_ratio": torch.ones(len(prompts), 1),
        "advantages": torch.arange(1.0, len(prompts) + 1),
        "num_items_in_batch": torch.tensor(99),
    }


@pytest.mark.training_stack
def test_rows_of_several_rounds_and_processes_are_one_batch_without_needless_padding() -> None:
    batches = [TrainingBatch(target=2, size=2) for _ in range(2)]
    for process, batch in enumerate(batches):  # three groups, the second of which is in both
        made = cut_rows(make_output([1, 2, 3], [2, 1, 9], 10 * process + 1))
        batch.add(dict(zip(range(3 * process, 3 * process + 3), made, strict=True)), groups=3, chosen=[0])
        batch.add({process: cut_rows(make_output([2], [3], 10 * process + 5))[0]}, groups=1, chosen=[])
    held: list[Any] = []

    def take(rows: list[Any]) -> list[Any]:
        held.extend(rows)
        return held

    with contextlib.suppress(KeyError):  # what the other has is missing yet
        batches[1].gather(take)
    rows = batches[0].gather(take)
    assert [int(row["completion_ids"][0]) for row in rows] == [1, 2, 3, 11], "a kept group, then a spare one"
    assert [float(row["advantages"]) for row in rows] == [1, 2, 0, 0]
    assert count_tokens(rows) == 2 + 1 + 9 + 2
    joined = join_rows(rows[:2], pad_token_id=7)
    assert joined["prompt_ids"].tolist() == [[7, 1], [2, 2]]
    assert joined["completion_ids"].tolist() == [[1, 1], [2, 7]]
    assert joined["completion_mask"].tolist() == [[1, 1], [1, 0]]
    wide = join_rows(rows[:2], pad_token_id=7, multiple=4)
    assert wide["prompt_mask"].tolist() == [[0, 0, 0, 1], [0, 0, 1, 1]]
    assert wide["completion_ids"].tolist() == [[1, 1, 7, 7], [2, 7, 7, 7]]
    assert wide["importance_sampling_ratio"].shape == (2, 1), "one value a sample"


@pytest.mark.training_stack
def test_images_are_refused() -> None:
    import torch

    output = {**make_output([1, 1], [1, 1], 1), "pixel_values": torch.zeros(5, 3)}
    with pytest.raises(UsageError, match="'pixel_values' in a batch is not one row a sample; only text is supported"):
        cut_rows(output)


def test_correctness_is_the_part_passed_and_not_the_value() -> None:
    assert read_correctness(RewardResult(value=0.7, parts={"passed": 0.0})) == 0.0
    assert read_correctness(RewardResult(value=-0.3, parts={"passed": 1.0})) == 1.0
    assert read_correctness(RewardResult(value=None, parts={"passed": 0.0, "failed": 1.0})) is None


@pytest.mark.simulator
def test_correctness_is_read_from_the_last_call_of_our_reward() -> None:
    reward = Reward()
    try:
        ours = for_trl(reward)
        read = find_correctness([len, ours], ["length", "rtlgen_equivalence"], None)
        ours(completions=[INVERTER, "?", INVERTER], problem_id=[INVERTER, INVERTER, "nonesuch"])
        assert read([[9.0, 9.0]] * 3) == [1.0, 0.0, None]
    finally:
        reward.close()


def test_a_reward_of_ones_own_says_what_is_right_where_it_is_named() -> None:
    read = find_correctness([len, min], ["length", "mine"], "mine")
    assert read([[3.0, 1.0], [4.0, 0.0], [5.0, math.nan]]) == [1.0, 0.0, None]


@pytest.mark.parametrize(
    ("name", "message"),
    [(None, r"no for_trl reward among .* with correct_by \(found length, mine\)"), ("acc", "no reward function 'acc'")],
)
def test_without_anything_that_knows_what_is_right_it_refuses(name: str | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find_correctness([len, min], ["length", "mine"], name)


def count_useful(correct: list[float | None]) -> list[bool]:
    """Return for each group whether it is useful."""
    groups = [correct[start : start + GROUP] for start in range(0, len(correct), GROUP)]
    return [None not in group and len(set(group)) > 1 for group in groups]


def count_trained(advantages: list[float]) -> int:
    """Return the number of groups with an advantage."""
    return sum(any(advantages[start : start + GROUP]) for start in range(0, len(advantages), GROUP))


REAL = [
    pytest.mark.training_stack,
    pytest.mark.simulator,
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # what the libraries say to each other is not ours
]


class TestOneProcess:
    pytestmark = REAL

    def test_it_trains_on_useful_groups_only(self, tmp_path: Path) -> None:
        found = adaptive_run.train(tmp_path, 4)
        assert [row["adaptive/useful_groups"] for row in found["log"]] == [2] * 4
        assert sum(map(len, found["rounds"])) == GROUP * sum(row["adaptive/generated_prompts"] for row in found["log"])
        assert [count_trained(batch["advantages"]) for batch in found["batches"]] == [2] * 4
        assert all(batch["num_items_in_batch"] == batch["tokens"] for batch in found["batches"])
        assert all(row["grad_norm"] > 0 for row in found["log"])

    def test_a_hopeless_stream_ends_with_groups_that_teach_nothing(self, tmp_path: Path) -> None:
        found = adaptive_run.train(tmp_path, 2, references=[NEVER], sampling_rounds=3)
        assert [row["adaptive/rounds"] for row in found["log"]] == [3, 3]
        assert [(row["adaptive/useful_groups"], row["grad_norm"]) for row in found["log"]] == [(0, 0)] * 2

    def test_a_reward_for_length_makes_no_group_useful(self, tmp_path: Path) -> None:
        def shortness(completions: list[str], **_: object) -> list[float]:
            return [-float(len(text)) for text in completions]

        found = adaptive_run.train(tmp_path, 1, references=[NEVER], extra=[shortness], sampling_rounds=2)
        assert found["log"][0]["reward_std"] > 0, "total rewards differ"
        assert (found["log"][0]["adaptive/useful_groups"], found["log"][0]["grad_norm"]) == (0, 0)

    def test_partial_credit_makes_no_group_useful(self, tmp_path: Path) -> None:
        found = adaptive_run.train(tmp_path, 1, references=[NEVER], preset="graded", sampling_rounds=2)
        assert found["log"][0]["adaptive/useful_groups"] == 0

    def test_advantages_that_need_the_whole_batch_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="scale_rewards must be group or none"):
            adaptive_run.train(tmp_path, 1, settings={"scale_rewards": "batch"})


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What two processes saw in ten steps, by ``accelerate launch`` without a GPU."""
    folder = tmp_path_factory.mktemp("two")
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    launch += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*launch, adaptive_run.__file__, str(folder), "10"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(timeout=900)  # one that waits for the other would wait for ever
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert status == 0, (folder / "log").read_text(encoding="utf-8")[-3000:]
    return [json.loads((folder / f"process{number}.json").read_text(encoding="utf-8")) for number in range(2)]


class TestTwoProcesses:
    pytestmark = REAL

    def test_both_generate_the_same_rounds_of_the_same_size(self, two: list[dict[str, Any]]) -> None:
        sizes = [[len(share) for share in process["rounds"]] for process in two]
        assert sizes[0] == sizes[1]
        assert len(two[0]["log"]) == 10
        assert len(sizes[0]) == sum(row["adaptive/rounds"] for row in two[0]["log"]) > 10
        for name in ("rounds", "useful_groups", "generated_prompts", "effective_ratio"):
            assert [row[f"adaptive/{name}"] for row in two[0]["log"]] == [
                row[f"adaptive/{name}"] for row in two[1]["log"]
            ]

    def test_one_may_have_more_useful_groups_than_the_other(self, two: list[dict[str, Any]]) -> None:
        counts = [[sum(count_useful(share)) for share in process["rounds"]] for process in two]
        assert any(first > second for first, second in zip(*counts, strict=True))
        assert any(first < second for first, second in zip(*counts, strict=True))

    def test_useful_groups_of_both_are_the_batch(self, two: list[dict[str, Any]]) -> None:
        rounds = [first + second for first, second in zip(two[0]["rounds"], two[1]["rounds"], strict=True)]
        for row in two[0]["log"]:
            used = [rounds.pop(0) for _ in range(int(row["adaptive/rounds"]))]
            assert row["adaptive/useful_groups"] == min(3, sum(sum(count_useful(correct)) for correct in used))

    def test_the_batch_is_split_evenly_again(self, two: list[dict[str, Any]]) -> None:
        steps = list(zip(two[0]["batches"], two[1]["batches"], two[0]["log"], strict=True))
        assert {(len(first["advantages"]), len(second["advantages"])) for first, second, _ in steps} == {(6, 6)}
        for first, second, row in steps:
            assert count_trained(first["advantages"] + second["advantages"]) == row["adaptive/useful_groups"]
            assert first["num_items_in_batch"] == second["num_items_in_batch"] == first["tokens"] + second["tokens"]

    def test_the_weights_stay_the_same_in_both(self, two: list[dict[str, Any]]) -> None:
        assert two[0]["weights"] == two[1]["weights"]
