"""What a verdict costs on Ray beside one process; needs the extra ``ray`` and ``PYTHONPATH=tests``.

The same answers are checked by threads of this process and by one actor on each of as many raylets of this machine, in
turns, without any cache and without proofs: mutants and rewrites of the core suite's references, then answers without
code, which cost nothing but the way there and back. Each line is one turn, and the results must be equal.
"""

import argparse
import logging
import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.cache_cost import list_texts

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.evaluation.executors import Executor, ExecutorSettings, LocalExecutor
from pytest_rtlgen.evaluation.executors.ray_executor import RayExecutor
from pytest_rtlgen.evaluation.judge import Judge, Work
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import Completion, Problem, RunSettings, SampleKey, SampleResult, SamplingParams
from pytest_rtlgen.storage import RunStore

ANSWERS = 4
"""A problem, two of them right."""
MORE = 5


def main() -> None:
    """Print a line a turn, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--answers", type=int, default=100)
    parser.add_argument("--turns", type=int, default=5)
    args = parser.parse_args()
    check = CheckSettings(formal=FormalMode.OFF, no_cache=True, jobs=args.nodes)
    settings = ExecutorSettings(check=check, workers=args.nodes)
    start_nodes(args.nodes)
    local, ray = LocalExecutor(settings), RayExecutor(settings)
    problems = load_suite("core:").problems[: args.answers // ANSWERS]
    for name, texts in (
        ("designs", [(problem, text) for problem in problems for text in list_texts(problem)]),
        ("no code", [(problem, "I cannot.") for problem in problems for _ in range(ANSWERS * MORE)]),
    ):
        compare(name, settings, (local, ray), number(texts), args.turns)
    local.close()
    ray.close()


def compare(
    name: str, settings: ExecutorSettings, executors: tuple[Executor, Executor], work: list[Work], turns: int
) -> None:
    """Print a line a turn, and the medians."""
    local, ray = executors
    for executor in (local, ray, ray):  # each process simulates each reference once
        judge(settings, executor, work)
    ratios, overheads = [], []
    for turn in range(turns):
        (here, found), (there, same) = judge(settings, local, work), judge(settings, ray, work)
        if found != same:
            raise SystemExit("another result on Ray")
        ratios.append(there / here)
        overheads.append(1000 * (there - here) * ray.workers / len(work))
        print(f"{name}, turn {turn}: {len(work)} answers, one process {here:.2f} s, Ray {there:.2f} s")
    print(
        f"{name}, {ray.workers} raylets: {statistics.median(ratios):.2f} x ({min(ratios):.2f} to {max(ratios):.2f}), "
        f"{statistics.median(overheads):.1f} ms more a candidate ({min(overheads):.1f} to {max(overheads):.1f})"
    )


def number(texts: list[tuple[Problem, str]]) -> list[Work]:
    """Return answers with keys of their own."""
    return [
        (
            problem,
            Completion(
                key=SampleKey(suite=problem.suite, problem_id=problem.problem_id, index=index), text=text, model="m"
            ),
        )
        for index, (problem, text) in enumerate(texts)
    ]


def start_nodes(count: int) -> None:
    """Start raylets with a core each."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0", "RAY_raylet_start_wait_time_s": "180"}
    logging.getLogger("ray").setLevel(logging.ERROR)
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": 80 << 20}
    cluster = Cluster(initialize_head=True, head_node_args=node | {"include_dashboard": False})
    for _ in range(count - 1):
        cluster.add_node(**node)
    os.environ["RAY_ADDRESS"] = cluster.address


def judge(
    settings: ExecutorSettings, executor: Executor, work: list[Work]
) -> tuple[float, dict[SampleKey, SampleResult]]:
    """Return wall seconds, and the results without their times."""
    problems = tuple(dict.fromkeys(problem for problem, _ in work))
    run = RunSettings(model="m", suites=(), sampling=SamplingParams(), prompt="chat", simulator="icarus")
    with tempfile.TemporaryDirectory() as folder:
        judging = Judge(settings, executor)
        store = RunStore.create(Path(folder), run, judging.describe(), problems)
        began = time.perf_counter()
        results = [outcome.result for outcome in judging.judge(work, store)]
        took = time.perf_counter() - began
    found = {result.key: result for result in results if result is not None}
    return took, {key: replace(one, verdict=replace(one.verdict, duration_s=0.0)) for key, one in found.items()}


if __name__ == "__main__":
    main()
