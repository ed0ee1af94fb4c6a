"""What a text declares, found on its syntax tree: ports, variables, parameters, types, functions."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_rtlgen.verilog.slicing.graph import Piece
from pytest_rtlgen.verilog.slicing.names import Names
from pytest_rtlgen.verilog.slicing.source import Range, Source
from pytest_rtlgen.verilog.syntax import Node

if TYPE_CHECKING:
    from pyslang import parsing, syntax

_DECLARATIONS = {
    *("DataDeclarationSyntax", "NetDeclarationSyntax", "PortDeclarationSyntax", "LocalVariableDeclarationSyntax"),
    *("ParameterDeclarationSyntax", "TypeParameterDeclarationSyntax", "SpecparamDeclarationSyntax"),
}

_READERS = {
    "ModuleDeclarationSyntax": "_module",
    "ParameterDeclarationStatementSyntax": "_parameter",
    "TypedefDeclarationSyntax": "_typedef",
    "FunctionDeclarationSyntax": "_function",
    "GenvarDeclarationSyntax": "_genvars",
    "PackageImportDeclarationSyntax": "_imports",
    "UdpDeclarationSyntax": "_primitive",
    "DefParamSyntax": "_defparam",
    "GenerateRegionSyntax": "_region",
    "GenerateBlockSyntax": "_block",
    "IfGenerateSyntax": "_if",
    "LoopGenerateSyntax": "_loop",
    "CaseGenerateSyntax": "_case",
    **dict.fromkeys(_DECLARATIONS, "_declaration"),
}
"""Which method reads which node: by name, as an object that holds its own methods is freed late."""


def declare_all(source: Source, names: Names, root: Node) -> None:
    """Fill ``names`` with what the text declares, variables inside of statements apart."""
    everywhere = (0, len(source.flat))
    declarer = _Declarer(source, names)
    members = root.members if type(root).__name__ == "CompilationUnitSyntax" else [root]
    for member in members:
        declarer.read(member, everywhere)
    declarer.join_imports()


def list_ranges(source: Source, declarator: Node) -> list[Range]:
    """Return where ``declarator`` and the type that it has are written: all of its declaration where it is alone."""
    whole = declarator.parent
    if type(whole).__name__ == "ImplicitAnsiPortSyntax":
        return [source.find(whole)]
    declarators = _list_declarators(whole)
    if len(declarators) <= 1:
        return [source.find(whole)]
    ends = [source.join(whole.semi, whole.semi)] if hasattr(whole, "semi") else []
    return [source.lead(whole, declarators[0]), source.find(declarator), *ends]


def _list_declarators(whole: "syntax.SyntaxNode") -> "list[syntax.DeclaratorSyntax]":
    return list(getattr(whole, "declarators", ()))[::2]  # a comma after each


class _Declarer:
    def __init__(self, source: Source, names: Names) -> None:
        self._source = source
        self._names = names
        self._package: Piece | None = None
        self._packages: dict[str, Piece] = {}
        self._imported: list[tuple[str, Piece]] = []

    def read(self, node: "syntax.SyntaxNode", scope: Range) -> None:
        """Declare what ``node``, a member of ``scope``, declares."""
        reader = _READERS.get(type(node).__name__)
        if reader is not None:
            getattr(self, reader)(node, scope)

    def _declare(self, name: "parsing.Token", scope: Range, ranges: list[Range]) -> None:
        self._names.declare(str(name.valueText), scope, Piece(ranges, parent=self._package, is_constant=True))

    def join_imports(self) -> None:
        """Let what a package declares draw the lines that import the package."""
        for name, piece in self._imported:
            if name in self._packages:
                self._packages[name].also.append(piece)

    def _module(self, node: "syntax.ModuleDeclarationSyntax", scope: Range) -> None:
        header = node.header
        inside = self._source.find(node)
        if node.kind.name == "PackageDeclaration":
            ends = [self._source.find(header), self._source.join(node.endmodule, node.endmodule)]
            self._package = self._packages[str(header.name.valueText)] = Piece(ends)
            inside = scope
        for member in header.imports:
            self.read(member, inside)
        if header.parameters is not None:
            for member in header.parameters.declarations:
                self.read(member, inside)
        self._ports(header.ports, inside)
        for member in node.members:
            self.read(member, inside)
        self._package = None

    def _ports(self, ports: Node, scope: Range) -> None:
        if type(ports).__name__ != "AnsiPortListSyntax":
            return
        before: list[Range] = []  # what later ports of the same kind take theirs from
        for port in ports.ports:
            kind = type(port).__name__
            if kind == "ImplicitAnsiPortSyntax":
                start, stop = self._source.find(port.header)
                place = self._source.find(port)
                if stop > start and place[0] == start:
                    before = [(start, start + len(self._source.flat[start:stop].rstrip()))]
                self._declare(port.declarator.name, scope, [*before, place])
            elif kind == "ExplicitAnsiPortSyntax":
                self._declare(port.name, scope, [self._source.find(port)])

    def _declaration(self, node: "syntax.SyntaxNode", scope: Range) -> None:
        declarators = _list_declarators(node)
        whole = self._source.find(node)
        if len(declarators) == 1:
            self._declare(declarators[0].name, scope, [whole])
        else:
            for declarator in declarators:
                self._declare(declarator.name, scope, list_ranges(self._source, declarator))
        self._enumeration(getattr(node, "type", None), scope, [whole])

    def _parameter(self, node: "syntax.ParameterDeclarationStatementSyntax", scope: Range) -> None:
        inner = node.parameter
        declarators = _list_declarators(inner)
        for declarator in declarators:
            ranges = [self._source.find(node)]
            if len(declarators) > 1:
                end = self._source.join(node.semi, node.semi)
                ranges = [self._source.lead(inner, declarators[0]), self._source.find(declarator), end]
            self._declare(declarator.name, scope, ranges)

    def _typedef(self, node: "syntax.TypedefDeclarationSyntax", scope: Range) -> None:
        ranges = [self._source.find(node)]
        self._declare(node.name, scope, ranges)
        self._enumeration(node.type, scope, ranges)

    def _enumeration(self, node: Node, scope: Range, ranges: list[Range]) -> None:
        if type(node).__name__ == "EnumTypeSyntax":
            for member in node.members:
                if type(member).__name__ == "DeclaratorSyntax":
                    self._declare(member.name, scope, ranges)

    def _function(self, node: "syntax.FunctionDeclarationSyntax", scope: Range) -> None:
        area = self._source.find(node)
        name = str(node.prototype.name.getLastToken().valueText)
        whole = Piece([area], parent=self._package, is_constant=True)
        self._names.declare_function(name, scope, Piece(parent=self._package), whole)
        ports = node.prototype.portList
        for port in ports.ports if ports is not None else ():
            if hasattr(port, "declarator"):
                self._names.declare(str(port.declarator.name.valueText), area, Piece())  # hides names outside
        for item in node.items:
            self.read(item, area)

    def _genvars(self, node: "syntax.GenvarDeclarationSyntax", scope: Range) -> None:
        for name in node.identifiers:
            if type(name).__name__ != "Token":
                self._declare(name.identifier, scope, [self._source.find(node)])

    def _imports(self, node: "syntax.PackageImportDeclarationSyntax", scope: Range) -> None:  # noqa: ARG002
        piece = Piece([self._source.find(node)])
        self._imported += [(str(item.package.valueText), piece) for item in node.items if hasattr(item, "package")]

    def _primitive(self, node: "syntax.UdpDeclarationSyntax", scope: Range) -> None:
        self._declare(node.name, scope, [self._source.find(node)])

    def _defparam(self, node: "syntax.DefParamSyntax", scope: Range) -> None:
        """Declare, under the names of the instances on the way to the parameter, what sets it."""
        for item in node.assignments:
            if type(item).__name__ != "Token":
                for name in _list_path(item.name):
                    self._declare(name, scope, [self._source.find(node)])

    def _region(self, node: "syntax.GenerateRegionSyntax | syntax.GenerateBlockSyntax", scope: Range) -> None:
        for member in node.members:
            self.read(member, scope)

    def _block(self, node: "syntax.GenerateBlockSyntax", scope: Range) -> None:  # noqa: ARG002
        self._region(node, self._source.find(node))

    def _if(self, node: "syntax.IfGenerateSyntax", scope: Range) -> None:
        self.read(node.block, scope)
        if node.elseClause is not None:
            self.read(node.elseClause.clause, scope)

    def _loop(self, node: "syntax.LoopGenerateSyntax", scope: Range) -> None:
        if str(node.genvar.rawText):
            self._names.declare(str(node.identifier.valueText), self._source.find(node), Piece())  # hides names outside
        self.read(node.block, scope)

    def _case(self, node: "syntax.CaseGenerateSyntax", scope: Range) -> None:
        for item in node.items:
            self.read(item.clause, scope)


def _list_path(name: Node) -> "Iterator[parsing.Token]":
    """Yield the tokens of the instances in a path to a parameter."""
    while type(name).__name__ == "ScopedNameSyntax":
        yield (
            name.left.getFirstToken()
            if type(name.left).__name__ != "ScopedNameSyntax"
            else name.left.right.getFirstToken()
        )
        name = name.left
