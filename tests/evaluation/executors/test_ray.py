"""Ray itself, as two nodes on this machine: the results of one process, each once, whatever is lost."""

import logging
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import COUNTER, problem

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.errors import BadReferenceError, DefectError, SuiteError, ToolError
from pytest_rtlgen.evaluation.evaluate import evaluate
from pytest_rtlgen.evaluation.executors import ExecutorSettings
from pytest_rtlgen.evaluation.executors.ray_actors import Place, RaySettings, connect, start_actor
from pytest_rtlgen.evaluation.executors.ray_executor import RayExecutor
from pytest_rtlgen.evaluation.judge import Judge, Outcome
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import Completion, Environment, RunSettings, SampleKey, SampleResult, SamplingParams
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.tools.worker import WorkerLostError

pytestmark = [pytest.mark.training_stack, pytest.mark.simulator, pytest.mark.slow]
CHECK = CheckSettings(cycles=50, formal=FormalMode.OFF, no_cache=True)
RUN: dict[str, Any] = {"limit": 4, "n": 3, "formal": "off", "cycles": 50, "no_cache": True}


@pytest.fixture
def kept_processes() -> None:
    """Each helper process is started and ended here."""


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Foreign]:
    """Two raylets with a core each, which ``RAY_ADDRESS`` names."""
    import ray
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "180")  # a busy machine
    monkeypatch.setenv("RAY_worker_niceness", "0")
    logging.getLogger("ray").setLevel(logging.ERROR)
    node = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=node)
    made.add_node(num_cpus=1, object_store_memory=80 << 20)
    monkeypatch.setenv("RAY_ADDRESS", made.address)
    yield made
    ray.shutdown()
    made.shutdown()


def without_times(results: dict[SampleKey, SampleResult]) -> dict[SampleKey, SampleResult]:
    return {
        key: replace(result, verdict=replace(result.verdict, duration_s=0.0), completion=no_latency(result.completion))
        for key, result in results.items()
    }


def no_latency(completion: Completion) -> Completion:
    return replace(completion, latency_s=0.0)


def test_a_run_on_two_nodes_is_that_of_one_process(cluster: Foreign, tmp_path: Path) -> None:
    del cluster
    found = {}
    for executor in ("local", "ray"):
        report = evaluate("core:", "replay:core", executor=executor, jobs=2, out=tmp_path / executor, **RUN)
        (folder,) = (tmp_path / executor).iterdir()
        store = RunStore.open(folder)
        assert store.is_finished
        found[executor] = (
            without_times(store.read_results()),
            store.header.environment,
            report.summary.total.function,
        )
    assert found["ray"] == found["local"]
    assert len(found["ray"][0]) == 12
    assert len({result.verdict.status for result in found["ray"][0].values()}) > 1


def test_a_node_that_is_killed_in_the_middle_loses_no_result_and_doubles_none(
    cluster: Foreign, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    task = problem()
    answers = [
        Completion(
            key=SampleKey(suite="test", problem_id="counter", index=index),
            text=COUNTER.replace("4'd11", f"4'd{index % 14}"),
            model="m",
        )
        for index in range(24)
    ]
    settings = RunSettings(model="m", suites=(), sampling=SamplingParams(n=24), prompt="chat", simulator="icarus")
    executing = ExecutorSettings(check=CHECK)
    executor = RayExecutor(executing)
    kept: list[Outcome] = []
    with Judge(executing, executor) as judge:
        store = RunStore.create(tmp_path, settings, judge.describe(), [task])
        store.append_completion(*answers)
        assert executor.workers == 2, "as many as the cluster has cores"
        executor._open().fill()
        outcomes = judge.judge([(task, answer) for answer in answers], store)
        judging = threading.Thread(target=lambda: kept.extend(outcomes))
        (node,) = cluster.worker_nodes
        raylet = node.all_processes["raylet"][0].process.pid
        actors = [int(name.split(":")[1]) for name in executor._open().names]
        (actor,) = [pid for pid in actors if parent(pid) == raylet]
        os.kill(actor, signal.SIGSTOP)  # whatever it is given stays with it
        judging.start()
        while len(store.read_run().samples) < len(answers) - 1:
            judging.join(timeout=0.2)
            assert judging.is_alive()
        cluster.remove_node(node, allow_graceful=False)
        os.kill(actor, signal.SIGKILL)
        judging.join(timeout=240)
    assert [outcome.result and outcome.result.key.index for outcome in kept] == list(range(24))
    written = Counter(result.key for result in store.read_run().samples)
    assert written == Counter(answer.key for answer in answers)
    assert (store.path / "results.jsonl").read_text().count("\n") == 24
    passed = [key.index for key, result in store.read_results().items() if result.verdict.is_passed]
    assert passed == [11]
    assert caplog.text.count("its work is done again by another") == 1


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


class Raising:
    """An actor that raises what it is told to."""

    def begin(self) -> Place:
        return Place.here(Environment(harness="0", python="3", platform="Linux", tools=()))

    def do(self, work: Exception) -> None:
        raise work

    def close(self) -> None:
        pass


def test_what_an_actor_raises_is_raised_here(cluster: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    from ray import cloudpickle

    del cluster
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # an actor cannot import this file
    monkeypatch.setattr("pytest_rtlgen.evaluation.executors.ray_actors.__version__", "0")
    connect(None)
    worker = start_actor(Raising, {}, RaySettings(), threading.Event())
    for error in (BadReferenceError("a.sv: no output is known"), SuiteError("no bench"), ToolError("no iverilog")):
        with pytest.raises(type(error)) as caught:
            worker.do(error)
        assert (type(caught.value), str(caught.value)) == (type(error), str(error))
    for strange in (KeyError("q"), WorkerLostError("of its own")):
        with pytest.raises(DefectError, match=f"defect of the harness: {type(strange).__name__}: "):
            worker.do(strange)
    worker.end()
