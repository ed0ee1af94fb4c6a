"""What the elaborated design is reduced to: signals, processes, and which bits each process reads and sets.

Bits are told apart by masks, Python integers with bit 0 for the lowest bit of the flattened signal. What is read from
other processes is an *atom*, some bits of one signal; sets of atoms are masks over atom numbers.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from pytest_rtlgen.errors import InnerError
from pytest_rtlgen.verilog.syntax import Node, find_initial_value

if TYPE_CHECKING:
    from pyslang import SourceLocation, syntax

_NAME = re.compile(r"[A-Za-z_][\w$]*|(?<=\\)\S+")
_WIDEST = 1 << 16
"""Bits from which on a signal counts as one bit."""
_LONGEST_RULE = 32

NEVER: frozenset[int] = frozenset({0})
"""``Value.unset`` of what is known at least at times."""
ALWAYS: frozenset[int] = frozenset()
"""``Value.unset`` of what is X by itself."""


class TooLargeError(InnerError):
    """The design unfolds into more than is analysed."""


class Value(NamedTuple):
    """What an expression depends on."""

    reads: int = 0
    """Mask of atoms."""
    unset: frozenset[int] = NEVER
    """When it is never known: each member, a mask of atoms, holds one that is never set."""


def join_any(values: list[Value]) -> Value:
    """Return the value of an operation whose result is X where any operand is X, such as ``^`` and ``+``."""
    reads, rules = 0, NEVER
    for value in values:
        reads |= value.reads
        rules = frozenset(one | other for one in rules for other in value.unset)
        if len(rules) > _LONGEST_RULE:
            rules = NEVER
    return Value(reads, rules)


def join_all(values: list[Value]) -> Value:
    """Return the value of an operation whose result may be known where one operand is, such as ``&`` and ``{}``."""
    reads = 0
    rules: frozenset[int] = ALWAYS
    for value in values:
        reads |= value.reads
        rules |= value.unset
    return Value(reads, NEVER if 0 in rules or len(rules) > _LONGEST_RULE or not values else rules)


class Kind(Enum):
    """When a process runs."""

    ASSIGN = auto()
    """Whenever what it reads changes: continuous assignments, port connections, gates."""
    LEVEL = auto()
    EDGE = auto()
    INITIAL = auto()


class Signal:
    """One net or variable of one instance."""

    __slots__ = ("initial", "is_input", "is_kept", "is_local", "is_output", "line", "mask", "name", "number", "width")

    def __init__(self, number: int, name: str, width: int, line: int | None) -> None:
        self.number = number
        self.name = name
        """Hierarchical path below the top."""
        self.width = width
        self.mask = (1 << width) - 1 if self.is_fine else 1
        self.line = line
        self.initial = 0
        """Bits with a value before anything runs."""
        self.is_input = False
        """The surroundings of the top drive it."""
        self.is_output = False
        self.is_local = False
        """It belongs to a function or task."""
        self.is_kept = True
        """Its value outlives a call; false for automatic variables."""

    @property
    def is_fine(self) -> bool:
        """Whether its bits are told apart."""
        return 0 < self.width <= _WIDEST

    def select(self, bounds: tuple[int, int]) -> int:
        """Return the mask of the bits from ``bounds[0]`` to ``bounds[1]``."""
        low, high = min(bounds), max(bounds)
        if not self.is_fine:
            return 1
        return (((1 << (high - low + 1)) - 1) << max(low, 0)) & self.mask if high < (self.width << 1) else 0


class Flow(NamedTuple):
    """One way in which bits of a signal get their value."""

    target: int
    mask: int
    value: Value
    copied: "tuple[int, int, bool] | None" = None
    """(signal, mask, is inverted) where it is a plain copy of as many bits."""


class Event(NamedTuple):
    """One item of an event list."""

    edge: str
    """``""`` for a change, ``PosEdge``, ``NegEdge`` or ``BothEdges``."""
    signal: int
    """-1: the item is more than plain bits of one signal."""
    mask: int


class Decision(NamedTuple):
    """One condition, comparison or selection that turns X into a known value."""

    line: int
    operands: tuple[tuple[int, Value], ...]
    """(signal, value) of each that it reads."""


@dataclass(slots=True)
class Process:
    """One process, continuous assignment, port connection or gate of one instance."""

    kind: Kind
    line: int | None
    is_implicit: bool = False
    """``@*``: its list is what it reads, functions' insides apart."""
    is_complete: bool = False
    """``always_comb`` and the like: it also runs at the start, and its list includes what functions read, not tasks."""
    events: list[Event] = field(default_factory=list)
    clock: Event | None = None
    """Of an ``EDGE`` process in the usual form."""
    resets: list[Event] = field(default_factory=list)
    is_declaration: bool = False
    """It is the initial value in a declaration, which comes before all else."""
    is_mixed: bool = False
    """It sets bits by both kinds of assignment on one path."""
    is_odd: bool = False
    """The list, or what stands where, has no usual form."""
    reads: dict[int, int] = field(default_factory=dict)
    """Bits by signal that it reads before it has surely set them itself."""
    outer_reads: dict[int, int] = field(default_factory=dict)
    """Those of ``reads`` that stand in the process, not only in functions that it calls."""
    inner_reads: dict[int, int] = field(default_factory=dict)
    """Those of ``reads`` that a function or task reads without being handed them."""
    task_reads: dict[int, int] = field(default_factory=dict)
    """Those of ``inner_reads`` that a task reads."""
    reset_reads: dict[int, int] = field(default_factory=dict)
    """Those of ``reads`` that its asynchronous resets load."""
    blocking: dict[int, int] = field(default_factory=dict)
    nonblocking: dict[int, int] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    held: dict[int, int] = field(default_factory=dict)
    """Bits by signal that some path through it leaves as they are."""
    controls: dict[int, int] = field(default_factory=dict)
    """Mask of the atoms that decide whether it sets a signal."""

    def list_driven(self) -> Iterator[tuple[int, int]]:
        """Yield (signal, mask) of what it sets."""
        yield from {
            key: self.blocking.get(key, 0) | self.nonblocking.get(key, 0)
            for key in {**self.blocking, **self.nonblocking}
        }.items()

    @property
    def is_combinational(self) -> bool:
        """Whether it follows what it reads at once."""
        return self.kind in {Kind.ASSIGN, Kind.LEVEL}


class Model:
    """All signals and processes below the top."""

    def __init__(self, top: str, find_line: "Callable[[SourceLocation], int]") -> None:
        self.signals: list[Signal] = []
        self.processes: list[Process] = []
        self.decisions: list[Decision] = []
        self.unclear: list[int] = []
        """Lines of what cannot be analysed."""
        self.unclear_names: set[str] = set()
        """Identifiers in it: what may be set there."""
        self.atoms: list[tuple[int, int]] = []
        """(signal, mask), or (-1, number of a decision)."""
        self.find_line = find_line
        self._numbers: dict[Node, int] = {}
        self._beyond: dict[int, int] = {}
        self._atom_numbers: dict[tuple[int, int], int] = {}
        self._prefix = f"{top}."
        self._steps = 0

    def forget(self) -> None:
        """Let go of pyslang's symbols. One that outlives its compilation makes a later one abort the process."""
        self._numbers.clear()
        del self.find_line

    def note_unclear(self, syntax: "syntax.SyntaxNode") -> None:
        """Note that nothing is known of what a piece of text does."""
        self.unclear.append(int(self.find_line(syntax.sourceRange.start)))
        self.unclear_names.update(_NAME.findall(str(syntax)))

    def count(self) -> None:
        """Count one step of the analysis. Raises ``TooLargeError``."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise TooLargeError

    def add_atom(self, signal: int, mask: int) -> int:
        """Return the mask of the atom."""
        key = (signal, mask)
        number = self._atom_numbers.get(key)
        if number is None:
            number = self._atom_numbers[key] = len(self.atoms)
            self.atoms.append(key)
        return 1 << number

    def list_atoms(self, mask: int) -> Iterator[tuple[int, int]]:
        """Yield the atoms of a mask, decisions left out."""
        while mask:
            lowest = mask & -mask
            atom = self.atoms[lowest.bit_length() - 1]
            if atom[0] >= 0:
                yield atom
            mask ^= lowest

    def list_decisions(self, mask: int) -> Iterator[int]:
        """Yield the numbers of the decisions in a mask of atoms."""
        while mask:
            lowest = mask & -mask
            signal, number = self.atoms[lowest.bit_length() - 1]
            if signal < 0:
                yield number
            mask ^= lowest

    def find(self, symbol: Node) -> Signal | None:
        """Return the signal of ``symbol``; ``None`` for parameters and the like."""
        number = self._numbers.get(symbol)
        if number is not None:
            return self.signals[number] if number >= 0 else None
        kind = type(symbol).__name__
        if kind == "ModportPortSymbol" and symbol.internalSymbol is not None:
            found = self.find(symbol.internalSymbol)
            self._numbers[symbol] = -1 if found is None else found.number
            return found
        if kind not in _SIGNALS:
            self._numbers[symbol] = -1
            return None
        return self._add(symbol)

    def _add(self, symbol: Node) -> Signal:
        path = str(symbol.hierarchicalPath).removeprefix(self._prefix)
        width = int(symbol.type.selectableWidth)
        found = Signal(len(self.signals), path, width, self.find_line(symbol.location))
        lifetime = getattr(symbol, "lifetime", None)
        found.is_kept = lifetime is None or lifetime.name != "Automatic"
        if type(symbol).__name__ != "NetSymbol" and find_initial_value(symbol) is not None:
            found.initial = found.mask
        self.signals.append(found)
        self._numbers[symbol] = found.number
        return found

    def find_beyond(self, signal: Signal) -> Signal:
        """Return the signal, which nothing ever sets, that stands for what is read beyond the ends of another."""
        number = self._beyond.get(signal.number)
        if number is None:
            number = self._beyond[signal.number] = len(self.signals)
            self.signals.append(Signal(number, f"{signal.name} beyond its bounds", 1, signal.line))
        return self.signals[number]

    def is_same(self, symbol: Node, other: Node) -> None:
        """Note that ``symbol`` is another name of ``other``."""
        found = self.find(other)
        if found is not None:
            self._numbers[symbol] = found.number


_SIGNALS = {"NetSymbol", "VariableSymbol", "FormalArgumentSymbol", "IteratorSymbol", "PatternVarSymbol"}
_MOST_STEPS = 120_000
