"""How much a design holds, and which constants it has: by that a candidate may do more than its reference does."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rtlgen.verilog.syntax import Node, walk

if TYPE_CHECKING:
    from pyslang import ast

_MORE_BITS = 4
"""Fewer hold too little to wait for inputs that no stimulus has in that order; other state codes often have some."""
_WIDE = 6
"""Bits of a constant: with fewer, a stimulus meets every value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What an elaborated design holds and asks for."""

    state_bits: int
    """Bits of its registers and latches."""
    constants: tuple[int, ...] = ()
    """Every integer in it, without its sign, in ascending order."""

    def list_excess(self, reference: "Extent") -> tuple[str, ...]:
        """Return, in words, what this design has beyond ``reference`` that a stimulus might never meet."""
        found = []
        if self.state_bits >= reference.state_bits + _MORE_BITS:
            found.append(f"{self.state_bits} bits of state, {reference.state_bits} in the reference")
        new = self.list_new_constants(reference)
        if new:
            found.append(f"the constant {new[0]}, which is not in the reference")
        return tuple(found)

    def list_new_constants(self, reference: "Extent") -> tuple[int, ...]:
        """Return the constants of six bits or more that this design has beyond ``reference``, in ascending order.

        Values next to one of the reference's, and those with one bit set or clear, as in other state codes, do not
        count.
        """
        known = {value + step for value in reference.constants for step in (-1, 0, 1)}
        wide = (value for value in self.constants if value.bit_length() >= _WIDE)
        return tuple(value for value in wide if value not in known and not _is_plain(value))


def measure_extent(instance: "ast.InstanceSymbol", state_bits: int) -> Extent:
    """Return the extent of an elaborated design with ``state_bits``."""
    import pyslang

    context = pyslang.ast.EvalContext(instance)
    found = (_read_constant(node, context) for node in walk(instance))
    return Extent(state_bits=state_bits, constants=tuple(sorted({abs(value) for value in found if value is not None})))


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
