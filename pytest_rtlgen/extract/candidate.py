"""The rules that take a candidate out of a completion, in the order in which they are tried."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from pytest_rtlgen.extract.encoding import (
    has_marks,
    has_removed_lines,
    list_unmarked,
    restore_characters,
    restore_lines,
)
from pytest_rtlgen.extract.fences import Block, FencedText, split_fences
from pytest_rtlgen.extract.modules import Definition, scan_modules
from pytest_rtlgen.extract.reasoning import drop_reasoning, list_marked
from pytest_rtlgen.records import Candidate, FinishReason

_BOM = "\ufeff"
_DEFINE = re.compile(r"^[ \t]*+`define[ \t]++([A-Za-z_][A-Za-z0-9_$]*)(?:[^\n\\]|\\\r?\n|\\)*+", re.MULTILINE)
_USE = re.compile(r"`([A-Za-z_][A-Za-z0-9_$]*)")
_CLOSING_LINE = re.compile(r"^[ \t]*+`(?:endif|default_nettype|resetall|endcelldefine)\b[^\n]*+", re.MULTILINE)
_CODE_LINE = re.compile(
    _DEFINE.pattern
    + r"|^[ \t]*+(?:`[A-Za-z_][^\n`]*+$|\(\*[^\n]*+$|import[ \t]++\w+::[^\n]*+)"
    + r"|^[ \t]*+(?:typedef|localparam)\b[^;]{0,2000}+;"
    + r"|^[ \t]*+function\b(?:(?!endfunction)[^`]){0,600}+endfunction\b",
    re.MULTILINE,
)
_BODY_WORDS = frozenset({"endmodule", "assign", "always", "always_ff", "always_comb", "always_latch", "generate"})


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A part of an answer, with the rule that marks it; its fences are looked for once."""

    name: str
    text: str

    @cached_property
    def _split(self) -> FencedText:
        return split_fences(self.text)

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self._split.blocks

    @cached_property
    def outside(self) -> Block:
        return Block(text=self._split.outside, is_closed=True)


def extract_candidate(
    text: str, *, top: str, header: str | None = None, finish_reason: FinishReason = FinishReason.STOP
) -> Candidate:
    r"""Return the Verilog in ``text`` that defines module ``top``, with the rule that found it.

    ``header`` is the module header of a completion-style prompt: an answer that is only a body gets it back.
    Nothing found: an empty source with rule ``none``. An answer that ends inside the module is marked truncated.

    >>> answer = "It is:\n```verilog\nmodule one(output y); assign y = 1; endmodule\n```"
    >>> extract_candidate(answer, top="one").source.strip()
    'module one(output y); assign y = 1; endmodule'
    """
    text = restore_lines(text)
    found = _extract(text, top, header, finish_reason)
    if has_marks(found.source):
        found = _extract_unmarked(text, top, header, finish_reason) or found
    rule, source = restore_characters(found.source)
    return replace(found, source=source, rule=_join(rule, found.rule)) if rule else found


def _extract_unmarked(text: str, top: str, header: str | None, finish_reason: FinishReason) -> Candidate | None:
    """Return the candidate of an answer whose code is quoted or a patch, when that makes it whole."""
    for rule, unmarked in list_unmarked(text):
        found = _extract(unmarked, top, header, finish_reason)
        is_whole = top in scan_modules(found.source).modules() and not found.is_truncated
        if is_whole and not has_marks(found.source) and not (rule == "patch" and has_removed_lines(found.source)):
            return replace(found, rule=_join(rule, found.rule))
    return None


def _extract(text: str, top: str, header: str | None, finish_reason: FinishReason) -> Candidate:
    answer = drop_reasoning(text.removeprefix(_BOM))
    parts = [_Part(name=name, text=part) for name, part in (*_list_json_strings(answer), *list_marked(answer))]
    for part in parts:
        found = _find_complete(part, top)
        if found is not None:
            return Candidate(source=found[1], rule=_join(part.name, found[0]))
    for part in parts:
        unfinished = _find_unfinished(part, top)
        if unfinished is not None:
            rule, source, is_open = unfinished
            is_truncated = is_open or finish_reason is FinishReason.LENGTH
            return Candidate(source=source, rule=_join(part.name, rule), is_truncated=is_truncated)
    for part in parts:
        body = _find_body(part, header) if header else None
        if body is not None:
            return Candidate(source=body[1], rule=_join(part.name, body[0]), is_truncated=body[2])
        found = _find_other(part)
        if found is not None:
            return Candidate(source=found[1], rule=_join(part.name, found[0]))
    return Candidate(source="", rule="none", is_truncated=finish_reason is FinishReason.LENGTH)


def _find_complete(part: _Part, top: str) -> tuple[str, str] | None:
    """Return (rule, source) of the last block, or else the bare text, that defines ``top`` completely."""
    blocks = part.blocks
    if blocks and not blocks[-1].is_closed and top in blocks[-1].scan.modules(closed=False):
        return None  # the last thing written is another, unfinished, definition
    for block in reversed(blocks):
        if top in block.scan.modules():
            defined = {item.name for item in block.scan.definitions}
            helpers = _list_helpers(blocks, block.scan.words - defined, top)
            helpers = [*_list_defines(blocks, [*helpers, block.text]), *helpers]
            rule = "fence" if block.is_closed else "open-fence"
            return (rule, "\n".join([*helpers, block.text])) if helpers else (rule, block.text)
    if top in part.outside.scan.modules():
        return "bare-module", _join_definitions(part.outside, top)
    return None


def _find_unfinished(part: _Part, top: str) -> tuple[str, str, bool] | None:
    """Return (rule, source, whether its text or fence ends inside a module) of a definition of ``top`` never closed."""
    for block in reversed(part.blocks):
        if top in block.scan.modules(closed=False):
            return "unfinished-fence", block.text, not block.is_closed or block.scan.definitions[-1].end is None
    cut = part.outside.scan.modules(closed=False).get(top)
    if cut is not None:
        return "unfinished-module", part.outside.text[cut.start :], True
    return None


def _find_body(part: _Part, header: str) -> tuple[str, str, bool] | None:
    """Return (rule, source, whether it ends inside the module) of an answer that begins behind its prompt's header."""
    body = part.blocks[-1] if part.blocks else part.outside
    if body.scan.words.isdisjoint(_BODY_WORDS):
        return None
    source = f"{header.rstrip()}\n{body.text.lstrip()}"
    modules = [item for item in scan_modules(source).definitions if item.is_module]
    if modules and modules[0].end is not None:
        return "body-with-header", _cut_behind(source, modules[0]), False
    return "body-with-header", source, all(item.end is None for item in modules)


def _cut_behind(source: str, module: Definition) -> str:
    """Return ``source`` up to the end of ``module``, and of the rest the definitions that it uses."""
    kept, rest = source[: module.end], source[module.end :]
    helpers = _list_helpers((Block(text=rest, is_closed=True),), scan_modules(kept).words, module.name)
    return "\n".join([kept, *helpers]) + "\n"


def _find_other(part: _Part) -> tuple[str, str] | None:
    """Return the last code that defines modules, none of them the requested one: the screen will name what it found."""
    for block in reversed(part.blocks):
        if block.scan.modules():
            return "other-module", block.text
    return ("other-module", _join_definitions(part.outside)) if part.outside.scan.modules() else None


def _list_helpers(blocks: tuple[Block, ...], used: frozenset[str] | set[str], top: str) -> list[str]:
    """Return the definitions that the chosen block uses and another one holds, and those that they use in turn."""
    available: dict[str, tuple[str, Definition]] = {}
    for block in blocks:
        if block.is_closed and top not in block.scan.modules():
            available |= {item.name: (block.text, item) for item in block.scan.definitions if item.end is not None}
    found: dict[str, str] = {}
    pending = [name for name in used if name in available]
    while pending:
        name = pending.pop()
        if name not in found:
            text, item = available[name]
            found[name] = text[item.start : item.end]
            pending += [word for word in scan_modules(found[name]).words if word in available and word not in found]
    return [found[name] for name in available if name in found]


def _list_defines(blocks: tuple[Block, ...], sources: list[str]) -> list[str]:
    """Return the `define lines in other blocks whose macros ``sources`` uses and does not define."""
    if not any("`define" in block.text for block in blocks):
        return []
    defined = {match[1] for source in sources for match in _DEFINE.finditer(source)}
    used = {name for source in sources for name in _USE.findall(source)} - defined
    found = {match[1]: match[0] for block in blocks for match in _DEFINE.finditer(block.text) if match[1] in used}
    return list(found.values())


def _join_definitions(outside: Block, top: str = "") -> str:
    """Return the complete definitions in ``outside`` without the prose between them; of one name, the last.

    Lines of code around them stay, such as directives; a testbench, which uses ``top``, does not.
    """
    text, scan = outside.text, outside.scan
    last = {item.name: item for item in scan.definitions if item.end is not None}
    if top in last:
        last = {
            name: item
            for name, item in last.items()
            if name == top or top not in scan_modules(text[item.start : item.end]).words
        }
    pieces: list[str] = []
    position = 0
    for item in scan.definitions:
        end = item.start if item.end is None else item.end
        pieces += [line[0] for line in _CODE_LINE.finditer(text, position, item.start)]
        if last.get(item.name) is item:
            pieces.append(text[item.start : end])
        position = end
    pieces += [line[0] for line in _CLOSING_LINE.finditer(text, position)]
    return "\n".join(pieces) + "\n" if last else ""


def _list_json_strings(text: str) -> Iterator[tuple[str, str]]:
    """Yield the strings of an answer that is JSON, such as a tool call; raw line breaks in them are accepted."""
    first, last = text.find("{"), text.rfind("}")
    stripped = text.strip()
    if not stripped.startswith("["):
        stripped = text[first : last + 1]
        if first < 0 or not text[first + 1 :].lstrip().startswith('"'):
            return
    try:
        pending = [json.loads(stripped, strict=False)]
    except (ValueError, RecursionError):
        return
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield "json", value
        elif isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


def _join(name: str, rule: str) -> str:
    return f"{name}/{rule}" if name else rule
