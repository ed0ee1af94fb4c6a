"""How much a design holds, and which values it asks for: by that a candidate may do more than its reference does."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rtlgen.verilog.constants import list_comparisons
from pytest_rtlgen.verilog.goals import list_loop_paths
from pytest_rtlgen.verilog.syntax import Node, is_name, plain, walk

if TYPE_CHECKING:
    from pyslang import ast

_MORE_BITS = 8
"""A counter of fewer bits runs over within any stimulus."""
_WIDE = 6
"""Bits of a comparison: with fewer, a stimulus meets every value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What an elaborated design holds and asks for."""

    state_bits: int
    """Bits of its registers and latches."""
    sought: tuple[int, ...] = ()
    """Constants that something of six bits or more is compared with, without their signs, in ascending order."""
    constants: tuple[int, ...] = ()
    """Every integer in it, in ascending order."""

    def list_excess(self, reference: "Extent") -> tuple[str, ...]:
        """Return, in words, what this design has beyond ``reference`` that a stimulus might never meet.

        Values next to one of the reference's, and those with one bit set or clear, as in other state codes, do not
        count.
        """
        found = []
        if self.state_bits >= reference.state_bits + _MORE_BITS:
            found.append(f"{self.state_bits} bits of state, {reference.state_bits} in the reference")
        known = {value + step for value in reference.constants for step in (-1, 0, 1)}
        new = [value for value in self.sought if value not in known and not _is_plain(value)]
        if new:
            found.append(f"a comparison with {new[0]}, which is not in the reference")
        return tuple(found)


def measure_extent(instance: "ast.InstanceSymbol", state_bits: int) -> Extent:
    """Return the extent of an elaborated design with ``state_bits``."""
    import pyslang

    context = pyslang.ast.EvalContext(instance)
    sought, constants = set[int](), set[int]()
    loops = frozenset(list_loop_paths(instance))
    for compared, constant in list_comparisons(instance):
        subject = plain(compared)  # its width is not yet that of the constant
        is_asked = int(subject.type.bitWidth) >= _WIDE and _evaluate(subject, context) is None
        if is_asked and not _is_among(subject, loops):
            value = _evaluate(constant, context)
            sought.update(() if value is None else (abs(value),))
    for node in walk(instance):
        value = _read_constant(node, context)
        constants.update(() if value is None else (value,))
    return Extent(state_bits=state_bits, sought=tuple(sorted(sought)), constants=tuple(sorted(constants | sought)))


def _is_among(expression: Node, paths: frozenset[str]) -> bool:
    return is_name(expression) and str(expression.symbol.hierarchicalPath) in paths


def _read_constant(node: Node, context: "ast.EvalContext") -> int | None:
    kind = type(node).__name__
    if kind in {"IntegerLiteral", "UnbasedUnsizedIntegerLiteral"}:
        return _evaluate(node, context)
    if kind == "ParameterSymbol":
        return _read_number(node.value)
    return None


def _evaluate(expression: "ast.Expression", context: "ast.EvalContext") -> int | None:
    """Return the value of a constant expression, X and Z digits as 0; ``None`` for others."""
    if type(expression).__name__ in {"UnboundedLiteral", "ValueRangeExpression"}:
        return None
    try:
        return _read_number(expression.eval(context))
    except (AttributeError, TypeError, ValueError, RuntimeError):
        return None


def _read_number(constant: Node) -> int | None:
    try:
        value: Node = constant.value
        if value.hasUnknown:
            value.flattenUnknowns()
        return int(value)
    except (AttributeError, TypeError, ValueError, RuntimeError):
        return None


def _is_plain(value: int) -> bool:
    """Whether at most one bit is set, or one of all up to the highest is clear."""
    rest = value ^ ((1 << value.bit_length()) - 1)
    return value & (value - 1) == 0 or rest & (rest - 1) == 0
