"""A design in which nothing works but what its spans hold: if it does the same, what lies outside does not matter."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pytest_rtlgen.verilog.slicing import Span
from pytest_rtlgen.verilog.syntax import parse_text

_STATEMENTS = {
    *("ExpressionStatementSyntax", "ConditionalStatementSyntax", "CaseStatementSyntax", "ForLoopStatementSyntax"),
    *("LoopStatementSyntax", "ForeverStatementSyntax", "DoWhileStatementSyntax", "ForeachLoopStatementSyntax"),
    *("TimingControlStatementSyntax", "WaitStatementSyntax", "BlockStatementSyntax", "ReturnStatementSyntax"),
    *("JumpStatementSyntax", "DisableStatementSyntax", "EventTriggerStatementSyntax", "VoidCastedCallStatementSyntax"),
    *("ProceduralAssignStatementSyntax", "ProceduralDeassignStatementSyntax"),
}
_MEMBERS = {
    *("ProceduralBlockSyntax", "ContinuousAssignSyntax", "HierarchyInstantiationSyntax"),
    *("PrimitiveInstantiationSyntax", "FunctionDeclarationSyntax"),
}
_DECLARATIONS = {"DataDeclarationSyntax", "NetDeclarationSyntax"}
_BRANCHES = {
    *("IfGenerateSyntax", "ElseClauseSyntax", "LoopGenerateSyntax", "StandardCaseItemSyntax", "DefaultCaseItemSyntax")
}
_SCOPES = {"ModuleDeclarationSyntax", "GenerateBlockSyntax"}


def keep_only(text: str, spans: Sequence[Span]) -> str:
    """Return ``text`` without statements, assignments, instances, functions and initial values outside of ``spans``."""
    code = text.encode()
    kept = [(len(text[: span.start].encode()), len(text[: span.stop].encode())) for span in spans]
    parsed = parse_text(text)
    cuts = list(_list_cuts(parsed.tree.root, kept, parsed.manager.isFileLoc))
    for start, stop, instead in sorted(cuts, reverse=True):
        code = code[:start] + instead + code[stop:]
    return code.decode()


def _list_cuts(
    node: Any, kept: Sequence[tuple[int, int]], is_written: Callable[[Any], bool]
) -> Iterator[tuple[int, int, bytes]]:
    kind = type(node).__name__
    if kind == "Token" or node is None:
        return
    area = node.sourceRange
    if not (is_written(area.start) and is_written(area.end)):  # a macro expands to it
        return
    start, stop = int(area.start.offset), int(area.end.offset)
    is_outside = not any(first < stop and start < last for first, last in kept)
    around = type(node.parent).__name__
    if is_outside and kind in _STATEMENTS:
        yield start, stop, b";"
    elif is_outside and kind in _MEMBERS:
        yield start, stop, b"begin end" if around in _BRANCHES else b""
    elif is_outside and kind == "EqualsValueClauseSyntax" and _is_initial_value(node):
        # Icarus does not take nets with and without a value in one declaration
        yield start, stop, b" = 0" if type(node.parent.parent).__name__ == "NetDeclarationSyntax" else b""
    elif is_outside and kind == "BinaryExpressionSyntax" and around == "ContinuousAssignSyntax":
        yield start, stop, b"rtlgen_unused = 0"
    else:
        for child in node:
            yield from _list_cuts(child, kept, is_written)


def _is_initial_value(node: Any) -> bool:
    declaration = node.parent.parent
    return type(declaration).__name__ in _DECLARATIONS and type(declaration.parent).__name__ in _SCOPES
