"""Where pyslang's nodes stand in the text, also those that macros expand to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_rtlgen.verilog.syntax import Node, ParsedText

if TYPE_CHECKING:
    from pyslang import SourceLocation, parsing, syntax

Range = tuple[int, int]
"""Offsets, in bytes, of the first byte and after the last."""


class Source:
    """A text by byte offsets."""

    def __init__(self, text: str, parsed: ParsedText) -> None:
        self._code = text.encode()
        self._manager = parsed.manager
        self._is_ascii = text.isascii()
        self._has_macros = "`define" in text or "`__" in text
        self.flat = text if self._is_ascii else self._code.decode("latin-1")
        """The text with one character a byte, so that byte offsets index it."""

    def find(self, node: Node) -> Range:
        """Return where ``node`` stands; what a macro expands to stands where the macro is used."""
        area = node.sourceRange
        if self._has_macros:
            return self._place(area.start, area.end)
        return area.start.offset, area.end.offset

    def join(self, first: "parsing.Token", last: "parsing.Token") -> Range:
        """Return the range from one token to another."""
        return self._place(first.range.start, last.range.end)

    def enclose(self, node: "syntax.SyntaxNode", last: "parsing.Token") -> Range:
        """Return the range from the start of syntax ``node`` to the end of token ``last`` in it."""
        return self._place(node.sourceRange.start, last.range.end)

    def find_ends(
        self, block: Node, first_name: "syntax.SyntaxNode | None", last_name: "syntax.SyntaxNode | None"
    ) -> list[Range]:
        """Return where a block's ``begin`` and ``end`` stand, each with the name that it has, if any."""
        if first_name is None and last_name is None and not self._has_macros:
            start, stop = self.find(block)
            if self.flat.startswith("begin", start) and self.flat.endswith("end", 0, stop):
                return [(start, start + 5), (stop - 3, stop)]
        first = first_name.getLastToken() if first_name is not None else block.begin
        last = last_name.getLastToken() if last_name is not None else block.end
        return [self.join(block.begin, first), self.join(block.end, last)]

    def lead(self, node: "syntax.SyntaxNode", before: "syntax.SyntaxNode") -> Range:
        """Return the range from the start of syntax ``node`` up to syntax ``before`` in it."""
        start, stop = self.find(node)[0], self.find(before)[0]
        return start, start + len(self.flat[start:stop].rstrip())

    def merge(self, ranges: Sequence[Range]) -> Sequence[Range]:
        """Return sorted ``ranges``, none empty, with those as one that have nothing but white space between them."""
        if not ranges:
            return ()
        flat = self.flat
        merged: list[Range] = []
        first, last = ranges[0]
        for start, stop in ranges:
            if stop <= last:
                continue
            if start > last and not flat[last:start].isspace():
                merged.append((first, last))
                first = start
            last = stop
        return [*merged, (first, last)]

    def count_characters(self, ranges: Sequence[Range]) -> Sequence[Range]:
        """Return sorted ``ranges``, which do not overlap, as offsets of characters."""
        if self._is_ascii:
            return ranges
        found, at, characters = [], 0, 0
        for start, stop in ranges:
            first = characters + len(self._code[at:start].decode(errors="replace"))
            at, characters = stop, first + len(self._code[start:stop].decode(errors="replace"))
            found.append((first, characters))
        return found

    def _place(self, start: "SourceLocation", end: "SourceLocation") -> Range:
        if self._has_macros:
            while self._manager.isMacroLoc(start):
                start = self._manager.getExpansionRange(start).start
            while self._manager.isMacroLoc(end):
                end = self._manager.getExpansionRange(end).end
        return start.offset, end.offset
