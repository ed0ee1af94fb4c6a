"""Mutants: copies of a reference with one small mistake each; a check that cannot tell one apart is blind there."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.verilog.interface import find_instance, parse_reference
from pytest_rtlgen.verilog.mutation_edits import Edit, list_edits
from pytest_rtlgen.verilog.syntax import ParsedText, parse_text, walk

if TYPE_CHECKING:
    from pyslang import ast

_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A design with one mistake."""

    operator: str
    """Kind of mistake, as ``mutation_edits`` names it; ``netlist …`` for those of Yosys."""
    line: int
    """Where, from 1; 0 where that cannot be told."""
    before: str
    """What stood there, shortened to one line."""
    after: str
    """What stands there now, likewise."""
    source: str
    """The whole text."""


def list_mutants(source: SourceFile, top: str, *, limit: int | None = None, seed: int = 0) -> tuple[Mutant, ...]:
    """Return mutants of ``source``, all different texts that parse, in a fixed order.

    ``limit``: at most so many, drawn evenly over operators, then lines. Whether they build, and whether they
    behave differently, is for the caller to find out.

    Raises:
        BadReferenceError: the text itself does not parse.
    """
    parsed = parse_reference(source)
    code = source.text.encode()
    edits = list_edits(parsed, code, _list_widths(parsed, top))
    rng = random.Random(f"rtlgen mutants {seed}")  # noqa: S311  reproducible on purpose
    found: dict[str, Mutant] = {}
    for edit in _spread(edits, code, rng):
        if limit is not None and len(found) >= limit:
            break
        mutant = _apply(edit, code)
        if mutant.source not in found and _parses(mutant.source):
            found[mutant.source] = mutant
    return tuple(sorted(found.values(), key=lambda mutant: (mutant.line, mutant.operator, mutant.source)))


def _spread(edits: Iterable[Edit], code: bytes, rng: random.Random) -> Iterator[Edit]:
    """Yield all edits: one of each operator in turn, of which always one on a line that had the fewest."""
    by_operator: dict[str, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_operator[edit.operator].append(edit)
    for group in by_operator.values():
        rng.shuffle(group)
    used: Counter[int] = Counter()
    while by_operator:
        for operator in sorted(by_operator):
            group = by_operator[operator]
            chosen = min(group, key=lambda edit: used[_line(code, edit.start)])
            group.remove(chosen)
            used[_line(code, chosen.start)] += 1
            if not group:
                del by_operator[operator]
            yield chosen


def _apply(edit: Edit, code: bytes) -> Mutant:
    return Mutant(
        operator=edit.operator,
        line=_line(code, edit.start),
        before=_clip(code[edit.start : edit.end].decode()),
        after=_clip(edit.text),
        source=(code[: edit.start] + edit.text.encode() + code[edit.end :]).decode(),
    )


def _line(code: bytes, offset: int) -> int:
    return code.count(b"\n", 0, offset) + 1


def _clip(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _parses(text: str) -> bool:
    return not any(item.isError() for item in parse_text(text).tree.diagnostics)


def _list_widths(parsed: ParsedText, top: str) -> dict[str, dict[str, int]]:
    """Return, per module below ``top``, the bits of what may be read by name; clocks and other edge signals are not."""
    instance = find_instance(parsed, top)
    found: dict[str, dict[str, int]] = {}
    if instance is None:
        return found
    for node in walk(instance):
        if type(node).__name__ == "InstanceSymbol":
            edges = _list_edge_signals(node)
            found[str(node.definition.name)] = {
                str(member.name): int(member.type.bitWidth)
                for member in node.body
                if type(member).__name__ in {"VariableSymbol", "NetSymbol"}
                and member.type.isIntegral
                and str(member.name) not in edges
            }
    return found


def _list_edge_signals(instance: "ast.InstanceSymbol") -> set[str]:
    return {
        str(node.expr.symbol.name)
        for node in walk(instance)
        if type(node).__name__ == "SignalEventControl" and node.edge.name != "None_" and hasattr(node.expr, "symbol")
    }
