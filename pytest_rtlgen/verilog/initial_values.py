"""A design without the values that its registers have before they are first loaded."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.verilog.edit import Replacement, find_range
from pytest_rtlgen.verilog.interface import find_instance, parse_reference
from pytest_rtlgen.verilog.survey import apply_spans
from pytest_rtlgen.verilog.syntax import Node, list_assigned, walk

if TYPE_CHECKING:
    from pyslang import ast, syntax

_CALL = "CallExpression"


def drop_initial_values(source: SourceFile, top: str) -> str:
    """Return the text without initial values of what the design writes later.

    What is not written again keeps its value, as does what a system task such as ``$readmemh`` fills: that is data.

    Raises:
        BadReferenceError: the text does not parse.
    """
    instance = find_instance(parse_reference(source), top)
    nodes = [] if instance is None else list(walk(instance))
    blocks = [node for node in nodes if type(node).__name__ == "ProceduralBlockSymbol"]
    initial = [block for block in blocks if block.procedureKind.name == "Initial"]
    always = [block for block in blocks if block.procedureKind.name not in {"Initial", "Final"}]
    written = {key for block in always for key in _list_targets(block.body)}
    found = list(_drop_declared(nodes, written))
    for block in initial:
        found += _drop_statement(block.body, block.syntax, written, "")
    return apply_spans(source.text, sorted(set(found)))


def _drop_declared(nodes: Iterable[Node], written: set[int]) -> Iterator[Replacement]:
    for node in nodes:
        is_kept = type(node).__name__ == "VariableSymbol" and node.lifetime.name == "Static"
        if is_kept and _key(node) in written:
            initializer = getattr(node.syntax, "initializer", None)
            if initializer is not None:
                yield Replacement(*find_range(initializer), "")


def _drop_statement(
    statement: "ast.Statement", syntax: "syntax.SyntaxNode", written: set[int], instead: str
) -> Iterator[Replacement]:
    """Yield what removes ``statement``, which is ``syntax`` in the text, or those of its parts that start registers."""
    targets = set(_list_targets(statement)) - set(_list_counters(statement))
    if not targets & written:
        return
    is_plain = not any(type(node).__name__ == _CALL for node in walk(statement))
    if targets <= written and is_plain:
        yield Replacement(*find_range(syntax), instead)
        return
    for part in _list_parts(statement):
        yield from _drop_statement(part, part.syntax, written, ";")


def _list_parts(statement: Node) -> Iterable[Node]:
    if type(statement).__name__ == "BlockStatement":
        return _list_parts(statement.body) if type(statement.body).__name__ == "StatementList" else [statement.body]
    return list(statement.list) if type(statement).__name__ == "StatementList" else []


def _list_targets(node: Node) -> Iterator[int]:
    """Yield a key for each variable that something below ``node`` assigns."""
    yield from map(_key, list_assigned(node))


def _list_counters(node: Node) -> Iterator[int]:
    """Yield a key for each variable that a loop below ``node`` counts with."""
    for item in walk(node):
        if type(item).__name__ == "ForLoopStatement":
            for part in (*item.steps, *item.initializers):
                yield from _list_targets(part)


def _key(symbol: "ast.Symbol") -> int:
    """Return what a variable is known by in all instances of its module: where the text declares it."""
    return int(symbol.location.offset)
