"""The few things that this package asks of pyslang, typed. Each call has a source manager of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_rtlgen.records import Diagnostic, Severity, Tool

if TYPE_CHECKING:
    from pyslang import Bag, SourceLocation, SourceManager, ast, parsing, syntax

Node: TypeAlias = Any
"""A pyslang object of one of several classes, which are told apart by name: their stubs have no common type."""
_FLAGS = ("AllowUseBeforeDeclare", "AllowHierarchicalConst", "AllowUnnamedGenerate", "RelaxEnumConversions")
"""What simulators take and pyslang by itself would not: widths by parameters declared below the ports, say."""
_STEPS = {"Preincrement", "Predecrement", "Postincrement", "Postdecrement"}
_SELECTS = {"ElementSelectExpression", "RangeSelectExpression", "MemberAccessExpression"}
_NOT = {"LogicalNot", "BitwiseNot"}
_EQUAL = {"Equality", "CaseEquality"}
_DIFFERENT = {"Inequality", "CaseInequality"}


@dataclass(frozen=True, slots=True)
class ParsedText:
    """One parsed text."""

    tree: "syntax.SyntaxTree"
    """``pyslang.syntax.SyntaxTree``."""
    manager: "SourceManager"
    """``pyslang.SourceManager`` that knows its lines."""

    def line(self, location: "SourceLocation") -> int:
        """Return the line of ``location``, from 1, where the text that a macro expands to counts as the macro's use."""
        return int(self.manager.getLineNumber(self.manager.getFullyExpandedLoc(location)))


def parse_text(text: str, *, options: "Bag | None" = None) -> ParsedText:
    """Parse ``text``; never raises on bad Verilog. A ``RuntimeError`` of pyslang (nesting too deep) goes through."""
    import pyslang

    manager = pyslang.SourceManager()
    bag = pyslang.Bag() if options is None else options
    return ParsedText(pyslang.syntax.SyntaxTree.fromText(text, manager, "design.sv", "design.sv", bag), manager)


def elaborate(parsed: ParsedText) -> "tuple[ast.Compilation, ast.RootSymbol]":
    """Return pyslang's compilation of the text and its root symbol, fully elaborated."""
    import pyslang

    compilation = pyslang.ast.Compilation()
    compilation.addSyntaxTree(parsed.tree)
    root = compilation.getRoot()
    compilation.getAllDiagnostics()
    return compilation, root


def compilation_options(top: str) -> "ast.CompilationOptions":
    """Return the options under which pyslang elaborates module ``top`` as simulators do."""
    import pyslang

    options = pyslang.ast.CompilationOptions()
    options.topModules = {top}
    options.flags = _load_flags()
    return options


def elaborate_top(parsed: ParsedText, top: str) -> "tuple[ast.InstanceSymbol | None, ast.Compilation]":
    """Return module ``top`` as an InstanceSymbol, or ``None``, and the compilation that keeps it alive."""
    import pyslang

    bag = pyslang.Bag()
    bag.compilationOptions = compilation_options(top)
    compilation = pyslang.ast.Compilation(bag)
    compilation.addSyntaxTree(parsed.tree)
    found = (instance for instance in compilation.getRoot().topInstances if instance.name == top)
    return next(found, None), compilation


@cache
def _load_flags() -> "ast.CompilationFlags":
    """Return pyslang's usual flags and ours."""
    import pyslang

    flags = pyslang.ast.CompilationOptions().flags
    for name in _FLAGS:
        flags |= getattr(pyslang.ast.CompilationFlags, name)
    return flags


def list_errors(parsed: ParsedText, found: Node, *, most: int = 10) -> tuple[Diagnostic, ...]:
    """Return the errors among pyslang's diagnostics ``found``."""
    import pyslang

    engine = pyslang.DiagnosticEngine(parsed.manager)
    errors = [item for item in found if item.isError()]
    return tuple(
        Diagnostic(
            tool=Tool.PYSLANG,
            severity=Severity.ERROR,
            message=engine.formatMessage(item),
            line=parsed.line(item.location),
        )
        for item in errors[:most]
    )


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and everything below it, in source order; instances are entered."""
    import pyslang

    found: list[Node] = []

    def see(item: Node) -> "ast.VisitAction":
        found.append(item)
        return pyslang.ast.VisitAction.Advance

    node.visit(see)
    return iter(found)


def walk_elaborated(node: Node) -> Iterator[Node]:
    """Yield what ``walk`` yields, without the branches of ``generate`` that are not taken."""
    import pyslang

    found: list[Node] = []

    def see(item: Node) -> "ast.VisitAction":
        if getattr(item, "isUninstantiated", False):
            return pyslang.ast.VisitAction.Skip
        found.append(item)
        return pyslang.ast.VisitAction.Advance

    node.visit(see)
    return iter(found)


def walk_tokens(node: "syntax.SyntaxNode", see: "Callable[[parsing.Token], None]") -> None:
    """Call ``see`` with each token below the syntax node ``node``, macros expanded."""
    import pyslang

    stack: list[Node] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, pyslang.parsing.Token):
            see(item)
        elif item is not None:
            stack.extend(reversed(list(item)))


def list_words(node: "syntax.SyntaxNode") -> set[str]:
    """Return the texts of the tokens of ``node``."""
    words: set[str] = set()
    walk_tokens(node, lambda token: words.add(str(token.valueText)))
    return words


def symbol_key(symbol: Node) -> str:
    """Return what tells symbols apart; pyslang makes a new Python object at each look."""
    return str(symbol.hierarchicalPath)


def has_path(symbol: Node) -> bool:
    """Whether a hierarchical name reaches ``symbol``: not one of ``for (int i`` or of a block without a name."""
    if getattr(getattr(symbol, "lifetime", None), "name", "") == "Automatic":
        return False
    scope = symbol.parentScope
    if not scope.isProceduralContext:
        return True
    body = scope.containingInstance
    return body.lookupName(str(symbol.hierarchicalPath).removeprefix(f"{body.hierarchicalPath}.")) is not None


def list_assigned(node: Node) -> "Iterator[ast.Symbol]":
    """Yield the symbol of each net or variable that something below ``node`` assigns or counts with, in part or whole.

    The same one may come twice.
    """
    for item in walk(node):
        kind = type(item).__name__
        if kind == "AssignmentExpression":
            yield from _list_roots(item.left)
        elif kind == "UnaryExpression" and item.op.name in _STEPS:
            yield from _list_roots(item.operand)


def _list_roots(target: Node) -> "Iterator[ast.Symbol]":
    kind = type(target).__name__
    if kind in _SELECTS:
        yield from _list_roots(target.value)
    elif kind == "ConcatenationExpression":
        for part in target.operands:
            yield from _list_roots(part)
    elif kind in {"NamedValueExpression", "HierarchicalValueExpression"}:
        yield target.symbol


def find_initial_value(symbol: "ast.ValueSymbol") -> "ast.Expression | None":
    """Return the expression that a variable's declaration sets it to, in a port list too; ``None`` without one."""
    if symbol.initializer is not None or getattr(symbol.syntax, "initializer", None) is None:
        return symbol.initializer
    ports = symbol.parentScope.containingInstance.portList
    return next((port.initializer for port in ports if port.name == symbol.name), None)


def is_name(node: Node) -> bool:
    """Whether the expression is a plain name."""
    return type(node).__name__ == "NamedValueExpression"


def list_literals(expression: Node) -> "Iterator[tuple[ast.Symbol, bool]]":
    """Yield the plain tests that make ``expression`` true on their own: itself, or the parts of an or."""
    expression = plain(expression)
    if type(expression).__name__ == "BinaryExpression" and expression.op.name in {"LogicalOr", "BinaryOr"}:
        yield from list_literals(expression.left)
        yield from list_literals(expression.right)
        return
    symbol, is_true = read_literal(expression)
    if symbol is not None:
        yield symbol, is_true


def read_literal(expression: Node) -> "tuple[ast.Symbol | None, bool]":
    """Return (symbol, is_true) for ``a``, ``!a``, ``~a``, ``a == 1'b0`` and the like, else (None, True)."""
    is_true = True
    while True:
        expression = plain(expression)
        kind = type(expression).__name__
        if is_name(expression):
            return expression.symbol, is_true
        if kind == "UnaryExpression" and expression.op.name in _NOT:
            expression, is_true = expression.operand, not is_true
        elif kind == "BinaryExpression" and expression.op.name in _EQUAL | _DIFFERENT:
            value, other = _read_bit(expression.right), expression.left
            if value is None:
                value, other = _read_bit(expression.left), expression.right
            if value is None:
                return None, True
            is_true = is_true == (value == (expression.op.name in _EQUAL))
            expression = other
        else:
            return None, True


def plain(expression: Node) -> Node:
    """Return the expression without the conversions that pyslang wraps around it."""
    while type(expression).__name__ == "ConversionExpression":
        expression = expression.operand
    return expression


def _read_bit(expression: "ast.Expression") -> bool | None:
    constant = expression.constant
    text = str(constant) if constant is not None else ""
    digits = text.rpartition("'")[2].lstrip("sdbh") or text
    return {"0": False, "1": True}.get(digits)
