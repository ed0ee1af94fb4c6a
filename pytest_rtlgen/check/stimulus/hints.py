"""Which values an input should take, by the constants that a reference, or a candidate, compares it with."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from pytest_rtlgen.check.stimulus.make import Asked, StimulusPlan
from pytest_rtlgen.check.stimulus.patterns import AskedOf
from pytest_rtlgen.records import Interface, Port
from pytest_rtlgen.verilog.constants import ConstantHint

_MOST_ASKED = 256
"""Constants of a candidate that one input is made to take, and as many of its slices."""


def list_hints(constants: Iterable[ConstantHint], interface: Interface) -> dict[str, tuple[int, ...]]:
    """Return, per input, the ``constants`` worth trying: those compared with it and their neighbours.

    A constant that belongs to no input goes to every input of its width.
    """
    hints: dict[str, set[int]] = defaultdict(set)
    for constant in constants:
        for port in interface.inputs:
            if constant.port == port.name or (constant.port is None and constant.width == port.width):
                hints[port.name] |= {constant.value - 1, constant.value, constant.value + 1}
    return {name: tuple(sorted(values)) for name, values in hints.items()}


def list_slices(constants: Iterable[ConstantHint]) -> dict[str, tuple[tuple[int, int], ...]]:
    """Return, per input, the (mask, value) of constants that only a slice of it is compared with."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for constant in constants:
        if constant.port is not None and constant.mask >= 0:
            found[constant.port].append((constant.mask, constant.value))
    return {name: tuple(pairs) for name, pairs in found.items()}


def list_asked(constants: Iterable[ConstantHint], inputs: Sequence[Port], plan: StimulusPlan) -> Asked:
    """Return what of the ``constants`` of a candidate its ``inputs`` can take, and ``plan`` does not ask for already.

    A constant that the candidate does not plainly compare with an input goes, with its negative, to every input that
    can hold it. Empty: there is none.
    """
    hints, slices = dict(plan.hints), dict(plan.slices)
    values: dict[str, set[int]] = defaultdict(set)
    parts: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for constant in constants:
        for port in inputs:
            if constant.port not in {None, port.name}:
                continue
            if constant.mask >= 0:
                parts[port.name].add((constant.mask, constant.value))
            elif constant.value < 1 << port.width:
                values[port.name].add(constant.value)
                if constant.port is None:
                    values[port.name].add(-constant.value % (1 << port.width))
    found = {
        port.name: AskedOf(
            values=tuple(sorted(values[port.name].difference(hints.get(port.name, ())))[:_MOST_ASKED]),
            slices=tuple(sorted(parts[port.name].difference(slices.get(port.name, ())))[:_MOST_ASKED]),
        )
        for port in inputs
    }
    return tuple((name, asked) for name, asked in found.items() if asked.values or asked.slices)
