"""The pool of workers, without Ray: what is lost is done again, once."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.evaluation.executors.pool import Pool
from pytest_rtlgen.tools.worker import WorkerLostError


class FakeWorker:
    """A worker that answers with its number and the work, and is lost when it is told so."""

    def __init__(self, number: int, loses: Callable[[int, str], bool]) -> None:
        self.name = f"here:{number}"
        self.number = number
        self.loses = loses
        self.done: list[str] = []
        self.is_ended = False

    def do(self, work: str) -> str:
        self.done.append(work)
        if self.loses(self.number, work):
            raise WorkerLostError("it died")
        if work == "defect":
            raise ValueError(work)
        return work.upper()

    def end(self) -> None:
        self.is_ended = True


class Crew:
    """What starts fake workers, at most ``most`` of them."""

    def __init__(self, *, loses: Callable[[int, str], bool] = lambda *_: False, most: int = 99) -> None:
        self.loses = loses
        self.most = most
        self.made: list[FakeWorker] = []

    def __call__(self, closed: threading.Event) -> FakeWorker:
        assert not closed.is_set()
        if len(self.made) >= self.most:
            raise ToolError("no free core")
        self.made.append(FakeWorker(len(self.made), self.loses))
        return self.made[-1]


def test_work_of_a_lost_worker_is_done_by_another(caplog: pytest.LogCaptureFixture) -> None:
    crew = Crew(loses=lambda number, work: number == 0 and work == "b")
    pool: Pool[str, str] = Pool(crew, count=1, tries=2)
    assert [pool.do(work) for work in "abc"] == ["A", "B", "C"]
    assert [worker.done for worker in crew.made] == [["a", "b"], ["b", "c"]]
    assert [worker.is_ended for worker in crew.made] == [True, False]
    assert pool.replaced == 1
    assert pool.names == ("here:1",)
    assert "lost here:0: it died; its work is done again by another" in caplog.text


def test_work_that_loses_every_worker_is_given_up_and_the_rest_is_done() -> None:
    pool: Pool[str, str] = Pool(Crew(loses=lambda _, work: work == "bad"), count=2, tries=3)
    with pytest.raises(ToolError, match="it was given up after 3 lost workers, the last here:2: it died"):
        pool.do("bad")
    assert pool.do("good") == "GOOD"
    assert pool.replaced == 3


def test_workers_that_cannot_be_started_are_given_up_and_the_others_go_on() -> None:
    crew = Crew(most=1)
    pool: Pool[str, str] = Pool(crew, count=3, tries=2)
    with pytest.raises(ToolError, match="1 of 3 workers could be started: no free core"):
        pool.fill()
    assert pool.do("a") == "A"


def test_work_does_not_wait_for_a_worker_that_starts_slowly() -> None:
    busy, release, starting, gate = (threading.Event() for _ in range(4))

    def hold(_: int, work: str) -> bool:
        busy.set()
        return work == "first" and not release.wait(20)

    crew = Crew(loses=hold)

    def start(closed: threading.Event) -> FakeWorker:
        if crew.made:
            starting.set()
            gate.wait(20)
        return crew(closed)

    pool: Pool[str, str] = Pool(start, count=2, tries=1)
    given: list[str] = []
    first = threading.Thread(target=lambda: given.append(pool.do("first")))
    second = threading.Thread(target=lambda: given.append(pool.do("second")))
    first.start()
    assert busy.wait(20)
    second.start()
    assert starting.wait(20)
    release.set()
    first.join(timeout=20)
    second.join(timeout=20)
    assert given == ["FIRST", "SECOND"]
    assert not gate.is_set()
    gate.set()


def test_without_any_worker_there_is_an_error_and_no_waiting() -> None:
    pool: Pool[str, str] = Pool(Crew(loses=lambda *_: True, most=1), count=2, tries=3)
    with pytest.raises(ToolError, match="no worker is left: no free core"):
        pool.do("a")


def test_a_worker_is_free_again_after_a_defect() -> None:
    crew = Crew()
    pool: Pool[str, str] = Pool(crew, count=1, tries=2)
    with pytest.raises(ValueError, match="defect"):
        pool.do("defect")
    assert pool.do("a") == "A"
    assert len(crew.made) == 1


def test_one_worker_is_started_before_there_is_work() -> None:
    crew = Crew()
    pool: Pool[str, str] = Pool(crew, count=3, tries=2)
    pool.start_one()
    assert pool.names == ("here:0",)
    pool.do("a")
    assert [worker.done for worker in crew.made] == [["a"]]


def test_a_closed_pool_starts_afresh() -> None:
    crew = Crew()
    pool: Pool[str, str] = Pool(crew, count=1, tries=2)
    pool.do("a")
    pool.close()
    assert crew.made[0].is_ended
    assert pool.do("b") == "B"
    assert pool.names == ("here:1",)


def test_a_pool_that_is_closed_waits_for_no_worker_that_is_being_started(caplog: pytest.LogCaptureFixture) -> None:
    crew, starting, ended = Crew(), threading.Event(), threading.Event()

    def start(closed: threading.Event) -> FakeWorker:
        if not crew.made:
            return crew(closed)
        starting.set()
        closed.wait()
        ended.set()
        raise ToolError("no longer needed")

    pool: Pool[str, str] = Pool(start, count=2, tries=1)
    pool.start_one()
    filling = threading.Thread(target=pool.fill)
    filling.start()
    assert starting.wait(20)
    pool.close()
    assert ended.is_set(), "what ends the connection comes after the last thread that uses it"
    filling.join(timeout=20)
    assert not filling.is_alive()
    assert caplog.text == ""


def test_many_threads_share_few_workers_and_each_work_is_done_once() -> None:
    crew = Crew(loses=lambda number, work: number < 2 and work.endswith("3"))
    pool: Pool[str, str] = Pool(crew, count=2, tries=3)
    given: list[str] = []
    threads = [threading.Thread(target=lambda name=f"w{n}": given.append(pool.do(name))) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(given) == sorted(f"W{n}" for n in range(40))
    done = Counter(work for worker in crew.made for work in worker.done)
    assert set(done) == {f"w{n}" for n in range(40)}
    assert sum(done.values()) == 40 + pool.replaced
