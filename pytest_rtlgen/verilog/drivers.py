"""What drives which bits of an elaborated design's nets and variables."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_rtlgen.verilog.syntax import Node, plain, symbol_key, walk_elaborated

if TYPE_CHECKING:
    from pyslang import ast

_COUNTING = {"Preincrement", "Predecrement", "Postincrement", "Postdecrement"}


@dataclass(frozen=True, slots=True)
class Bits:
    """Bits of one net or variable, by the indices that its declaration gives them; without them: all of it."""

    key: str
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Drivers:
    """By ``symbol_key``."""

    driven: Mapping[str, list[Bits]]
    """Bits that have a driver inside the design, and ports that are driven from outside."""
    shared: Mapping[str, list[Bits]]
    """Bits on an ``inout``, which may be driven from either side."""


def find_drivers(instance: Node) -> Drivers:
    """Return what is driven in the elaborated module ``instance`` and below."""
    finder = _Finder(instance)
    for port in instance.body.portList:
        finder.note_port(port)
    for node in walk_elaborated(instance):
        finder.see(node)
    return Drivers(finder.driven, finder.shared)


@dataclass(slots=True)
class _Finder:
    instance: "ast.InstanceSymbol"
    driven: dict[str, list[Bits]] = field(default_factory=lambda: defaultdict(list))
    shared: dict[str, list[Bits]] = field(default_factory=lambda: defaultdict(list))

    def see(self, node: Node) -> None:
        """Note what ``node`` drives."""
        kind = type(node).__name__
        if kind == "InstanceSymbol":
            for connection in node.portConnections:
                self._note_connection(connection)
        elif kind == "AssignmentExpression":
            self._add(self.driven, node.left)
        elif kind == "UnaryExpression" and node.op.name in _COUNTING:
            self._add(self.driven, node.operand)
        elif kind in {"NetSymbol", "VariableSymbol"} and node.initializer is not None:
            self.driven[symbol_key(node)].append(Bits(symbol_key(node)))
        elif kind == "PrimitiveInstanceSymbol":
            for expression in node.portConnections:
                if type(expression).__name__ == "AssignmentExpression":
                    self._add(self.driven, expression.left)

    def note_port(self, port: "ast.Symbol") -> None:
        """Note that the outside drives a port, or may do so."""
        symbol = getattr(port, "internalSymbol", None)
        known = {"In": self.driven, "InOut": self.shared}.get(_direction(port))
        if symbol is not None and known is not None:
            known[symbol_key(symbol)].append(Bits(symbol_key(symbol)))

    def _note_connection(self, connection: Node) -> None:
        self.note_port(connection.port)
        if _direction(connection.port) == "InOut" and connection.expression is not None:
            self._add(self.shared, connection.expression)
        elif type(connection.expression).__name__ == "AssignmentExpression":
            self._add(self.driven, connection.expression.left)

    def _add(self, known: dict[str, list[Bits]], expression: "ast.Expression") -> None:
        for bits in list_bits(expression, self.instance) or ():
            known[bits.key].append(bits)


def list_bits(expression: Node, instance: "ast.InstanceSymbol") -> list[Bits] | None:
    """Return the bits that an expression names; ``None`` where it is more than names, so that nothing can drive it."""
    expression = plain(expression)
    kind = type(expression).__name__
    if kind in {"NamedValueExpression", "HierarchicalValueExpression"}:
        is_object = type(expression.symbol).__name__ in {"NetSymbol", "VariableSymbol", "FieldSymbol"}
        return [Bits(symbol_key(expression.symbol))] if is_object else None
    if kind == "ConcatenationExpression":
        parts = [list_bits(part, instance) for part in expression.operands]
        return None if any(part is None for part in parts) else [bits for part in parts if part for bits in part]
    if kind in {"ElementSelectExpression", "RangeSelectExpression", "MemberAccessExpression"}:
        inner = list_bits(expression.value, instance)
        if inner is None or len(inner) != 1:
            return None
        is_vector = type(plain(expression.value)).__name__ == "NamedValueExpression"
        span = _find_span(expression, instance) if is_vector else None
        return inner if span is None else [Bits(inner[0].key, *span)]
    return None


def overlap(bits: Iterable[Bits], known: Mapping[str, list[Bits]]) -> bool:
    """Whether some of ``bits`` are among the ``known`` ones."""
    return any(_meets(item, other) for item in bits for other in known.get(item.key, ()))


def _meets(first: Bits, second: Bits) -> bool:
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return True
    return first.low <= second.high and second.low <= first.high


def _find_span(expression: Node, instance: "ast.InstanceSymbol") -> tuple[int, int] | None:
    """Return the lowest and the highest index of a selection whose indices are constant."""
    kind = type(expression).__name__
    if kind == "ElementSelectExpression":
        index = _evaluate(expression.selector, instance)
        return None if index is None else (index, index)
    if kind == "RangeSelectExpression":
        left, right = _evaluate(expression.left, instance), _evaluate(expression.right, instance)
        if left is not None and right is not None:
            way = str(expression.selectionKind.name)
            if way == "IndexedUp":
                return left, left + right - 1
            if way == "IndexedDown":
                return left - right + 1, left
            return min(left, right), max(left, right)
    return None


def _evaluate(expression: "ast.Expression", instance: "ast.InstanceSymbol") -> int | None:
    import pyslang

    value = expression.eval(pyslang.ast.EvalContext(instance)).value
    return int(value) if isinstance(value, pyslang.SVInt) and not value.hasUnknown else None


def _direction(port: "ast.Symbol") -> str:
    return str(getattr(getattr(port, "direction", None), "name", ""))
