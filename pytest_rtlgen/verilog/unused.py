"""Leave out the modules that a design does not use: a testbench after the answer, say."""

import re
from typing import TYPE_CHECKING

from pytest_rtlgen.verilog.syntax import Node, ParsedText, list_words

if TYPE_CHECKING:
    pass


def leave_out_unused(text: str, parsed: ParsedText, top: str) -> str:
    """Return the canonical ``text`` with the modules blanked that ``top`` does not use; lines keep their numbers.

    A module counts as used when its name appears anywhere in a used module or outside all modules.
    """
    modules: dict[str, set[str]] = {}
    spans: dict[str, tuple[int, int]] = {}
    words: set[str] = {top}
    for member in _list_members(parsed):
        found = list_words(member)
        name = str(member.header.name.valueText) if member.kind.name == "ModuleDeclaration" else ""
        if not name or name in modules:
            words |= found
        else:
            area = member.sourceRange
            modules[name], spans[name] = found, (area.start.offset, area.end.offset)
    used: set[str] = set()
    while more := (words & modules.keys()) - used:
        used |= more
        words |= set().union(*(modules[name] for name in more))
    data, pieces, seen = text.encode(), list[bytes](), 0  # pyslang counts bytes
    for first, last in sorted(spans[name] for name in modules.keys() - used):
        pieces += [data[seen:first], re.sub(rb"[^\n]", b" ", data[first:last])]
        seen = last
    return b"".join([*pieces, data[seen:]]).decode()


def _list_members(parsed: ParsedText) -> list[Node]:
    root: Node = parsed.tree.root
    return list(root.members) if root.kind.name == "CompilationUnit" else [root]
