"""Reads the elaborated design into a model: members of modules, connections, processes."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from pytest_rtlgen.verilog.hazards.model import Event, Flow, Kind, Model, Process, Signal, Value
from pytest_rtlgen.verilog.hazards.statements import Statements
from pytest_rtlgen.verilog.syntax import Node, find_initial_value, read_literal

if TYPE_CHECKING:
    from pyslang import ast

_IMPLICIT = {"AlwaysComb", "AlwaysLatch"}
_DECLARED = {"NetSymbol", "VariableSymbol"}


def read_design(model: Model, top: "ast.InstanceSymbol") -> None:
    """Add everything below the top instance to ``model``."""
    for port in top.body.portList:
        direction = getattr(getattr(port, "direction", None), "name", "")
        for symbol in _list_inside(port):
            signal = model.find(symbol)
            if signal is not None:
                signal.is_input = signal.is_input or direction in {"In", "InOut"}
                signal.is_output = signal.is_output or direction in {"Out", "InOut"}
    _join_redeclared(model, top.body)
    _Members(model).read(top.body)


def _join_redeclared(model: Model, body: "ast.InstanceBodySymbol") -> None:
    """Make one signal of a port and of what declares it anew (``output y; reg y;`` in a header), as simulators do."""
    inside = {str(symbol.name): symbol for port in body.portList for symbol in _list_inside(port)}
    for member in body:
        first = inside.get(str(member.name)) if type(member).__name__ in _DECLARED else None
        if first is not None and first != member:
            model.is_same(member, first)


def _list_inside(port: Node) -> "Iterator[ast.Symbol]":
    """Yield the symbols inside the module that a port stands for."""
    if type(port).__name__ == "MultiPortSymbol":
        for part in port.ports:
            yield from _list_inside(part)
    elif getattr(port, "internalSymbol", None) is not None:
        yield port.internalSymbol


class _Members:
    def __init__(self, model: Model) -> None:
        self._model = model

    def read(self, scope: Node) -> None:
        """Add the members of a module's body or of a generate block."""
        for member in scope:
            self._model.count()
            reader = self._MEMBERS.get(type(member).__name__)
            if reader is not None:
                reader(self, member)

    def _line(self, symbol: "ast.Symbol") -> int:
        return int(self._model.find_line(symbol.location))

    def _note(self, symbol: "ast.Symbol") -> None:
        self._model.note_unclear(symbol.syntax)

    def _process(self, kind: Kind, symbol: "ast.Symbol") -> Statements:
        process = Process(kind, self._line(symbol))
        self._model.processes.append(process)
        return Statements(self._model, process, symbol)

    def _net(self, symbol: "ast.NetSymbol") -> None:
        signal = self._model.find(symbol)
        if symbol.initializer is not None and signal is not None:
            reader = self._process(Kind.ASSIGN, symbol)
            _connect(reader, signal, signal.mask, symbol.initializer)

    def _variable(self, symbol: "ast.VariableSymbol") -> None:
        signal = self._model.find(symbol)
        value = find_initial_value(symbol)
        if signal is not None and value is not None:
            signal.initial = 0
            reader = self._process(Kind.INITIAL, symbol)
            reader.process.is_declaration = True
            _connect(reader, signal, signal.mask, value)

    def _assign(self, symbol: "ast.ContinuousAssignSymbol") -> None:
        reader = self._process(Kind.ASSIGN, symbol)
        node: Node = symbol.assignment
        if type(node).__name__ != "AssignmentExpression":
            self._note(symbol)
            return
        signal, mask, is_static = reader.find_path(node.left)
        if signal is not None and is_static:
            _connect(reader, signal, mask, node.right)
        else:
            reader.value(node)
            _finish(reader)

    def _instance(self, instance: "ast.InstanceSymbol") -> None:
        for connection in instance.portConnections:
            port = connection.port
            if not hasattr(port, "direction"):
                self._note(instance)
            elif connection.expression is not None:
                self._connect_port(instance, port, connection.expression)
        _join_redeclared(self._model, instance.body)
        self.read(instance.body)

    def _connect_port(self, instance: "ast.InstanceSymbol", port: Node, outer: Node) -> None:
        direction = port.direction.name
        inside = [(symbol, self._model.find(symbol)) for symbol in _list_inside(port)]
        if direction == "InOut":
            self._join(instance, port, outer, inside)
            return
        if len(inside) != 1 or inside[0][1] is None:
            self._connect_parts(instance, direction, outer, [signal for _, signal in inside if signal is not None])
            return
        signal = inside[0][1]
        reader = self._process(Kind.ASSIGN, instance)
        inner = getattr(port, "internalExpr", None)
        mask, is_static = signal.mask, True
        if inner is not None:
            _, mask, is_static = reader.find_path(inner)
        if direction == "In" and is_static:
            _connect(reader, signal, mask, outer)
        elif type(outer).__name__ == "AssignmentExpression":
            self._drive(reader, outer.left, signal, mask)
        else:
            self._connect_parts(instance, direction, outer, [signal])

    def _drive(self, reader: Statements, outer: Node, signal: Signal, mask: int) -> None:
        """Connect an output port: ``outer`` is outside, ``signal`` inside."""
        value = reader.read(signal, mask)
        while type(outer).__name__ == "ConversionExpression":
            outer = outer.operand
        target, target_mask, is_static = reader.find_path(outer)
        if target is not None and is_static and target_mask.bit_count() == mask.bit_count():
            reader.set_bits(target, target_mask, value, is_blocking=True, is_sure=True)
            flow = Flow(target.number, target_mask, value, (signal.number, mask, False))
            _finish(reader, flow)
        else:
            reader.assign(outer, value, is_blocking=True)
            _finish(reader)

    def _connect_parts(
        self, instance: "ast.InstanceSymbol", direction: str, outer: "ast.Expression", inside: list[Signal]
    ) -> None:
        """Connect a port that is several signals, or of an unusual form: everything with everything."""
        reader = self._process(Kind.ASSIGN, instance)
        if direction == "In":
            value = reader.value(outer)
            for signal in inside:
                reader.set_bits(signal, signal.mask, value, is_blocking=True, is_sure=True)
        else:
            reads = 0
            for signal in inside:
                reads |= reader.read(signal, signal.mask).reads
            reader.assign(getattr(outer, "left", outer), Value(reads), is_blocking=True)
        _finish(reader)

    def _join(
        self,
        instance: "ast.InstanceSymbol",
        port: "ast.Symbol",
        outer: Node,
        inside: "list[tuple[ast.Symbol, Signal | None]]",
    ) -> None:
        """Make what an inout port connects one net; parts of nets are not followed."""
        outer = getattr(outer, "left", outer)
        while type(outer).__name__ == "ConversionExpression":
            outer = outer.operand
        symbol = getattr(outer, "symbol", None)
        found = self._model.find(symbol) if symbol is not None else None
        if len(inside) == 1 and found is not None and inside[0][1] is not None and found.mask == inside[0][1].mask:
            self._model.is_same(inside[0][0], symbol)
            return
        del port
        self._note(instance)

    def _gate(self, symbol: "ast.PrimitiveInstanceSymbol") -> None:
        reader = self._process(Kind.ASSIGN, symbol)
        outputs = []
        values = []
        for item in symbol.portConnections:
            if type(item).__name__ == "AssignmentExpression":
                outputs.append(item.left)
            else:
                values.append(reader.value(item))
        reads = 0
        rules = frozenset[int]()
        for value in values:
            reads |= value.reads
            rules |= value.unset
        for item in outputs:
            reader.assign(item, Value(reads, rules if values else frozenset({0})), is_blocking=True)
        _finish(reader)

    def _unknown(self, symbol: "ast.UninstantiatedDefSymbol | ast.CheckerInstanceSymbol | ast.NetAliasSymbol") -> None:
        self._note(symbol)

    def _block(self, symbol: "ast.GenerateBlockSymbol") -> None:
        if not symbol.isUninstantiated:
            self.read(symbol)

    def _procedure(self, symbol: "ast.ProceduralBlockSymbol") -> None:
        name = symbol.procedureKind.name
        body: Node = symbol.body
        if name in {"Initial", "Final"}:
            reader = self._process(Kind.INITIAL, symbol)
            reader.run_process(body)
            return
        reader = self._process(Kind.LEVEL, symbol)
        process = reader.process
        if name in _IMPLICIT:
            process.is_implicit = process.is_complete = True
        elif type(body).__name__ != "TimedStatement":
            process.is_odd = True
        else:
            self._read_list(reader, body)
            body = body.stmt
        reader.run_process(body)

    def _read_list(self, reader: Statements, body: Node) -> None:
        process = reader.process
        control = body.timing
        kind = type(control).__name__
        if kind == "ImplicitEventControl":
            process.is_implicit = True
            return
        controls = list(control.events) if kind == "EventListControl" else [control]
        for item in controls:
            if type(item).__name__ != "SignalEventControl" or item.iffCondition is not None:
                process.is_odd = True
                return
            process.events += _read_events(reader, item)
        if any(event.edge for event in process.events):
            process.kind = Kind.EDGE
            if any(not event.edge or event.signal < 0 for event in process.events):
                process.is_odd = True
            else:
                _find_clock(reader, controls, body.stmt)

    _MEMBERS: ClassVar[dict[str, Callable[["_Members", Node], None]]] = {
        "NetSymbol": _net,
        "VariableSymbol": _variable,
        "ContinuousAssignSymbol": _assign,
        "ProceduralBlockSymbol": _procedure,
        "InstanceSymbol": _instance,
        "InstanceArraySymbol": read,
        "PrimitiveInstanceSymbol": _gate,
        "UninstantiatedDefSymbol": _unknown,
        "CheckerInstanceSymbol": _unknown,
        "NetAliasSymbol": _unknown,
        "GenerateBlockSymbol": _block,
        "GenerateBlockArraySymbol": read,
    }


def _read_events(reader: Statements, item: Node) -> Iterator[Event]:
    edge = "" if item.edge.name in {"None_", "None"} else str(item.edge.name)
    pending = [item.expr]
    while pending:
        node = pending.pop()
        while type(node).__name__ == "ConversionExpression":
            node = node.operand
        if type(node).__name__ == "ConcatenationExpression" and not edge:
            pending += node.operands
            continue
        signal, mask, is_static = reader.find_path(node)
        if signal is None or not is_static:
            yield Event(edge, -1, 0)
        else:
            yield Event(edge, signal.number, mask & -mask if edge else mask)


def _find_clock(reader: Statements, controls: list[Node], body: Node) -> None:
    """Tell the clock from the asynchronous resets: those are what the body tests first, each with its edge's level."""
    process = reader.process
    left = list(zip(process.events, controls, strict=True))
    while len(left) > 1:
        body = _find_only(body)
        if type(body).__name__ != "ConditionalStatement" or body.ifFalse is None or len(body.conditions) != 1:
            process.is_odd = True
            return
        symbol, is_true = read_literal(body.conditions[0].expr)
        signal = reader.model.find(symbol) if symbol is not None else None
        edge = "PosEdge" if is_true else "NegEdge"
        found = [
            pair
            for pair in left
            if signal is not None and pair[0] == Event(edge, signal.number, 1) and signal.width == 1
        ]
        if len(found) != 1:
            process.is_odd = True
            return
        left.remove(found[0])
        process.resets.append(found[0][0])
        reader.async_branches.append(body)
        body = body.ifFalse
    process.clock = left[0][0]
    if process.clock.edge == "BothEdges":
        process.is_odd = True


def _find_only(body: Node) -> Node:
    """Return the one statement that a block holds, through blocks in blocks."""
    while True:
        kind = type(body).__name__
        if kind == "BlockStatement":
            body = body.body
        elif kind == "StatementList":
            items = [
                item for item in body.list if type(item).__name__ not in {"VariableDeclStatement", "EmptyStatement"}
            ]
            if len(items) != 1:
                return body
            body = items[0]
        else:
            return body


def _connect(reader: Statements, signal: Signal, mask: int, node: "ast.Expression") -> None:
    """Drive bits of a signal with an expression."""
    value = reader.value(node)
    reader.set_bits(signal, mask, value, is_blocking=True, is_sure=True)
    _finish(reader, Flow(signal.number, mask, value, _find_copied(reader, node, mask.bit_count())))


def _find_copied(reader: Statements, node: Node, width: int) -> tuple[int, int, bool] | None:
    """Return what a plain copy, or an inverted one, copies."""
    is_inverted = False
    while True:
        kind = type(node).__name__
        if kind == "ConversionExpression":
            node = node.operand
        elif kind == "UnaryExpression" and (
            node.op.name == "BitwiseNot" or (node.op.name == "LogicalNot" and int(node.operand.type.bitWidth) == 1)
        ):
            node, is_inverted = node.operand, not is_inverted
        elif kind in {"NamedValueExpression", "ElementSelectExpression", "RangeSelectExpression"}:
            signal, mask, is_static = reader.find_path(node)
            is_same = signal is not None and is_static and mask.bit_count() == width
            return (signal.number, mask, is_inverted) if signal is not None and is_same else None
        else:
            return None


def _finish(reader: Statements, flow: Flow | None = None) -> None:
    process, state = reader.process, reader.state
    if flow is not None:
        process.flows.append(flow)
        return
    process.flows += [Flow(*found) for found in state.list_all()]
