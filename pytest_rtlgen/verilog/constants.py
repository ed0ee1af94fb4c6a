"""Constants that a reference compares its inputs with: the values that uniform random stimulus never hits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.verilog.interface import find_instance, parse_reference
from pytest_rtlgen.verilog.syntax import Node, is_name, plain, symbol_key, walk

if TYPE_CHECKING:
    from pyslang import ast

_EQUALITIES = {
    *("Equality", "Inequality", "CaseEquality", "CaseInequality", "WildcardEquality", "WildcardInequality"),
}
_COMPARISONS = {
    *_EQUALITIES,
    *("LessThan", "LessThanEqual", "GreaterThan", "GreaterThanEqual"),
}
_MOST_HINTS = 512
_MIN_WIDTH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantHint:
    """One constant of the text."""

    port: str | None
    """The input that it is compared with; ``None`` where that cannot be told."""
    width: int
    """Bits of the comparison."""
    value: int
    """Not negative: two's complement within ``width``."""
    mask: int = -1
    """Bits of the port that were compared; -1: all of them."""

    @classmethod
    def of(cls, value: int) -> Self:
        """Return a constant of which nothing is known but its value."""
        return cls(port=None, width=value.bit_length(), value=value)


def mine_constants(source: SourceFile, top: str) -> tuple[ConstantHint, ...]:
    """Return the case labels and comparison bounds of module ``top`` and what it instantiates, each once, in order.

    A constant compared with a slice of an input stands at that slice, one compared with a concatenation is shared out.

    Raises:
        BadReferenceError: the text does not parse.
    """
    instance = find_instance(parse_reference(source), top)
    if instance is None:
        return ()
    miner = _Miner(instance)
    found = dict.fromkeys(
        hint
        for subject, constant in list_comparisons(instance)
        for hint in miner.read(subject, constant)
        if hint.width >= _MIN_WIDTH
    )
    return tuple(found)[:_MOST_HINTS]


class _Miner:
    """Knows which names are inputs, and the values of constant expressions."""

    def __init__(self, instance: "ast.InstanceSymbol") -> None:
        import pyslang

        self._context = pyslang.ast.EvalContext(instance)
        self._inputs: dict[str, tuple[ast.PortSymbol, int]] = {
            symbol_key(port.internalSymbol): (port, 0)
            for port in instance.body.portList
            if getattr(getattr(port, "direction", None), "name", "") == "In"
        }
        for node in walk(instance):
            for target, given in _list_copies(node):
                value = plain(given)
                if int(target.type.bitWidth) == int(value.type.bitWidth):
                    found = self._find(value)
                    if found is not None:
                        self._inputs[symbol_key(target)] = found

    def read(self, subject: "ast.Expression", constant: "ast.Expression") -> Iterator[ConstantHint]:
        value = None if self._value(subject) is not None else self._value(constant)
        if value is not None:
            asked = plain(subject)  # its width is not yet that of the constant
            yield from self._place(asked, value, int(asked.type.bitWidth))

    def _place(self, subject: Node, value: int, width: int) -> Iterator[ConstantHint]:
        kind = type(subject).__name__
        if kind == "ConcatenationExpression":
            for part in reversed(list(subject.operands)):
                bits = int(part.type.bitWidth)
                yield from self._place(plain(part), value & ((1 << bits) - 1), bits)
                value >>= bits
            return
        found = self._find(subject)
        if found is None:
            yield ConstantHint(port=None, width=width, value=value & ((1 << width) - 1))
            return
        port, low = found
        size = int(port.type.bitWidth)
        bits = ((1 << width) - 1) << low & ((1 << size) - 1)
        mask = -1 if bits == (1 << size) - 1 else bits
        yield ConstantHint(port=str(port.name), width=size, value=(value << low) & bits, mask=mask)

    def _find(self, subject: Node) -> "tuple[ast.PortSymbol, int] | None":
        """Return the input that ``subject`` is (a slice of), and how far the slice stands above its lowest bit."""
        if type(subject).__name__ in {"RangeSelectExpression", "ElementSelectExpression"}:
            found = self._inputs.get(_name_key(subject.value))
            return found and (found[0], found[1] + (self._lowest_bit(subject) or 0))
        return self._inputs.get(_name_key(subject))

    def _lowest_bit(self, select: Node) -> int | None:
        """Return how far the slice stands above the lowest bit of what it is taken from."""
        declared = select.value.type.getBitVectorRange() if select.value.type.isIntegral else None
        is_element = type(select).__name__ == "ElementSelectExpression"
        ends = [select.selector] if is_element else [select.left, select.right]
        values = [self._value(end) for end in ends]
        if declared is None or None in values or (not is_element and select.selectionKind.name != "Simple"):
            return None
        distances = [abs(value - int(declared.right)) for value in values if value is not None]
        return min(distances, default=None)

    def _value(self, expression: "ast.Expression") -> int | None:
        """Return the value of a constant expression, X and Z digits as 0; ``None`` for others."""
        if type(expression).__name__ in {"UnboundedLiteral", "ValueRangeExpression"}:
            return None
        try:
            value: Node = expression.eval(self._context).value
            if value.hasUnknown:
                value.flattenUnknowns()
            return int(value)
        except (AttributeError, TypeError, ValueError, RuntimeError):
            return None


def list_comparisons(
    instance: "ast.InstanceSymbol", *, is_equal: bool = False
) -> "Iterator[tuple[ast.Expression, ast.Expression]]":
    """Yield (subject, constant) expressions; ``is_equal``: only where the subject is asked to be the constant."""
    operators = _EQUALITIES if is_equal else _COMPARISONS
    for node in walk(instance):
        kind = type(node).__name__
        if kind == "CaseStatement":
            for group in node.items:
                for label in group.expressions:
                    yield from ((node.expr, bound) for bound in _list_bounds(label))
        elif kind == "InsideExpression" and not is_equal:
            for item in node.rangeList:
                yield from ((node.left, bound) for bound in _list_bounds(item))
        elif kind == "BinaryExpression" and node.op.name in operators:
            yield node.left, node.right
            yield node.right, node.left


def _list_bounds(item: Node) -> "tuple[ast.Expression, ...]":
    return (item.left, item.right) if type(item).__name__ == "ValueRangeExpression" else (item,)


def _list_copies(node: Node) -> "Iterator[tuple[ast.ValueSymbol, ast.Expression]]":
    """Yield (symbol, expression) where a net is another one under a new name."""
    kind = type(node).__name__
    if kind == "NetSymbol" and node.initializer is not None:
        yield node, node.initializer
    elif kind == "ContinuousAssignSymbol" and type(node.assignment).__name__ == "AssignmentExpression":
        symbol = getattr(node.assignment.left, "symbol", None)
        if symbol is not None:
            yield symbol, node.assignment.right
    elif kind == "InstanceSymbol":
        for connection in node.portConnections:
            symbol = getattr(connection.port, "internalSymbol", None)
            if symbol is not None and connection.expression is not None:
                yield symbol, connection.expression


def _name_key(expression: Node) -> str:
    expression = plain(expression)
    return symbol_key(expression.symbol) if is_name(expression) else ""
