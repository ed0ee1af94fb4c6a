"""Something that is done again and again beside other work."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def repeat(act: Callable[[], None], every_s: float) -> Iterator[None]:
    """Call ``act`` every ``every_s`` seconds, on a thread of its own, until the block ends."""
    is_over = threading.Event()

    def run() -> None:
        while not is_over.wait(every_s):
            act()

    thread = threading.Thread(target=run, name="rtlgen-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
