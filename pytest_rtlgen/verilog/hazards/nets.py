"""How signals depend on each other through combinational processes: copies, cones, loops."""

import itertools
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, TypeVar

from pytest_rtlgen.verilog.hazards.model import Flow, Kind, Model, Process

_Node = TypeVar("_Node", bound=Hashable)
_MOST_EDGES = 200_000
_NARROW = 64
"""Bits of a flow that is found by each of them."""

Bits = Mapping[int, int]
"""Mask of bits by signal."""


class NamedBit(NamedTuple):
    """A bit of a signal."""

    signal: int
    mask: int
    """With one bit."""
    is_inverted: bool
    """Whether it stands for the inverse of what was asked for."""


class _Feed(NamedTuple):
    """A combinational flow."""

    number: int
    mask: int
    """Bits that it sets."""
    sources: tuple[tuple[int, int], ...]
    """(signal, mask) of what decides them."""


class _Feeds(NamedTuple):
    """The combinational flows into one signal."""

    wide: list[_Feed]
    narrow: dict[int, list[_Feed]]
    """Those of few bits, by bit."""


class Nets:
    """The flows of a model by what they set."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.into: dict[int, list[tuple[Process, Flow]]] = defaultdict(list)
        for process in model.processes:
            for flow in process.flows:
                self.into[flow.target].append((process, flow))

    def resolve(self, signal: int, mask: int) -> NamedBit:
        """Return what one bit is a plain copy of, through copies of copies."""
        is_inverted = False
        for _ in range(1000):
            found = [(process, flow) for process, flow in self.into.get(signal, ()) if flow.mask & mask]
            if len(found) != 1 or found[0][0].kind is not Kind.ASSIGN:
                break
            flow = found[0][1]
            if flow.copied is None:
                break
            offset = (flow.mask & (mask - 1)).bit_count()
            source, source_mask, flips = flow.copied
            signal, mask = source, _find_bit(source_mask, offset)
            is_inverted = is_inverted != flips
        return NamedBit(signal, mask, is_inverted)

    def find_cone(self, start: Bits) -> dict[int, int]:
        """Return all bits that decide ``start`` at once: through combinational processes."""
        found = dict(start)
        pending = list(start.items())
        taken: set[int] = set()
        while pending:
            signal, mask = pending.pop()
            for feed in self._list_feeds(signal, mask):
                if feed.number in taken:
                    continue
                taken.add(feed.number)
                for source, bits in feed.sources:
                    if bits & ~found.get(source, 0):
                        found[source] = found.get(source, 0) | bits
                        pending.append((source, bits))
        return found

    def _list_feeds(self, signal: int, mask: int) -> Iterator["_Feed"]:
        """Yield what decides at least one bit of ``mask``; some more than once."""
        feeds = self._feeds.get(signal)
        if feeds is None:
            return
        yield from (feed for feed in feeds.wide if feed.mask & mask)
        if mask.bit_count() <= len(feeds.narrow):
            for bit in _list_bits(mask):
                yield from feeds.narrow.get(bit, ())
        else:
            yield from (feed for bit, found in feeds.narrow.items() if mask >> bit & 1 for feed in found)

    @cached_property
    def _feeds(self) -> Mapping[int, "_Feeds"]:
        """The flows of combinational processes, by what they set: a netlist has a thousand into one vector."""
        found: dict[int, _Feeds] = defaultdict(lambda: _Feeds([], defaultdict(list)))
        numbers = itertools.count()
        for signal, items in self.into.items():
            for process, flow in items:
                if not process.is_combinational:
                    continue
                feed = _Feed(next(numbers), flow.mask, tuple(self.model.list_atoms(flow.value.reads)))
                if flow.mask.bit_count() > _NARROW:
                    found[signal].wide.append(feed)
                    continue
                for bit in _list_bits(flow.mask):
                    found[signal].narrow[bit].append(feed)
        return dict(found)

    def list_loops(self) -> Iterator[tuple[int, ...]]:
        """Yield the signals of each combinational loop; bits are told apart where that is cheap."""
        edges: dict[int, set[int]] = defaultdict(set)
        flows: dict[int, list[Flow]] = defaultdict(list)
        for signal, items in self.into.items():
            for process, flow in items:
                if process.is_combinational:
                    flows[signal].append(flow)
                    edges[signal].update(source for source, _ in self.model.list_atoms(flow.value.reads))
        for group in _find_cycles(edges):
            if self._has_loop_of_bits(set(group), flows):
                yield group

    def _has_loop_of_bits(self, group: set[int], flows: Mapping[int, list[Flow]]) -> bool:
        edges: dict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)
        count = 0
        for signal in group:
            for flow in flows[signal]:
                targets = _list_bits(flow.mask)
                for source, mask in self.model.list_atoms(flow.value.reads):
                    if source not in group:
                        continue
                    sources = _list_bits(mask)
                    count += len(sources) * len(targets)
                    if count > _MOST_EDGES:
                        return True
                    for target in targets:
                        edges[signal, target].update((source, bit) for bit in sources)
        return next(_find_cycles(edges), None) is not None


def _find_bit(mask: int, offset: int) -> int:
    """Return the set bit of ``mask`` that has ``offset`` set bits below it."""
    for _ in range(offset):
        mask &= mask - 1
    return mask & -mask


def _list_bits(mask: int) -> list[int]:
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


def _find_cycles(edges: Mapping[_Node, Iterable[_Node]]) -> Iterator[tuple[_Node, ...]]:
    """Yield the strongly connected parts of a graph that hold a cycle.

    Source: https://doi.org/10.1137/0201010 (Tarjan 1972, section 4), without recursion.
    """
    order: dict[_Node, int] = {}
    lowest: dict[_Node, int] = {}
    stack: dict[_Node, None] = {}
    for root in list(edges):
        work = [] if root in order else [(root, iter(edges[root]))]
        while work:
            node, rest = work[-1]
            if node not in order:
                order[node] = lowest[node] = len(order)
                stack[node] = None
            fresh = next((other for other in rest if other not in order), None)
            if fresh is not None:
                work.append((fresh, iter(edges.get(fresh, ()))))
                continue
            work.pop()
            lowest[node] = min((lowest[other] for other in edges.get(node, ()) if other in stack), default=lowest[node])
            lowest[node] = min(lowest[node], order[node])
            if lowest[node] == order[node]:
                part = _pop_from(stack, node)
                if len(part) > 1 or node in edges.get(node, ()):
                    yield part


def _pop_from(stack: dict[_Node, None], node: _Node) -> tuple[_Node, ...]:
    """Take ``node`` and all above it off the stack."""
    part: list[_Node] = []
    while not part or part[-1] != node:
        part.append(stack.popitem()[0])
    return tuple(part)
