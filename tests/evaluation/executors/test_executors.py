"""Where answers are checked makes no difference to what is queued, stored and counted; Ray is a fake here."""

import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from builders import problem

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.errors import BadReferenceError, DefectError, RtlgenError, SuiteError, ToolError, UsageError
from pytest_rtlgen.evaluation.executors import ExecutorSettings, make_executor, ray_executor
from pytest_rtlgen.evaluation.executors.ray_actors import Place, RaySettings
from pytest_rtlgen.evaluation.executors.ray_executor import RayExecutor
from pytest_rtlgen.evaluation.judge import Judge
from pytest_rtlgen.records import (
    Candidate,
    Completion,
    Environment,
    Method,
    Problem,
    RunSettings,
    SampleKey,
    SampleResult,
    SamplingParams,
    Status,
    Verdict,
)
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.tools.worker import WorkerLostError

HERE = Environment(harness="1.0", python="3.11", platform="Linux", tools=(("simulator", "Icarus Verilog 12.0"),))
PROBLEMS = tuple(problem(problem_id=name) for name in ("one", "two", "three"))
WORK = [
    (item, Completion(key=SampleKey(suite="test", problem_id=item.problem_id, index=index), text="x", model="m"))
    for item in PROBLEMS
    for index in range(3)
]


def pass_all(task: Problem, completion: Completion) -> SampleResult:
    del task
    candidate = Candidate(source="x", rule="given")
    verdict = Verdict(status=Status.PASSED, method=Method.SIMULATE)
    return SampleResult(completion=completion, candidate=candidate, verdict=verdict)


class Elsewhere:
    """An executor that gives what ``check`` gives, and counts."""

    def __init__(self, check: Callable[[Problem, Completion], SampleResult] = pass_all, *, workers: int = 1) -> None:
        self.workers = workers
        self.asked: Counter[SampleKey] = Counter()
        self.is_closed = False
        self._check = check

    def describe(self) -> Environment:
        return HERE

    def check(self, problem: Problem, completion: Completion) -> SampleResult:
        self.asked[completion.key] += 1
        return self._check(problem, completion)

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    settings = RunSettings(model="m", suites=(), sampling=SamplingParams(n=3), prompt="chat", simulator="icarus")
    made = RunStore.create(tmp_path, settings, HERE, PROBLEMS)
    made.append_completion(*(completion for _, completion in WORK))
    return made


@pytest.mark.parametrize("workers", [1, 4])
def test_each_answer_is_asked_for_once_and_its_result_is_stored(store: RunStore, workers: int) -> None:
    executor = Elsewhere(workers=workers)
    with Judge(ExecutorSettings(), executor) as judge:
        found = [outcome.result for outcome in judge.judge(WORK, store)]
    assert [result and result.key for result in found] == [completion.key for _, completion in WORK]
    assert store.read_results() == {result.key: result for result in found if result}
    assert set(executor.asked.values()) == {1}
    assert len(executor.asked) == len(WORK)
    assert executor.is_closed


@pytest.mark.parametrize("kind", [BadReferenceError, SuiteError, ToolError, DefectError])
def test_an_error_from_elsewhere_is_that_of_its_problem_alone(store: RunStore, kind: type[RtlgenError]) -> None:
    def check(task: Problem, completion: Completion) -> SampleResult:
        if task.problem_id == "two":
            raise kind("two: it is wrong")
        return pass_all(task, completion)

    executor = Elsewhere(check)
    with Judge(ExecutorSettings(), executor) as judge:
        outcomes = list(judge.judge(WORK, store))
    errors = [outcome.error for outcome in outcomes if outcome.error]
    assert [(type(error), str(error)) for error in errors] == [(kind, "two: it is wrong")] * 3
    assert sum(executor.asked.values()) == 7, "of the bad problem only the first answer is asked for"
    assert {key.problem_id for key in store.read_results()} == {"one", "three"}


def test_an_executor_with_a_defect_of_its_own_loses_no_other_answer(store: RunStore) -> None:
    def check(task: Problem, completion: Completion) -> SampleResult:
        if task.problem_id == "one":
            raise KeyError("nothing")
        return pass_all(task, completion)

    outcomes = list(Judge(ExecutorSettings(), Elsewhere(check)).judge(WORK, store))
    assert [str(outcome.error) for outcome in outcomes[:3]] == ["defect of the harness: KeyError: 'nothing'"] * 3
    assert len(store.read_results()) == 6


def test_an_executor_without_its_tools_stops_the_run(store: RunStore) -> None:
    def check(task: Problem, completion: Completion) -> SampleResult:
        raise ToolError(f"no worker is left for {task.problem_id} {completion.key.index}")

    with pytest.raises(ToolError, match="no worker is left for three 0"):
        list(Judge(ExecutorSettings(), Elsewhere(check)).judge(WORK, store))


def test_nothing_is_reached_for_where_nothing_is_left_to_check(store: RunStore) -> None:
    class Unreachable(Elsewhere):
        def __getattribute__(self, name: str) -> object:
            raise AssertionError(name)

    executor = object.__new__(Unreachable)
    assert list(Judge(ExecutorSettings(), executor).judge([], store)) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lcoal", "--rtlgen-executor=lcoal: no such executor; did you mean local?"),
        ("slurm", "--rtlgen-executor=slurm: no such executor; executors are local, ray"),
    ],
)
def test_an_unknown_executor(name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_executor(name, ExecutorSettings())
    assert str(caught.value) == message


def test_without_ray_one_line_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ToolError) as caught:
        make_executor("ray", ExecutorSettings())
    assert str(caught.value) == "--rtlgen-executor=ray: ray is not installed; pip install 'pytest-rtlgen[ray]'"


class FakeActor:
    """An actor as the pool sees it; it may be lost with a work."""

    def __init__(self, number: int, environment: Environment, lost_with: str) -> None:
        self.place = Place(machine=f"node{number}", pid=number, environment=environment)
        self.name = str(self.place)
        self.is_ended = False
        self._lost_with = lost_with

    def do(self, work: tuple[Problem, Completion]) -> SampleResult:
        if work[0].problem_id == self._lost_with:
            raise WorkerLostError("the node is gone")
        return pass_all(*work)

    def end(self) -> None:
        self.is_ended = True


class FakeRay:
    """A cluster of four cores, on each of which one actor of ``actors`` starts after the other."""

    def __init__(self, *actors: FakeActor) -> None:
        self.actors = list(actors)
        self.started: list[tuple[type, ExecutorSettings]] = []
        self.disconnected = 0

    def connect(self, address: str | None) -> bool:
        return address is None

    def start_actor(
        self, kind: type, arguments: dict[str, ExecutorSettings], options: RaySettings, closed: threading.Event
    ) -> FakeActor:
        assert options.tries > 1
        assert not closed.is_set()
        self.started.append((kind, arguments["settings"]))
        if len(self.started) > len(self.actors):
            raise ToolError("no core is free")
        return self.actors[len(self.started) - 1]

    def disconnect(self) -> None:
        self.disconnected += 1


@pytest.fixture
def start_ray(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeRay]:
    def start(*actors: FakeActor) -> FakeRay:
        ray = FakeRay(*actors)
        for name in ("connect", "start_actor", "disconnect"):
            monkeypatch.setattr(ray_executor, name, getattr(ray, name))
        monkeypatch.setattr(ray_executor, "count_cores", lambda: 4)
        return ray

    monkeypatch.setitem(sys.modules, "ray", sys)  # it is installed, as far as anybody asks
    return start


def test_a_lost_actor_is_replaced_and_its_answer_has_one_result(
    start_ray: Callable[..., FakeRay], store: RunStore
) -> None:
    actors = [FakeActor(number, HERE, "two" if number == 0 else "") for number in range(2)]
    ray = start_ray(*actors)
    settings = ExecutorSettings(check=CheckSettings(jobs=7), workers=1)
    with Judge(settings, RayExecutor(settings)) as judge:
        outcomes = list(judge.judge(WORK, store))
    assert [outcome.result and outcome.result.key for outcome in outcomes] == [item.key for _, item in WORK]
    assert (store.path / "results.jsonl").read_text().count("\n") == len(WORK), "a line a result, and none twice"
    assert [actor.is_ended for actor in actors] == [True, True]
    assert [made.check.jobs for _, made in ray.started] == [1, 1]
    assert ray.disconnected == 1


def test_an_answer_that_loses_every_actor_is_an_error_of_its_problem(
    start_ray: Callable[..., FakeRay], store: RunStore
) -> None:
    start_ray(*(FakeActor(number, HERE, "two") for number in range(4)))
    settings = ExecutorSettings(workers=1)
    with Judge(settings, RayExecutor(settings)) as judge:
        outcomes = list(judge.judge(WORK, store))
    assert {key.problem_id for key in store.read_results()} == {"one", "three"}
    assert "it was given up after 3 lost workers, the last node2:2: the node is gone" in str(outcomes[3].error)


def test_every_actor_must_have_the_tools_of_the_first(start_ray: Callable[..., FakeRay]) -> None:
    other = replace(HERE, tools=(("simulator", "Icarus Verilog 11.0"),))
    actors = [
        FakeActor(0, HERE, "one"),
        FakeActor(1, replace(HERE, platform="another"), "one"),
        FakeActor(2, other, ""),
    ]
    start_ray(*actors)
    executor = RayExecutor(ExecutorSettings(workers=1))
    assert executor.describe() == HERE
    with pytest.raises(ToolError) as caught:
        executor.check(*WORK[0])
    assert str(caught.value) == (
        "no worker is left: node2 has simulator Icarus Verilog 11.0 (elsewhere Icarus Verilog 12.0); "
        "verdicts of one run need the same tools everywhere"
    )
    assert actors[2].is_ended
    executor.close()


def test_there_are_as_many_actors_as_asked_for_else_as_cores(start_ray: Callable[..., FakeRay]) -> None:
    start_ray()
    assert [RayExecutor(ExecutorSettings(workers=count)).workers for count in (None, 2)] == [4, 2]
