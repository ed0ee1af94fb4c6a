"""Work that must end: a guard against what takes hours, and no measure."""

import signal
from collections.abc import Callable


def ends_within(cpu_s: float, work: Callable[[], object]) -> bool:
    """Whether ``work`` ends before this process has used ``cpu_s`` seconds for it; else it is ended."""

    def give_up(signum: int, frame: object) -> None:
        raise TimeoutError(signum, frame)

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_s)
    try:
        work()
    except TimeoutError:
        return False
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return True
