"""What the mutants of a reference are made from: each module's signals, assignments and processes with their places."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.verilog.interface import find_instance, parse_reference
from pytest_rtlgen.verilog.syntax import ParsedText, walk

INPUT, OUTPUT, INNER = "input", "output", ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A packed net or variable, declared straight in a module."""

    name: str
    width: int
    low: int
    """The index of its bit 0."""
    is_net: bool
    direction: str
    """``input``, ``output`` or, of what is no port, empty."""

    @property
    def is_vector(self) -> bool:
        return self.width > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A continuous assignment: a statement, or the initial value of a net."""

    start: int
    end: int
    """Span of the whole statement or declaration, in bytes."""
    target: str
    """The name that it drives."""
    left: str
    """The text before the equals sign; of a declaration, the name alone."""
    right: str
    right_span: tuple[int, int]
    reads: tuple[str, ...]
    declaration: str = ""
    """Of a net's initial value: the declaration of the same name as a variable, without the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """An ``always`` block with its event control."""

    start: int
    end: int
    keyword_span: tuple[int, int]
    control_span: tuple[int, int] | None
    """``None``: ``always_comb`` has none."""
    events: tuple[str, ...]
    """The items of an explicit list, in order; none for ``@*``."""
    is_edge: bool
    body_span: tuple[int, int]
    reads: tuple[str, ...]
    """Signals that it reads, those it writes before left out."""
    writes: tuple[str, ...]
    assignments: tuple[tuple[str, int, int, str], ...]
    """Per assignment with a plain target: the target, the operator's span, the text of its right side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleFacts:
    """One module below the top."""

    name: str
    is_top: bool
    end: int
    """Offset of ``endmodule``."""
    signals: Mapping[str, Signal]
    clocks: tuple[str, ...] = ()
    """Names that edges are waited for on."""
    assignments: tuple[Assignment, ...] = ()
    processes: tuple[Process, ...] = ()
    instances: tuple[tuple[str, str], ...] = ()
    """Per statement with one instance: the text before the instance's name, and the text from there on."""

    def pick(self, *directions: str, is_net: bool | None = None) -> tuple[Signal, ...]:
        """Return the signals of these directions, of both kinds or one."""
        return tuple(
            signal
            for signal in self.signals.values()
            if signal.direction in directions and is_net in {None, signal.is_net}
        )


def read_facts(source: SourceFile, top: str) -> tuple[ModuleFacts, ...]:
    """Return the modules at and below ``top``, in source order."""
    parsed = parse_reference(source)
    code = source.text.encode()
    instance = find_instance(parsed, top)
    found: dict[str, ModuleFacts] = {}
    for node in walk(instance):
        if type(node).__name__ == "InstanceSymbol" and str(node.definition.name) not in found:
            name = str(node.definition.name)
            found[name] = _Reader(parsed, code, _read_signals(node)).read(name, is_top=name == top)
    return tuple(sorted(found.values(), key=lambda module: module.end))


def _read_signals(instance: Any) -> dict[str, Signal]:
    directions = {str(port.name): port.direction.name for port in instance.body.portList}
    found = {}
    for member in instance.body:
        kind = type(member).__name__
        if kind not in {"VariableSymbol", "NetSymbol"} or not member.type.isIntegral or "$" in str(member.type):
            continue
        declared = str(member.type)
        if declared in {"integer", "int", "time"} or (not member.type.isPackedArray and int(member.type.bitWidth) > 1):
            continue
        name, width = str(member.name), int(member.type.bitWidth)
        limits = member.type.fixedRange if width > 1 or member.type.isPackedArray else None
        low = min(limits.left, limits.right) if limits is not None else 0
        if not name.isidentifier():
            continue
        direction = {"In": INPUT, "Out": OUTPUT}.get(directions.get(name, ""), INNER)
        found[name] = Signal(name=name, width=width, low=low, is_net=kind == "NetSymbol", direction=direction)
    return found


class _Reader:
    """Reads one module's syntax."""

    def __init__(self, parsed: ParsedText, code: bytes, signals: Mapping[str, Signal]) -> None:
        self._parsed = parsed
        self._code = code
        self._signals = signals
        self._clocks: dict[str, None] = {}

    def read(self, name: str, *, is_top: bool) -> ModuleFacts:
        node = _find_module(self._parsed.tree.root, name)
        assignments: list[Assignment] = []
        processes: list[Process] = []
        instances: list[tuple[str, str]] = []
        for member in node.members:  # generate blocks are left alone: their names are others
            kind = member.kind.name
            if kind == "ContinuousAssign":
                assignments += self._read_assign(member)
            elif kind == "NetDeclaration":
                assignments += self._read_net(member)
            elif kind in {"AlwaysBlock", "AlwaysCombBlock", "AlwaysFFBlock"}:
                processes += self._read_process(member)
            elif kind == "HierarchyInstantiation" and len(_items(member.instances)) == 1:
                (start, end), middle = _span(member), _span(_items(member.instances)[0])[0]
                instances.append((self._code[start:middle].decode(), self._code[middle:end].decode()))
        return ModuleFacts(
            name=name,
            is_top=is_top,
            end=_span(node.endmodule)[0],
            signals=self._signals,
            clocks=tuple(self._clocks),
            assignments=tuple(assignments),
            processes=tuple(processes),
            instances=tuple(instances),
        )

    def _read_assign(self, node: Any) -> Iterator[Assignment]:
        listed = _items(node.assignments)
        if len(listed) != 1:
            return
        left, right = listed[0].left, listed[0].right
        target = next(iter(self._names(left)), None)
        if target is not None and left.kind.name != "ConcatenationExpression":
            yield Assignment(
                start=_span(node)[0],
                end=_span(node)[1],
                target=target,
                left=self._text(left),
                right=self._text(right),
                right_span=_span(right),
                reads=self._names(right),
            )

    def _read_net(self, node: Any) -> Iterator[Assignment]:
        listed = _items(node.declarators)
        if len(listed) != 1 or listed[0].initializer is None:
            return
        name, value = str(listed[0].name.valueText), listed[0].initializer.expr
        if name in self._signals:
            yield Assignment(
                start=_span(node)[0],
                end=_span(node)[1],
                target=name,
                left=name,
                right=self._text(value),
                right_span=_span(value),
                reads=self._names(value),
                declaration=f"reg {self._text(node.type)} {name};",
            )

    def _read_process(self, node: Any) -> Iterator[Process]:
        statement = node.statement
        control = None
        if statement.kind.name == "TimingControlStatement":
            control, statement = statement.timingControl, statement.statement
        elif node.kind.name != "AlwaysCombBlock":
            return
        events = () if control is None else tuple(_list_events(control))
        is_edge = any(str(event.edge.valueText) for event in events)
        for event in events:
            if str(event.edge.valueText):
                self._clocks.update(dict.fromkeys(self._names(event.expr)))
        targets: list[tuple[str, int, int, str]] = []
        writes: dict[str, None] = {}
        for item in _nodes(statement):
            if item.kind.name in {"AssignmentExpression", "NonblockingAssignmentExpression"}:
                named = self._names(item.left)
                writes.update(dict.fromkeys(named[:1]))
                if item.left.kind.name == "IdentifierName" and named:
                    targets.append((named[0], *_span(item.operatorToken), self._text(item.right)))
        reads = tuple(name for name in self._names(statement) if is_edge or name not in writes)
        yield Process(
            start=_span(node)[0],
            end=_span(node)[1],
            keyword_span=_span(node.keyword),
            control_span=None if control is None else _span(control),
            events=tuple(self._text(event) for event in events),
            is_edge=is_edge,
            body_span=_span(statement),
            reads=reads,
            writes=tuple(writes),
            assignments=tuple(targets),
        )

    def _names(self, node: Any) -> tuple[str, ...]:
        """Return the signals named below ``node``, in order."""
        found: dict[str, None] = {}
        for item in _nodes(node):
            if item.kind.name in {"IdentifierName", "IdentifierSelectName"}:
                name = str(item.identifier.valueText)
                if name in self._signals:
                    found[name] = None
        return tuple(found)

    def _text(self, node: Any) -> str:
        start, end = _span(node)
        return self._code[start:end].decode()


def _find_module(root: Any, name: str) -> Any:
    members = root.members if root.kind.name == "CompilationUnit" else [root]
    return next(
        member
        for member in members
        if member.kind.name == "ModuleDeclaration" and str(member.header.name.valueText) == name
    )


def _list_events(node: Any) -> Iterator[Any]:
    for item in _nodes(node):
        if item.kind.name == "SignalEventExpression":
            yield item


def _nodes(node: Any) -> Iterator[Any]:
    """Yield the syntax nodes at and below ``node``, in source order."""
    if node is None or type(node).__name__ == "Token":
        return
    yield node
    for child in node:
        yield from _nodes(child)


def _items(listed: Any) -> list[Any]:
    """Return a separated list's nodes, without its commas."""
    return [item for item in listed if type(item).__name__ != "Token"]


def _span(item: Any) -> tuple[int, int]:
    area = item.range if type(item).__name__ == "Token" else item.sourceRange
    return int(area.start.offset), int(area.end.offset)
