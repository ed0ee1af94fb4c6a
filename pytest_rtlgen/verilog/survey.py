"""One pass over a candidate's syntax: what is forbidden in it, and what no output can depend on and is left out.

The text is canonical (``canonical.py``), so every node stands where it seems to stand. Nothing is elaborated: the time
taken is linear in the text.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pytest_rtlgen.verilog.allowed import (
    ASSERTIONS,
    ENDINGS,
    FORBIDDEN,
    FUNCTIONS,
    INITIAL_STATEMENTS,
    MEMBERS,
    MESSAGES,
    OBSERVATIONS,
    RANDOM,
    STATEMENTS,
    WATCHERS,
)
from pytest_rtlgen.verilog.syntax import ParsedText, parse_text, walk_tokens

_SCOPES = {"ModuleDeclaration", "InterfaceDeclaration", "PackageDeclaration"}
_NAMED = {
    *("Declarator", "InstanceName", "NamedBlockClause", "NamedLabel", "FunctionPrototype"),
    *("TypedefDeclaration", "ClassDeclaration", "LetDeclaration", "ForwardTypedefDeclaration"),
}
_STRUCTURES = {"StructType", "UnionType"}
_PROCESSES = {"InitialBlock", "FinalBlock", "AlwaysBlock", "AlwaysCombBlock", "AlwaysFFBlock", "AlwaysLatchBlock"}
_GENERATED = {"IfGenerate", "CaseGenerate", "LoopGenerate", "GenerateBlock"}
_BRANCHES = {"IfGenerate", "ElseClause", "LoopGenerate", "StandardCaseItem", "DefaultCaseItem"}
_VARIABLES = {"DataDeclaration", "LocalVariableDeclaration"}
_CONSTANTS = {"ParameterDeclaration", "GenvarDeclaration"}
_IDENTITIES = {"CaseEqualityExpression", "CaseInequalityExpression"}
_ASSIGNMENTS = {"AssignmentExpression", "NonblockingAssignmentExpression"}
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

LeftOut = tuple[str, int]
"""(what, line)."""
Span = tuple[int, int, str]
"""(first byte, past the last, what is put there)."""


class FindingKind(StrEnum):
    """Why something is forbidden."""

    CONSTRUCT = "construct"
    UNLISTED = "unlisted"
    TASK = "task"
    OBSERVATION = "observation"
    """A value that only a simulator has."""
    UNKNOWN_TEST = "unknown-test"
    HIERARCHICAL_NAME = "hierarchical-name"
    INITIAL = "initial"
    """A statement that ``initial`` may not hold."""
    ACTION = "action"
    """An assertion that does something."""
    DOUBT = "doubt"
    """Text that preprocessors read in different ways."""
    MACRO = "macro"
    """A macro that trusted files use and that is more than a value."""


_MESSAGES = {
    FindingKind.CONSTRUCT: "{name}",
    FindingKind.UNLISTED: "{name}, which is on no list of what designs may hold",
    FindingKind.TASK: "system task {name}",
    FindingKind.OBSERVATION: "{name} in the design's logic, which only a simulator has",
    FindingKind.UNKNOWN_TEST: "a test for X or Z, which no circuit can make",
    FindingKind.HIERARCHICAL_NAME: "hierarchical name {name}",
    FindingKind.INITIAL: "{name} in initial, where only values are set",
    FindingKind.DOUBT: "{name}",
    FindingKind.MACRO: "macro {name}, which given files use, is more than a value",
    FindingKind.ACTION: "an assertion whose action is more than a message",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is forbidden."""

    kind: FindingKind
    name: str = ""
    """Of the task, construct or kind of statement; empty where the kind says all."""
    line: int

    @property
    def message(self) -> str:
        """For a reader, without the place."""
        return _MESSAGES[self.kind].format(name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a candidate's syntax shows."""

    findings: tuple[Finding, ...]
    """What is forbidden, in source order."""
    spans: tuple[Span, ...]
    """What is left out, in source order; they do not overlap."""
    left_out: tuple[LeftOut, ...]
    """The same for a reader: what, and on which line."""


def survey_text(parsed: ParsedText) -> Survey:
    """Return what is forbidden in a canonical text, and what is to be left out of it."""
    surveyor = _Surveyor(parsed)
    surveyor.read(parsed.tree.root)
    return surveyor.conclude()


def apply_spans(text: str, spans: Iterable[Span]) -> str:
    """Return ``text`` with each of ``spans``, which do not overlap, replaced; lines keep their numbers."""
    data, pieces, seen = text.encode(), list[bytes](), 0  # pyslang counts bytes
    for first, last, put in spans:
        pieces += [data[seen:first], put.encode(), b"\n" * data.count(b"\n", first, last)]
        seen = last
    return b"".join([*pieces, data[seen:]]).decode()


def compare_by_value(text: str) -> str:
    """Return a canonical text with ``==`` for ``===``, except where X or Z is what is asked for."""
    if "==" not in text or ("===" not in text and "!==" not in text):
        return text
    parsed = parse_text(text)
    surveyor = _Surveyor(parsed)
    surveyor.read(parsed.tree.root)
    return apply_spans(text, sorted(surveyor.identities))


@dataclass(slots=True)
class _Step:
    """A statement, assertion or process."""

    node: Any
    kind: str
    above: int | None
    """Number of the step around it."""
    is_silent: bool
    """It holds nothing but messages and assertions."""
    has_message: bool
    is_timed: bool
    """Somewhere in it something waits or loops."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A system task or function."""

    name: str
    node: Any
    scope: str
    above: int | None


@dataclass(slots=True)
class _Surveyor:
    parsed: ParsedText
    findings: list[Finding] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    steps: list[_Step] = field(default_factory=list)
    calls: list[_Call] = field(default_factory=list)
    identities: list[Span] = field(default_factory=list)
    unknown_tests: list[tuple[int | None, Any]] = field(default_factory=list)
    """(step around it, node)."""
    declared: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Names that each module, package or interface declares; under the empty name, those that all see."""
    constants: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    memories: set[tuple[str, str]] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    unnamed: set[str] = field(default_factory=set)
    """Modules with generate blocks that have no name."""
    dotted: list[tuple[int | None, str, str, Any]] = field(default_factory=list)
    """(step around it, module, first part, node) of each hierarchical name."""

    def read(self, root: Any) -> None:  # noqa: ANN401  a pyslang SyntaxNode
        """Look at every node, parents first."""
        from pyslang import parsing, syntax

        token, statement, member = parsing.Token, syntax.StatementSyntax, syntax.MemberSyntax
        stack: list[tuple[Any, str, bool, int | None]] = [(root, "", False, None)]
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
                if kind in _PROCESSES or kind in ASSERTIONS:
                    above = self._add_step(node, kind, above)
                elif not self._read_member(node, kind, scope):
                    continue
            elif not self._read_other(node, kind, scope, above):
                continue
            if kind in _NAMED and not is_member:
                self._declare(node, kind, scope)
            is_member = is_member or kind in _STRUCTURES
            stack.extend([(child, scope, is_member, above) for child in node if child is not None])

    def conclude(self) -> Survey:
        """Decide what is left out and what is forbidden, now that all is known."""
        for call in self.calls:
            self._mark_message(call)
        self._mark_unknown_fills()
        self._spread()
        observed = [call for call in self.calls if call.name in OBSERVATIONS]
        if observed and self._mark_observations(observed):
            self._spread()
        gone = self._leave_out_silent()
        self._forbid(gone)
        return Survey(
            findings=tuple(sorted(self.findings, key=lambda item: item.line)),
            spans=_keep_outer([*self.spans, *self.identities]),
            left_out=tuple(sorted(set(self.left_out), key=lambda item: item[::-1])),
        )

    # -- on the way down

    def _open_scope(self, node: Any, kind: str) -> str:  # noqa: ANN401
        name = str(node.header.name.valueText)
        self.declared[name].add(name)
        if kind == "PackageDeclaration":
            self.declared[""].add(name)
        return name

    def _add_step(self, node: Any, kind: str, above: int | None) -> int:  # noqa: ANN401
        is_assertion = kind in ASSERTIONS
        is_silent = is_assertion or kind in _HOLDERS or kind in _TIMED or kind in _PROCESSES
        step = _Step(node, kind, above, is_silent, has_message=is_assertion, is_timed=kind in _TIMED)
        self.steps.append(step)
        return len(self.steps) - 1

    def _read_member(self, node: Any, kind: str, scope: str) -> bool:  # noqa: ANN401
        """Note a member; return whether there is more to see in it."""
        if kind in WATCHERS:
            self._leave_out(node, _empty_branch(node), WATCHERS[kind])
        elif kind == "ElabSystemTask":
            self._leave_out(node, _empty_branch(node), str(node.name.rawText))
        elif kind not in MEMBERS:
            self._note_construct(kind, node)
        else:
            if kind in _GENERATED and getattr(node, "beginName", None) is None:
                self.unnamed.add(scope)
            return True
        return False

    def _read_other(self, node: Any, kind: str, scope: str, above: int | None) -> bool:  # noqa: ANN401
        """Note an expression or a clause; return whether there is more to see in it."""
        if kind == "AttributeInstance":
            self._leave_out(node, "", "attribute")
            return False
        if kind == "SystemName":
            self.calls.append(_Call(str(node.systemIdentifier.rawText), node, scope, above))
        elif kind == "ScopedName":
            if str(node.separator.rawText) == ".":
                self._note_dotted(node, scope, above)
        elif kind in _IDENTITIES:
            if _has_unknown_digits(node.left) or _has_unknown_digits(node.right):
                self.unknown_tests.append((above, node))
            else:
                self.identities.append(_render_identity(node))
        elif kind in FORBIDDEN:
            self._note_construct(kind, node)
        return True

    def _note_dotted(self, node: Any, scope: str, above: int | None) -> None:  # noqa: ANN401
        first = node.left
        while str(first.kind.name) == "ScopedName":
            first = first.left
        if str(first.kind.name) != "UnitScope":
            self.dotted.append((above, scope, str(first.getFirstToken().valueText), node))

    def _declare(self, node: Any, kind: str, scope: str) -> None:  # noqa: ANN401
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

    # -- at the end

    def _mark_message(self, call: _Call) -> None:
        """Mark the statement that ``call`` is, if it is a message."""
        if call.above is None:
            return
        step = self.steps[call.above]
        is_message = call.name in MESSAGES or (call.name in ENDINGS and self._is_parameter_check(call))
        if is_message and step.kind == "ExpressionStatement" and _read_call(step.node.expr) == call.node:
            step.is_silent = step.has_message = True

    def _is_parameter_check(self, call: _Call) -> bool:
        """Whether a condition around ``call`` hangs on nothing but parameters, or an assertion failed to get there."""
        number = call.above
        while number is not None:
            step = self.steps[number]
            if step.kind in ASSERTIONS:
                return True
            if step.kind == "ConditionalStatement" and self._is_constant(step.node.predicate, call.scope):
                return True
            number = step.above
        return False

    def _is_constant(self, expression: Any, scope: str) -> bool:  # noqa: ANN401
        known = self.constants[scope] | self.constants[""] | FUNCTIONS
        names = _list_names(expression)
        return names <= known

    def _mark_unknown_fills(self) -> None:
        """Mark assignments of X under a test for X: what they say is true without them."""
        tested = {number for number, _ in self.unknown_tests if number is not None}
        if not tested:
            return
        for step in self.steps:
            if _is_unknown_fill(step.node):
                above = step.above
                while above is not None and self.steps[above].kind == "SequentialBlockStatement":
                    above = self.steps[above].above
                if above in tested and getattr(self.steps[above].node, "elseClause", None) is None:
                    step.is_silent = step.has_message = True

    def _mark_observations(self, calls: list[_Call]) -> bool:
        """Mark assignments of what only a simulator has, where nothing but messages reads what they set."""
        marked: dict[str, list[_Step]] = defaultdict(list)
        for call in calls:
            step = None if call.above is None else self.steps[call.above]
            target = None if step is None else _find_target(step.node)
            if step is not None and target in self.variables:
                marked[str(target)].append(step)
        if not marked:
            return False
        hidden = [step.node for step in self.steps if step.is_silent and step.has_message]
        hidden += [step.node for steps in marked.values() for step in steps]
        spans = _keep_outer([(*_find_span(node), "") for node in hidden])
        shown = Counter(_list_shown(self.parsed, marked.keys(), spans))
        for name, steps in marked.items():
            if shown[name] == 1:  # its declaration
                for step in steps:
                    step.is_silent = step.has_message = True
        return True

    def _spread(self) -> None:
        """Tell every step what is in it."""
        for step in reversed(self.steps):  # children stand behind their parents
            if step.above is not None:
                above = self.steps[step.above]
                above.is_silent = above.is_silent and step.is_silent
                above.has_message = above.has_message or step.has_message
                above.is_timed = above.is_timed or step.is_timed

    def _leave_out_silent(self) -> set[int | None]:
        """Leave out the largest silent statements and processes; return the numbers of all steps that are in one."""
        gone: set[int | None] = set()
        for number, step in enumerate(self.steps):
            if step.above in gone:
                gone.add(number)
            elif step.is_silent and step.has_message and (step.kind in _PROCESSES or not step.is_timed):
                gone.add(number)
                is_item = step.kind in _PROCESSES or step.kind.endswith("Member")
                put = _empty_branch(step.node) if is_item else ";"
                self._leave_out(step.node, put, self._describe(number))
        return gone

    def _describe(self, number: int) -> str:
        """Return the name of the first message in the step, or that it is an assertion."""
        step = self.steps[number]
        if step.kind in ASSERTIONS:
            return "assertion"
        first, last = _find_span(step.node)
        inside = [(_find_span(call.node)[0], call.name) for call in self.calls if call.name not in FUNCTIONS]
        named = sorted((place, name) for place, name in inside if first <= place < last)
        if named:
            return named[0][1]
        return "a test for X" if any(above == number for above, _ in self.unknown_tests) else "assertion"

    def _forbid(self, gone: set[int | None]) -> None:
        """Note what is forbidden and not left out."""
        gone = gone - {None}
        for number, step in enumerate(self.steps):
            if number not in gone:
                self._forbid_step(step)
        for call in self.calls:
            if call.above not in gone and call.name not in FUNCTIONS and not self._is_memory_fill(call):
                self._note(_classify_call(call.name), call.node, call.name)
        for above, node in self.unknown_tests:
            if above not in gone:
                self._note(FindingKind.UNKNOWN_TEST, node)
        for above, scope, name, node in self.dotted:
            is_standard = name.startswith("genblk") and name[6:].isdecimal() and scope in self.unnamed
            is_known = is_standard or name in self.declared[scope] or name in self.declared[""]
            if above not in gone and not is_known:
                self._note(FindingKind.HIERARCHICAL_NAME, node, " ".join(str(node).split()))

    def _forbid_step(self, step: _Step) -> None:
        if step.kind in ASSERTIONS:
            self._note(FindingKind.ACTION, step.node)
        elif step.kind == "FinalBlock":
            self._note_construct(step.kind, step.node)
        elif step.kind not in _PROCESSES:
            if step.kind not in STATEMENTS:
                self._note_construct(step.kind, step.node)
            elif step.kind not in INITIAL_STATEMENTS and self._is_initial(step):
                self._note(FindingKind.INITIAL, step.node, step.kind)

    def _is_initial(self, step: _Step) -> bool:
        while step.above is not None:
            step = self.steps[step.above]
        return step.kind == "InitialBlock"

    def _is_memory_fill(self, call: _Call) -> bool:
        """Whether ``call`` is a random number that ``initial`` fills a memory with; X takes its place then."""
        if call.name not in RANDOM or call.above is None or not self._is_initial(self.steps[call.above]):
            return False
        expression = getattr(self.steps[call.above].node, "expr", None)
        if expression is None or str(expression.kind.name) not in _ASSIGNMENTS:
            return False
        target = expression.left
        if str(target.kind.name) != "IdentifierSelectName":
            return False
        if (call.scope, str(target.identifier.valueText)) not in self.memories:
            return False
        whole = call.node.parent if str(call.node.parent.kind.name) == "InvocationExpression" else call.node
        self.spans.append((*_find_span(whole), "32'bx"))
        return True

    def _leave_out(self, node: Any, put: str, what: str) -> None:  # noqa: ANN401
        self.spans.append((*_find_span(node), put))
        self.left_out.append((what, self.parsed.line(node.getFirstToken().location)))

    def _note_construct(self, kind: str, node: Any) -> None:  # noqa: ANN401
        known = FORBIDDEN.get(kind)
        self._note(FindingKind.UNLISTED if known is None else FindingKind.CONSTRUCT, node, known or kind)

    def _note(self, kind: FindingKind, node: Any, name: str = "") -> None:  # noqa: ANN401
        line = self.parsed.line(node.getFirstToken().location)
        self.findings.append(Finding(kind=kind, name=name, line=line))


def _classify_call(name: str) -> FindingKind:
    if name == "$isunknown":
        return FindingKind.UNKNOWN_TEST
    return FindingKind.OBSERVATION if name in OBSERVATIONS else FindingKind.TASK


def _read_name(node: Any) -> str:  # noqa: ANN401
    name = next(getattr(node, field) for field in ("name", "identifier", "blockName") if hasattr(node, field))
    token = name if hasattr(name, "rawText") else name.getLastToken()
    return str(token.valueText)


def _read_call(expression: Any) -> Any:  # noqa: ANN401
    """Return the name that is called when ``expression`` is a call, with or without arguments."""
    return expression.left if str(expression.kind.name) == "InvocationExpression" else expression


def _render_identity(node: Any) -> Span:  # noqa: ANN401
    """Return what makes a comparison by ``===`` one by ``==``, as synthesis reads it: X compares as X."""
    token = node.operatorToken
    first = int(token.location.offset)
    return first, first + len("==="), f"{str(token.rawText)[:2]} "


def _find_target(statement: Any) -> str | None:  # noqa: ANN401
    """Return the plain variable that ``statement`` assigns to."""
    expression = getattr(statement, "expr", None)
    if expression is None or str(expression.kind.name) not in _ASSIGNMENTS:
        return None
    return str(expression.left.identifier.valueText) if str(expression.left.kind.name) == "IdentifierName" else None


def _is_unknown_fill(statement: Any) -> bool:  # noqa: ANN401
    """Whether ``statement`` assigns nothing but X."""
    expression = getattr(statement, "expr", None)
    if expression is None or str(expression.kind.name) not in _ASSIGNMENTS:
        return False
    digits = str(expression.right.getLastToken().rawText).lstrip("'")
    is_literal = str(expression.right.kind.name) in {"IntegerVectorExpression", "UnbasedUnsizedLiteralExpression"}
    return is_literal and set(digits) <= {"x", "X", "_"}


def _list_names(node: Any) -> set[str]:  # noqa: ANN401
    names = set[str]()

    def see(token: Any) -> None:  # noqa: ANN401
        if str(token.kind.name) in {"Identifier", "SystemIdentifier"}:
            names.add(str(token.valueText or token.rawText))

    walk_tokens(node, see)
    return names


def _list_shown(parsed: ParsedText, names: Iterable[str], hidden: tuple[Span, ...]) -> list[str]:
    """Return each use of one of ``names``, in all of the text, that is not in ``hidden``."""
    wanted, found = frozenset(names), list[str]()

    def see(token: Any) -> None:  # noqa: ANN401
        name = str(token.valueText)
        if name in wanted and not any(first <= token.location.offset < last for first, last, _ in hidden):
            found.append(name)

    walk_tokens(parsed.tree.root, see)
    return found


def _has_unknown_digits(node: Any) -> bool:  # noqa: ANN401
    """Whether a number with X or Z digits stands in the expression."""
    found = False

    def see(token: Any) -> None:  # noqa: ANN401
        nonlocal found
        kind = str(token.kind.name)
        if kind in {"UnbasedUnsizedLiteral", "IntegerLiteral"}:
            found = found or not _UNKNOWN_DIGITS.isdisjoint(str(token.rawText))

    walk_tokens(node, see)
    return found


def _empty_branch(item: Any) -> str:  # noqa: ANN401
    """Return what stands for ``item`` once it is left out: the next item must not become the branch."""
    return "begin end" if str(item.parent.kind.name) in _BRANCHES else ""


def _find_span(node: Any) -> tuple[int, int]:  # noqa: ANN401
    area = node.sourceRange
    return int(area.start.offset), int(area.end.offset)


def _keep_outer(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return ``spans`` in order, without those that stand in others."""
    outer: list[Span] = []
    for span in sorted(set(spans), key=lambda item: (item[0], -item[1])):
        if not outer or span[0] >= outer[-1][1]:
            outer.append(span)
    return tuple(outer)
