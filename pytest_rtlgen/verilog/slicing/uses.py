"""What an expression or a simple statement sets, reads and calls."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from pytest_rtlgen.verilog.syntax import Node

if TYPE_CHECKING:
    from pyslang import ast

_NAMES = {"NamedValueExpression", "HierarchicalValueExpression", "ArbitrarySymbolExpression"}
_SELECTS = {"ElementSelectExpression", "RangeSelectExpression", "MemberAccessExpression"}
_EMPTY = {"NoneType", "IntegerLiteral", "UnbasedUnsizedIntegerLiteral", "StringLiteral", "EmptyArgumentExpression"}
_WRAPPERS = {"BinaryExpression", "ConversionExpression"}
_QUIET = {"$display", "$write", "$monitor", "$strobe", "$signed", "$unsigned", "$clog2", "$bits", "$time"}
"""System tasks that set none of their arguments; of those not listed nothing is assumed."""


class Uses:
    """What nodes of pyslang's tree set and read; ``see`` adds one and all below it."""

    __slots__ = ("calls", "is_bad", "reads", "targets")

    def __init__(self, *nodes: Node) -> None:
        self.targets: list[ast.Symbol] = []
        self.reads: list[ast.Symbol] = []
        self.calls: list[Node] = []
        """Functions and tasks that the design defines."""
        self.is_bad = False
        """Something in it is not understood: names must be read from the text."""
        for node in nodes:
            if node is not None:
                if node.bad:
                    self.is_bad = True
                self.see(node)

    def see(self, node: Node) -> None:
        """Add ``node``."""
        kind = type(node).__name__
        while kind in _WRAPPERS:  # short cuts: pyslang calls back for each node that it visits
            if kind == "BinaryExpression":
                self.see(node.right)
                node = node.left
            else:
                node = node.operand
            kind = type(node).__name__
        if kind in _NAMES:
            self.reads.append(node.symbol)
        elif kind == "AssignmentExpression":
            self._see_assignment(node)
        elif kind not in _EMPTY:
            node.visit(self._look)

    def see_target(self, node: Node) -> None:
        """Add ``node`` as the target of an assignment: its indices are read, the rest is set."""
        kind = type(node).__name__
        if kind in _NAMES:
            self.targets.append(node.symbol)
        elif kind in _SELECTS:
            self.see_target(node.value)
            for index in _list_indices(node, kind):
                self.see(index)
        elif kind == "ConversionExpression":
            self.see_target(node.operand)
        elif kind == "ConcatenationExpression":
            for part in node.operands:
                self.see_target(part)
        else:
            before = len(self.reads)
            self.see(node)
            self.targets += self.reads[before:]

    def _look(self, node: Node) -> Node:
        kind = type(node).__name__
        if kind in _NAMES:
            self.reads.append(node.symbol)
        elif kind == "UnaryExpression":
            if node.op in _load_steps():
                self.see_target(node.operand)
        elif kind == "CallExpression":
            self._look_at_call(node)
        elif kind == "AssignmentExpression":
            self._see_assignment(node)
            return _load_skip()
        return None

    def _see_assignment(self, node: "ast.AssignmentExpression") -> None:
        self.see_target(node.left)
        self.see(node.right)
        if node.timingControl is not None:
            self.see(node.timingControl)

    def _look_at_call(self, node: "ast.CallExpression") -> None:
        if not node.isSystemCall:
            self.calls.append(node.subroutine)
        elif str(node.subroutineName) not in _QUIET:
            for argument in node.arguments:
                if type(argument).__name__ in _NAMES | _SELECTS:
                    self.see_target(argument)


def resolve(symbol: Node) -> Node:
    """Return the symbol that a name stands for: what is seen through a modport is the interface's own."""
    if type(symbol).__name__ != "ModportPortSymbol":
        return symbol
    for _ in range(8):
        inner = symbol.internalSymbol if type(symbol).__name__ == "ModportPortSymbol" else None
        if inner is None:
            return symbol
        symbol = inner
    return symbol


def _list_indices(node: Node, kind: str) -> Iterator[Node]:
    if kind == "ElementSelectExpression":
        yield node.selector
    elif kind == "RangeSelectExpression":
        yield node.left
        yield node.right


@cache
def load_directions() -> "tuple[ast.ArgumentDirection, ast.ArgumentDirection]":
    """Return what pyslang calls the direction of an input, and of an output; their names take long to look up."""
    from pyslang.ast import ArgumentDirection

    return ArgumentDirection.In, ArgumentDirection.Out


@cache
def _load_steps() -> "tuple[ast.UnaryOperator, ...]":
    """Return the operators that set what they stand at."""
    from pyslang.ast import UnaryOperator

    names = ("Preincrement", "Predecrement", "Postincrement", "Postdecrement")
    return tuple(getattr(UnaryOperator, name) for name in names)


@cache
def _load_skip() -> "ast.VisitAction":
    """Return what tells pyslang not to go on below a node."""
    from pyslang.ast import VisitAction

    return VisitAction.Skip
