"""A design with nothing left that works but what its spans hold: what lies outside of them cannot matter if it still does the same."""

from collections.abc import Iterator, Sequence
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
_SCOPES = {"ModuleDeclarationSyntax", "GenerateBlockSyntax"}


def keep_only(text: str, spans: Sequence[Span]) -> str:
    """Return ``text`` without the statements, assignments, instances, functions and initial values outside of ``spans``."""
    code = text.encode()
    kept = [(len(text[: span.start].encode()), len(text[: span.stop].encode())) for span in spans]
    cuts = list(_list_cuts(parse_text(text).tree.root, kept))
    for start, stop, instead in sorted(cuts, reverse=True):
        code = code[:start] + instead + code[stop:]
    return code.decode()


def _list_cuts(node: Any, kept: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, bytes]]:
    kind = type(node).__name__
    if kind == "Token" or node is None:
        return
    area = node.sourceRange
    start, stop = int(area.start.offset), int(area.end.offset)
    is_outside = not any(first < stop and start < last for first, last in kept)
    if is_outside and kind in _STATEMENTS:
        yield start, stop, b";"
    elif is_outside and kind in _MEMBERS:
        yield start, stop, b""
    elif is_outside and kind == "EqualsValueClauseSyntax" and _is_initial_value(node):
        yield start, stop, b""
    elif is_outside and kind == "BinaryExpressionSyntax" and type(node.parent).__name__ == "ContinuousAssignSyntax":
        yield start, stop, b"rtlgen_unused = 0"
    else:
        for child in node:
            yield from _list_cuts(child, kept)


def _is_initial_value(node: Any) -> bool:
    declaration = node.parent.parent
    return type(declaration).__name__ in _DECLARATIONS and type(declaration.parent).__name__ in _SCOPES
