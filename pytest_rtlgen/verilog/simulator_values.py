"""Find where a candidate's logic depends on what only a simulator knows.

Time, random numbers, whether a value is X, and delays that are computed: a circuit has none of these, so a design that
asks for them behaves as it does only here.
"""

import re
from collections.abc import Iterator
from typing import Any

from pytest_rtlgen.verilog.syntax import ParsedText

_DICE = frozenset({"$random", "$urandom", "$urandom_range"})
_CLOCK_OR_DICE = _DICE | {"$time", "$stime", "$realtime"}
_CALLS = {"InvocationExpression", "SystemName"}
_MESSAGES = re.compile(
    r"\$(?:f?(?:display|write|monitor|strobe)[bho]?|info|warning|error|swrite|sformatf?|timeformat)\Z"
)
_IDENTITIES = {"CaseEqualityExpression", "CaseInequalityExpression"}
_UNKNOWN_LITERAL = re.compile(r"'[sS]?[bodhBODH]\s*[0-9a-fA-F_]*[xXzZ?]|'[xXzZ]\b")
_DELAYS = {"DelayControl", "Delay3"}
_LITERAL_DELAY = re.compile(r"#\s*\(?\s*[0-9][0-9_.]*\s*(?:ms|us|ns|ps|fs|s)?\s*(?:[,:]\s*[0-9][0-9_.]*\s*)*\)?\s*\Z")
_NAMED_DELAY = re.compile(r"#\s*\(?\s*([A-Za-z_]\w*)\s*\)?\s*\Z")
_SMALL_NUMBER = re.compile(r"\s*=\s*[0-5]\s*\Z")
_UNKNOWN_TEST = "a test for X or Z, which no circuit can make"
_MEMORY_FILL = "IdentifierSelectName"


def list_simulator_values(parsed: ParsedText) -> Iterator[tuple[str, int]]:
    """Yield (what, line) of every such construct, in source order.

    Messages may show the time, and ``initial`` may fill a memory with random numbers, which ``forget_dice`` takes away:
    neither decides anything.
    """
    yield from _Reader(parsed).read(parsed.tree.root)


def forget_dice(text: str, parsed: ParsedText) -> str:
    """Return ``text``, which was ``parsed``, with X for the random numbers that it fills memories with."""
    reader = _Reader(parsed)
    for _ in reader.read(parsed.tree.root):
        pass
    data, pieces, seen = text.encode(), list[bytes](), 0  # pyslang counts bytes
    for first, last in sorted(reader.dice):
        pieces += [data[seen:first], b"32'bx" + b"\n" * data.count(b"\n", first, last)]
        seen = last
    return b"".join([*pieces, data[seen:]]).decode()


class _Reader:
    def __init__(self, parsed: ParsedText) -> None:
        self._parsed = parsed
        self._small: set[str] = set()
        """Parameters that are plain numbers, 0 to 5, as delays of the kind ``#TPD`` are."""
        self._memories: set[str] = set()
        self.dice: list[tuple[int, int]] = []
        """First and past-last byte of each random number that a memory is filled with."""

    def read(self, root: Any) -> Iterator[tuple[str, int]]:  # noqa: ANN401  a pyslang SyntaxNode
        import pyslang

        stack: list[tuple[Any, bool, bool]] = [(root, False, False)]
        while stack:
            node, is_initial, is_shown = stack.pop()
            if node is None:
                continue
            if isinstance(node, pyslang.parsing.Token):
                word = str(node.rawText)
                if not is_shown and word in _CLOCK_OR_DICE:
                    yield f"{word} in the design's logic, which only a simulator has", self._line(node)
                elif word == "$isunknown":
                    yield _UNKNOWN_TEST, self._line(node)
                continue
            kind = str(node.kind.name)
            yield from self._look(node, kind)
            is_initial = is_initial or kind == "InitialBlock"
            if is_initial and not is_shown and kind in _CALLS and self._is_in_fill(node):
                is_shown = self._note_dice(node)
            is_shown = is_shown or _is_message(node, kind)
            stack.extend((child, is_initial, is_shown) for child in reversed(list(node)))

    def _look(self, node: Any, kind: str) -> Iterator[tuple[str, int]]:  # noqa: ANN401
        if kind == "ParameterDeclaration":
            for declarator in node.declarators:
                if declarator.kind.name == "Declarator" and _SMALL_NUMBER.match(str(declarator.initializer or "")):
                    self._small.add(str(declarator.name.valueText))
        elif kind == "Declarator" and len(node.dimensions):
            self._memories.add(str(node.name.valueText))
        elif kind in _DELAYS:
            text = str(node).strip()
            named = _NAMED_DELAY.match(text)
            if not _LITERAL_DELAY.match(text) and not (named and named[1] in self._small):
                yield "a delay that is computed", self._line(node.getFirstToken())
        elif kind in _IDENTITIES and any(_UNKNOWN_LITERAL.search(str(side)) for side in (node.left, node.right)):
            yield _UNKNOWN_TEST, self._line(node.getFirstToken())

    def _is_in_fill(self, node: Any) -> bool:  # noqa: ANN401
        """Whether the call stands in ``memory[index] = …``."""
        while node is not None and not self._fills_memory(node, str(node.kind.name)):
            node = node.parent
        return node is not None

    def _note_dice(self, node: Any) -> bool:  # noqa: ANN401
        """Note the random number that ``node`` is; false if it is another thing, or stands in a macro."""
        first, last = node.getFirstToken(), node.getLastToken()
        if str(first.rawText) not in _DICE or any(
            map(self._parsed.manager.isMacroLoc, (first.location, last.location))
        ):
            return False
        self.dice.append((first.location.offset, last.location.offset + len(str(last.rawText).encode())))
        return True

    def _fills_memory(self, node: Any, kind: str) -> bool:  # noqa: ANN401
        """Whether the node is ``memory[index] = …``."""
        if kind != "AssignmentExpression" or node.left.kind.name != _MEMORY_FILL:
            return False
        return str(node.left.identifier.valueText) in self._memories

    def _line(self, token: Any) -> int:  # noqa: ANN401
        return self._parsed.line(token.location)


def _is_message(node: Any, kind: str) -> bool:  # noqa: ANN401
    return kind == "InvocationExpression" and bool(_MESSAGES.match(str(node.left).strip()))
