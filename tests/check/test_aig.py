"""Graphs of gates and registers: read, joined and written, and simulated to see that they are still the same."""

import itertools
import random
from collections.abc import Iterable, Mapping, Sequence

import pytest

from pytest_rtlgen.check.proof.aig import Aig, Bit, Joint, read_aig


def simulate(aig: Aig, steps: Sequence[Sequence[int]]) -> list[dict[Bit, int]]:
    """Return the outputs of each step, given the inputs of each."""
    registers = [0] * len(aig.registers)
    shown = []
    for inputs in steps:
        values = [0, *inputs, *registers]

        def read(literal: int, values: list[int] = values) -> int:
            return values[literal >> 1] ^ literal & 1

        for one, other in aig.gates:
            values.append(read(one) & read(other))
        shown.append({bit: read(literal) for bit, literal in aig.outputs.items()})
        registers = [read(literal) for literal in aig.registers]
    return shown


def draw(
    seed: int, inputs: Sequence[Bit | None], outputs: Iterable[Bit], *, registers: int = 3, gates: int = 40
) -> Aig:
    """Return a graph drawn by chance."""
    rng = random.Random(seed)
    first = 1 + len(inputs) + registers
    total = first + gates
    return Aig(
        inputs=inputs,
        registers=[rng.randrange(2 * total) for _ in range(registers)],
        gates=[(rng.randrange(2 * number), rng.randrange(2 * number)) for number in range(first, total)],
        outputs={bit: rng.randrange(2 * total) for bit in outputs},
    )


def write(aig: Aig, prefix: str = "") -> bytes:
    """Return what Yosys would write."""
    joint = Joint.of([aig], [bit for bit in aig.inputs if bit is not None])
    shown = joint.add(aig, joint.list_free())
    lines = [f"i{n} {prefix}{bit[0]}[{bit[1]}]" for n, bit in enumerate(joint.inputs) if bit is not None]
    lines += [f"o{n} {prefix}{name}[{bit}]" for n, (name, bit) in enumerate(shown)]
    return joint.write(list(shown.values())) + "\n".join([*lines, "c", "Yosys"]).encode() + b"\n"


INPUTS: list[Bit | None] = [("i0", 0), ("i0", 1), ("i1", 0)]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_written_is_read_again(seed: int) -> None:
    aig = draw(seed, INPUTS, [("o0", 0), ("o0", 1), ("o1", 0)], registers=seed % 4, gates=seed * 10)
    rng = random.Random(seed)
    steps = [[rng.randrange(2) for _ in INPUTS] for _ in range(30)]
    again = read_aig(write(aig, "rtlgen"), "rtlgen")
    assert again.inputs == INPUTS
    assert simulate(again, steps) == simulate(aig, steps)


@pytest.mark.parametrize("seed", range(20))
def test_a_joint_graph_does_what_its_parts_do(seed: int) -> None:
    one = draw(seed, [*INPUTS, None], [("a", 0), ("b", 3)])
    other = draw(seed + 100, [None, ("a", 0), ("i1", 0), ("b", 3)], [("y", 0)])
    joint = Joint.of([one, other], [bit for bit in INPUTS if bit is not None])
    free = joint.list_free()
    shown = joint.add(one, free)
    (y,) = joint.add(other, {**shown, ("i1", 0): free["i1", 0]}).values()
    assert joint.inputs == [*INPUTS, None, None]
    whole = Aig(inputs=joint.inputs, registers=joint.registers, gates=joint.gates, outputs={("y", 0): y})
    rng = random.Random(seed)
    steps = [[rng.randrange(2) for _ in joint.inputs] for _ in range(30)]
    between = simulate(one, [step[:4] for step in steps])
    given = [[step[4], first["a", 0], step[2], first["b", 3]] for step, first in zip(steps, between, strict=True)]
    assert simulate(whole, steps) == simulate(other, given)


def is_wrong(gold: Mapping[str, int], gate: Mapping[str, int]) -> bool:
    return not gold["x"] and bool(gate["x"] or gate["d"] != gold["d"])


def test_a_difference_is_a_bit_that_gold_knows_and_gate_does_not_or_has_otherwise() -> None:
    names = [(side, word, bit) for side in "ab" for word in "dx" for bit in (0, 1)]
    free = [(f"{side}_{word}", bit) for side, word, bit in names]
    joint = Joint.of([], free)
    literals = joint.list_free()
    gold, gate = (
        {(f"o_{word}", bit): literals[f"{side}_{word}", bit] for word in "dx" for bit in (0, 1)} for side in "ab"
    )
    found = joint.find_difference(gold, gate, "o", 2)
    aig = Aig(inputs=joint.inputs, registers=(), gates=joint.gates, outputs={("bad", 0): found})
    for values in itertools.product((0, 1), repeat=len(free)):
        by_name = dict(zip(names, values, strict=True))
        bits = [{side: {word: by_name[side, word, bit] for word in "dx"} for side in "ab"} for bit in (0, 1)]
        expected = any(is_wrong(bit["a"], bit["b"]) for bit in bits)
        assert simulate(aig, [values]) == [{("bad", 0): expected}]
