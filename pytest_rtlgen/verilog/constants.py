"""Constants that a reference compares its inputs with: the values that uniform random stimulus never hits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.verilog.interface import find_instance, parse_reference
from pytest_rtlgen.verilog.syntax import walk

_COMPARISONS = {
    *("Equality", "Inequality", "CaseEquality", "CaseInequality", "WildcardEquality", "WildcardInequality"),
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


def mine_constants(source: SourceFile, top: str) -> tuple[ConstantHint, ...]:
    """Return the case labels and comparison bounds of module ``top`` and what it instantiates, each once, in order.

    Raises:
        BadReferenceError: the text does not parse.
    """
    instance = find_instance(parse_reference(source), top)
    if instance is None:
        return ()
    inputs = {str(port.internalSymbol.hierarchicalPath): str(port.name) for port in instance.body.portList}
    found: dict[ConstantHint, None] = {}
    for subject, constant in _list_comparisons(instance):
        hint = _read_hint(subject, constant, inputs)
        if hint is not None:
            found[hint] = None
    return tuple(found)[:_MOST_HINTS]


def _list_comparisons(instance: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401  (subject, constant) expressions
    for node in walk(instance):
        kind = type(node).__name__
        if kind == "CaseStatement":
            for group in node.items:
                yield from ((node.expr, label) for label in group.expressions)
        elif kind == "BinaryExpression" and node.op.name in _COMPARISONS:
            yield node.left, node.right
            yield node.right, node.left


def _read_hint(subject: Any, constant: Any, inputs: dict[str, str]) -> ConstantHint | None:  # noqa: ANN401
    value = _read_value(constant)
    width = int(constant.type.bitWidth)
    if value is None or width < _MIN_WIDTH:
        return None
    names = {
        str(node.symbol.hierarchicalPath) for node in walk(subject) if type(node).__name__ == "NamedValueExpression"
    }
    ports = names & inputs.keys()
    port = inputs[ports.pop()] if len(names) == len(ports) == 1 else None
    return ConstantHint(port=port, width=width, value=value & ((1 << width) - 1))


def _read_value(expression: Any) -> int | None:  # noqa: ANN401
    """Return the value of a literal, parameter or constant expression; ``None`` for others and for X or Z digits."""
    constant = expression.constant
    while constant is None and type(expression).__name__ == "ConversionExpression":
        expression = expression.operand
        constant = expression.constant
    if constant is None and type(expression).__name__ == "NamedValueExpression":
        constant = getattr(expression.symbol, "value", None)
    try:
        return int(constant.value)
    except (AttributeError, TypeError, ValueError, RuntimeError):
        return None
