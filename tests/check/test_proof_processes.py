"""The processes of a proof: one that reads a reference once, its forks, and the solver; each may die or hang."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_rtlgen.check.proof import kept as kept_gold
from pytest_rtlgen.check.proof import solver as abc
from pytest_rtlgen.check.proof.kept import KeptGold
from pytest_rtlgen.check.proof.model import Joined, NotModelledError
from pytest_rtlgen.check.proof.solver import Solver, SolverLostError, find_time

Work = Callable[[], Any]
AND = b"aig 3 2 0 1 1\n6\n\x02\x02"
"""One output, which is 1 when both inputs are."""
NEVER = b"aig 1 0 1 1 0\n2\n2\n"
"""One output, a register that stays 0."""
JOINED = Joined(inputs=(), outputs=("q",), is_sampled=False, clock="")


class FakeModel:
    """Does what a test says when it reads the gold design, and when it reads a gate design."""

    reads: Work = staticmethod(lambda: None)
    joins: Work = staticmethod(lambda: (JOINED, {"gate": "01"}))

    def __init__(self, about: Mapping[str, Any]) -> None:
        del about
        FakeModel.reads()

    def join(self, question: Mapping[str, Any]) -> Any:
        if question.get("is_good"):
            return JOINED, {}
        return FakeModel.joins()


@pytest.fixture
def gold(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., KeptGold]]:
    """Yield a function that starts a process whose model does as it is told."""
    made = []

    def start(reads: Work = lambda: None, joins: Work = lambda: None) -> KeptGold:
        monkeypatch.setattr(kept_gold, "Model", FakeModel)
        monkeypatch.setattr(FakeModel, "reads", staticmethod(reads))
        monkeypatch.setattr(FakeModel, "joins", staticmethod(joins))
        made.append(KeptGold({}))
        return made[-1]

    yield start
    for one in made:
        one.close()


def refuse() -> None:
    raise NotModelledError("too odd")


def die(number: signal.Signals) -> Work:
    return lambda: os.kill(os.getpid(), number)


def write_log() -> None:
    Path("yosys.log").write_text("Reading.\nERROR: no such module\n")
    os._exit(1)


ENDS = [
    (refuse, "too odd"),
    (die(signal.SIGKILL), "Yosys died"),
    (die(signal.SIGXCPU), "the time was up"),
    (write_log, "ERROR: no such module"),
    (lambda: next(iter(())), "Yosys died"),
]


@pytest.mark.parametrize(("ends", "reason"), ENDS)
def test_a_gate_design_that_ends_its_process_ends_no_other(
    gold: Callable[..., KeptGold], tmp_path: Path, ends: Work, reason: str
) -> None:
    one = gold(joins=ends)
    assert one.ask({}, tmp_path) == {"reason": reason}
    assert not one.is_lost
    assert one.ask({"is_good": True}, tmp_path)["joined"]["outputs"] == ["q"]


@pytest.mark.parametrize(("ends", "reason"), ENDS)
def test_a_gold_design_that_ends_its_process_says_why(
    gold: Callable[..., KeptGold], tmp_path: Path, ends: Work, reason: str
) -> None:
    one = gold(reads=ends)
    assert one.ask({}, tmp_path) == {"reason": reason}
    assert one.is_lost is (ends is not refuse)


def test_a_gate_design_that_hangs_is_ended(
    gold: Callable[..., KeptGold], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_gold, "SLOWNESS", 0.02)
    one = gold(joins=lambda: time.sleep(60))
    assert one.ask({}, tmp_path) == {"reason": "the time was up", "is_late": True, "is_starved": True}
    assert not one.is_lost


def test_a_gold_design_that_hangs_is_given_up(
    gold: Callable[..., KeptGold], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_gold, "_ANSWER_S", 0.1)
    one = gold(reads=lambda: time.sleep(60))
    assert one.ask({}, tmp_path) == {"reason": "the time was up", "is_late": True, "is_starved": True}
    assert one.is_lost


@pytest.fixture
def solver() -> Iterator[Solver]:
    solver = Solver()
    yield solver
    solver.close()


def decide(solver: Solver, folder: Path, model: bytes, *, cpu_s: float = 60, wall_s: float = 60) -> Any:
    (folder / "model.aig").write_bytes(model)
    found = solver.decide(folder, seconds=5, outputs=1, cpu_s=cpu_s, wall_s=wall_s)
    assert 0 <= found.cpu_s < 5
    return set(found.proved), set(found.refuted)


def test_one_solver_decides_model_after_model(solver: Solver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abc, "_QUESTIONS", 3)
    for _ in range(3):
        assert decide(solver, tmp_path, NEVER) == ({0}, set())
        (tmp_path / "cex0.aiw").unlink(missing_ok=True)
        assert decide(solver, tmp_path, AND) == (set(), {0})
        assert (tmp_path / "cex0.aiw").exists()


def test_what_is_no_model_decides_nothing_and_leaves_nothing(solver: Solver, tmp_path: Path) -> None:
    assert decide(solver, tmp_path, NEVER) == ({0}, set())
    assert decide(solver, tmp_path, b"no model") == (set(), set())
    assert decide(solver, tmp_path, AND) == (set(), {0})


def test_a_solver_that_dies_or_hangs_is_replaced(solver: Solver, tmp_path: Path) -> None:
    assert decide(solver, tmp_path, NEVER) == ({0}, set())
    assert solver._process is not None
    os.kill(solver._process.pid, signal.SIGKILL)
    with pytest.raises(SolverLostError, match="ABC died"):
        decide(solver, tmp_path, NEVER)
    assert decide(solver, tmp_path, NEVER) == ({0}, set())
    assert solver._process is not None
    os.kill(solver._process.pid, signal.SIGSTOP)
    with pytest.raises(SolverLostError, match="the time was up") as starved:
        decide(solver, tmp_path, NEVER, wall_s=0.1)
    assert starved.value.is_starved
    assert decide(solver, tmp_path, NEVER) == ({0}, set())


def test_a_solver_may_use_so_much_cpu_time_a_question(solver: Solver, tmp_path: Path) -> None:
    assert decide(solver, tmp_path, NEVER) == ({0}, set())
    assert solver._process is not None
    os.kill(solver._process.pid, signal.SIGSTOP)  # it answers nothing while its time is looked at
    started = time.monotonic()
    with pytest.raises(SolverLostError, match="the time was up") as found:
        decide(solver, tmp_path, NEVER, cpu_s=-60)
    assert not found.value.is_starved
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("seconds", "undecided", "spent"),
    [(0.25, 0, 0), (0.25, 1, 0.025), (0.25, 10, 0.25), (2, 0, 0), (2, 1, 2), (2, 10, 2)],
)
def test_of_less_than_a_second_an_output_is_owed_its_share_alone(seconds: float, undecided: int, spent: float) -> None:
    assert find_time(seconds, outputs=10, undecided=undecided) == spent


@pytest.mark.parametrize("ends", [lambda: None, write_log])
def test_no_folder_is_left(gold: Callable[..., KeptGold], tmp_path: Path, ends: Work) -> None:
    one = gold(reads=ends)
    one.ask({"is_good": True}, tmp_path)
    assert one._folder.exists() is (ends is write_log)
    one.close()
    assert not one._folder.exists()
