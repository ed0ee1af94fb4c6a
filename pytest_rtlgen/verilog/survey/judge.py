"""What is forbidden in a candidate, and what no output can depend on: decided once all of its syntax is known."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_rtlgen.records import FindingKind
from pytest_rtlgen.verilog.allowed import (
    ASSERTIONS,
    ENDINGS,
    FUNCTIONS,
    INITIAL_STATEMENTS,
    MESSAGES,
    OBSERVATIONS,
    RANDOM,
    STATEMENTS,
)
from pytest_rtlgen.verilog.survey.collect import PROCESSES, Call, Collector, Step, empty_branch, find_span
from pytest_rtlgen.verilog.survey.records import Span, Survey, keep_outer
from pytest_rtlgen.verilog.syntax import Node, ParsedText, walk_tokens

if TYPE_CHECKING:
    from pyslang import parsing, syntax

_ASSIGNMENTS = {"AssignmentExpression", "NonblockingAssignmentExpression"}


class Judge:
    """Decides about what a collector has seen."""

    def __init__(self, seen: Collector) -> None:
        self._seen = seen
        self._named: list[tuple[int, str]] = []
        """Where each call stands that is no function, in source order."""

    def conclude(self) -> Survey:
        """Decide what is left out and what is forbidden, now that all is known."""
        for call in self._seen.calls:
            self._mark_message(call)
        self._mark_unknown_fills()
        self._spread()
        observed = [call for call in self._seen.calls if call.name in OBSERVATIONS]
        if observed and self._mark_observations(observed):
            self._spread()
        gone = self._leave_out_silent()
        self._forbid(gone)
        return Survey(
            findings=tuple(sorted(self._seen.findings, key=lambda item: item.line or 0)),
            spans=keep_outer([*self._seen.spans, *self._seen.identities]),
            left_out=tuple(sorted(set(self._seen.left_out), key=lambda item: item[::-1])),
        )

    def _mark_message(self, call: Call) -> None:
        """Mark the statement that ``call`` is, if it is a message."""
        if call.above is None:
            return
        step = self._seen.steps[call.above]
        is_message = call.name in MESSAGES or (call.name in ENDINGS and self._is_parameter_check(call))
        if is_message and step.kind == "ExpressionStatement" and _read_call(step.node.expr) == call.node:
            step.is_silent = step.has_message = True

    def _is_parameter_check(self, call: Call) -> bool:
        """Whether a condition around ``call`` hangs on nothing but parameters, or an assertion failed to get there."""
        number = call.above
        while number is not None:
            step = self._seen.steps[number]
            if step.kind in ASSERTIONS:
                return True
            if step.kind == "ConditionalStatement" and self._is_constant(step.node.predicate, call.scope):
                return True
            number = step.above
        return False

    def _is_constant(self, expression: "syntax.SyntaxNode", scope: str) -> bool:
        known = self._seen.constants[scope] | self._seen.constants[""] | FUNCTIONS
        names = _list_names(expression)
        return names <= known

    def _mark_unknown_fills(self) -> None:
        """Mark assignments of X under a test for X: what they say is true without them."""
        tested = {number for number, _ in self._seen.unknown_tests if number is not None}
        if not tested:
            return
        for step in self._seen.steps:
            if _is_unknown_fill(step.node):
                above = step.above
                while above is not None and self._seen.steps[above].kind == "SequentialBlockStatement":
                    above = self._seen.steps[above].above
                if above in tested and getattr(self._seen.steps[above].node, "elseClause", None) is None:
                    step.is_silent = step.has_message = True

    def _mark_observations(self, calls: list[Call]) -> bool:
        """Mark assignments of what only a simulator has, where nothing but messages reads what they set."""
        marked: dict[str, list[Step]] = defaultdict(list)
        for call in calls:
            step = None if call.above is None else self._seen.steps[call.above]
            target = None if step is None else _find_target(step.node)
            if step is not None and target in self._seen.variables:
                marked[str(target)].append(step)
        if not marked:
            return False
        hidden = [step.node for step in self._seen.steps if step.is_silent and step.has_message]
        hidden += [step.node for steps in marked.values() for step in steps]
        spans = keep_outer([(*find_span(node), "") for node in hidden])
        shown = Counter(_list_shown(self._seen.parsed, marked.keys(), spans))
        for name, steps in marked.items():
            if shown[name] == 1:  # its declaration
                for step in steps:
                    step.is_silent = step.has_message = True
        return True

    def _spread(self) -> None:
        """Tell every step what is in it."""
        for step in reversed(self._seen.steps):  # children stand behind their parents
            if step.above is not None:
                above = self._seen.steps[step.above]
                above.is_silent = above.is_silent and step.is_silent
                above.has_message = above.has_message or step.has_message
                above.is_timed = above.is_timed or step.is_timed

    def _leave_out_silent(self) -> set[int | None]:
        """Leave out the largest silent statements and processes; return the numbers of all steps that are in one."""
        gone: set[int | None] = set()
        for number, step in enumerate(self._seen.steps):
            if step.above in gone:
                gone.add(number)
            elif step.is_silent and step.has_message and (step.kind in PROCESSES or not step.is_timed):
                gone.add(number)
                is_item = step.kind in PROCESSES or step.kind.endswith("Member")
                put = empty_branch(step.node) if is_item else ";"
                self._seen.leave_out(step.node, put, self._describe(number))
        return gone

    def _describe(self, number: int) -> str:
        """Return the name of the first message in the step, or that it is an assertion."""
        step = self._seen.steps[number]
        if step.kind in ASSERTIONS:
            return "assertion"
        first, last = find_span(step.node)
        if not self._named:
            calls = (call for call in self._seen.calls if call.name not in FUNCTIONS)
            self._named = sorted((find_span(call.node)[0], call.name) for call in calls)
        place = bisect_left(self._named, (first, ""))
        if place < len(self._named) and self._named[place][0] < last:
            return self._named[place][1]
        return "a test for X" if any(above == number for above, _ in self._seen.unknown_tests) else "assertion"

    def _forbid(self, gone: set[int | None]) -> None:
        """Note what is forbidden and not left out."""
        gone = gone - {None}
        for number, step in enumerate(self._seen.steps):
            if number not in gone:
                self._forbid_step(step)
        for call in self._seen.calls:
            if call.above not in gone and call.name not in FUNCTIONS and not self._is_memory_fill(call):
                self._seen.note(_classify_call(call.name), call.node, call.name)
        for above, node in self._seen.unknown_tests:
            if above not in gone:
                self._seen.note(FindingKind.UNKNOWN_TEST, node)
        for above, scope, name, node in self._seen.dotted:
            is_standard = name.startswith("genblk") and name[6:].isdecimal() and scope in self._seen.unnamed
            is_known = is_standard or name in self._seen.declared[scope] or name in self._seen.declared[""]
            if above not in gone and not is_known:
                self._seen.note(FindingKind.HIERARCHICAL_NAME, node, " ".join(str(node).split()))

    def _forbid_step(self, step: Step) -> None:
        if step.kind in ASSERTIONS:
            self._seen.note(FindingKind.ACTION, step.node)
        elif step.kind == "FinalBlock":
            self._seen.note_construct(step.kind, step.node)
        elif step.kind not in PROCESSES:
            if step.kind not in STATEMENTS:
                self._seen.note_construct(step.kind, step.node)
            elif step.kind not in INITIAL_STATEMENTS and self._is_initial(step):
                self._seen.note(FindingKind.INITIAL, step.node, step.kind)

    def _is_initial(self, step: Step) -> bool:
        while step.above is not None:
            step = self._seen.steps[step.above]
        return step.kind == "InitialBlock"

    def _is_memory_fill(self, call: Call) -> bool:
        """Whether ``call`` is a random number that ``initial`` fills a memory with; X takes its place then."""
        if call.name not in RANDOM or call.above is None or not self._is_initial(self._seen.steps[call.above]):
            return False
        expression = getattr(self._seen.steps[call.above].node, "expr", None)
        if expression is None or str(expression.kind.name) not in _ASSIGNMENTS:
            return False
        target = expression.left
        if str(target.kind.name) != "IdentifierSelectName":
            return False
        if (call.scope, str(target.identifier.valueText)) not in self._seen.memories:
            return False
        whole = call.node.parent if str(call.node.parent.kind.name) == "InvocationExpression" else call.node
        self._seen.spans.append((*find_span(whole), "32'bx"))
        return True


def _classify_call(name: str) -> FindingKind:
    if name == "$isunknown":
        return FindingKind.UNKNOWN_TEST
    if name in ENDINGS:
        return FindingKind.ENDING
    return FindingKind.OBSERVATION if name in OBSERVATIONS else FindingKind.TASK


def _read_call(expression: Node) -> Node:
    """Return the name that is called when ``expression`` is a call, with or without arguments."""
    return expression.left if str(expression.kind.name) == "InvocationExpression" else expression


def _find_target(statement: "syntax.SyntaxNode") -> str | None:
    """Return the plain variable that ``statement`` assigns to."""
    expression = getattr(statement, "expr", None)
    if expression is None or str(expression.kind.name) not in _ASSIGNMENTS:
        return None
    return str(expression.left.identifier.valueText) if str(expression.left.kind.name) == "IdentifierName" else None


def _is_unknown_fill(statement: "syntax.SyntaxNode") -> bool:
    """Whether ``statement`` assigns nothing but X."""
    expression = getattr(statement, "expr", None)
    if expression is None or str(expression.kind.name) not in _ASSIGNMENTS:
        return False
    digits = str(expression.right.getLastToken().rawText).lstrip("'")
    is_literal = str(expression.right.kind.name) in {"IntegerVectorExpression", "UnbasedUnsizedLiteralExpression"}
    return is_literal and set(digits) <= {"x", "X", "_"}


def _list_names(node: "syntax.SyntaxNode") -> set[str]:
    names = set[str]()

    def see(token: "parsing.Token") -> None:
        if str(token.kind.name) in {"Identifier", "SystemIdentifier"}:
            names.add(str(token.valueText or token.rawText))

    walk_tokens(node, see)
    return names


def _list_shown(parsed: ParsedText, names: Iterable[str], hidden: tuple[Span, ...]) -> list[str]:
    """Return each use of one of ``names``, in all of the text, that is not in ``hidden``."""
    targets, found = frozenset(names), list[str]()

    def see(token: "parsing.Token") -> None:
        name = str(token.valueText)
        if name in targets and not any(first <= token.location.offset < last for first, last, _ in hidden):
            found.append(name)

    walk_tokens(parsed.tree.root, see)
    return found
