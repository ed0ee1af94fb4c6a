"""Find clocks and resets in an elaborated reference: by what its event controls and first conditions say.

Where the text does not tell, nothing is guessed; ``problem.toml`` can state it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rtlgen.records import Clock, ClockEdge, Polarity, Reset, ResetKind
from pytest_rtlgen.verilog.syntax import Node, is_name, list_literals, read_literal, symbol_key, walk

if TYPE_CHECKING:
    from pyslang import ast, syntax

_RESET_NAME = re.compile(
    r"(^|_)(a|s|sync_?|async_?|sys_?|n|i_?)?(rst|reset|clr|clear)([nbp]|_?\d)?(_|$)", re.IGNORECASE
)
_CLEAR_NAME = re.compile(r"(clr|clear)", re.IGNORECASE)
_CLOCK_NAME = re.compile(r"(^|_)([a-z]{0,4}_?)?(clk|clock|ck)([a-z0-9]?|_[a-z0-9]+)$", re.IGNORECASE)
_CONSTANTS = {"ParameterSymbol", "EnumValueSymbol", "GenvarSymbol"}
_EDGES = {"PosEdge", "NegEdge", "BothEdges"}

_Literal = tuple[str, bool]
"""A top-level input and whether the condition holds when it is 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    """An input that a block tests first."""

    name: str
    is_active: bool
    """The level of the input at which the branch is taken."""
    is_constant: bool
    """The branch sets constants only."""
    is_reset_like: bool = False
    """Besides, there is another branch, and that one does not."""

    @property
    def active(self) -> Polarity:
        return Polarity.HIGH if self.is_active else Polarity.LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTest:
    """A signal that the first condition of a block tests."""

    name: str
    """In its module."""
    port: str
    """The top-level input that it is."""
    is_same: bool
    """Whether it is 1 when the input is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEvent:
    """An edge that a block waits for."""

    port: str | None
    """The top-level input that the signal is; ``None``: none, or not known."""
    edge: str
    """As pyslang names it, and as the text has it: ``PosEdge``, ``NegEdge`` or ``BothEdges``."""
    expression: "syntax.ExpressionSyntax"
    """Syntax of the signal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block that waits for edges."""

    timing: "syntax.SyntaxNode"
    """Syntax of its sensitivity list."""
    events: tuple["BlockEvent", ...]
    tests: tuple[BlockTest, ...]


def list_blocks(instance: "ast.InstanceSymbol") -> tuple[Block, ...]:
    """Return the blocks of a module, and of those below it, that wait for nothing but edges."""
    return tuple(_Finder(instance).blocks())


def find_clocking(instance: "ast.InstanceSymbol") -> tuple[tuple[Clock, ...], tuple[Reset, ...]]:
    """Return the clocks and the resets of a module, each in the order of its ports."""
    finder = _Finder(instance)
    return finder.clocks(), finder.resets()


class _Finder:
    def __init__(self, instance: "ast.InstanceSymbol") -> None:
        self._nodes = list(walk(instance))
        inputs = [port for port in instance.body.portList if getattr(port.direction, "name", "") == "In"]
        self._order = [str(port.name) for port in inputs]
        self._bits = {str(port.name) for port in inputs if int(port.type.bitWidth) == 1}
        self._source: dict[str, tuple[ast.Symbol, bool]] = {}
        self._driver: dict[str, ast.Expression] = {}
        self._names = {symbol_key(port.internalSymbol): str(port.name) for port in inputs}
        self._edges: dict[str, set[str]] = defaultdict(set)
        self._asynchronous: dict[str, Polarity] = {}
        self._synchronous: dict[str, Polarity] = {}
        self._first: list[_Test | None] = []
        self._read_aliases()
        for node in self._nodes:
            if type(node).__name__ == "ProceduralBlockSymbol":
                self._read_block(node.body)
        self._note_later_resets()
        self._note_unnamed_reset()

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
            elif clocks and name in self._synchronous and name not in clocks:
                found.append(Reset(port=name, active=self._synchronous[name], kind=ResetKind.SYNCHRONOUS))
        plain = [reset for reset in found if not _is_clear(reset)]
        return tuple(plain or found)

    def blocks(self) -> Iterator[Block]:
        for node in self._nodes:
            if type(node).__name__ != "ProceduralBlockSymbol" or type(node.body).__name__ != "TimedStatement":
                continue
            timing = node.body.timing
            events = timing.events if type(timing).__name__ == "EventListControl" else [timing]
            read = [self._read_event(event) for event in events if any(_list_edges(event))]
            if len(read) == len(events):
                yield Block(
                    timing=timing.syntax, events=tuple(read), tests=tuple(self._list_block_tests(node.body.stmt))
                )

    def _read_event(self, event: "ast.SignalEventControl") -> BlockEvent:
        literals = [self._resolve(symbol) for symbol, _ in _list_edges(event)]
        port = literals[0][0] if literals[0] is not None else None
        return BlockEvent(port=port, edge=event.edge.name, expression=event.expr.syntax)

    def _list_block_tests(self, statement: "ast.Statement") -> Iterator[BlockTest]:
        first = _enter(statement)
        if type(first).__name__ != "ConditionalStatement":
            return
        for symbol, _ in list_literals(first.conditions[0].expr):
            literal = self._resolve(symbol)
            if literal is not None:
                yield BlockTest(name=str(symbol.name), port=literal[0], is_same=literal[1])

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
        self._read_box_outputs()

    def _read_box_outputs(self) -> None:
        """Note the nets on the outputs of black boxes, which are inputs of the module around the design."""
        driven = {
            symbol_key(node.assignment.left.symbol): node.assignment.left.symbol
            for node in self._nodes
            if type(node).__name__ == "ContinuousAssignSymbol"
            and type(getattr(node.assignment, "left", None)).__name__ == "HierarchicalValueExpression"
        }
        instances = (node for node in self._nodes if driven and type(node).__name__ == "InstanceSymbol")
        for connection in (item for instance in instances for item in instance.portConnections):
            symbol = getattr(connection.port, "internalSymbol", None)
            outside = getattr(getattr(connection.expression, "left", None), "symbol", None)
            if symbol is not None and outside is not None and symbol_key(symbol) in driven:
                self._source[symbol_key(outside)] = (driven[symbol_key(symbol)], True)

    def _alias(self, target: "ast.Symbol", expression: "ast.Expression") -> None:
        self._driver[symbol_key(target)] = expression
        symbol, is_true = read_literal(expression)
        if symbol is not None:
            self._source[symbol_key(target)] = (symbol, is_true)

    def _resolve(self, symbol: "ast.Symbol") -> _Literal | None:
        """Return the input of the top module that ``symbol`` is, through aliases."""
        is_true = True
        for _ in range(64):
            name = self._names.get(symbol_key(symbol))
            if name is not None:
                return name, is_true
            if symbol_key(symbol) not in self._source:
                return None
            symbol, same = self._source[symbol_key(symbol)]
            is_true = is_true == same
        return None

    def _read_block(self, body: Node) -> None:
        if type(body).__name__ != "TimedStatement":
            return
        known = []
        for symbol, edge in _list_edges(body.timing):
            literal = self._resolve(symbol)
            if literal is None:
                self._note_gated(symbol)
            else:
                known.append((literal[0], edge if literal[1] else _opposite(edge)))
        tested = list(self._list_first_tests(body.stmt))
        self._note_resets({name for name, _ in known}, tested)
        self._first.append(tested[0] if tested and tested[0].is_reset_like else None)
        for name, edge in known:
            if name not in self._asynchronous:
                self._edges[name].add(edge)

    def _note_resets(self, listed: set[str], tested: list[_Test]) -> None:
        """Take an input tested first for a reset if its edge is listed, or if it is named so and sets constants."""
        for test in tested:
            if test.name in listed and len(listed - self._asynchronous.keys()) > 1:
                self._asynchronous[test.name] = test.active
        for test in tested[:2]:
            is_named = test.name in self._bits and _RESET_NAME.search(test.name)
            if is_named and test.is_constant and test.name not in listed:
                self._synchronous.setdefault(test.name, test.active)

    def _note_later_resets(self) -> None:
        """Take an input that is named so for a reset if any condition on it, wherever it stands, sets constants."""
        for node in self._nodes:
            if type(node).__name__ == "ConditionalStatement":
                tests = self._read_condition(node.conditions[0].expr, node.ifTrue, node.ifFalse, judge=_sets_a_constant)
            elif type(node).__name__ == "ConditionalExpression":
                tests = self._read_choice(node)
            else:
                continue
            for test in tests:
                if test.is_constant and test.name in self._bits and _RESET_NAME.search(test.name):
                    self._synchronous.setdefault(test.name, test.active)

    def _note_unnamed_reset(self) -> None:
        """Take the one input that every clocked block tests first for a reset when nothing is named so."""
        if self._asynchronous or self._synchronous or not self._first:
            return
        test = self._first[0]
        if test is not None and test.name in self._bits and all(other == test for other in self._first):
            self._synchronous[test.name] = test.active

    def _read_choice(self, node: "ast.ConditionalExpression") -> Iterator[_Test]:
        is_constant = _is_constant(node.left)
        is_else_constant = not is_constant and _is_constant(node.right)
        for symbol, is_true in list_literals(node.conditions[0].expr):
            literal = self._resolve(symbol)
            if literal is not None:
                is_active = (literal[1] == is_true) != is_else_constant
                yield _Test(name=literal[0], is_active=is_active, is_constant=is_constant or is_else_constant)

    def _note_gated(self, symbol: "ast.Symbol") -> None:
        """Take the inputs that are called clocks, among those that make a derived clock, for clocks."""
        pending, seen = [symbol], set()
        while pending:
            item = pending.pop()
            if symbol_key(item) in seen:
                continue
            seen.add(symbol_key(item))
            literal = self._resolve(item)
            if literal is not None:
                if _CLOCK_NAME.search(literal[0]) and literal[0] not in self._edges:
                    self._edges[literal[0]].add("PosEdge")
            elif symbol_key(item) in self._driver:
                pending += [node.symbol for node in walk(self._driver[symbol_key(item)]) if is_name(node)]

    def _list_first_tests(self, statement: Node) -> Iterator[_Test]:
        """Yield the inputs that the block's first if … else if chain tests, in order."""
        statement = _enter(statement)
        while type(statement).__name__ == "ConditionalStatement":
            tests = list(self._read_condition(statement.conditions[0].expr, statement.ifTrue, statement.ifFalse))
            yield from tests
            if not any(test.is_constant for test in tests):
                return
            statement = statement.ifFalse

    def _read_condition(
        self,
        condition: "ast.Expression",
        when_true: "ast.Statement",
        when_false: "ast.Statement | None",
        *,
        judge: Callable[[Node], bool] | None = None,
    ) -> Iterator[_Test]:
        """Yield the inputs that decide ``condition`` on their own, active where the branch sets constants."""
        judge = judge or _sets_constants_only
        literals = [(self._resolve(symbol), is_true) for symbol, is_true in list_literals(condition)]
        is_constant = judge(when_true)
        is_else_constant = len(literals) == 1 and not is_constant and judge(when_false)
        for literal, is_true in literals:
            if literal is not None:
                is_active = (literal[1] == is_true) != is_else_constant
                is_reset_like = is_constant and when_false is not None and not judge(when_false)
                yield _Test(
                    name=literal[0],
                    is_active=is_active,
                    is_constant=is_constant or is_else_constant,
                    is_reset_like=is_reset_like or is_else_constant,
                )


def _enter(statement: Node) -> Node:
    """Return the first statement inside of blocks."""
    while type(statement).__name__ in {"BlockStatement", "StatementList"}:
        inner = getattr(statement, "body", None)
        items = getattr(statement, "list", None)
        statement = inner if inner is not None else (next(iter(items), None) if items is not None else None)
    return statement


def _is_clear(reset: Reset) -> bool:
    """Whether it is a clear, which beside a real reset is an ordinary control and wants to move like one."""
    return reset.kind is ResetKind.SYNCHRONOUS and bool(_CLEAR_NAME.search(reset.port))


def _sets_constants_only(statement: "ast.Statement | None") -> bool:
    """Whether every assignment gives a value that no net or variable decides, loop counters apart."""
    if statement is None:
        return False
    nodes = list(walk(statement))
    counters = {
        symbol_key(symbol) for node in nodes if type(node).__name__ == "ForLoopStatement" for symbol in _counters(node)
    }
    values = [
        node.right
        for node in nodes
        if type(node).__name__ == "AssignmentExpression" and _key_of(node.left) not in counters
    ]
    names = [node for value in values for node in walk(value) if is_name(node)]
    return bool(values) and all(
        type(node.symbol).__name__ in _CONSTANTS or symbol_key(node.symbol) in counters for node in names
    )


def _sets_a_constant(statement: "ast.Statement | None") -> bool:
    """Whether some assignment gives a value that no net or variable decides."""
    nodes = () if statement is None else walk(statement)
    return any(_is_constant(node.right) for node in nodes if type(node).__name__ == "AssignmentExpression")


def _is_constant(value: "ast.Expression") -> bool:
    return all(type(node.symbol).__name__ in _CONSTANTS for node in walk(value) if is_name(node))


def _counters(loop: "ast.ForLoopStatement") -> "Iterator[str]":
    yield from loop.loopVars
    for step in loop.steps:
        symbol = getattr(getattr(step, "left", getattr(step, "operand", None)), "symbol", None)
        if symbol is not None:
            yield symbol


def _key_of(target: "ast.Expression") -> str | None:
    symbol = getattr(target, "symbol", None)
    return None if symbol is None else symbol_key(symbol)


def _opposite(edge: str) -> str:
    return {"PosEdge": "NegEdge", "NegEdge": "PosEdge"}.get(edge, edge)


def _list_edges(timing: Node) -> "Iterator[tuple[ast.Symbol, str]]":
    events = timing.events if type(timing).__name__ == "EventListControl" else [timing]
    for event in events:
        edge = getattr(getattr(event, "edge", None), "name", "")
        symbol, is_true = read_literal(event.expr) if edge in _EDGES else (None, True)
        if symbol is not None:
            yield symbol, edge if is_true or edge == "BothEdges" else _opposite(edge)
