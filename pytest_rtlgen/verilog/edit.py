"""Stretches of a text replaced by others, where a syntax tree says that they are."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from pytest_rtlgen.verilog.survey import apply_spans
from pytest_rtlgen.verilog.syntax import Node, ParsedText

if TYPE_CHECKING:
    from pyslang import parsing, syntax


class Replacement(NamedTuple):
    """What stands instead of the bytes from ``start`` to ``end``."""

    start: int
    end: int
    text: str


def find_range(node: "syntax.SyntaxNode") -> tuple[int, int]:
    """Return the offsets of the first byte of ``node`` and of the one after its last."""
    return int(node.sourceRange.start.offset), int(node.sourceRange.end.offset)


def rename_definition(text: str, parsed: ParsedText, old: str, new: str) -> str:
    """Return ``text``, of which ``parsed`` is the tree, with module ``old`` defined under the name ``new``."""
    import pyslang

    root = parsed.tree.root
    members: Iterable[Node] = root.members if isinstance(root, pyslang.syntax.CompilationUnitSyntax) else [root]
    found = []
    for member in members:
        if member.kind == pyslang.syntax.SyntaxKind.ModuleDeclaration and str(member.header.name.valueText) == old:
            names = [member.header.name, *([member.blockName.name] if member.blockName else [])]
            found += [_replace_token(name, new) for name in names]
    return apply_spans(text, sorted(set(found)))


def _replace_token(token: "parsing.Token", new: str) -> Replacement:
    start = int(token.location.offset)
    return Replacement(start, start + len(str(token.rawText).encode()), new)
