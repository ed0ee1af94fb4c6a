"""The small mistakes that can be made in a text, found on its syntax tree: each replaces one stretch of bytes."""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rtlgen.verilog.syntax import Node, ParsedText

if TYPE_CHECKING:
    from pyslang import parsing, syntax

_SWAPS: Mapping[str, tuple[str, ...]] = {
    "+": ("-",),
    "-": ("+",),
    "*": ("+",),
    "/": ("*",),
    "%": ("/",),
    "&": ("|", "^"),
    "|": ("&", "^"),
    "^": ("&", "|", "~^"),
    "~^": ("^",),
    "^~": ("^",),
    "==": ("!=",),
    "!=": ("==",),
    "===": ("!==",),
    "!==": ("===",),
    "<": ("<=", ">", ">="),
    "<=": ("<", ">=", ">"),
    ">": (">=", "<", "<="),
    ">=": (">", "<=", "<"),
    "&&": ("||",),
    "||": ("&&",),
    "<<": (">>",),
    "<<<": (">>>",),
    ">>": ("<<", ">>>"),
    ">>>": (">>", "<<<"),
}
_REDUCTIONS = {"&": ("|", "^"), "|": ("&", "^"), "^": ("&", "|"), "~&": ("~|",), "~|": ("~&",), "~^": ("^",)}
_DROPPED = {"~", "!", "-"}
_ASSIGNMENTS = {"AssignmentExpression", "NonblockingAssignmentExpression"}
_CASTS = {"$signed": "$unsigned", "$unsigned": "$signed"}
_BASED = re.compile(r"(\d*)\s*'\s*([sS]?)([bodhBODH])\s*([0-9a-fA-F_]+)")
_BASES = {"b": 2, "o": 8, "d": 10, "h": 16}
_WRITERS = {"b": "b", "o": "o", "d": "d", "h": "x"}
_UNTOUCHED = {"ModuleHeader", "ModportDeclaration", "TimeUnitsDeclaration", "GenvarDeclaration"}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Edit:
    """One replacement."""

    start: int
    """Offset of the first byte that goes."""
    end: int
    """Offset after the last."""
    operator: str
    """What kind of mistake it is."""
    text: str
    """What comes instead."""


def list_edits(parsed: ParsedText, code: bytes, widths: Mapping[str, Mapping[str, int]]) -> tuple[Edit, ...]:
    """Return every edit of ``code``, which ``parsed`` is the tree of, sorted; text that macros expand to is left alone.

    ``widths`` are, per module, the bits of its variables and nets, which names are exchanged among.
    """
    finder = _Finder(parsed, code, widths)
    finder.visit(parsed.tree.root)
    return tuple(sorted(set(finder.edits)))


class _Finder:
    """Walks the tree and collects edits; ``_roles`` tell in what kind of place a node stands."""

    def __init__(self, parsed: ParsedText, code: bytes, widths: Mapping[str, Mapping[str, int]]) -> None:
        self.edits: list[Edit] = []
        self._manager = parsed.manager
        self._code = code
        self._widths = widths
        self._names: Mapping[str, int] = {}
        self._handlers: Mapping[str, Callable[[Node], None]] = {
            "PrefixUnaryExpressionSyntax": self._unary,
            "ConditionalPredicateSyntax": self._condition,
            "ConditionalStatementSyntax": self._else,
            "CaseStatementSyntax": self._case,
            "ExpressionStatementSyntax": self._statement,
            "IntegerVectorExpressionSyntax": self._constant,
            "LiteralExpressionSyntax": self._constant,
            "BitSelectSyntax": self._index,
            "RangeSelectSyntax": self._index,
            "InvocationExpressionSyntax": self._cast,
            "ConcatenationExpressionSyntax": self._concatenation,
            "BinaryEventExpressionSyntax": self._events,
            "SignalEventExpressionSyntax": self._edge,
            "IdentifierNameSyntax": self._name,
            "EqualsValueClauseSyntax": self._initial,
            "DataDeclarationSyntax": self._declaration,
            "NetDeclarationSyntax": self._declaration,
        }

    def visit(self, node: Node, *, is_target: bool = False) -> None:
        """Collect the edits of ``node`` and what is below it; a target of an assignment keeps its names."""
        kind = type(node).__name__
        if _is_token(node) or node.kind.name in _UNTOUCHED or not self._is_written(node):
            return
        if node.kind.name == "ModuleDeclaration":
            self._names = self._widths.get(str(node.header.name.valueText), {})
        if kind == "BinaryExpressionSyntax":
            self._binary(node)
            is_assignment = node.kind.name.endswith("AssignmentExpression")
            self.visit(node.left, is_target=is_assignment or is_target)
            self.visit(node.right)
            return
        if kind in self._handlers and not (is_target and kind == "IdentifierNameSyntax"):
            self._handlers[kind](node)
        for child in _children(node, kind):
            self.visit(child, is_target=is_target and kind not in {"BitSelectSyntax", "RangeSelectSyntax"})

    def _add(self, operator: str, node: "syntax.SyntaxNode | parsing.Token", text: str) -> None:
        start, end = _span(node)
        self._add_span(operator, start, end, text)

    def _add_span(self, operator: str, start: int, end: int, text: str) -> None:
        if self._code[start:end].decode() != text:
            self.edits.append(Edit(start=start, end=end, operator=operator, text=text))

    def _text(self, node: "syntax.SyntaxNode | parsing.Token") -> str:
        start, end = _span(node)
        return self._code[start:end].decode()

    def _is_written(self, node: "syntax.SyntaxNode") -> bool:
        """Whether the node stands in the text itself, not in what a macro expands to."""
        area = node.sourceRange
        return bool(self._manager.isFileLoc(area.start) and self._manager.isFileLoc(area.end))

    def _binary(self, node: "syntax.BinaryExpressionSyntax") -> None:
        if node.kind.name in _ASSIGNMENTS:
            self._stick(node.right)
        elif not node.kind.name.endswith("AssignmentExpression"):
            for other in _SWAPS.get(str(node.operatorToken.valueText), ()):
                self._add("operator", node.operatorToken, other)

    def _stick(self, value: "syntax.SyntaxNode") -> None:
        if type(value).__name__ not in {"IntegerVectorExpressionSyntax", "LiteralExpressionSyntax"}:
            self._add("stuck at 0", value, "'0")
            self._add("stuck at 1", value, "'1")

    def _unary(self, node: "syntax.PrefixUnaryExpressionSyntax") -> None:
        token = str(node.operatorToken.valueText)
        if token in _DROPPED:
            self._add("drop negation", node.operatorToken, "")
        for other in _REDUCTIONS.get(token, ()):
            self._add("reduction", node.operatorToken, other)

    def _condition(self, node: "syntax.ConditionalPredicateSyntax") -> None:
        self._add("negate condition", node, f"!({self._text(node)})")
        self._add("condition false", node, "1'b0")
        self._add("condition true", node, "1'b1")

    def _else(self, node: "syntax.ConditionalStatementSyntax") -> None:
        if node.elseClause is not None:
            self._add("drop else", node.elseClause, "")
            first, second = node.statement, node.elseClause.clause
            self._swap("swap branches", first, second)

    def _swap(self, operator: str, first: "syntax.SyntaxNode", second: "syntax.SyntaxNode") -> None:
        (start, middle), (resume, end) = _span(first), _span(second)
        between = self._code[middle:resume].decode()
        self._add_span(operator, start, end, self._text(second) + between + self._text(first))

    def _case(self, node: "syntax.CaseStatementSyntax") -> None:
        items = [item for item in node.items if not _is_token(item)]
        for item in items:
            self._add("drop case item", item, "")
        for first, second in itertools.pairwise(items):
            self._swap("swap case bodies", first.clause, second.clause)

    def _statement(self, node: "syntax.ExpressionStatementSyntax") -> None:
        if node.expr.kind.name.endswith("AssignmentExpression"):
            self._add("drop assignment", node, ";")

    def _constant(self, node: "syntax.IntegerVectorExpressionSyntax | syntax.LiteralExpressionSyntax") -> None:
        for text in list_neighbours(self._text(node)):
            self._add("constant", node, text)

    def _index(self, node: Node) -> None:
        parts = (node.expr,) if hasattr(node, "expr") else (node.left, node.right)
        for step in (1, -1):
            shifted = [_shift(self._text(part), step) for part in parts]
            if len(parts) == 1:
                self._add("index", node, shifted[0])
            else:  # the right end of a range moves too; where it is a width, it stays
                right = shifted[1] if node.kind.name == "SimpleRangeSelect" else self._text(node.right)
                self._add("index", node, f"{shifted[0]}{self._text(node.range)}{right}")

    def _cast(self, node: "syntax.InvocationExpressionSyntax") -> None:
        name = self._text(node.left)
        if name in _CASTS:
            self._add("sign cast", node.left, _CASTS[name])

    def _concatenation(self, node: "syntax.ConcatenationExpressionSyntax") -> None:
        parts = [part for part in node.expressions if not _is_token(part)]
        for first, second in itertools.pairwise(parts):
            self._swap("swap parts", first, second)

    def _events(self, node: "syntax.BinaryEventExpressionSyntax") -> None:
        right: Node = node.right
        if type(right).__name__ == "SignalEventExpressionSyntax" and str(right.edge.valueText):
            self._add("drop from sensitivity", node, self._text(node.left))

    def _edge(self, node: "syntax.SignalEventExpressionSyntax") -> None:
        other = {"posedge": "negedge", "negedge": "posedge"}.get(str(node.edge.valueText))
        if other:
            self._add("edge", node.edge, other)

    def _name(self, node: "syntax.IdentifierNameSyntax") -> None:
        name = self._text(node)
        width = self._names.get(name)
        for other, bits in self._names.items():
            if width is not None and other != name and bits == width:
                self._add("name", node, other)

    def _initial(self, node: "syntax.EqualsValueClauseSyntax") -> None:
        if node.parent is not None and node.parent.parent.kind.name == "NetDeclaration":
            self._stick(node.expr)

    def _declaration(self, node: "syntax.DataDeclarationSyntax | syntax.NetDeclarationSyntax") -> None:
        signing = getattr(node.type, "signing", None)
        if signing is not None and str(signing.valueText) == "signed":
            self._add("drop signed", signing, "")
        for dimension in getattr(node.type, "dimensions", None) or ():
            limits = getattr(getattr(dimension, "specifier", None), "selector", None)
            left = getattr(limits, "left", None)
            if left is not None and type(left).__name__ == "LiteralExpressionSyntax" and self._text(left) != "0":
                self._add("narrower", left, _shift(self._text(left), -1))


def list_neighbours(literal: str) -> tuple[str, ...]:
    """Return a constant's neighbours, zero, and itself with its highest and lowest bit flipped, written as it is."""
    if literal in {"'0", "'1"}:
        return ("'1",) if literal == "'0" else ("'0",)
    if literal.isdigit():
        value = int(literal)
        return tuple(dict.fromkeys(str(other) for other in (value + 1, value - 1, 0) if other >= 0 and other != value))
    match = _BASED.fullmatch(literal)
    if match is None:
        return ()
    size, sign, base, digits = match.groups()
    try:
        value = int(digits.replace("_", ""), _BASES[base.lower()])
    except ValueError:
        return ()
    width = int(size or 32)
    others = (value + 1, value - 1, 0, value ^ 1, value ^ (1 << max(0, width - 1)), value ^ (1 << (width // 2)))
    masked = dict.fromkeys(other & ((1 << width) - 1) for other in others)
    writer = _WRITERS[base.lower()]
    return tuple(f"{size}'{sign}{base}{other:{writer}}" for other in masked if other != value)


def _shift(index: str, step: int) -> str:
    """Return the text of ``index + step``."""
    if index.isdigit() and int(index) + step >= 0:
        return str(int(index) + step)
    return f"({index}) {'+' if step > 0 else '-'} {abs(step)}"


def _children(node: Node, kind: str) -> Iterator[Node]:
    """Yield the parts of a node that are worth a look: types, events' signals and port names of instances are not."""
    skipped = {"SignalEventExpressionSyntax", "GenvarDeclarationSyntax"}
    if kind in skipped or kind.endswith("TypeSyntax") or kind == "VariableDimensionSyntax":
        return
    if kind == "LoopGenerateSyntax":
        yield node.block
        return
    if kind == "ForLoopStatementSyntax":
        yield node.stopExpr
        yield node.statement
        return
    if kind in {"BitSelectSyntax", "RangeSelectSyntax"}:
        parts = (node.expr,) if hasattr(node, "expr") else (node.left, node.right)
        yield from (part for part in parts if type(part).__name__ != "LiteralExpressionSyntax")
        return
    yield from (child for child in node if child is not None)


def _is_token(item: "object") -> bool:
    return type(item).__name__ == "Token"


def _span(item: Node) -> tuple[int, int]:
    area = item.range if _is_token(item) else item.sourceRange
    return int(area.start.offset), int(area.end.offset)
