"""What the statements of a process do, path by path; loops with constant bounds are unrolled."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, ClassVar

from pytest_rtlgen.verilog.hazards.expressions import Expressions
from pytest_rtlgen.verilog.hazards.model import Flow, Value
from pytest_rtlgen.verilog.hazards.state import State
from pytest_rtlgen.verilog.syntax import Node

if TYPE_CHECKING:
    from pyslang import ConstantValue, ast

_MOST_ROUNDS = 4096
_MOST_LISTED_BITS = 12
_WHOLE_CASE = "Normal"
_LAST = "break"
_NEXT = "continue"


class Statements(Expressions):
    """Reads the statements of one process."""

    def __init__(self, *arguments: Node) -> None:
        super().__init__(*arguments)
        self._exits: list[tuple[Node, list[State]]] = []
        """What may be left at once, and the states in which it is: blocks, calls, ``_LAST``, ``_NEXT``."""
        self._left: int = 0
        """Mask of the atoms that decided that something was left."""
        self.async_branches: list[ast.Statement] = []
        """The statements of asynchronous resets."""

    def run_process(self, body: "ast.Statement") -> None:
        """Read the whole process."""
        self.run(body)
        process, state = self.process, self.state
        process.flows += [Flow(*found) for found in state.list_all()]
        for key, mask in process.list_driven():
            kept = mask & ~(state.surely.get(key, 0) | state.scheduled_surely.get(key, 0))
            if kept:
                process.held[key] = kept

    def run(self, node: Node) -> None:
        """Read one statement."""
        if not self.state.is_alive:
            return
        self.model.count()
        kind = type(node).__name__
        reader = self._STATEMENTS.get(kind)
        if node.syntax is not None:
            self.place = node.syntax
        if reader is not None:
            reader(self, node)
        elif kind not in _EMPTY:
            self.note_unclear(node)

    def run_body(self, called: "ast.SubroutineSymbol") -> Value:
        """Run the statements of a function or task; return the function's value."""
        left = self._left
        with_exits: list[State] = []
        self._exits.append((called, with_exits))
        self.run(called.body)
        self._exits.pop()
        self._gather(with_exits)
        self._left = left
        return self.read_result(called)

    def _gather(self, states: Sequence[State]) -> None:
        for state in states:
            self.state = self.state.merge(state)

    def _leave(self, target: Node) -> None:
        for owner, states in reversed(self._exits):
            if owner is target:
                states.append(self.state)
                break
        self.state = State()
        self.state.is_alive = False
        self._left |= self.control

    def _block(self, node: "ast.BlockStatement") -> None:
        symbol = node.blockSymbol
        if symbol is None:
            self.run(node.body)
            return
        for member in symbol:
            signal = self.model.find(member) if hasattr(member, "lifetime") else None
            if signal is not None:
                signal.is_local = signal.is_local or bool(self.calls)
                if not signal.is_kept:
                    self.state.forget(signal.number)
        states: list[State] = []
        self._exits.append((symbol, states))
        self.run(node.body)
        self._exits.pop()
        self._gather(states)

    def _list(self, node: "ast.StatementList") -> None:
        outer = self.control
        for item in node.list:
            self.control = outer | self._left
            self.run(item)
        self.control = outer

    def _expression(self, node: "ast.ExpressionStatement") -> None:
        self.value(node.expr)

    def _declaration(self, node: "ast.VariableDeclStatement") -> None:
        symbol = node.symbol
        if symbol.initializer is not None:
            signal = self.model.find(symbol)
            if signal is not None and not signal.is_kept:
                self.set_symbol(symbol, self.value(symbol.initializer))

    def _conditional(self, node: "ast.ConditionalStatement") -> None:
        conditions = [item.expr for item in node.conditions]
        known = self.evaluate(conditions[0]) if len(conditions) == 1 else None
        if known is not None and not known.hasUnknown():
            chosen = node.ifTrue if known.isTrue() else node.ifFalse
            if chosen is not None:
                self.run(chosen)
            return
        decision = self.decide(conditions)
        reset = node.ifTrue if any(node == item for item in self.async_branches) else None
        seen = len(self.read_log)
        outer = self.control
        self.control = outer | decision.reads
        before = self.state.copy()
        self.run(node.ifTrue)
        if reset is not None:
            self.process.reset_reads.update(dict(self.read_log[seen:]))
        taken, self.state = self.state, before
        if node.ifFalse is not None:
            self.run(node.ifFalse)
        self.control = outer
        self.state = taken.merge(self.state)

    def _case(self, node: "ast.CaseStatement") -> None:
        labels = [label for item in node.items for label in item.expressions]
        decision = self.decide((node.expr, *labels))
        outer = self.control
        self.control = outer | decision.reads
        before = self.state
        merged: State | None = None
        branches = [item.stmt for item in node.items]
        if node.defaultCase is not None:
            branches.append(node.defaultCase)
        for branch in branches:
            self.state = before.copy()
            self.run(branch)
            merged = self.state if merged is None else merged.merge(self.state)
        self.control = outer
        if node.defaultCase is None and not self._is_full(node, labels):
            merged = before if merged is None else merged.merge(before)
        self.state = before if merged is None else merged

    def _is_full(self, node: Node, labels: "Sequence[ast.Expression]") -> bool:
        """Whether the labels name every value of the selector."""
        selector = node.expr
        while type(selector).__name__ == "ConversionExpression" and not selector.operand.type.isSigned:
            selector = selector.operand
        width = int(selector.type.bitWidth)
        if not 0 < width <= _MOST_LISTED_BITS or node.condition.name == "Inside":
            return False
        found: set[int] = set()
        for label in labels:
            constant = self.evaluate(label)
            if constant is None:
                return False
            found.update(_list_matches(constant, width, is_wild=node.condition.name != _WHOLE_CASE))
        return len(found) >= 1 << width

    def _for(self, node: "ast.ForLoopStatement") -> None:
        counters: list[tuple[Node, Node]] = [(symbol, symbol.initializer) for symbol in node.loopVars]
        counters += [
            (item.left.symbol, item.right)
            for item in node.initializers
            if type(item).__name__ == "AssignmentExpression" and hasattr(item.left, "symbol")
        ]
        steps = list(node.steps)
        if counters and node.stopExpr is not None and self._unroll_for(node, counters, steps):
            return
        for item in node.initializers:
            self.value(item)
        for symbol in node.loopVars:
            self.set_symbol(symbol, self.value(symbol.initializer))
        self._repeat_unknown([] if node.stopExpr is None else [node.stopExpr], node.body, steps)

    def _unroll_for(self, node: Node, counters: Sequence[tuple[Node, Node]], steps: "Sequence[ast.Expression]") -> bool:
        """Run a loop round by round; false, with nothing done but reading, where its bounds are no constants."""
        values = [(symbol, None if start is None else self.evaluate(start)) for symbol, start in counters]
        if any(value is None or self.context.findLocal(symbol) for symbol, value in values):
            return False
        if _sets_any(node.body, {symbol for symbol, _ in counters}):
            return False
        for symbol, value in values:
            self.context.createLocal(symbol, value)
        try:
            first = self.evaluate(node.stopExpr)
            if first is None or first.hasUnknown():
                return False
            is_done = self._run_rounds(node.body, self._count_for(node.stopExpr, steps))
        finally:
            for symbol, _ in values:
                self.context.deleteLocal(symbol)
        for symbol, _ in values:
            self.set_symbol(symbol, Value())
        return is_done

    def _count_for(self, stop: "ast.Expression", steps: "Sequence[ast.Expression]") -> Iterator[None]:
        while True:
            known = self.evaluate(stop)
            if known is None or not known.isTrue():
                return
            yield
            for step in steps:
                step.eval(self.context)

    def _run_rounds(self, body: "ast.Statement", rounds: Iterator[None]) -> bool:
        breaks: list[State] = []
        self._exits.append((_LAST, breaks))
        left = self._left
        outer = self.control
        for number, _ in enumerate(rounds):
            if number >= _MOST_ROUNDS:
                self.note_unclear(body)
                break
            self._run_round(body)
            self.control = outer | self._left
            if not self.state.is_alive:
                break
        self.control = outer
        self._left = left if not _is_left_outside(self._exits) else self._left
        self._exits.pop()
        self._gather(breaks)
        return True

    def _run_round(self, body: "ast.Statement") -> None:
        nexts: list[State] = []
        self._exits.append((_NEXT, nexts))
        self.run(body)
        self._exits.pop()
        self._gather(nexts)

    def _repeat_unknown(
        self, conditions: "Sequence[ast.Expression]", body: "ast.Statement", steps: "Sequence[ast.Expression]" = ()
    ) -> None:
        """Run a loop of unknown length: whatever two rounds can do."""
        outer = self.control
        breaks: list[State] = []
        self._exits.append((_LAST, breaks))
        for _ in range(2):
            self.control |= self.decide(conditions).reads
            before = self.state.copy()
            self._run_round(body)
            for step in steps:
                self.value(step)
            self.state = self.state.merge(before)
        self._exits.pop()
        self._gather(breaks)
        self.control = outer

    def _foreach(self, node: "ast.ForeachLoopStatement") -> None:
        dims = [(item.loopVar, item.range) for item in node.loopDims if item.loopVar is not None]
        if any(size is None for _, size in dims):
            self._repeat_unknown([], node.body)
            return
        spans = [range(min(size.left, size.right), max(size.left, size.right) + 1) for _, size in dims]
        self._run_rounds(node.body, self._count_foreach([symbol for symbol, _ in dims], spans))

    def _count_foreach(self, symbols: "Sequence[ast.ValueSymbol]", spans: Sequence[range]) -> Iterator[None]:
        import pyslang

        for values in product(*spans):
            for symbol, value in zip(symbols, values, strict=True):
                self.context.createLocal(symbol, pyslang.ConstantValue(pyslang.SVInt(32, value & 0xFFFFFFFF, True)))
            yield
            for symbol in symbols:
                self.context.deleteLocal(symbol)

    def _repeat_loop(self, node: "ast.RepeatLoopStatement") -> None:
        known = self.evaluate(node.count)
        text = "" if known is None or known.hasUnknown() else str(known.convertToInt().value)
        if not text.removeprefix("-").isdigit():
            self._repeat_unknown([node.count], node.body)
            return
        self._run_rounds(node.body, iter([None] * max(0, min(int(text), _MOST_ROUNDS + 1))))

    def _while(self, node: "ast.WhileLoopStatement | ast.DoWhileLoopStatement") -> None:
        self._repeat_unknown([node.cond], node.body)

    def _forever(self, node: "ast.ForeverLoopStatement") -> None:
        self.note_unclear(node)
        self._repeat_unknown([], node.body)

    def _return(self, node: "ast.ReturnStatement") -> None:
        target = self.calls[-1] if self.calls else None
        if node.expr is not None and target is not None and target.returnValVar is not None:
            self.set_symbol(target.returnValVar, self.value(node.expr))
        self._leave(target)

    def _break(self, _node: "ast.BreakStatement") -> None:
        self._leave(_LAST)

    def _continue(self, _node: "ast.ContinueStatement") -> None:
        self._leave(_NEXT)

    def _disable(self, node: "ast.DisableStatement") -> None:
        target = getattr(node.target, "symbol", None)
        if not any(owner is target for owner, _ in self._exits):
            self.note_unclear(node)
        self._leave(target)

    def _timed(self, node: "ast.TimedStatement") -> None:
        self.note_timing(node.timing)
        self.run(node.stmt)

    def _assertion(self, _node: "ast.ImmediateAssertionStatement | ast.ConcurrentAssertionStatement") -> None:
        """Pass over it: it changes nothing."""

    _STATEMENTS: ClassVar[dict[str, Callable[["Statements", Node], None]]] = {
        "BlockStatement": _block,
        "StatementList": _list,
        "ExpressionStatement": _expression,
        "VariableDeclStatement": _declaration,
        "ConditionalStatement": _conditional,
        "CaseStatement": _case,
        "ForLoopStatement": _for,
        "ForeachLoopStatement": _foreach,
        "RepeatLoopStatement": _repeat_loop,
        "WhileLoopStatement": _while,
        "DoWhileLoopStatement": _while,
        "ForeverLoopStatement": _forever,
        "ReturnStatement": _return,
        "BreakStatement": _break,
        "ContinueStatement": _continue,
        "DisableStatement": _disable,
        "TimedStatement": _timed,
        "ImmediateAssertionStatement": _assertion,
        "ConcurrentAssertionStatement": _assertion,
    }


def _is_left_outside(exits: Sequence[tuple[Node, list[State]]]) -> bool:
    """Whether anything but the innermost loop has been left."""
    return any(states for owner, states in exits[:-1] if owner is not _NEXT)


def _list_matches(constant: "ConstantValue", width: int, *, is_wild: bool) -> Iterator[int]:
    """Yield the values of ``width`` bits that a label matches."""
    import pyslang

    value = constant.value
    if not isinstance(value, pyslang.SVInt):
        return
    bits = [str(value[index]) for index in range(value.bitWidth)] + ["0"] * (width - value.bitWidth)
    if set(bits[width:]) - {"0"}:
        return
    choices: list[tuple[int, ...]] = []
    for bit in bits[:width]:
        digit = bit.lower()
        if digit in {"0", "1"}:
            choices.append((int(digit),))
        elif is_wild:
            choices.append((0, 1))
        else:
            return
    for chosen in product(*choices):
        yield sum(bit << index for index, bit in enumerate(chosen))


def _sets_any(body: "ast.Statement", symbols: set[Node]) -> bool:
    """Whether statements assign to one of ``symbols`` anywhere."""
    found = []

    def see(node: Node) -> None:
        kind = type(node).__name__
        if (kind == "AssignmentExpression" and getattr(node.left, "symbol", None) in symbols) or (
            kind == "UnaryExpression" and getattr(node.operand, "symbol", None) in symbols and "crement" in node.op.name
        ):
            found.append(node)

    body.visit(see)
    return bool(found)


_EMPTY = {"EmptyStatement", "WaitForkStatement", "DisableForkStatement"}
