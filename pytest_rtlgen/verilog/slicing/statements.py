"""Processes, functions and tasks: each statement a piece that hangs from the heads which decide whether it runs."""

from typing import TYPE_CHECKING

from pytest_rtlgen.verilog.slicing.design import Design, Subroutine, find_owner, is_local
from pytest_rtlgen.verilog.slicing.graph import Piece
from pytest_rtlgen.verilog.slicing.source import Range
from pytest_rtlgen.verilog.slicing.uses import Uses, load_directions
from pytest_rtlgen.verilog.syntax import Node

if TYPE_CHECKING:
    from pyslang import ast

_READERS = {
    "ExpressionStatement": "_expression",
    "BlockStatement": "_block",
    "StatementList": "_list",
    "VariableDeclStatement": "_declaration",
    "ConditionalStatement": "_conditional",
    "CaseStatement": "_case",
    "ForLoopStatement": "_for",
    "RepeatLoopStatement": "_loop",
    "WhileLoopStatement": "_loop",
    "ForeverLoopStatement": "_loop",
    "ForeachLoopStatement": "_loop",
    "DoWhileLoopStatement": "_do",
    "TimedStatement": "_timed",
    "WaitStatement": "_wait",
    "ReturnStatement": "_return",
    "BreakStatement": "_jump",
    "ContinueStatement": "_jump",
    "DisableStatement": "_disable",
    "EventTriggerStatement": "_trigger",
    "ProceduralDeassignStatement": "_deassign",
}
"""Which method reads which statement: by name, as an object that holds its own methods is freed late."""


def read_process(design: Design, block: "ast.ProceduralBlockSymbol", parent: Piece) -> None:
    """Add the pieces of an always or initial block."""
    syntax: Node = block.syntax
    body: Node = block.body
    ranges, uses, statement = [design.source.join(syntax.keyword, syntax.keyword)], Uses(), body
    if type(body).__name__ == "TimedStatement":
        ranges.append(design.source.find(body.timing.syntax))
        uses, statement = Uses(body.timing), body.stmt
    root = Piece(ranges, parent=parent)
    design.add(uses, root)
    reader = _Reader(design, root)
    reader.read(statement, root)
    if reader.is_bad or uses.is_bad:
        area = design.source.find(syntax)
        design.add(design.read_names(block.parentScope, area), Piece([area], parent=parent))


def read_subroutine(design: Design, symbol: Node) -> None:
    """Add the pieces of a function or task."""
    syntax = symbol.syntax
    source = design.source
    last = syntax.endBlockName.getLastToken() if syntax.endBlockName is not None else syntax.end
    head = Piece([source.enclose(syntax, syntax.semi), source.join(syntax.end, last)])
    results = [argument for argument in symbol.arguments if argument.direction is not load_directions()[0]]
    results += [symbol.returnValVar] if symbol.returnValVar is not None else []
    found = design.subroutines[symbol] = Subroutine(head, design.list_signals(results))
    reader = _Reader(design, head, found)
    reader.read(symbol.body, head)
    if reader.is_bad:
        area = source.find(syntax)
        whole = Piece([area], parent=found.called)
        design.add(design.read_names(symbol, area), whole)
        head.also.append(whole)


class _Reader:
    """Reads the statements below ``root``."""

    def __init__(self, design: Design, root: Piece, subroutine: Subroutine | None = None) -> None:
        self.is_bad = False
        self._design = design
        self._source = design.source
        self._root = root
        self._subroutine = subroutine
        self._counters: dict[ast.Symbol, Piece] = {}
        """Variables of the loops around, which start in the loop's head, whatever they held before."""

    def read(self, statement: "ast.Statement", parent: Piece) -> None:
        """Add ``statement``, which runs where ``parent`` lets it."""
        reader = _READERS.get(type(statement).__name__)
        if reader is not None:
            getattr(self, reader)(statement, parent)
        elif statement.bad:
            self.is_bad = True
        elif statement.syntax is not None:
            self._add(Uses(statement), [self._source.find(statement.syntax)], parent)

    def _expression(self, statement: "ast.ExpressionStatement", parent: Piece) -> None:
        self._add(Uses(statement.expr), [self._source.find(statement.syntax)], parent)

    def _add(self, uses: Uses, ranges: list[Range], parent: Piece) -> Piece:
        piece = Piece(ranges, parent=parent)
        self.is_bad = self.is_bad or uses.is_bad
        if self._counters:
            self._note_counters(uses, piece)
        if self._subroutine is not None and not all(map(is_local, uses.targets)):
            piece.also.append(self._subroutine.called)
        self._design.add(uses, piece)
        for symbol in uses.calls:
            called = self._design.subroutines.get(symbol)
            if called is not None and called.timing:
                self._hold_up(*called.timing)
        return piece

    def _note_counters(self, uses: Uses, piece: Piece) -> None:
        """Leave out what a loop around ``piece`` has set in its head; the head draws ``piece`` if it sets that too."""
        for target in uses.targets:
            if target in self._counters:
                self._counters[target].also.append(piece)
        uses.reads = [symbol for symbol in uses.reads if symbol not in self._counters]

    def _hold_up(self, *pieces: Piece) -> None:
        """Note what decides when, or whether, the rest of the process runs."""
        self._root.also += pieces
        if self._subroutine is not None:
            self._subroutine.timing += pieces

    def _block(self, statement: "ast.BlockStatement", parent: Piece) -> None:
        syntax: Node = statement.syntax
        if type(syntax).__name__ == "BlockStatementSyntax":
            ranges = self._source.find_ends(syntax, syntax.blockName, syntax.endBlockName)
            named = [] if syntax.blockName is None else [statement.blockSymbol]  # a disable elsewhere may end it
            parent = Piece(ranges, parent)
            parent.also += self._design.list_signals(named)
        self.read(statement.body, parent)

    def _list(self, statement: "ast.StatementList", parent: Piece) -> None:
        for item in statement.list:
            self.read(item, parent)

    def _declaration(self, statement: "ast.VariableDeclStatement", parent: Piece) -> None:
        symbol = statement.symbol
        syntax = symbol.syntax
        scope = find_owner(symbol)
        area = self._source.find(syntax.parent)
        if type(syntax.parent).__name__ == "ForVariableDeclarationSyntax":
            self._design.names.declare(str(symbol.name), self._source.find(scope), Piece())
            return
        uses = Uses(symbol.initializer)
        uses.targets.append(symbol)
        self._design.names.declare(str(symbol.name), self._source.find(scope), self._add(uses, [area], parent))

    def _conditional(self, statement: Node, parent: Piece) -> None:
        while True:  # a chain of else if may be longer than Python's stack
            syntax: Node = statement.syntax
            conditions = list(statement.conditions)
            uses = Uses(*[item.expr for item in conditions])
            for item in conditions:
                if item.pattern is not None:
                    uses.reads += Uses(item.pattern).reads
            head = self._add(uses, [self._source.enclose(syntax, syntax.closeParen)], parent)
            self.read(statement.ifTrue, head)
            if statement.ifFalse is None:
                return
            word = syntax.elseClause.elseKeyword
            parent, statement = Piece([self._source.join(word, word)], parent=head), statement.ifFalse
            if type(statement).__name__ != "ConditionalStatement":
                self.read(statement, parent)
                return

    def _case(self, statement: "ast.CaseStatement", parent: Piece) -> None:
        syntax: Node = statement.syntax
        opening = syntax.matchesOrInside
        ranges = [self._source.enclose(syntax, opening if str(opening.rawText) else syntax.closeParen)]
        ranges += [self._source.enclose(item, _label_end(item)) for item in syntax.items]
        ranges.append(self._source.join(syntax.endcase, syntax.endcase))
        labels = [label for item in statement.items for label in item.expressions]
        head = self._add(Uses(statement.expr, *labels), ranges, parent)
        for item in statement.items:
            self.read(item.stmt, head)
        if statement.defaultCase is not None:
            self.read(statement.defaultCase, head)

    def _for(self, statement: "ast.ForLoopStatement", parent: Piece) -> None:
        uses = Uses(*statement.initializers, *(symbol.initializer for symbol in statement.loopVars))
        uses.targets += statement.loopVars
        counters = set(uses.targets)
        for node in (statement.stopExpr, *statement.steps):
            uses.see(node)
        uses.reads = [symbol for symbol in uses.reads if symbol not in counters]
        syntax: Node = statement.syntax
        head = self._add(uses, [self._source.enclose(syntax, syntax.closeParen)], parent)
        outer = self._counters
        self._counters = {**outer, **dict.fromkeys(counters, head)}
        self.read(statement.body, head)
        self._counters = outer

    def _loop(self, statement: Node, parent: Piece) -> None:
        kept = ("count", "cond", "arrayRef")
        uses = Uses(*(getattr(statement, name, None) for name in kept))
        syntax: Node = statement.syntax
        head = self._add(uses, [self._source.lead(syntax, syntax.statement)], parent)
        self.read(statement.body, head)

    def _do(self, statement: "ast.DoWhileLoopStatement", parent: Piece) -> None:
        syntax: Node = statement.syntax
        ranges = [self._source.enclose(syntax, syntax.doKeyword), self._source.join(syntax.whileKeyword, syntax.semi)]
        self.read(statement.body, self._add(Uses(statement.cond), ranges, parent))

    def _timed(self, statement: "ast.TimedStatement", parent: Piece) -> None:
        head = self._add(Uses(statement.timing), [self._source.find(statement.timing.syntax)], parent)
        self._hold_up(head)
        self.read(statement.stmt, head)

    def _wait(self, statement: "ast.WaitStatement", parent: Piece) -> None:
        syntax: Node = statement.syntax
        head = self._add(Uses(statement.cond), [self._source.enclose(syntax, syntax.closeParen)], parent)
        self._hold_up(head)
        self.read(statement.stmt, head)

    def _return(self, statement: "ast.ReturnStatement", parent: Piece) -> None:
        piece = self._add(Uses(statement.expr), [self._source.find(statement.syntax)], parent)
        self._root.also.append(piece)
        if self._subroutine is not None:
            for result in self._subroutine.results:
                result.also.append(piece)

    def _jump(self, statement: "ast.BreakStatement | ast.ContinueStatement", parent: Piece) -> None:
        self._root.also.append(self._add(Uses(), [self._source.find(statement.syntax)], parent))

    def _disable(self, statement: "ast.DisableStatement", parent: Piece) -> None:
        uses = Uses(statement.target)
        uses.targets, uses.reads = uses.reads, []
        self._root.also.append(self._add(uses, [self._source.find(statement.syntax)], parent))

    def _trigger(self, statement: "ast.EventTriggerStatement", parent: Piece) -> None:
        uses = Uses(statement.target, statement.timing)
        uses.targets += uses.reads
        self._add(uses, [self._source.find(statement.syntax)], parent)

    def _deassign(self, statement: "ast.ProceduralDeassignStatement", parent: Piece) -> None:
        uses = Uses()
        uses.see_target(statement.lvalue)
        self._add(uses, [self._source.find(statement.syntax)], parent)


def _label_end(item: Node) -> Node:
    colon = item.colon
    return colon if str(colon.rawText) else item.defaultKeyword
