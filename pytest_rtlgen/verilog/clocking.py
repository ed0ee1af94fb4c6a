"""Find clocks and resets in an elaborated reference: by what its event controls and first conditions say.

Where the text does not tell, nothing is guessed; ``problem.toml`` can state it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from pytest_rtlgen.records import Clock, ClockEdge, Polarity, Reset, ResetKind
from pytest_rtlgen.verilog.syntax import walk

_RESET_NAME = re.compile(
    r"(^|_)(a|s|sync_?|async_?|sys_?|n|i_?)?(rst|reset|clr|clear)([nbp]|_?\d)?(_|$)", re.IGNORECASE
)
_CLEAR_NAME = re.compile(r"(clr|clear)", re.IGNORECASE)
_LOW_NAME = re.compile(r"(_n|_b|[a-z]n|_l)(_|$)|^n_?(rst|reset|clr|clear)", re.IGNORECASE)
_CLOCK_NAME = re.compile(r"(^|_)([a-z]{0,4}_?)?(clk|clock|ck)([a-z0-9]?|_[a-z0-9]+)$", re.IGNORECASE)
_CONSTANTS = {"ParameterSymbol", "EnumValueSymbol", "GenvarSymbol"}
_EDGES = {"PosEdge", "NegEdge", "BothEdges"}
_NOT = {"LogicalNot", "BitwiseNot"}
_EQUAL = {"Equality", "CaseEquality"}
_DIFFERENT = {"Inequality", "CaseInequality"}

_Literal = tuple[str, bool]
"""A top-level input and whether the condition holds when it is 1."""


def find_clocking(instance: Any) -> tuple[tuple[Clock, ...], tuple[Reset, ...]]:  # noqa: ANN401  an InstanceSymbol
    """Return the clocks and the resets of a module, each in the order of its ports."""
    finder = _Finder(instance)
    return finder.clocks(), finder.resets()


class _Finder:
    def __init__(self, instance: Any) -> None:  # noqa: ANN401
        self._nodes = list(walk(instance))
        inputs = [port for port in instance.body.portList if getattr(port.direction, "name", "") == "In"]
        self._order = [str(port.name) for port in inputs]
        self._bits = {str(port.name) for port in inputs if int(port.type.bitWidth) == 1}
        self._source: dict[Any, tuple[Any, bool]] = {}
        self._driver: dict[Any, Any] = {}
        self._names = {_key(port.internalSymbol): str(port.name) for port in inputs}
        self._edges: dict[str, set[str]] = defaultdict(set)
        self._asynchronous: dict[str, Polarity] = {}
        self._synchronous: dict[str, Polarity] = {}
        self._read_aliases()
        for node in self._nodes:
            if type(node).__name__ == "ProceduralBlockSymbol":
                self._read_block(node.body)

    def clocks(self) -> tuple[Clock, ...]:
        edges = {name: found for name, found in self._edges.items() if name not in self._asynchronous}
        kinds = {frozenset({"PosEdge"}): ClockEdge.RISING, frozenset({"NegEdge"}): ClockEdge.FALLING}
        return tuple(
            Clock(port=name, edge=kinds.get(frozenset(edges[name]), ClockEdge.BOTH))
            for name in self._order
            if name in edges
        )

    def resets(self) -> tuple[Reset, ...]:
        clocks = {clock.port for clock in self.clocks()}
        found = []
        for name in self._order:
            if name in self._asynchronous:
                found.append(Reset(port=name, active=self._asynchronous[name], kind=ResetKind.ASYNCHRONOUS))
            elif name in self._synchronous and name not in clocks:
                found.append(Reset(port=name, active=self._synchronous[name], kind=ResetKind.SYNCHRONOUS))
            elif clocks and name in self._bits - clocks and _RESET_NAME.search(name):
                active = Polarity.LOW if _LOW_NAME.search(name) else Polarity.HIGH
                found.append(Reset(port=name, active=active, kind=ResetKind.SYNCHRONOUS))
        plain = [reset for reset in found if not _is_clear(reset)]
        return tuple(plain or found)

    def _read_aliases(self) -> None:
        """Note which net is just another one under a new name: port connections, ``assign a = b``, ``wire a = ~b``."""
        for node in self._nodes:
            kind = type(node).__name__
            if kind == "InstanceSymbol":
                for connection in node.portConnections:
                    if (
                        connection.expression is not None
                        and getattr(connection.port, "internalSymbol", None) is not None
                    ):
                        self._alias(connection.port.internalSymbol, connection.expression)
            elif kind == "ContinuousAssignSymbol" and type(node.assignment).__name__ == "AssignmentExpression":
                target = getattr(node.assignment.left, "symbol", None)
                if target is not None:
                    self._alias(target, node.assignment.right)
            elif kind == "NetSymbol" and node.initializer is not None:
                self._alias(node, node.initializer)

    def _alias(self, target: Any, expression: Any) -> None:  # noqa: ANN401
        self._driver[_key(target)] = expression
        symbol, is_true = _read_literal(expression)
        if symbol is not None:
            self._source[_key(target)] = (symbol, is_true)

    def _resolve(self, symbol: Any) -> _Literal | None:  # noqa: ANN401
        """Return the input of the top module that ``symbol`` is, through aliases."""
        is_true = True
        for _ in range(64):
            name = self._names.get(_key(symbol))
            if name is not None:
                return name, is_true
            if _key(symbol) not in self._source:
                return None
            symbol, same = self._source[_key(symbol)]
            is_true = is_true == same
        return None

    def _read_block(self, body: Any) -> None:  # noqa: ANN401  a statement
        if type(body).__name__ != "TimedStatement":
            return
        known = []
        for symbol, edge in _list_edges(body.timing):
            literal = self._resolve(symbol)
            if literal is None:
                self._note_gated(symbol)
            else:
                known.append((literal[0], edge if literal[1] else _opposite(edge)))
        self._note_resets({name for name, _ in known}, list(self._list_first_tests(body.stmt)))
        for name, edge in known:
            if name not in self._asynchronous:
                self._edges[name].add(edge)

    def _note_resets(self, listed: set[str], tested: list[_Literal]) -> None:
        """Take an input that is tested first for a reset if its edge is listed, or if it is named like one."""
        for name, is_true in tested:
            if name in listed and len(listed - self._asynchronous.keys()) > 1:
                self._asynchronous[name] = Polarity.HIGH if is_true else Polarity.LOW
        for name, is_true in tested[:2]:
            if name not in listed and name in self._bits and _RESET_NAME.search(name):
                self._synchronous.setdefault(name, Polarity.HIGH if is_true else Polarity.LOW)

    def _note_gated(self, symbol: Any) -> None:  # noqa: ANN401
        """Take the inputs that are called clocks, among those that make a derived clock, for clocks."""
        pending, seen = [symbol], set()
        while pending:
            item = pending.pop()
            if _key(item) in seen:
                continue
            seen.add(_key(item))
            literal = self._resolve(item)
            if literal is not None:
                if _CLOCK_NAME.search(literal[0]) and literal[0] not in self._edges:
                    self._edges[literal[0]].add("PosEdge")
            elif _key(item) in self._driver:
                pending += [node.symbol for node in walk(self._driver[_key(item)]) if _is_name(node)]

    def _list_first_tests(self, statement: Any) -> Iterator[_Literal]:  # noqa: ANN401
        """Yield the inputs that the block's first if … else if chain tests, in order."""
        while type(statement).__name__ in {"BlockStatement", "StatementList"}:
            inner = getattr(statement, "body", None)
            items = getattr(statement, "list", None)
            statement = inner if inner is not None else (next(iter(items), None) if items is not None else None)
        while type(statement).__name__ == "ConditionalStatement":
            if not _sets_constants_only(statement.ifTrue):
                return
            for symbol, is_true in _list_literals(statement.conditions[0].expr):
                literal = self._resolve(symbol)
                if literal is not None:
                    yield literal[0], literal[1] == is_true
            statement = statement.ifFalse


def _is_clear(reset: Reset) -> bool:
    """Whether it is a clear, which beside a real reset is an ordinary control and wants to move like one."""
    return reset.kind is ResetKind.SYNCHRONOUS and bool(_CLEAR_NAME.search(reset.port))


def _sets_constants_only(statement: Any) -> bool:  # noqa: ANN401
    """Whether every assignment gives a value that no net or variable decides: what a reset does."""
    values = [node.right for node in walk(statement) if type(node).__name__ == "AssignmentExpression"]
    names = [node for value in values for node in walk(value) if _is_name(node)]
    return bool(values) and all(type(node.symbol).__name__ in _CONSTANTS for node in names)


def _key(symbol: Any) -> str:  # noqa: ANN401
    """Return what tells symbols apart; pyslang makes a new Python object at each look."""
    return str(symbol.hierarchicalPath)


def _is_name(node: Any) -> bool:  # noqa: ANN401
    return type(node).__name__ == "NamedValueExpression"


def _opposite(edge: str) -> str:
    return {"PosEdge": "NegEdge", "NegEdge": "PosEdge"}.get(edge, edge)


def _list_edges(timing: Any) -> Iterator[tuple[Any, str]]:  # noqa: ANN401
    events = timing.events if type(timing).__name__ == "EventListControl" else [timing]
    for event in events:
        edge = getattr(getattr(event, "edge", None), "name", "")
        symbol, is_true = _read_literal(event.expr) if edge in _EDGES else (None, True)
        if symbol is not None:
            yield symbol, edge if is_true or edge == "BothEdges" else _opposite(edge)


def _list_literals(expression: Any) -> Iterator[tuple[Any, bool]]:  # noqa: ANN401
    """Yield the plain tests that make ``expression`` true on their own: itself, or the parts of an or."""
    expression = _plain(expression)
    if type(expression).__name__ == "BinaryExpression" and expression.op.name in {"LogicalOr", "BinaryOr"}:
        yield from _list_literals(expression.left)
        yield from _list_literals(expression.right)
        return
    symbol, is_true = _read_literal(expression)
    if symbol is not None:
        yield symbol, is_true


def _read_literal(expression: Any) -> tuple[Any, bool]:  # noqa: ANN401
    """Return (symbol, is_true) for ``a``, ``!a``, ``~a``, ``a == 1'b0`` and the like, else (None, True)."""
    is_true = True
    while True:
        expression = _plain(expression)
        kind = type(expression).__name__
        if _is_name(expression):
            return expression.symbol, is_true
        if kind == "UnaryExpression" and expression.op.name in _NOT:
            expression, is_true = expression.operand, not is_true
        elif kind == "BinaryExpression" and expression.op.name in _EQUAL | _DIFFERENT:
            value = _read_bit(expression.right)
            if value is None:
                return None, True
            is_true = is_true == (value == (expression.op.name in _EQUAL))
            expression = expression.left
        else:
            return None, True


def _plain(expression: Any) -> Any:  # noqa: ANN401
    while type(expression).__name__ == "ConversionExpression":
        expression = expression.operand
    return expression


def _read_bit(expression: Any) -> bool | None:  # noqa: ANN401
    constant = expression.constant
    text = str(constant) if constant is not None else ""
    digits = text.rpartition("'")[2].lstrip("sdbh") or text
    return {"0": False, "1": True}.get(digits)
