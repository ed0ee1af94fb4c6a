"""Modules: assignments, processes, instances, gates, generate blocks, each below what decides whether it is there."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pytest_rtlgen.verilog.slicing.declarations import list_ranges
from pytest_rtlgen.verilog.slicing.design import Design
from pytest_rtlgen.verilog.slicing.graph import Piece
from pytest_rtlgen.verilog.slicing.source import Range, Source
from pytest_rtlgen.verilog.slicing.statements import read_process
from pytest_rtlgen.verilog.slicing.uses import Uses, load_directions
from pytest_rtlgen.verilog.syntax import Node

if TYPE_CHECKING:
    from pyslang import ast

_READERS = {
    "NetSymbol": "_declaration",
    "VariableSymbol": "_declaration",
    "ContinuousAssignSymbol": "_assign",
    "ProceduralBlockSymbol": "_process",
    "InstanceSymbol": "_instance",
    "InstanceArraySymbol": "_instances",
    "PrimitiveInstanceSymbol": "_gate",
    "UninstantiatedDefSymbol": "_unknown",
    "GenerateBlockSymbol": "_generate",
    "GenerateBlockArraySymbol": "_generates",
    "NetAliasSymbol": "_alias",
}
"""Which method reads which member: by name, as an object that holds its own methods is freed late."""


def read_body(design: Design, body: "Iterable[ast.Symbol]", parent: Piece) -> None:
    """Add all that stands in an elaborated module, interface or generate block, and what it instantiates."""
    _Reader(design).read(body, parent)


class _Reader:
    def __init__(self, design: Design) -> None:
        self._design = design
        self._source = design.source

    def read(self, scope: "Iterable[ast.Symbol]", parent: Piece) -> None:
        """Add the members of ``scope``."""
        for member in scope:
            reader = _READERS.get(type(member).__name__)
            if reader is not None:
                getattr(self, reader)(member, parent)

    def _add(self, uses: Uses, ranges: list[Range], parent: Piece, *, scope: Node) -> None:
        self._design.add(uses, Piece(ranges, parent=parent))
        if uses.is_bad:
            for area in ranges:
                self._design.add(self._design.read_names(scope, area), Piece(ranges, parent=parent))

    def _declaration(self, symbol: "ast.NetSymbol | ast.VariableSymbol", parent: Piece) -> None:
        if symbol.initializer is not None and type(symbol.syntax).__name__ == "DeclaratorSyntax":
            uses = Uses(symbol.initializer)
            uses.targets.append(symbol)
            self._add(uses, list_ranges(self._source, symbol.syntax), parent, scope=symbol.parentScope)

    def _assign(self, symbol: "ast.ContinuousAssignSymbol", parent: Piece) -> None:
        syntax = symbol.syntax
        whole: Node = syntax.parent
        if len(whole.assignments) == 1:
            ranges = [self._source.find(whole)]
        else:
            ranges = [
                self._source.lead(whole, whole.assignments[0]),
                self._source.find(syntax),
                self._source.join(whole.semi, whole.semi),
            ]
        self._add(Uses(symbol.assignment, symbol.delay), ranges, parent, scope=symbol.parentScope)

    def _process(self, symbol: "ast.ProceduralBlockSymbol", parent: Piece) -> None:
        if symbol.procedureKind.name != "Final":
            read_process(self._design, symbol, parent)

    def _instances(self, array: "ast.InstanceArraySymbol", parent: Piece) -> None:
        for element in array.elements:
            getattr(self, _READERS[type(element).__name__])(element, parent)

    def _instance(self, instance: "ast.InstanceSymbol", parent: Piece) -> None:
        syntax = instance.syntax
        head = Piece(self._list_head(syntax), parent=parent, is_constant=True)
        if instance.isInterface:
            self._design.names.declare(str(instance.name), self._source.find(syntax.parent.parent), head)
        written = _Connections(self._source, syntax)
        for index, connection in enumerate(instance.portConnections):
            port, expression = connection.port, connection.expression
            ranges = written.find(index, str(port.name))
            if type(port).__name__ == "InterfacePortSymbol":
                head.ranges = [*head.ranges, *ranges]
            elif expression is not None:
                self._connect(port, expression, Piece(ranges, parent=head), scope=instance.parentScope)
        self.read(instance.body, head)

    def _connect(self, port: "ast.PortSymbol", expression: "ast.Expression", piece: Piece, *, scope: Node) -> None:
        """Add a connection: what is outside sets what is inside of an input, and the other way round for an output."""
        outside = Uses(expression)
        if outside.is_bad:
            for area in piece.ranges:
                named = self._design.read_names(scope, area)
                outside.reads += named.reads
                outside.targets += named.targets
        direction, (only_in, only_out) = port.direction, load_directions()
        inside = list_inside(port)
        for start, _ in piece.ranges:
            if self._source.flat.startswith(".*", start):  # the text does not name what it connects
                piece.also += self._design.names.resolve(str(port.name), start)
        uses = Uses()
        uses.calls = outside.calls
        if direction is not only_out:
            uses.targets += inside
            uses.reads += outside.reads
        if direction is not only_in:
            uses.targets += outside.targets or outside.reads
            uses.reads += [*inside, *outside.reads]
        self._design.add(uses, piece)

    def _gate(self, gate: "ast.PrimitiveInstanceSymbol", parent: Piece) -> None:
        uses = Uses(*gate.portConnections, gate.delay)
        if not uses.targets:  # a switch: either side drives the other
            uses.targets = list(uses.reads)
        ranges = [*self._list_head(gate.syntax), self._source.find(gate.syntax)]
        self._add(uses, ranges, parent, scope=gate.parentScope)

    def _unknown(self, symbol: "ast.UninstantiatedDefSymbol", parent: Piece) -> None:
        """Add an instance of a module that the text does not define: each of its connections may set any other."""
        area = self._source.find(symbol.syntax)
        ranges = [*self._list_head(symbol.syntax), area]
        self._design.add(self._design.read_names(symbol.parentScope, area), Piece(ranges, parent=parent))

    def _list_head(self, syntax: Node) -> list[Range]:
        whole, source = syntax.parent, self._source
        name = source.find(syntax.decl) if syntax.decl is not None else (0, 0)
        return [
            source.lead(whole, whole.instances[0]),
            name,
            source.join(syntax.openParen, syntax.openParen),
            source.join(syntax.closeParen, syntax.closeParen),
            source.join(whole.semi, whole.semi),
        ]

    def _alias(self, symbol: "ast.NetAliasSymbol", parent: Piece) -> None:
        uses = Uses(*symbol.netReferences)
        uses.targets = list(uses.reads)
        self._add(uses, [self._source.find(symbol.syntax)], parent, scope=symbol.parentScope)

    def _generates(self, array: "ast.GenerateBlockArraySymbol", parent: Piece) -> None:
        for block in array.entries:
            self._generate(block, parent)

    def _generate(self, block: "ast.GenerateBlockSymbol", parent: Piece) -> None:
        head = Piece(list(self._list_generate_head(block.syntax)), parent=parent, is_constant=True)
        if block.isUninstantiated:
            self._read_absent(block, head)
        else:
            self.read(block, head)

    def _list_generate_head(self, node: Node) -> Iterator[Range]:
        """Yield where the conditions and loops around the block stand, up to the next block outside."""
        source = self._source
        if type(node).__name__ == "GenerateBlockSyntax":
            yield from source.find_ends(node, node.beginName, node.endName)
        outer = node.parent
        while outer is not None and type(outer).__name__ not in {"GenerateBlockSyntax", "ModuleDeclarationSyntax"}:
            kind = type(outer).__name__
            if kind in {"IfGenerateSyntax", "LoopGenerateSyntax"}:
                yield source.enclose(outer, outer.closeParen)
            elif kind == "ElseClauseSyntax":
                yield source.join(outer.elseKeyword, outer.elseKeyword)
            elif kind == "CaseGenerateSyntax":
                yield source.enclose(outer, outer.closeParen)
                yield source.join(outer.endCase, outer.endCase)
                for item in outer.items:
                    yield source.lead(item, item.clause)
            outer = outer.parent

    def _read_absent(self, block: "ast.GenerateBlockSymbol", head: Piece) -> None:
        """Let the condition that leaves ``block`` out count for all that the block would set."""
        uses = Uses()
        member: Node
        for member in block:
            kind = type(member).__name__
            if kind == "ContinuousAssignSymbol":
                uses.see(member.assignment)
            elif kind == "ProceduralBlockSymbol":
                uses.see(member.body)
            elif kind in {"GenerateBlockSymbol", "GenerateBlockArraySymbol"}:
                getattr(self, _READERS[kind])(member, head)
            elif kind in _READERS and member.syntax is not None:
                uses.targets += self._design.read_names(block, self._source.find(member.syntax)).targets
        if uses.is_bad:
            uses.targets += self._design.read_names(block, self._source.find(block.syntax)).targets
        self._design.drive(uses.targets, head)


class _Connections:
    """Where the connections of an instance are written."""

    def __init__(self, source: Source, syntax: Node) -> None:
        self._named: dict[str, Range] = {}
        self._ordered: list[Range] = []
        self._wildcard: list[Range] = []
        for item in syntax.connections:
            kind = type(item).__name__
            if kind == "NamedPortConnectionSyntax":
                self._named[str(item.name.valueText)] = source.find(item)
            elif kind == "WildcardPortConnectionSyntax":
                self._wildcard.append(source.find(item))
            elif kind != "Token":
                self._ordered.append(source.find(item))

    def find(self, index: int, port: str) -> list[Range]:
        """Return where the port of this position and name is connected."""
        if port in self._named:
            return [self._named[port]]
        return self._ordered[index : index + 1] or self._wildcard


def list_inside(port: Node) -> "list[ast.Symbol]":
    """Return the symbols inside of the module that ``port`` is."""
    if type(port).__name__ == "MultiPortSymbol":
        return [symbol for part in port.ports for symbol in list_inside(part)]
    if port.internalSymbol is not None:
        return [port.internalSymbol]
    return Uses(port.internalExpr).reads
