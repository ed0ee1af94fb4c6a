"""One call judges a model; pytest and the command line make the same run of it."""

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_rtlgen.backends import Deliver, GenerationRequest
from pytest_rtlgen.cli import main
from pytest_rtlgen.errors import BackendError, UsageError
from pytest_rtlgen.evaluation.evaluate import evaluate
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Completion, RunSettings, SampleKey, SamplingParams, Status, Summary
from pytest_rtlgen.storage import RunStore

OPTIONS: dict[str, Any] = {"n": 3, "formal": "off", "cycles": 50}


class Kept(Watcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.seen: list[SampleKey] = []
        self.stages: list[str] = []

    def see(self, result: object) -> None:
        self.seen.append(result.key)  # type: ignore[attr-defined]

    def advance(self, done: int, total: int, what: str) -> None:
        assert 0 < done <= total
        self.stages.append(what)


def describe(store: RunStore) -> tuple[RunSettings, dict[SampleKey, tuple[object, ...]], Summary]:
    """Return what must be the same whoever made the run: all but times."""
    results: dict[SampleKey, tuple[object, ...]] = {
        key: (item.verdict.status, item.verdict.signals, item.verdict.diagnostics, item.candidate.source)
        for key, item in store.read_results().items()
    }
    return store.header.settings, results, replace(store.read_summary(), generation_s=0, check_s=0)


@pytest.mark.simulator
def test_pytest_and_the_command_line_make_the_same_run(mini: Path, pytester: pytest.Pytester) -> None:
    options = ["--n=3", "--formal=off", "--cycles=50", "--out=by-cli"]
    assert main(["generate", f"--suite={mini}", f"--model=replay:{mini.parent / 'answers'}", *options]) == 0
    (run,) = Path("by-cli").iterdir()
    assert main(["check", str(run)]) == 0
    by_cli = describe(RunStore.open(run))
    same = [f"--rtlgen-model=replay:{mini.parent / 'answers'}", "--rtlgen-n=3"]
    rest = ["--rtlgen-formal=off", "--rtlgen-cycles=50", "--rtlgen-out=by-pytest", "-p", "no:cacheprovider"]
    pytester.runpytest_subprocess(str(mini), *same, *rest)
    (run,) = (pytester.path / "by-pytest").iterdir()
    by_pytest = describe(RunStore.open(run))
    report = evaluate(mini, f"replay:{mini.parent / 'answers'}", out="by-call", **OPTIONS)
    by_call = describe(RunStore.open(report.path))
    assert by_call == by_pytest == by_cli
    assert report.summary.total.function[0][1].value == pytest.approx(2 / 9)
    assert report.is_complete


@pytest.mark.simulator
def test_a_backend_and_a_loaded_suite_will_do_and_a_failed_call_is_gone_on_with(mini: Path) -> None:
    suite = load_suite(str(mini))
    asked: list[str] = []

    class Dying:
        name = "dying:"

        def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
            assert sampling.n == 1
            for request in requests:
                if len(asked) == 2:
                    asked.append("")
                    raise BackendError("the model is gone")
                asked.append(request.problem.problem_id)
                text = f"```verilog\n{request.problem.reference.text}```"
                deliver(Completion(key=request.key(0), text=text, model="m"))

    watcher = Kept()
    settings = {"formal": "off", "cycles": 50, "no_cache": True}
    with pytest.raises(BackendError, match="the model is gone"):
        evaluate(suite, Dying(), watcher=watcher, **settings)
    report = evaluate([suite], Dying(), watcher=watcher, **settings)
    assert asked == ["and2", "counter", "", "xor2"]
    assert [sample.verdict.status for sample in report.run.samples] == [Status.PASSED] * 3
    assert len(watcher.seen) == 3
    assert watcher.stages[0] == "completions"
    assert len(os.listdir(".rtlgen/runs")) == 1  # noqa: PTH208  names only


@pytest.mark.simulator
def test_answers_are_checked_while_others_are_awaited_and_each_once(mini: Path) -> None:
    suite = load_suite(str(mini))
    waits: list[int] = []

    class Slow:
        name = "slow:"

        def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
            for request in requests:
                text = f"```verilog\n{request.problem.reference.text}```"
                deliver(*(Completion(key=request.key(index), text=text, model="m") for index in range(sampling.n)))
                waits.append(self.wait_for(len(waits) + 1))

        def wait_for(self, count: int) -> int:
            """Return how many samples were checked, as soon as there are so many of each problem's two."""
            deadline = time.monotonic() + 60
            while len(watcher.seen) < 2 * count and time.monotonic() < deadline:
                time.sleep(0.01)
            return len(watcher.seen)

    watcher = Kept()
    report = evaluate(suite, Slow(), watcher=watcher, n=2, formal="off", cycles=50, no_cache=True)
    assert waits == [2, 4, 6]
    assert sorted(watcher.seen) == sorted(sample.key for sample in report.run.samples)
    assert [score.passed for score in report.summary.problems] == [2, 2, 2]


@pytest.mark.simulator
def test_what_a_hook_raises_on_an_answer_checked_ahead_is_raised(mini: Path) -> None:
    class Broken(Kept):
        def see(self, result: object) -> None:
            super().see(result)
            raise ValueError("a defect of a plugin")

    watcher = Broken()

    class Waiting:
        name = "waiting:"

        def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
            del sampling
            text = f"```verilog\n{requests[0].problem.reference.text}```"
            deliver(Completion(key=requests[0].key(0), text=text, model="m"))
            deadline = time.monotonic() + 60
            while not watcher.seen and time.monotonic() < deadline:
                time.sleep(0.01)

    with pytest.raises(ValueError, match="a defect of a plugin"):
        evaluate(load_suite(str(mini)), Waiting(), watcher=watcher, formal="off", cycles=50, no_cache=True)
    assert len(watcher.seen) == 1


@pytest.mark.simulator
def test_what_cannot_be_checked_ahead_is_explained_once_by_the_judgement(mini: Path) -> None:
    (mini / "and2" / "reference.sv").write_text("module and2(input a, output y); assign y = 1'bx; endmodule\n")
    suite = load_suite(str(mini))

    class Copying:
        name = "copying:"

        def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
            for request in requests:
                text = f"```verilog\n{request.problem.reference.text}```"
                deliver(*(Completion(key=request.key(index), text=text, model="m") for index in range(sampling.n)))
                time.sleep(0.2)

    watcher = Kept()
    report = evaluate(suite, Copying(), watcher=watcher, n=2, formal="off", cycles=50, no_cache=True)
    assert [str(key) for key in report.not_judged] == ["mini/and2"]
    assert not report.is_complete
    assert len(watcher.seen) == 4


@pytest.mark.simulator
def test_a_gate_is_measured_and_a_broken_reference_is_named(mini: Path) -> None:
    (mini / "and2" / "reference.sv").write_text("module and2 (input a, output y);\n  assign y = b;\nendmodule\n")
    watcher = Kept()
    model = f"replay:{mini.parent / 'answers'}"
    report = evaluate(mini, model, watcher=watcher, require=["pass@1>=0.5"], **OPTIONS)
    assert [str(key) for key in report.not_judged] == ["mini/and2"]
    assert not report.is_complete
    (gate,) = report.gates
    assert str(gate).startswith("required pass@1>=0.5: NOT met, measured 0.1667 [0.0")
    assert not report.is_good
    assert not RunStore.open(report.path).is_finished


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"formall": "off"}, "formall: there is no such option; did you mean formal?"),
        ({"n": 0}, "--rtlgen-n='0' (argument of the call): must be a whole number, 1 or more"),
        ({"formal": "maybe"}, "must be one of off, late, confirm, first"),
        ({"k": (5,)}, "k = 5 needs 5 completions a problem"),
    ],
)
def test_an_option_that_cannot_be_meant_is_one_line(mini: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        evaluate(mini, "reference:", **given)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
