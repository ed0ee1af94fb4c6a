"""And-inverter graphs with registers, as AIGER writes them: read, joined into one, and written.

A literal is twice a variable's number, plus 1 where it is inverted; 0 and 1 are the constants. Variables are numbered
inputs first, then registers, then gates; every register starts with 0.

Source: https://fmv.jku.at/papers/BiereHeljankoWieringa-FMV-TR-11-2.pdf (AIGER 1.9, binary format).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

TRUE = 1
Bit = tuple[str, int]
"""A port's name and the number of a bit, from the least significant one, which is 0."""

_MORE = 0x80
"""In a byte of seven bits of a number: others follow."""
_SYMBOL = re.compile(rb"^(?P<kind>[io])(?P<number>[0-9]+) (?P<name>\w+)(?:\[(?P<bit>[0-9]+)\])?$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aig:
    """A graph with named ports."""

    inputs: Sequence[Bit | None]
    """``None``: a value at power-up that the design leaves open."""
    registers: Sequence[int]
    """The literal that each one takes next."""
    gates: Sequence[tuple[int, int]]
    outputs: Mapping[Bit, int]


@dataclass(slots=True)
class Joint:
    """A graph under construction out of others."""

    inputs: list[Bit | None]
    count_registers: int
    registers: list[int] = field(default_factory=list)
    gates: list[tuple[int, int]] = field(default_factory=list)
    _open: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, parts: Sequence[Aig], free: Sequence[Bit]) -> "Joint":
        """Return an empty one with room for ``parts``, whose inputs are ``free`` and what they leave open."""
        open_ = sum(bit is None for part in parts for bit in part.inputs)
        joint = cls(inputs=[*free, *[None] * open_], count_registers=sum(len(part.registers) for part in parts))
        joint._open = [2 * (len(free) + 1 + number) for number in range(open_)]
        return joint

    def list_free(self) -> dict[Bit, int]:
        """Return the literals of the free inputs."""
        return {bit: 2 * number for number, bit in enumerate(self.inputs, 1) if bit is not None}

    def conjoin(self, one: int, other: int) -> int:
        """Return the literal of both."""
        self.gates.append((one, other))
        return 2 * (len(self.inputs) + self.count_registers + len(self.gates))

    def add(self, part: Aig, given: Mapping[Bit, int]) -> dict[Bit, int]:
        """Add a part whose named inputs are ``given``; return the literals of its outputs."""
        new = [0]
        new += [self._open.pop(0) if bit is None else given[bit] for bit in part.inputs]
        first = len(self.inputs) + len(self.registers) + 1
        new += [2 * (first + number) for number in range(len(part.registers))]
        gate = 2 * (len(self.inputs) + self.count_registers + len(self.gates))
        for one, other in part.gates:
            self.gates.append((new[one >> 1] ^ one & 1, new[other >> 1] ^ other & 1))
            gate += 2
            new.append(gate)
        self.registers += [new[literal >> 1] ^ literal & 1 for literal in part.registers]
        return {bit: new[literal >> 1] ^ literal & 1 for bit, literal in part.outputs.items()}

    def find_difference(self, gold: Mapping[Bit, int], gate: Mapping[Bit, int], name: str, width: int) -> int:
        """Return a literal: some bit of ``name`` is known in gold and in gate is not, or is another.

        A bit is two outputs: ``name_d``, its value, and ``name_x``, whether it is X.
        """
        same = TRUE
        for bit in range(width):
            value, other = gold[f"{name}_d", bit], gate[f"{name}_d", bit]
            both, none = self.conjoin(value, other), self.conjoin(value ^ 1, other ^ 1)
            equal = self.conjoin(both ^ 1, none ^ 1) ^ 1
            good = self.conjoin(gate[f"{name}_x", bit] ^ 1, equal)
            wrong = self.conjoin(gold[f"{name}_x", bit] ^ 1, good ^ 1)
            same = self.conjoin(same, wrong ^ 1)
        return same ^ 1

    def write(self, outputs: Sequence[int]) -> bytes:
        """Return the graph in AIGER's binary form; one without registers gets one that stays 0, as ABC wants one."""
        idle = [] if self.registers else [2 * (len(self.inputs) + 1)]
        shift, first = 2 * len(idle), 2 * (len(self.inputs) + 1)

        def move(literal: int) -> int:
            return literal + shift if literal >= first else literal

        registers = [*(move(literal) for literal in self.registers), *idle]
        count = len(self.inputs) + len(registers)
        head = f"aig {count + len(self.gates)} {len(self.inputs)} {len(registers)} {len(outputs)} {len(self.gates)}\n"
        lines = "".join(f"{literal}\n" for literal in [*registers, *map(move, outputs)])
        body = bytearray()
        for number, (one, other) in enumerate(self.gates, count + 1):
            low, high = sorted((move(one), move(other)))
            body += _render_number(2 * number - high) + _render_number(high - low)
        return (head + lines).encode() + bytes(body)


def _render_number(number: int) -> bytes:
    rendered = bytearray()
    while number >= _MORE:
        rendered.append(number % _MORE | _MORE)
        number //= _MORE
    rendered.append(number)
    return bytes(rendered)


def read_aig(data: bytes, prefix: str = "") -> Aig:
    """Return the graph in ``data``, AIGER's binary form with symbols ``name`` or ``name[bit]``, as Yosys writes them.

    Every name begins with ``prefix``, which is left out.
    """
    head, at = _read_line(data, 0)
    _, inputs, registers, outputs, gates = (int(word) for word in head.split()[1:6])
    literals = []
    for _ in range(registers + outputs):
        line, at = _read_line(data, at)
        literals.append(int(line))
    read, at = _read_gates(data, at, inputs + registers + 1, gates)
    named = {
        (found["kind"], int(found["number"])): (found["name"].decode().removeprefix(prefix), int(found["bit"] or 0))
        for found in _SYMBOL.finditer(data[at:])
    }
    return Aig(
        inputs=[named.get((b"i", number)) for number in range(inputs)],
        registers=literals[:registers],
        gates=read,
        outputs={named[b"o", number]: literal for number, literal in enumerate(literals[registers:])},
    )


def _read_line(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.index(b"\n", at)
    return data[at:end], end + 1


def _read_gates(data: bytes, at: int, first: int, count: int) -> tuple[list[tuple[int, int]], int]:
    """Return ``count`` gates, numbered from ``first``, and where their bytes end."""
    gates = []
    for number in range(first, first + count):
        deltas = []
        for _ in range(2):
            delta = shift = 0
            while data[at] >= _MORE:
                delta |= (data[at] % _MORE) << shift
                shift += 7
                at += 1
            deltas.append(delta | data[at] << shift)
            at += 1
        gates.append((2 * number - deltas[0], 2 * number - deltas[0] - deltas[1]))
    return gates, at
