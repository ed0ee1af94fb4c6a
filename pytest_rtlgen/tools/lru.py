"""What was made last, kept in memory."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Lru(Generic[Key, Value]):
    """The ``size`` entries that were used last. Thread-safe.

    For what ``functools.lru_cache`` cannot do: to look without making, and to forget one entry.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, Value] = OrderedDict()

    def find(self, key: Key) -> Value | None:
        """Return what is kept under ``key``; ``None``: nothing."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: Key, value: Value) -> Value:
        """Return what is kept under ``key`` already, else keep ``value`` and return it."""
        with self._lock:
            kept = self._kept.setdefault(key, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
            return kept

    def forget(self, key: Key, value: Value) -> None:
        """Forget ``key``, unless something other than ``value`` is kept under it by now."""
        with self._lock:
            if self._kept.get(key) is value:
                del self._kept[key]
