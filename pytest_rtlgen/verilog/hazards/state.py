"""What one run of a process has set so far, on the path that is being read.

The assignments to a signal form a graph: each points at the one before it on its path, and where two paths meet a node
points at both. Nothing is copied where paths part, and a long loop costs one node a round.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count

from pytest_rtlgen.verilog.hazards.model import Value

_Written = dict[int, "_Node"]


class _Node:
    """One assignment, or, without a value, a place where two paths meet."""

    __slots__ = ("covered", "is_sure", "mask", "number", "older", "other", "value")

    def __init__(self, mask: int, value: Value | None, older: "_Node | None", other: "_Node | None" = None) -> None:
        self.number = next(_numbers)
        self.mask = mask
        self.value = value
        self.is_sure = False
        self.older = older
        self.other = other
        self.covered: int = (
            mask | (older.covered if older is not None else 0) | (other.covered if other is not None else 0)
        )


_numbers = count()


class State:
    """What the assignments on the paths to one place may have left."""

    __slots__ = ("_scheduled", "_values", "is_alive", "scheduled_surely", "surely")

    def __init__(self) -> None:
        self.surely: dict[int, int] = {}
        """Bits by signal that every path to here has set by a blocking assignment."""
        self.scheduled_surely: dict[int, int] = {}
        """The same of nonblocking assignments."""
        self.is_alive = True
        """Control can get here."""
        self._values: _Written = {}
        self._scheduled: _Written = {}

    def copy(self) -> "State":
        """Return an independent copy."""
        other = State()
        other.surely = dict(self.surely)
        other.scheduled_surely = dict(self.scheduled_surely)
        other._values = dict(self._values)
        other._scheduled = dict(self._scheduled)
        other.is_alive = self.is_alive
        return other

    def set(self, key: int, mask: int, value: Value, *, is_sure: bool) -> bool:
        """Apply a blocking assignment; return whether a nonblocking one went before."""
        _write(self.surely, self._values, (key, mask, value), is_sure=is_sure)
        return _is_written(self._scheduled, key, mask)

    def schedule(self, key: int, mask: int, value: Value, *, is_sure: bool) -> bool:
        """Apply a nonblocking assignment; return whether a blocking one went before."""
        _write(self.scheduled_surely, self._scheduled, (key, mask, value), is_sure=is_sure)
        return _is_written(self._values, key, mask)

    def find_values(self, key: int, mask: int) -> list[Value]:
        """Return the values that blocking assignments may have left in any of these bits."""
        return list(dict.fromkeys(value for _, value in _list_written(self._values.get(key), mask)))

    def list_all(self) -> Iterator[tuple[int, int, Value]]:
        """Yield (signal, mask, value) of all that assignments may have left."""
        for written in (self._values, self._scheduled):
            for key, node in written.items():
                for mask, value in dict.fromkeys(_list_written(node, node.covered)):
                    yield key, mask, value

    def forget(self, key: int) -> None:
        """Let go of the value of a variable."""
        self.surely.pop(key, None)
        self._values.pop(key, None)

    def merge(self, other: "State") -> "State":
        """Return the state where the path to here and the path to ``other`` meet."""
        if not other.is_alive or other is self:
            return self
        if not self.is_alive:
            return other
        found = State()
        found.surely = _meet(self.surely, other.surely)
        found.scheduled_surely = _meet(self.scheduled_surely, other.scheduled_surely)
        found._values = _unite(self._values, other._values)  # noqa: SLF001
        found._scheduled = _unite(self._scheduled, other._scheduled)  # noqa: SLF001
        return found


def _write(surely: dict[int, int], written: _Written, change: tuple[int, int, Value], *, is_sure: bool) -> None:
    key, mask, value = change
    older = written.get(key)
    if is_sure:
        surely[key] = surely.get(key, 0) | mask
        if older is not None and not older.covered & ~mask:
            older = None
    node = written[key] = _Node(mask, value, older)
    node.is_sure = is_sure


def _is_written(written: _Written, key: int, mask: int) -> bool:
    node = written.get(key)
    return node is not None and bool(node.covered & mask)


def _list_written(node: _Node | None, mask: int) -> Iterator[tuple[int, Value]]:
    """Yield (mask, value) of each assignment that is still seen in ``mask``; each node is looked at once."""
    pending: list[tuple[int, _Node]] = []
    masks: dict[int, int] = {}
    _queue(pending, masks, node, mask)
    while pending:
        _, node = heappop(pending)
        mask = masks.pop(node.number)
        if node.value is not None and node.mask & mask:
            yield node.mask & mask, node.value
            if node.is_sure:
                mask &= ~node.mask
        _queue(pending, masks, node.older, mask)
        _queue(pending, masks, node.other, mask)


def _queue(pending: list[tuple[int, _Node]], masks: dict[int, int], node: _Node | None, mask: int) -> None:
    """Note that bits of a node are to be looked at, after all younger nodes."""
    if node is None or not node.covered & mask:
        return
    known = masks.get(node.number)
    if known is None:
        heappush(pending, (-node.number, node))
        known = 0
    masks[node.number] = known | (mask & node.covered)


def _meet(one: dict[int, int], other: dict[int, int]) -> dict[int, int]:
    return {key: mask & other[key] for key, mask in one.items() if key in other}


def _unite(one: _Written, other: _Written) -> _Written:
    found = dict(one)
    for key, node in other.items():
        kept = found.get(key)
        if kept is None:
            found[key] = node
        elif kept is not node:
            found[key] = _Node(0, None, kept, node)
    return found
