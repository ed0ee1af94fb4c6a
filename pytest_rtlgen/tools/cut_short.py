"""Whether a limit ended something in this thread: on an idle machine it may end otherwise, so nobody keeps it."""

import threading


class _Noted(threading.local):
    """What each thread has noted."""

    count = 0


_noted = _Noted()


def note_cut_short() -> None:
    """Note that a limit of time or memory decided what is made just now."""
    _noted.count += 1


def count_cut_short() -> int:
    """Return how often this thread has noted that; what is made between two equal counts owes nothing to a limit."""
    return _noted.count
