"""Instances of modules that a text does not define: what their pins are, and whether two designs have the same ones."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import BlackBox, BoxOutputs, Direction, Interface, Port, SourceFile
from pytest_rtlgen.verilog.drivers import Bits, Drivers, find_drivers, list_bits, overlap
from pytest_rtlgen.verilog.enclosure import can_enclose, render_stubs
from pytest_rtlgen.verilog.interface import find_instance, list_modules, parse_reference
from pytest_rtlgen.verilog.syntax import Node, ParsedText, parse_text, walk_elaborated, walk_tokens

if TYPE_CHECKING:
    from pyslang import ConstantValue, ast, syntax

_REMEDY = "give the module's text, or state its outputs in a [[blackbox]] (see: rtlgen help suite-format)"


@dataclass(frozen=True, slots=True)
class _Pin:
    name: str
    expression: Node
    width: int


@dataclass(frozen=True, slots=True)
class _Use:
    """An instance of an undefined module."""

    module: str
    path: str
    line: int
    pins: tuple[_Pin, ...]
    empty: tuple[str, ...]
    """Pins that are named and connected to nothing."""
    parameters: tuple[str, ...]
    is_plain: bool
    """Whether each pin stands there for itself: no array of instances and no ``.*``."""


@dataclass(slots=True, kw_only=True)
class BoxMatch:
    """How a candidate's instances of undefined modules go with the reference's."""

    paths: dict[str, str] = field(default_factory=dict)
    """For each box's path in the reference, that in the candidate."""
    empty: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By module, further pins that the candidate names and leaves open."""
    differences: list[tuple[str, int | None]] = field(default_factory=list)
    """(what, line); empty: they are alike."""


def read_boxes(source: SourceFile, top: str, stated: Sequence[BoxOutputs] = ()) -> tuple[BlackBox, ...]:
    """Return the instances of undefined modules in a reference; ``stated`` tells the outputs of some of these modules.

    Raises:
        BadReferenceError: one is connected in a way that tells too little; the message starts with ``name:line``.
    """
    parsed = parse_reference(source)
    instance = find_instance(parsed, top)
    uses = [] if instance is None else list(_list_uses(parsed, instance, str(instance.hierarchicalPath)))
    _require_used(source, uses, stated)
    if instance is None or not uses:
        return ()
    for use in uses:
        if not use.is_plain or not can_enclose(use.path):
            what = f"unknown module {use.module!r} in an array, with .* or with an escaped name"
            raise BadReferenceError(f"{source.name}:{use.line}: {what}; connect each pin of each instance by its name")
    for name, line in _list_reaching(parsed, uses):
        raise BadReferenceError(f"{source.name}:{line}: {name} reaches into an unknown module; {_REMEDY}")
    directions = _Directions(
        source, uses, find_drivers(instance), instance, {item.module: item.outputs for item in stated}
    ).decide()
    boxes = [
        BlackBox(
            module=use.module,
            path=use.path,
            pins=tuple(
                Port(name=pin.name, direction=directions[use.module, pin.name], width=pin.width) for pin in use.pins
            ),
            open_pins=use.empty,
            parameters=tuple((name, "") for name in use.parameters),
        )
        for use in uses
    ]
    return _evaluate(source.text, str(instance.name), boxes)


def _require_used(source: SourceFile, uses: Sequence[_Use], stated: Sequence[BoxOutputs]) -> None:
    """Raise ``BadReferenceError`` where something is stated that no instance has."""
    for item in stated:
        pins = {name for use in uses if use.module == item.module for name in (*use.empty, *(p.name for p in use.pins))}
        for name in item.outputs if pins else ("",):
            if name not in pins:
                what = (
                    f"connects no pin {name!r} of {item.module!r}" if name else f"has no unknown module {item.module!r}"
                )
                remedy = (
                    f"state the pins that it connects: {', '.join(sorted(pins))}" if pins else "remove its [[blackbox]]"
                )
                raise BadReferenceError(f"{source.name}: the reference {what}; {remedy}")


def match_boxes(text: str, parsed: ParsedText, interface: Interface) -> BoxMatch:
    """Return how the instances of undefined modules in a candidate's ``text`` go with those of ``interface``."""
    match, top, expected = BoxMatch(), interface.module, interface.boxes
    instance = find_instance(parsed, top)
    if instance is None:
        match.differences.append((f"module {top!r} cannot be elaborated", None))
        return match
    uses = list(_list_uses(parsed, instance, str(instance.hierarchicalPath)))
    defined = {box.module for box in expected} & set(list_modules(parsed))
    for name in sorted(defined):
        match.differences.append((f"module {name!r} is defined, but it is a black box: it is to be instantiated", None))
    for name, line in _list_reaching(parsed, uses):
        match.differences.append((f"hierarchical name {name} reaches into a black box", line))
    if match.differences:
        return match
    pairs = list(_pair(uses, expected, match))
    for box, use in pairs:
        match.paths[box.path] = use.path
        match.empty[use.module] = (*match.empty.get(use.module, ()), *use.empty)
        match.differences += [(what, use.line) for what in _compare_pins(box, use)]
    if not match.differences and any(box.parameters for box in expected):
        match.differences += _compare_parameters(text, top, pairs)
    return match


def _list_uses(parsed: ParsedText, instance: "ast.InstanceSymbol", root: str) -> Iterator[_Use]:
    for node in walk_elaborated(instance):
        if type(node).__name__ != "UninstantiatedDefSymbol":
            continue
        names = list(node.portNames)
        given = [getattr(item, "expr", None) for item in node.portConnections]
        pins, empty = [], []
        for number, (name, expression) in enumerate(zip(names, given, strict=True), 1):
            if expression is None or type(expression).__name__ == "EmptyArgumentExpression":
                empty.append(str(name))
            else:
                width = int(expression.type.bitWidth)
                pins.append(_Pin(str(name) or str(number), expression, max(1, width)))
        syntax = node.syntax
        is_plain = not len(syntax.decl.dimensions) and "" not in empty
        is_plain = is_plain and not any("Wildcard" in str(item.kind.name) for item in _list_nodes(syntax.connections))
        is_plain = is_plain and (all(names) or not any(names))
        yield _Use(
            module=str(node.definitionName),
            path=str(node.hierarchicalPath).removeprefix(f"{root}."),
            line=parsed.line(node.location),
            pins=tuple(pins),
            empty=tuple(empty),
            parameters=tuple(_list_parameters(syntax.parent.parameters)),
            is_plain=is_plain,
        )


def _list_parameters(syntax: Node) -> list[str]:
    """Return the names of the parameters that an instance sets, in their order where they have none: their numbers."""
    nodes = [] if syntax is None else _list_nodes(syntax.parameters)
    names = [str(node.name.valueText) for node in nodes if hasattr(node, "name")]
    return sorted(names) if names else [str(number) for number, _ in enumerate(nodes, 1)]


def _list_reaching(parsed: ParsedText, uses: Sequence[_Use]) -> Iterator[tuple[str, int]]:
    """Yield (name, line) of the hierarchical names that lead through one of ``uses``."""
    names = {use.path.rpartition(".")[2].partition("[")[0] for use in uses}
    stack: list[Node] = [parsed.tree.root]
    while stack:
        node = stack.pop()
        kind = "" if node is None else str(node.kind.name)
        if kind == "ScopedName" and _list_words(node.left) & names:
            yield " ".join(str(node).split()), parsed.line(node.sourceRange.start)
        elif hasattr(node, "sourceRange"):
            stack.extend(reversed(list(node)))


def _list_words(node: "syntax.SyntaxNode") -> set[str]:
    words = set[str]()
    walk_tokens(node, lambda token: words.add(str(token.valueText)))
    return words


def _list_nodes(items: Node) -> "list[syntax.SyntaxNode]":
    return [item for item in items if hasattr(item, "sourceRange")]


@dataclass(slots=True)
class _Directions:
    """Finds which pins are inputs and which are outputs of the box, from what else drives their nets."""

    source: SourceFile
    uses: Sequence[_Use]
    drivers: Drivers
    instance: "ast.InstanceSymbol"
    stated: Mapping[str, Sequence[str]]

    def decide(self) -> dict[tuple[str, str], Direction]:
        """Return the direction of each pin, by module and name. Raises ``BadReferenceError`` where it is unknown."""
        found: dict[tuple[str, str], Direction] = {}
        loose: dict[tuple[str, str], list[tuple[_Use, list[Bits]]]] = defaultdict(list)
        for use in self.uses:
            for pin in use.pins:
                key = use.module, pin.name
                bits = list_bits(pin.expression, self.instance)
                if use.module in self.stated:
                    is_output = pin.name in self.stated[use.module]
                    found[key] = Direction.OUTPUT if is_output else Direction.INPUT
                elif bits is None or overlap(bits, self.drivers.driven):
                    found[key] = Direction.INPUT
                elif overlap(bits, self.drivers.shared):
                    self._fail(use, pin.name)
                else:
                    loose[key].append((use, bits))
        for key in found.keys() & loose.keys():
            del loose[key]
        self._require_one_driver(loose)
        return {**found, **dict.fromkeys(loose, Direction.OUTPUT)}

    def _require_one_driver(self, loose: Mapping[tuple[str, str], list[tuple[_Use, list[Bits]]]]) -> None:
        """Fail where two pins that nothing else drives share a net: either may drive the other."""
        seen: dict[str, list[Bits]] = {}
        for (_, name), places in loose.items():
            for use, bits in places:
                if overlap(bits, seen):
                    self._fail(use, name)
                for item in bits:
                    seen.setdefault(item.key, []).append(item)

    def _fail(self, use: _Use, pin: str) -> None:
        what = f"cannot tell whether pin {pin!r} of the unknown module {use.module!r} is an input or an output"
        raise BadReferenceError(f"{self.source.name}:{use.line}: {what}; {_REMEDY}")


def _pair(uses: Sequence[_Use], expected: Sequence[BlackBox], match: BoxMatch) -> Iterator[tuple[BlackBox, _Use]]:
    """Yield which instance stands for which box: those of one name, then the others of a module in their order."""
    for module in dict.fromkeys((*(box.module for box in expected), *(use.module for use in uses))):
        boxes = [box for box in expected if box.module == module]
        left = [use for use in uses if use.module == module]
        if len(boxes) != len(left):
            line = left[0].line if left else None
            what = (
                f"unknown module {module!r} is instantiated {_times(len(left))}, and {_times(len(boxes))} is expected"
            )
            match.differences.append((what, line))
            continue
        rest = []
        for box in boxes:
            use = next((use for use in left if use.path == box.path), None)
            if use is None:
                rest.append(box)
            else:
                left.remove(use)
                yield box, use
        yield from zip(rest, left, strict=True)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _compare_pins(box: BlackBox, use: _Use) -> Iterator[str]:
    if not use.is_plain or not can_enclose(use.path):
        yield f"instance {use.path} of {use.module!r} is in an array, or not every pin is connected by itself"
        return
    pins = {pin.name: pin for pin in use.pins}
    expected = {pin.name: pin for pin in box.pins}
    for name in (name for name in expected if name not in pins):
        yield f"pin {name!r} of instance {use.path} ({use.module}) is not connected"
    for name in (name for name in pins if name not in expected):
        yield f"pin {name!r} of instance {use.path} ({use.module}) is connected, which is not expected"
    for name in (name for name in pins if name in expected):
        pin, other = pins[name], expected[name]
        if other.direction is Direction.INPUT and pin.width > other.width and not _fits(pin.expression, other.width):
            yield f"pin {name!r} of instance {use.path} ({use.module}) has {pin.width} bits, and not {other.width}"
    if use.parameters != tuple(name for name, _ in box.parameters):
        yield f"the parameters of instance {use.path} ({use.module}) are not those that are expected"


def _fits(expression: Node, width: int) -> bool:
    """Whether the expression is a plain number that ``width`` bits hold."""
    if type(expression).__name__ not in {"IntegerLiteral", "UnbasedUnsizedIntegerLiteral"}:
        return False
    value = expression.value
    return not value.hasUnknown and 0 <= int(value) < 1 << width


def _compare_parameters(
    text: str, top: str, pairs: Sequence[tuple[BlackBox, _Use]]
) -> Iterator[tuple[str, int | None]]:
    placed = [replace(box, path=use.path, open_pins=use.empty) for box, use in pairs]
    for (box, use), found in zip(pairs, _evaluate(text, top, placed), strict=True):
        for (name, value), (_, other) in zip(box.parameters, found.parameters, strict=True):
            if value != other:
                what = f"parameter {name} of instance {use.path} ({use.module}) is {other}, and {value} is expected"
                yield what, use.line


def _evaluate(text: str, top: str, boxes: Sequence[BlackBox]) -> tuple[BlackBox, ...]:
    """Return ``boxes`` with the values of their parameters; what cannot be told is an empty value."""
    if not any(box.parameters for box in boxes):
        return tuple(boxes)
    whole = "\n".join((text, *render_stubs(boxes)))
    instance = find_instance(parse_text(whole), top)
    root = "" if instance is None else str(instance.hierarchicalPath)
    nodes = () if instance is None else walk_elaborated(instance)
    values = {
        str(node.hierarchicalPath).removeprefix(f"{root}."): {
            str(item.name): _render(item.value) for item in node.body.parameters
        }
        for node in nodes
        if type(node).__name__ == "InstanceSymbol"
    }
    return tuple(
        replace(box, parameters=tuple((name, values.get(box.path, {}).get(name, "")) for name, _ in box.parameters))
        for box in boxes
    )


def _render(value: "ConstantValue") -> str:
    """Return a value so that equal ones look alike, whatever base or width they are written with."""
    number: Node = getattr(value, "value", None)
    if hasattr(number, "hasUnknown") and not number.hasUnknown:
        return str(int(number))
    return str(value)
