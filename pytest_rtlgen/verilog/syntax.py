"""The few things that this package asks of pyslang, typed. Each call has a source manager of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pytest_rtlgen.records import Diagnostic, Severity

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

    tree: Any
    """``pyslang.syntax.SyntaxTree``."""
    manager: Any
    """``pyslang.SourceManager`` that knows its lines."""

    def line(self, location: Any) -> int:  # noqa: ANN401  a pyslang SourceLocation
        """Return the line of ``location``, from 1, where the text that a macro expands to counts as the macro's use."""
        return int(self.manager.getLineNumber(self.manager.getFullyExpandedLoc(location)))


def parse_text(text: str, *, options: Any = None) -> ParsedText:  # noqa: ANN401  a pyslang Bag
    """Parse ``text``; never raises on bad Verilog. A ``RuntimeError`` of pyslang (nesting too deep) goes through."""
    import pyslang

    manager = pyslang.SourceManager()
    bag = pyslang.Bag() if options is None else options
    return ParsedText(pyslang.syntax.SyntaxTree.fromText(text, manager, "design.sv", "design.sv", bag), manager)


def elaborate(parsed: ParsedText) -> tuple[Any, Any]:
    """Return pyslang's compilation of the text and its root symbol, fully elaborated."""
    import pyslang

    compilation = pyslang.ast.Compilation()
    compilation.addSyntaxTree(parsed.tree)
    root = compilation.getRoot()
    compilation.getAllDiagnostics()
    return compilation, root


def compilation_options(top: str) -> Any:  # noqa: ANN401  pyslang's CompilationOptions
    """Return the options under which pyslang elaborates module ``top`` as simulators do."""
    import pyslang

    options = pyslang.ast.CompilationOptions()
    options.topModules = {top}
    options.flags = _load_flags()
    return options


@cache
def _load_flags() -> Any:  # noqa: ANN401
    """Return pyslang's usual flags and ours."""
    import pyslang

    flags = pyslang.ast.CompilationOptions().flags
    for name in _FLAGS:
        flags |= getattr(pyslang.ast.CompilationFlags, name)
    return flags


def list_errors(parsed: ParsedText, found: Any, *, most: int = 10) -> tuple[Diagnostic, ...]:  # noqa: ANN401
    """Return the errors among pyslang's diagnostics ``found``."""
    import pyslang

    engine = pyslang.DiagnosticEngine(parsed.manager)
    errors = [item for item in found if item.isError()]
    return tuple(
        Diagnostic(
            tool="pyslang",
            severity=Severity.ERROR,
            message=engine.formatMessage(item),
            line=parsed.line(item.location),
        )
        for item in errors[:most]
    )


def walk(node: Any) -> Iterator[Any]:  # noqa: ANN401  symbols, statements and expressions alike
    """Yield ``node`` and everything below it, in source order; instances are entered."""
    import pyslang

    found: list[Any] = []

    def see(item: Any) -> Any:  # noqa: ANN401
        found.append(item)
        return pyslang.ast.VisitAction.Advance

    node.visit(see)
    return iter(found)


def walk_elaborated(node: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield what ``walk`` yields, without the branches of ``generate`` that are not taken."""
    import pyslang

    found: list[Any] = []

    def see(item: Any) -> Any:  # noqa: ANN401
        if getattr(item, "isUninstantiated", False):
            return pyslang.ast.VisitAction.Skip
        found.append(item)
        return pyslang.ast.VisitAction.Advance

    node.visit(see)
    return iter(found)


def walk_tokens(node: Any, see: Callable[[Any], None]) -> None:  # noqa: ANN401  a pyslang SyntaxNode
    """Call ``see`` with each token below the syntax node ``node``, macros expanded."""
    import pyslang

    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, pyslang.parsing.Token):
            see(item)
        elif item is not None:
            stack.extend(reversed(list(item)))


def symbol_key(symbol: Any) -> str:  # noqa: ANN401
    """Return what tells symbols apart; pyslang makes a new Python object at each look."""
    return str(symbol.hierarchicalPath)


def list_assigned(node: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield the symbol of each net or variable that something below ``node`` assigns or counts with, in part or whole.

    The same one may come twice.
    """
    for item in walk(node):
        kind = type(item).__name__
        if kind == "AssignmentExpression":
            yield from _list_roots(item.left)
        elif kind == "UnaryExpression" and item.op.name in _STEPS:
            yield from _list_roots(item.operand)


def _list_roots(target: Any) -> Iterator[Any]:  # noqa: ANN401  an expression
    kind = type(target).__name__
    if kind in _SELECTS:
        yield from _list_roots(target.value)
    elif kind == "ConcatenationExpression":
        for part in target.operands:
            yield from _list_roots(part)
    elif kind in {"NamedValueExpression", "HierarchicalValueExpression"}:
        yield target.symbol


def find_initial_value(symbol: Any) -> Any:  # noqa: ANN401
    """Return the expression that a variable's declaration sets it to, in a port list too; ``None`` without one."""
    if symbol.initializer is not None or getattr(symbol.syntax, "initializer", None) is None:
        return symbol.initializer
    ports = symbol.parentScope.containingInstance.portList
    return next((port.initializer for port in ports if port.name == symbol.name), None)


def is_name(node: Any) -> bool:  # noqa: ANN401
    """Whether the expression is a plain name."""
    return type(node).__name__ == "NamedValueExpression"


def list_literals(expression: Any) -> Iterator[tuple[Any, bool]]:  # noqa: ANN401
    """Yield the plain tests that make ``expression`` true on their own: itself, or the parts of an or."""
    expression = plain(expression)
    if type(expression).__name__ == "BinaryExpression" and expression.op.name in {"LogicalOr", "BinaryOr"}:
        yield from list_literals(expression.left)
        yield from list_literals(expression.right)
        return
    symbol, is_true = read_literal(expression)
    if symbol is not None:
        yield symbol, is_true


def read_literal(expression: Any) -> tuple[Any, bool]:  # noqa: ANN401
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


def plain(expression: Any) -> Any:  # noqa: ANN401
    """Return the expression without the conversions that pyslang wraps around it."""
    while type(expression).__name__ == "ConversionExpression":
        expression = expression.operand
    return expression


def _read_bit(expression: Any) -> bool | None:  # noqa: ANN401
    constant = expression.constant
    text = str(constant) if constant is not None else ""
    digits = text.rpartition("'")[2].lstrip("sdbh") or text
    return {"0": False, "1": True}.get(digits)
