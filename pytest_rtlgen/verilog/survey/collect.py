"""One pass over a candidate's syntax: what is there that may be forbidden or left out."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_rtlgen.records import Finding, FindingKind
from pytest_rtlgen.verilog.allowed import ASSERTIONS, FORBIDDEN, MEMBERS, WATCHERS
from pytest_rtlgen.verilog.survey.records import LeftOut, Span
from pytest_rtlgen.verilog.syntax import Node, ParsedText, walk_tokens

if TYPE_CHECKING:
    from pyslang import parsing, syntax

_SCOPES = {"ModuleDeclaration", "InterfaceDeclaration", "PackageDeclaration"}
_NAMED = {
    *("Declarator", "InstanceName", "NamedBlockClause", "NamedLabel", "FunctionPrototype"),
    *("TypedefDeclaration", "ClassDeclaration", "LetDeclaration", "ForwardTypedefDeclaration"),
}
_STRUCTURES = {"StructType", "UnionType"}
PROCESSES = {"InitialBlock", "FinalBlock", "AlwaysBlock", "AlwaysCombBlock", "AlwaysFFBlock", "AlwaysLatchBlock"}
_GENERATED = {"IfGenerate", "CaseGenerate", "LoopGenerate", "GenerateBlock"}
_BRANCHES = {"IfGenerate", "ElseClause", "LoopGenerate", "StandardCaseItem", "DefaultCaseItem"}
_VARIABLES = {"DataDeclaration", "LocalVariableDeclaration"}
_CONSTANTS = {"ParameterDeclaration", "GenvarDeclaration"}
_IDENTITIES = {"CaseEqualityExpression", "CaseInequalityExpression"}
_TIMED = {
    *("TimingControlStatement", "WaitStatement", "ForeverStatement", "LoopStatement", "ForLoopStatement"),
    *("ForeachLoopStatement", "DoWhileStatement"),
}
"""Statements that wait or loop: they are left out with the whole process or not at all."""
_HOLDERS = {
    "EmptyStatement",
    "SequentialBlockStatement",
    "ConditionalStatement",
    "CaseStatement",
    "ParallelBlockStatement",
}
"""Statements that do nothing but what the statements in them do."""
_UNKNOWN_DIGITS = frozenset("xXzZ?")


@dataclass(slots=True)
class Step:
    """A statement, assertion or process."""

    node: Node
    kind: str
    above: int | None
    """Number of the step around it."""
    is_silent: bool
    """It holds nothing but messages and assertions."""
    has_message: bool
    is_timed: bool
    """Somewhere in it something waits or loops."""


@dataclass(frozen=True, slots=True)
class Call:
    """A system task or function."""

    name: str
    node: Node
    scope: str
    above: int | None


@dataclass(slots=True)
class Collector:
    """Looks at every node once; nothing is decided yet but for members, which no statement holds."""

    parsed: ParsedText
    findings: list[Finding] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    identities: list[Span] = field(default_factory=list)
    unknown_tests: "list[tuple[int | None, syntax.SyntaxNode]]" = field(default_factory=list)
    """(step around it, node)."""
    declared: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Names that each module, package or interface declares; under the empty name, those that all see."""
    constants: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    memories: set[tuple[str, str]] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    unnamed: set[str] = field(default_factory=set)
    """Modules with generate blocks that have no name."""
    dotted: "list[tuple[int | None, str, str, syntax.SyntaxNode]]" = field(default_factory=list)
    """(step around it, module, first part, node) of each hierarchical name."""

    def read(self, root: "syntax.SyntaxNode") -> None:
        """Look at every node, parents first."""
        from pyslang import parsing, syntax

        token, statement, member = parsing.Token, syntax.StatementSyntax, syntax.MemberSyntax
        stack: list[tuple[Node, str, bool, int | None]] = [(root, "", False, None)]
        while stack:
            node, scope, is_member, above = stack.pop()
            if isinstance(node, token):
                continue
            kind = str(node.kind.name)
            if kind in _SCOPES:
                scope = self._open_scope(node, kind)
            elif isinstance(node, statement):
                above = self._add_step(node, kind, above)
            elif isinstance(node, member):
                if kind in PROCESSES or kind in ASSERTIONS:
                    above = self._add_step(node, kind, above)
                elif not self._read_member(node, kind, scope):
                    continue
            elif not self._read_other(node, kind, scope, above):
                continue
            if kind in _NAMED and not is_member:
                self._declare(node, kind, scope)
            is_member = is_member or kind in _STRUCTURES
            stack.extend([(child, scope, is_member, above) for child in node if child is not None])

    def _open_scope(self, node: "syntax.ModuleDeclarationSyntax", kind: str) -> str:
        name = str(node.header.name.valueText)
        self.declared[name].add(name)
        if kind == "PackageDeclaration":
            self.declared[""].add(name)
        return name

    def _add_step(self, node: "syntax.SyntaxNode", kind: str, above: int | None) -> int:
        is_assertion = kind in ASSERTIONS
        is_silent = is_assertion or kind in _HOLDERS or kind in _TIMED or kind in PROCESSES
        step = Step(node, kind, above, is_silent, has_message=is_assertion, is_timed=kind in _TIMED)
        self.steps.append(step)
        return len(self.steps) - 1

    def _read_member(self, node: Node, kind: str, scope: str) -> bool:
        """Note a member; return whether there is more to see in it."""
        if kind in WATCHERS:
            self.leave_out(node, empty_branch(node), WATCHERS[kind])
        elif kind == "ElabSystemTask":
            self.leave_out(node, empty_branch(node), str(node.name.rawText))
        elif kind not in MEMBERS:
            self.note_construct(kind, node)
        else:
            if kind in _GENERATED and getattr(node, "beginName", None) is None:
                self.unnamed.add(scope)
            return True
        return False

    def _read_other(self, node: Node, kind: str, scope: str, above: int | None) -> bool:
        """Note an expression or a clause; return whether there is more to see in it."""
        if kind == "AttributeInstance":
            self.leave_out(node, "", "attribute")
            return False
        if kind == "SystemName":
            self.calls.append(Call(str(node.systemIdentifier.rawText), node, scope, above))
        elif kind == "ScopedName":
            if str(node.separator.rawText) == ".":
                self._note_dotted(node, scope, above)
        elif kind in _IDENTITIES:
            if _has_unknown_digits(node.left) or _has_unknown_digits(node.right):
                self.unknown_tests.append((above, node))
            else:
                self.identities.append(_render_identity(node))
        elif kind in FORBIDDEN:
            self.note_construct(kind, node)
        return True

    def _note_dotted(self, node: "syntax.ScopedNameSyntax", scope: str, above: int | None) -> None:
        first: Node = node.left
        while str(first.kind.name) == "ScopedName":
            first = first.left
        if str(first.kind.name) != "UnitScope":
            self.dotted.append((above, scope, str(first.getFirstToken().valueText), node))

    def _declare(self, node: Node, kind: str, scope: str) -> None:
        name = _read_name(node)
        self.declared[scope].add(name)
        if kind != "Declarator":
            return
        if len(node.dimensions):
            self.memories.add((scope, name))
        parent = str(node.parent.kind.name) if node.parent is not None else ""
        if parent in _CONSTANTS:
            self.constants[scope].add(name)
        elif parent in _VARIABLES:
            self.variables.add(name)

    def leave_out(self, node: "syntax.SyntaxNode", put: str, what: str) -> None:
        """Note that ``node`` gives way to ``put``; ``what`` is its name for a reader."""
        self.spans.append((*find_span(node), put))
        self.left_out.append((what, self.parsed.line(node.getFirstToken().location)))

    def note_construct(self, kind: str, node: "syntax.SyntaxNode") -> None:
        """Note a node that is forbidden by its kind."""
        known = FORBIDDEN.get(kind)
        self.note(FindingKind.UNLISTED if known is None else FindingKind.CONSTRUCT, node, known or kind)

    def note(self, kind: FindingKind, node: "syntax.SyntaxNode", name: str = "") -> None:
        """Note that ``node`` is forbidden."""
        line = self.parsed.line(node.getFirstToken().location)
        self.findings.append(Finding(kind=kind, name=name, line=line))


def _read_name(node: "syntax.SyntaxNode") -> str:
    name = next(getattr(node, field) for field in ("name", "identifier", "blockName") if hasattr(node, field))
    token = name if hasattr(name, "rawText") else name.getLastToken()
    return str(token.valueText)


def _render_identity(node: "syntax.BinaryExpressionSyntax") -> Span:
    """Return what makes a comparison by ``===`` one by ``==``, as synthesis reads it: X compares as X."""
    token = node.operatorToken
    first = int(token.location.offset)
    return first, first + len("==="), f"{str(token.rawText)[:2]} "


def _has_unknown_digits(node: "syntax.ExpressionSyntax") -> bool:
    """Whether a number with X or Z digits stands in the expression."""
    found = False

    def see(token: "parsing.Token") -> None:
        nonlocal found
        kind = str(token.kind.name)
        if kind in {"UnbasedUnsizedLiteral", "IntegerLiteral"}:
            found = found or not _UNKNOWN_DIGITS.isdisjoint(str(token.rawText))

    walk_tokens(node, see)
    return found


def empty_branch(item: "syntax.SyntaxNode") -> str:
    """Return what stands for ``item`` once it is left out: the next item must not become the branch."""
    return "begin end" if str(item.parent.kind.name) in _BRANCHES else ""


def find_span(node: "syntax.SyntaxNode") -> tuple[int, int]:
    """Return the first byte of ``node`` and the one past its last."""
    area = node.sourceRange
    return int(area.start.offset), int(area.end.offset)
