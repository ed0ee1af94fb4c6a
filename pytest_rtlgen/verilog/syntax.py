"""The few things that this package asks of pyslang, typed. Each call has a source manager of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pytest_rtlgen.records import Diagnostic, Severity


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


def parse_text(text: str) -> ParsedText:
    """Parse ``text``; never raises on bad Verilog. A ``RuntimeError`` of pyslang (nesting too deep) goes through."""
    import pyslang

    manager = pyslang.SourceManager()
    return ParsedText(pyslang.syntax.SyntaxTree.fromText(text, manager, "design.sv", "design.sv"), manager)


def elaborate(parsed: ParsedText) -> tuple[Any, Any]:
    """Return pyslang's compilation of the text and its root symbol, fully elaborated."""
    import pyslang

    compilation = pyslang.ast.Compilation()
    compilation.addSyntaxTree(parsed.tree)
    root = compilation.getRoot()
    compilation.getAllDiagnostics()
    return compilation, root


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
