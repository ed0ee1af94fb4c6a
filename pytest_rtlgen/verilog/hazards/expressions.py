"""What an expression reads: values, and the decisions inside it."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from pytest_rtlgen.verilog.hazards.model import (
    ALWAYS,
    NEVER,
    Decision,
    Model,
    Process,
    Signal,
    Value,
    join_all,
    join_any,
)
from pytest_rtlgen.verilog.hazards.state import State
from pytest_rtlgen.verilog.syntax import Node

if TYPE_CHECKING:
    from pyslang import ConstantValue, ast

_STRICT = {"Add", "Subtract", "Multiply", "Divide", "Mod", "BinaryXor", "BinaryXnor", "Equality", "Inequality"}
_STRICT |= {"GreaterThan", "GreaterThanEqual", "LessThan", "LessThanEqual", "Power", "LogicalEquivalence"}
_DECIDING = {"CaseEquality", "CaseInequality", "WildcardEquality", "WildcardInequality"}
_COUNTING = {"$countones", "$countbits", "$onehot", "$onehot0", "$isunknown"}
"""System functions that take X for a value."""
_SELECTS = {"ElementSelectExpression", "RangeSelectExpression", "MemberAccessExpression"}
_NAMES = {"NamedValueExpression", "HierarchicalValueExpression"}
_STEPS = {"Preincrement", "Predecrement", "Postincrement", "Postdecrement"}
_HARMLESS = re.compile(
    r"\$(?:(?:un)?signed|clog2|bits|countones|onehot0?|size|left|right|high|low|increment|dimensions|itor|rtoi|time"
    r"|unpacked_dimensions|f?(?:display|write|monitor|strobe)[bho]?|info|warning|error|fatal|finish|stop|dumpvars)\Z"
)
"""System functions and tasks that set none of their arguments; the others may."""
_CONSTANTS = {"IntegerLiteral", "UnbasedUnsizedIntegerLiteral"}
_QUIET = {"StringLiteral", "EmptyArgumentExpression", "RealLiteral", "TimeLiteral", "DataTypeExpression"}
_QUIET |= {"NullLiteral", "UnboundedLiteral", "TypeReferenceExpression"}
_DEEPEST_CALL = 24

_CONSTANT = Value()
_X = Value(0, ALWAYS)


class SignalPath(NamedTuple):
    """What an expression names."""

    signal: Signal | None
    """``None``: it names none."""
    mask: int
    """Its bits that are named."""
    is_static: bool
    """Whether ``mask`` is exactly what is named."""


class Expressions:
    """Reads expressions where the process ``process`` stands; ``Statements`` adds what runs them."""

    def __init__(self, model: Model, process: Process, scope: "ast.Symbol") -> None:
        from pyslang import ast

        self.model = model
        self.process = process
        self.context = ast.EvalContext(scope)
        self.context.pushEmptyFrame()
        self.state = State()
        self.place = scope.syntax
        """The text of the statement that is being read."""
        self.control = 0
        """Mask of the atoms that decide whether this place is reached."""
        self.calls: list[ast.SubroutineSymbol] = []
        """Functions and tasks around this place."""
        self.read_log: list[tuple[int, int]] = []
        """What was read from outside, in order."""
        self._operands: list[tuple[int, Value]] | None = None
        """What the decision around reads."""
        self._compound: list[Value] = []
        self._make_path = ast.ValuePath

    def value(self, node: Node) -> Value:
        """Return what the expression ``node`` depends on, and note what it reads and sets."""
        kind = type(node).__name__
        while kind == "ConversionExpression":
            node = node.operand
            kind = type(node).__name__
        if kind in _CONSTANTS:
            return _X if _is_unknown(node) else _CONSTANT
        reader = self._EXPRESSIONS.get(kind)
        if reader is not None:
            return reader(self, node)
        if kind not in _QUIET:
            self.note_unclear(node)
        return _CONSTANT

    def _line(self, node: "ast.Expression") -> int:
        return int(self.model.find_line(node.sourceRange.start))

    def note_unclear(self, node: "ast.Expression | ast.Statement") -> None:
        """Note that nothing is known of what ``node`` does; what slang finds wrong has no text of its own."""
        self.model.note_unclear(node.syntax if node.syntax is not None else self.place)

    def evaluate(self, node: "ast.Expression") -> "ConstantValue | None":
        """Return the constant that ``node`` is, with the counters of the loops around; ``None`` if it is none."""
        found = node.eval(self.context)
        return found or None

    def decide(self, nodes: "Iterable[ast.Expression]") -> Value:
        """Return the value of a decision that reads ``nodes``: it is known even where they are X."""
        outer, self._operands = self._operands, []
        nodes = list(nodes)
        reads = 0
        for node in nodes:
            reads |= self.value(node).reads
        operands, self._operands = self._operands, outer
        if operands:
            number = len(self.model.decisions)
            self.model.decisions.append(Decision(self._line(nodes[0]), tuple(dict.fromkeys(operands))))
            reads |= self.model.add_atom(-1, number)
            if outer is not None:
                outer += operands
        return Value(reads, NEVER)

    def read(self, signal: Signal, mask: int) -> Value:
        """Note that bits of a signal are read here; return their value."""
        state = self.state
        key = signal.number
        outside = mask & ~state.surely.get(key, 0)
        values = state.find_values(key, mask)
        if outside:
            values.append(self._read_outside(signal, outside))
        found = values[0] if len(values) == 1 else join_all(values)
        if self._operands is not None and not signal.is_local:
            self._operands.append((key, found))
        return found

    def _read_outside(self, signal: Signal, mask: int) -> Value:
        if not signal.is_kept:
            return _CONSTANT
        process = self.process
        key = signal.number
        process.reads[key] = process.reads.get(key, 0) | mask
        self.read_log.append((key, mask))
        if not signal.is_local:
            place = process.inner_reads if self.calls else process.outer_reads
            place[key] = place.get(key, 0) | mask
            if any(called.subroutineKind.name == "Task" for called in self.calls):
                process.task_reads[key] = process.task_reads.get(key, 0) | mask
        atom = self.model.add_atom(key, mask)
        return Value(atom, NEVER if signal.is_local else frozenset({atom}))

    def _name(self, node: "ast.NamedValueExpression | ast.HierarchicalValueExpression") -> Value:
        symbol = node.symbol
        if self.context.findLocal(symbol):
            return _CONSTANT
        signal = self.model.find(symbol)
        return _CONSTANT if signal is None else self.read(signal, signal.mask)

    def _select(
        self, node: "ast.ElementSelectExpression | ast.RangeSelectExpression | ast.MemberAccessExpression"
    ) -> Value:
        signal, mask, is_static = self.find_path(node)
        if is_static and signal is not None and not mask:
            return self.read(self.model.find_beyond(signal), 1)
        if is_static:
            return _CONSTANT if signal is None else self.read(signal, mask)
        root, indices = _split(node)
        values = [self.value(index) for index in indices]
        values.append(self.value(root) if signal is None else self.read(signal, mask))
        return join_any(values)

    def find_path(self, node: Node) -> SignalPath:
        """Return the signal that ``node`` names, and which of its bits."""
        if type(node).__name__ in _NAMES:
            signal = self.model.find(node.symbol)
            return SignalPath(signal, signal.mask if signal is not None else 0, True)
        path = self._make_path(node, self.context)
        symbol = path.rootSymbol
        if symbol is None or path.empty:
            return SignalPath(None, 0, False)
        signal = self.model.find(symbol)
        if signal is None or self.context.findLocal(symbol):
            return SignalPath(None, 0, path.isFullyStatic)
        if (not path.isFullyStatic or _may_be_clamped(path.lspBounds)) and _is_beyond(self, node):
            return SignalPath(signal, 0, True)
        return SignalPath(signal, signal.select(path.lspBounds), path.isFullyStatic and signal.is_fine)

    def _unary(self, node: "ast.UnaryExpression") -> Value:
        found = self.value(node.operand)
        if node.op.name in _STEPS:
            self.assign(node.operand, found, is_blocking=True)
        return found

    def _binary(self, node: "ast.BinaryExpression") -> Value:
        name = node.op.name
        if name in _DECIDING:
            return self.decide((node.left, node.right))
        nodes = [node.right]
        left: Node = node.left
        while type(left).__name__ == "BinaryExpression" and left.op == node.op:  # long chains are deep
            nodes.append(left.right)
            left = left.left
        values = [self.value(item) for item in (left, *reversed(nodes))]
        if name in _STRICT:
            return join_any(values)
        return join_any(values) if "Shift" in name else join_all(values)

    def _choice(self, node: "ast.ConditionalExpression") -> Value:
        conditions = [item.expr for item in node.conditions]
        known = self.evaluate(conditions[0]) if len(conditions) == 1 else None
        if known is not None and not _has_unknown(known):
            return self.value(node.left if known.isTrue() else node.right)
        decision = self.decide(conditions)
        found = join_all([self.value(node.left), self.value(node.right)])
        return Value(found.reads | decision.reads, found.unset)

    def _parts(self, node: "ast.ConcatenationExpression") -> Value:
        return join_all([self.value(item) for item in node.operands])

    def _repeat(self, node: "ast.ReplicationExpression") -> Value:
        return self.value(node.concat)

    def _stream(self, node: "ast.StreamingConcatenationExpression") -> Value:
        return join_all([self.value(item.operand) for item in node.streams])

    def _pattern(self, node: "ast.AssignmentPatternExpressionBase") -> Value:
        return join_all([self.value(item) for item in node.elements])

    def _inside(self, node: "ast.InsideExpression") -> Value:
        return self.decide((node.left, *node.rangeList))

    def _range(self, node: "ast.ValueRangeExpression") -> Value:
        return join_any([self.value(node.left), self.value(node.right)])

    def _selected(self, node: "ast.MinTypMaxExpression") -> Value:
        return self.value(node.selected)

    def _reference(self, _node: "ast.LValueReferenceExpression") -> Value:
        return self._compound[-1] if self._compound else _CONSTANT

    def _assignment(self, node: "ast.AssignmentExpression") -> Value:
        self.note_timing(node.timingControl)
        if node.isCompound:
            self._compound.append(self.value(node.left))
        found = self.value(node.right)
        if node.isCompound:
            self._compound.pop()
        self.assign(node.left, found, is_blocking=not node.isNonBlocking)
        return found

    def note_timing(self, control: "ast.TimingControl") -> None:
        """Note a timing control inside the process; delays are listed as such elsewhere."""
        if control is not None and not type(control).__name__.startswith("Delay"):
            self.process.is_odd = True

    def _call(self, node: "ast.CallExpression") -> Value:
        if not node.isSystemCall:
            return self._call_subroutine(node)
        if str(node.subroutineName) in _COUNTING:
            return self.decide(node.arguments)
        values = [self.value(item) for item in node.arguments]
        if not _HARMLESS.match(str(node.subroutineName)):
            for item in node.arguments:
                self._give(item, _CONSTANT)
        return join_any(values)

    def _give(self, node: Node, value: Value) -> None:
        """Assign ``value`` to an argument that something unknown may set."""
        while type(node).__name__ in {"ConversionExpression", "AssignmentExpression"}:
            node = node.operand if type(node).__name__ == "ConversionExpression" else node.left
        if type(node).__name__ in _NAMES | _SELECTS:
            self.assign(node, value, is_blocking=True)

    def _call_subroutine(self, node: Node) -> Value:
        called = node.subroutine
        formals = list(called.arguments)
        actuals = list(node.arguments)
        if len(self.calls) >= _DEEPEST_CALL or self.calls.count(called) > 1 or len(formals) != len(actuals):
            self.note_unclear(node)
            return join_all([self.value(item) for item in actuals])
        handed = [
            self.value(_argument(item)) if _is_handed(formal) else None for formal, item in _pair(formals, actuals)
        ]
        self.enter(called)
        for formal, value in zip(formals, handed, strict=True):
            if value is not None:
                self.set_symbol(formal, value)
        found = self.run_body(called)
        results = [self._read_symbol(formal) if _is_returned(formal) else None for formal in formals]
        self.calls.pop()
        for item, value in zip(actuals, results, strict=True):
            if value is not None:
                self._give(item, value)
        return found

    def _read_symbol(self, symbol: "ast.Symbol") -> Value:
        signal = self.model.find(symbol)
        return _CONSTANT if signal is None else self.read(signal, signal.mask)

    def set_symbol(self, symbol: "ast.Symbol", value: Value) -> None:
        """Assign to all of a variable."""
        signal = self.model.find(symbol)
        if signal is not None:
            self.set_bits(signal, signal.mask, value, is_blocking=True, is_sure=True)

    def enter(self, called: "ast.SubroutineSymbol") -> None:
        """Begin a call: what was left in the function's variables is of no use to it."""
        self.calls.append(called)
        for member in called:
            signal = self.model.find(member) if hasattr(member, "lifetime") else None
            if signal is not None:
                signal.is_local = True
                self.state.forget(signal.number)

    def run_body(self, called: "ast.SubroutineSymbol") -> Value:
        """Run the statements of a function or task; return the function's value."""
        raise NotImplementedError

    def read_result(self, called: "ast.SubroutineSymbol") -> Value:
        """Return the value of the variable that holds a function's result."""
        return _CONSTANT if called.returnValVar is None else self._read_symbol(called.returnValVar)

    def assign(self, node: Node, value: Value, *, is_blocking: bool) -> None:
        """Note that ``value`` is assigned to ``node``."""
        kind = type(node).__name__
        parts = _PARTS.get(kind)
        if parts is not None:
            for item in parts(node):
                self.assign(item, value, is_blocking=is_blocking)
        elif kind in _NAMES | _SELECTS:
            signal, mask, is_static = self.find_path(node)
            if not is_static:
                value = join_all([value, *(self.value(index) for index in _split(node)[1])])
            if signal is None:
                self.note_unclear(node)
            else:
                self.set_bits(signal, mask, value, is_blocking=is_blocking, is_sure=is_static)
        else:
            self.note_unclear(node)

    def set_bits(self, signal: Signal, mask: int, value: Value, *, is_blocking: bool, is_sure: bool) -> None:
        """Note that bits of a signal are set here: all of them, or, unless ``is_sure``, some."""
        key = signal.number
        value = Value(value.reads | self.control, value.unset)
        process = self.process
        process.controls[key] = process.controls.get(key, 0) | self.control
        self.model.count()
        driven = process.blocking if is_blocking else process.nonblocking
        driven[key] = driven.get(key, 0) | mask
        put = self.state.set if is_blocking else self.state.schedule
        process.is_mixed = put(key, mask, value, is_sure=is_sure) or process.is_mixed

    _EXPRESSIONS: ClassVar[dict[str, Callable[["Expressions", Node], Value]]] = {
        "NamedValueExpression": _name,
        "HierarchicalValueExpression": _name,
        "ElementSelectExpression": _select,
        "RangeSelectExpression": _select,
        "MemberAccessExpression": _select,
        "UnaryExpression": _unary,
        "BinaryExpression": _binary,
        "ConditionalExpression": _choice,
        "ConcatenationExpression": _parts,
        "ReplicationExpression": _repeat,
        "StreamingConcatenationExpression": _stream,
        "SimpleAssignmentPatternExpression": _pattern,
        "StructuredAssignmentPatternExpression": _pattern,
        "ReplicatedAssignmentPatternExpression": _pattern,
        "InsideExpression": _inside,
        "ValueRangeExpression": _range,
        "MinTypMaxExpression": _selected,
        "LValueReferenceExpression": _reference,
        "AssignmentExpression": _assignment,
        "CallExpression": _call,
    }


def _is_unknown(node: "ast.IntegerLiteral | ast.UnbasedUnsizedIntegerLiteral") -> bool:
    """Whether all bits of a literal are X or Z."""
    value = node.value
    return bool(value.hasUnknown) and not {*str(value).rpartition("'")[2].lstrip("sbdho")} - {*"xXzZ?_"}


def _read_integer(constant: "ConstantValue | None") -> int | None:
    if constant is None or _has_unknown(constant):
        return None
    value: Node = constant.convertToInt().value
    return int(value)


def _has_unknown(constant: "ConstantValue") -> bool:
    return bool(constant.hasUnknown())


def _split(node: Node) -> tuple[Node, list[Node]]:
    """Return what is selected from, and the indices."""
    indices = []
    while (kind := type(node).__name__) in _SELECTS:
        if kind == "ElementSelectExpression":
            indices.append(node.selector)
        elif kind == "RangeSelectExpression":
            indices += [node.left, node.right]
        node = node.value
    return node, indices


def _may_be_clamped(bounds: tuple[int, int]) -> bool:
    """Whether slang, which moves a range beyond the ends to the nearest bit, may have done so."""
    return bounds[0] == bounds[1]


def _is_beyond(reader: Expressions, node: Node) -> bool:
    """Whether a constant index or range of a selection lies wholly beyond the ends of what it selects from."""
    while (kind := type(node).__name__) in _SELECTS:
        bounds = None
        if kind == "ElementSelectExpression":
            bounds = _evaluate_bounds(reader, node.selector, node.selector, "Simple")
        elif kind == "RangeSelectExpression":
            bounds = _evaluate_bounds(reader, node.left, node.right, str(node.selectionKind.name))
        node = node.value
        if bounds is not None and node.type.hasFixedRange:
            known = node.type.fixedRange
            if bounds[1] < known.lower or bounds[0] > known.upper:
                return True
    return False


def _evaluate_bounds(
    reader: Expressions, left: "ast.Expression", right: "ast.Expression", kind: str
) -> tuple[int, int] | None:
    """Return the lowest and the highest index of a selection; ``None`` where they are no known constants."""
    first, second = (_read_integer(reader.evaluate(index)) for index in (left, right))
    if first is None or second is None:
        return None
    if kind == "IndexedUp":
        return first, first + second - 1
    if kind == "IndexedDown":
        return first - second + 1, first
    return min(first, second), max(first, second)


def _pair(
    formals: "list[ast.FormalArgumentSymbol]", actuals: "list[ast.Expression]"
) -> "Iterable[tuple[ast.FormalArgumentSymbol, ast.Expression]]":
    return zip(formals, actuals, strict=True)


def _is_handed(formal: "ast.FormalArgumentSymbol") -> bool:
    return formal.direction in _load_directions()[0]


def _is_returned(formal: "ast.FormalArgumentSymbol") -> bool:
    return formal.direction in _load_directions()[1]


def _argument(node: Node) -> Node:
    return node.left if type(node).__name__ == "AssignmentExpression" else node


@cache
def _load_directions() -> "tuple[frozenset[ast.ArgumentDirection], frozenset[ast.ArgumentDirection]]":
    from pyslang.ast import ArgumentDirection as Direction

    return frozenset({Direction.In, Direction.InOut, Direction.Ref}), frozenset(
        {Direction.Out, Direction.InOut, Direction.Ref}
    )


_PARTS: dict[str, Callable[[Node], list[Node]]] = {
    "ConversionExpression": lambda node: [node.operand],
    "ConcatenationExpression": lambda node: list(node.operands),
    "StreamingConcatenationExpression": lambda node: [item.operand for item in node.streams],
    "SimpleAssignmentPatternExpression": lambda node: [getattr(item, "left", item) for item in node.elements],
}
"""What makes up the target of an assignment that is more than one name."""
