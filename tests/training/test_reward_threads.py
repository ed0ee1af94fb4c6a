"""The threads of a reward: what one call begins is ended as a whole."""

import threading
from collections.abc import Iterator

from pytest_rtlgen.training.reward.threads import Threads

LONG_S = 30


def test_a_close_while_work_is_handed_over_drops_all_that_is_not_begun() -> None:
    threads, begun, go = Threads(1), threading.Event(), threading.Event()
    closing = threading.Thread(target=threads.close)

    def do(number: int) -> int:
        begun.set()
        assert go.wait(LONG_S)
        return number

    def numbers() -> Iterator[int]:
        yield 1
        assert begun.wait(LONG_S)
        closing.start()
        yield 2

    first, second = threads.submit(do, numbers())
    closing.join(LONG_S)
    go.set()
    assert first.result(LONG_S) == 1
    assert second.cancelled()
