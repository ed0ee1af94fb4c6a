"""The worker process: it answers, it may hang or die, and it outlives the thread that started it."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.tools import serve
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.tools.worker import WorkerLostError, WorkerPool

ECHO = """\
import os, sys, time
from pytest_rtlgen.tools.serve import serve

def answer(question):
    if question == "hang":
        time.sleep(60)
    if question == "spin":
        while True:
            pass
    if question == "die":
        os._exit(3)
    if question == "raise":
        raise ValueError
    return [question, os.getpid()]

serve(int(sys.argv[1]), answer)
"""


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerPool]:
    (tmp_path / "pytest_rtlgen" / "tools").mkdir(parents=True)
    (tmp_path / "pytest_rtlgen" / "tools" / "serve.py").write_text(Path(serve.__file__).read_text())
    (tmp_path / "pytest_rtlgen" / "echo.py").write_text(ECHO)
    (tmp_path / "pytest_rtlgen" / "__init__.py").write_text("")
    monkeypatch.setattr("pytest_rtlgen.tools.worker.__file__", str(tmp_path / "pytest_rtlgen" / "tools" / "worker.py"))
    made = WorkerPool("pytest_rtlgen.echo", sandbox=choose_sandbox(SandboxMode.AUTO), limits=Limits(cpu_s=60), size=1)
    yield made
    made.close()


def test_it_answers_from_one_process(pool: WorkerPool) -> None:
    first, second = pool.ask("a", 5), pool.ask({"b": [1]}, 5)
    assert (first[0], second[0]) == ("a", {"b": [1]})
    assert first[1] == second[1]


@pytest.mark.parametrize("question", ["hang", "die", "raise"])
def test_a_lost_worker_is_replaced(pool: WorkerPool, question: str) -> None:
    pool.ask("a", 5)
    with pytest.raises(WorkerLostError):
        pool.ask(question, 0.5)
    assert pool.ask("b", 5)[0] == "b"


def test_time_that_other_work_takes_is_not_its_own(pool: WorkerPool) -> None:
    _, before = pool.ask("a", 5)
    (worker,) = pool._workers
    resumed = threading.Timer(1.5, os.kill, (worker._server, signal.SIGCONT))
    os.kill(worker._server, signal.SIGSTOP)
    resumed.start()
    assert pool.ask("b", 0.5, 20) == ["b", before]  # 1.5 s by the clock


def test_what_uses_its_time_up_is_given_up_however_busy_the_machine(pool: WorkerPool) -> None:
    pool.ask("a", 5)
    started = time.monotonic()
    with pytest.raises(WorkerLostError) as caught:
        pool.ask("spin", 0.5, 100)
    assert caught.value.is_late
    assert time.monotonic() - started < 45  # of 50 s by the clock


def test_what_sleeps_is_given_up_by_the_clock(pool: WorkerPool) -> None:
    pool.ask("a", 5)
    with pytest.raises(WorkerLostError) as caught:
        pool.ask("hang", 0.1, 3)
    assert caught.value.is_late


def test_it_outlives_the_thread_that_asked_first(pool: WorkerPool) -> None:
    answers = []
    thread = threading.Thread(target=lambda: answers.append(pool.ask("a", 5)))
    thread.start()
    thread.join()
    assert pool.ask("b", 5)[1] == answers[0][1]


def test_a_module_that_does_not_start_is_named() -> None:
    pool = WorkerPool(
        "pytest_rtlgen.nowhere", sandbox=choose_sandbox(SandboxMode.AUTO), limits=Limits(cpu_s=60), size=1
    )
    with pytest.raises(ToolError, match=r"pytest_rtlgen\.nowhere did not start: .*No module named.*doctor"):
        pool.ask("a", 5)
    pool.close()
