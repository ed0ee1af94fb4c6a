"""Checks in Ray's actors: the rewards of one process, whatever is lost on the way."""

import logging
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import builders
import pytest

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training import REWARD_CHECK, Guards, Reward, RewardResult, RewardSettings, find_preset, open_reward
from pytest_rtlgen.training.distributed import RayReward, RaySettings
from pytest_rtlgen.training.reward.slots import Slots

SECRET = "not-for-candidates-7f3a"  # noqa: S105  a mark to look for
SETTINGS = RewardSettings(
    preset=find_preset("graded"),
    guards=Guards(duplicate_factor=0.5),
    check=replace(REWARD_CHECK, no_cache=True),  # what one process keeps, the actors would find
    max_parallel=1,
)
BATCH = (
    *(builders.COUNTER.replace("4'd11", f"4'd{last}") for last in range(8, 14)),
    *("module counter(; endmodule", "I cannot.", builders.COUNTER, builders.COUNTER + "\n// again", "x" * 300_000),
)
TASKS = (*["counter"] * len(BATCH), "unheard-of")


@pytest.fixture
def kept_processes() -> None:
    """Each helper process is started and ended here."""


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RayReward(Reward(), workers=0), "ray: workers is 0; use 1 or more"),
        (lambda: RaySettings(tries=0), "ray: tries is 0; use 1 or more"),
    ],
)
def test_settings_that_cannot_be_meant(make: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()


def test_it_is_pickled_without_its_actors() -> None:
    made = RayReward(Reward(problems=[builders.problem()], settings=SETTINGS), workers=3, options=RaySettings(tries=5))
    copy = pickle.loads(pickle.dumps(made))  # noqa: S301  what a trainer does to reach its workers
    assert (copy.workers, copy.options, copy.settings) == (3, RaySettings(tries=5), made.settings)
    assert copy.problems == made.problems
    assert copy.places == ()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Ray on this machine with two cores and a folder for slots; its processes hold a secret."""
    import ray

    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_raylet_start_wait_time_s", "180")  # a busy machine
        patch.setenv("RAY_worker_niceness", "0")  # Ray's 15 starves actors where other tests run beside these
        patch.setenv("OPENAI_API_KEY", SECRET)
        ray.init(
            address="local",
            num_cpus=2,
            object_store_memory=80 << 20,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
        yield folder / "pytest-rtlgen"
        ray.shutdown()


@pytest.fixture(scope="module")
def expected() -> list[RewardResult]:
    """The rewards of one process."""
    with open_reward([builders.problem()], SETTINGS) as reward:
        return reward.judge([*BATCH, ""], TASKS, step=0)


@pytest.fixture(scope="module")
def on_ray(cluster: Path) -> Iterator[RayReward]:
    del cluster
    made = RayReward(
        Reward(problems=[builders.problem()], settings=SETTINGS), workers=2, options=RaySettings(start_timeout_s=900)
    )
    made.start()
    yield made
    made.close()


def judge(reward: Reward) -> list[RewardResult]:
    return reward.judge([*BATCH, ""], TASKS, step=0)


@pytest.mark.training_stack
@pytest.mark.simulator
@pytest.mark.slow
def test_rewards_are_those_of_one_process_in_the_same_order(on_ray: RayReward, expected: list[RewardResult]) -> None:
    assert len(set(on_ray.places)) == 2
    assert judge(on_ray) == expected
    assert len({result.value for result in expected}) > 3, "a batch of equal rewards would show nothing"
    assert on_ray.replaced == 0


@pytest.mark.training_stack
@pytest.mark.simulator
@pytest.mark.slow
def test_a_worker_that_is_killed_within_a_check_changes_no_reward(
    on_ray: RayReward, cluster: Path, expected: list[RewardResult], caplog: pytest.LogCaptureFixture
) -> None:
    before = on_ray.places
    killed = int(before[0].rpartition(":")[2])
    tools = descendants(killed)
    assert tools
    found: list[RewardResult] = []
    thread = threading.Thread(target=lambda: found.extend(judge(on_ray)))
    with Slots(1, folder=cluster).take():  # no check can end before the kill: both actors wait, each with its own
        thread.start()
        thread.join(timeout=1)
        os.kill(killed, signal.SIGKILL)
        thread.join(timeout=1)
        assert found == []
    thread.join(timeout=120)
    assert found == expected, "the same rewards, one a completion"
    assert on_ray.replaced == 1
    assert caplog.text.count("its work is done again by another") == 1
    assert before[0] in caplog.text
    on_ray.start()
    assert before[1] in on_ray.places
    assert len(on_ray.places) == 2
    assert [pid for pid in tools if is_running(pid)] == [], "its tools end with it"


@pytest.mark.training_stack
@pytest.mark.simulator
@pytest.mark.slow
def test_no_secret_of_the_environment_reaches_a_tool(on_ray: RayReward) -> None:
    on_ray([builders.COUNTER], ["counter"])
    actors = [int(place.rpartition(":")[2]) for place in on_ray.places]
    assert all(SECRET.encode() in environment(pid) for pid in actors), "else this test shows nothing"
    tools = [pid for actor in actors for pid in descendants(actor)]
    assert tools
    assert [pid for pid in tools if SECRET.encode() in environment(pid)] == []


@pytest.mark.training_stack
@pytest.mark.simulator
@pytest.mark.slow
def test_a_cluster_without_a_free_core_gives_no_reward_and_says_why(on_ray: RayReward) -> None:
    del on_ray  # it holds both cores
    options = RaySettings(start_timeout_s=2)
    more = RayReward(Reward(problems=[builders.problem()], settings=SETTINGS), workers=1, options=options)
    (result,) = more.judge([builders.COUNTER], ["counter"])
    more.close()
    assert result.value is None
    assert "no actor could be started: no answer within 2 s; is a core of the cluster free?" in result.reason


def environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def descendants(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = stat.read_text().rpartition(")")[2].split()
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found: list[Any] = [pid]
    for parent in found:
        found += parents.get(parent, [])
    return found[1:]
