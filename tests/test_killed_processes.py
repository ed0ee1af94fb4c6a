"""What somebody else kills is done again: nothing is held against a design for it."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import builders
import pytest

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import Status
from pytest_rtlgen.simulators.icarus import RawOutcome
from pytest_rtlgen.simulators.icarus_warm import WarmServer
from pytest_rtlgen.simulators.yosys_sim import YosysSim
from pytest_rtlgen.tools.cut_short import count_cut_short
from pytest_rtlgen.tools.process import Limits, was_killed
from pytest_rtlgen.tools.worker import TRIES, Worker, WorkerLostError, WorkerPool, start_again

pytestmark = pytest.mark.simulator

ADD = "module add(input [3:0] a, input [3:0] b, output [4:0] y);\nassign y = a + b;\nendmodule\n"
PROBLEM = builders.problem(ADD, "add")


@pytest.fixture(params=["icarus", "yosys"])
def checker(request: pytest.FixtureRequest) -> Iterator[Checker]:
    with Checker(CheckSettings(simulator=request.param, cycles=20, formal=FormalMode.OFF, no_cache=True)) as made:
        yield made


class Dying:
    """A worker that dies at its first questions, as long as there are ``lives`` to lose."""

    lives = 0
    started = 0
    ended = 0
    closing: WorkerPool | None = None
    """A pool that is closed while it asks."""

    def __init__(self, *_: object) -> None:
        Dying.started += 1

    def ask(self, question: str, timeout_s: float, _slowness: float = 1) -> str:
        if question == "hang":
            raise WorkerLostError("", is_late=True)
        if Dying.closing is not None:
            pool, Dying.closing = Dying.closing, None
            pool.close()
            raise WorkerLostError
        if Dying.lives:
            Dying.lives -= 1
            raise WorkerLostError
        return f"{question} {timeout_s}"

    def close(self) -> None:
        """Count."""
        Dying.ended += 1


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> WorkerPool:
    monkeypatch.setattr("pytest_rtlgen.tools.worker.Worker", Dying)
    Dying.lives = Dying.started = Dying.ended = 0
    Dying.closing = None
    return WorkerPool("module", sandbox=None, limits=Limits(), size=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("deaths", range(TRIES))
def test_a_question_is_asked_again_of_another_worker(pool: WorkerPool, deaths: int) -> None:
    Dying.lives, before = deaths, count_cut_short()
    assert pool.ask("what", 2.0) == "what 2.0"
    assert Dying.started == deaths + 1
    assert count_cut_short() == before


def test_a_question_that_kills_all_who_are_asked_is_lost(pool: WorkerPool) -> None:
    Dying.lives, before = TRIES, count_cut_short()
    with pytest.raises(WorkerLostError):
        pool.ask("what", 2.0)
    assert (Dying.started, count_cut_short() - before) == (TRIES, 1)
    assert pool.ask("what", 2.0) == "what 2.0"


def test_a_question_that_takes_too_long_is_not_asked_again(pool: WorkerPool) -> None:
    with pytest.raises(WorkerLostError):
        pool.ask("hang", 2.0)
    assert Dying.started == 1


def test_a_question_that_a_close_meets_starts_nothing_more(pool: WorkerPool) -> None:
    Dying.closing = pool
    with pytest.raises(WorkerLostError):
        pool.ask("what", 2.0)
    assert Dying.started == 1
    assert not pool._workers
    assert pool.ask("what", 2.0) == "what 2.0"


def test_a_worker_that_starts_while_the_pool_is_closed_is_ended(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Dying.__init__

    def start_late(self: Dying, *given: object) -> None:
        start(self, *given)
        pool.close()

    monkeypatch.setattr(Dying, "__init__", start_late)
    with pytest.raises(WorkerLostError, match="closed"):
        pool.ask("what", 2.0)
    assert (Dying.started, Dying.ended) == (1, 1)
    assert not pool._workers


@pytest.mark.parametrize("failures", range(TRIES + 1))
def test_a_process_that_does_not_start_is_started_again(failures: int) -> None:
    left = list(range(failures))

    def start() -> str:
        if left:
            left.pop()
            raise ToolError("it did not start")
        return "started"

    if failures < TRIES:
        assert start_again(start) == "started"
    else:
        with pytest.raises(ToolError, match="did not start"):
            start_again(start)


def test_a_reader_that_is_killed_costs_a_design_nothing(checker: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, ask = [], Worker.ask

    def ask_killed(self: Worker, question: Any, timeout_s: float, slowness: float = 1) -> Any:
        asked.append(self)
        if len(asked) % 2:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
        return ask(self, question, timeout_s, slowness)

    monkeypatch.setattr(Worker, "ask", ask_killed)
    assert checker.check(builders.given(ADD), PROBLEM).is_passed
    assert len(asked) > 1


def test_a_simulation_that_is_killed_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    deaths, run = [TRIES - 1], WarmServer.run

    def run_killed(self: WarmServer, *given: Any) -> RawOutcome:
        raw = run(self, *given)
        if not deaths[0]:
            return raw
        deaths[0] -= 1
        return replace(raw, exit_code=-signal.SIGKILL, trace=b"")

    monkeypatch.setattr(WarmServer, "run", run_killed)
    with Checker(CheckSettings(cycles=20, formal=FormalMode.OFF, no_cache=True)) as checker:
        checker.prepare(PROBLEM)
        assert deaths == [0]
        deaths[0] = TRIES
        assert checker.check(builders.given(ADD), PROBLEM).status is Status.RUNTIME_ERROR
        assert checker.check(builders.given(ADD), PROBLEM).is_passed


def test_so_is_one_in_yosys(monkeypatch: pytest.MonkeyPatch) -> None:
    runs, run = [], YosysSim._run

    def run_killed(self: YosysSim, *given: Any) -> Any:
        runs.append(given)
        done = run(self, *given)
        return replace(done, exit_code=128 + signal.SIGKILL) if len(runs) % 2 else done

    monkeypatch.setattr(YosysSim, "_run", run_killed)
    with Checker(CheckSettings(simulator="yosys", cycles=20, formal=FormalMode.OFF, no_cache=True)) as checker:
        assert checker.check(builders.given(ADD), PROBLEM).is_passed
    assert len(runs) % 2 == 0


@pytest.mark.parametrize(
    ("exit_code", "duration_s", "expected"),
    [(-9, 0.1, True), (137, 0.1, True), (-9, 11.0, False), (-11, 0.1, False), (0, 0.1, False), (-24, 0.1, False)],
)
def test_only_an_early_kill_is_somebody_elses(exit_code: int, duration_s: float, *, expected: bool) -> None:
    assert was_killed(exit_code, duration_s, Limits(cpu_s=10)) is expected
