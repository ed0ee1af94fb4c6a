"""Work on several threads: results in order, a bounded look ahead, nothing left running."""

import threading
import time
from collections.abc import Iterator

import pytest

from pytest_rtlgen.tools.pool import run_each


def test_results_come_in_order_whatever_takes_longest() -> None:
    def wait(number: int) -> int:
        time.sleep(0.02 if number == 0 else 0)
        return number

    assert list(run_each(wait, range(50), jobs=4)) == list(range(50))


def test_two_are_at_work_at_once() -> None:
    both = threading.Barrier(2, timeout=10)
    assert len(list(run_each(lambda _: both.wait(), range(2), jobs=2))) == 2


def test_an_endless_stream_is_read_as_there_is_room() -> None:
    taken: list[int] = []

    def count() -> Iterator[int]:
        while True:
            taken.append(len(taken) + 1)
            yield taken[-1]

    results = run_each(abs, count(), jobs=1)
    assert [next(results) for _ in range(3)] == [1, 2, 3]
    assert len(taken) < 30
    results.close()  # type: ignore[attr-defined]


def test_after_an_error_what_is_begun_ends_and_what_is_not_is_dropped() -> None:
    begun, ended = [], []
    is_running, is_read = threading.Event(), threading.Event()

    def work(number: int) -> None:
        begun.append(number)
        if number == 0:
            assert is_running.wait(10)
            raise ValueError("no good")
        is_running.set()
        assert is_read.wait(10)
        time.sleep(0.05)
        ended.append(number)

    results = run_each(work, range(12), jobs=2)
    threading.Timer(0.2, is_read.set).start()
    with pytest.raises(ValueError, match="no good"):
        next(results)
    assert sorted(ended) == sorted(set(begun) - {0})
    assert len(begun) < 12
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("rtlgen-work")]
