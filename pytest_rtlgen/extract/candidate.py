"""The rules that take a candidate out of a completion, in the order in which they are tried."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from pytest_rtlgen.extract.encoding import has_marks, has_removed_lines, list_unmarked, restore_characters
from pytest_rtlgen.extract.fences import Block, split_fences
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


def extract_candidate(
    text: str, *, top: str, header: str | None = None, finish_reason: FinishReason = FinishReason.STOP
) -> Candidate:
    """Return the Verilog in ``text`` that defines module ``top``, with the rule that found it.

    ``header`` is the module header of a completion-style prompt: an answer that is only a body gets it back.
    Nothing found: an empty source with rule ``none``. An answer that ends inside the module is marked truncated.
    """
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
    parts = [*_list_json_strings(answer), *list_marked(answer)]
    for name, part in parts:
        found = _find_complete(part, top)
        if found is not None:
            return Candidate(source=found[1], rule=_join(name, found[0]))
    for name, part in parts:
        unfinished = _find_unfinished(part, top)
        if unfinished is not None:
            rule, source, is_open = unfinished
            is_truncated = is_open or finish_reason is FinishReason.LENGTH
            return Candidate(source=source, rule=_join(name, rule), is_truncated=is_truncated)
    for name, part in parts:
        body = _find_body(part, header) if header else None
        if body is not None:
            return Candidate(source=body[1], rule=_join(name, body[0]), is_truncated=body[2])
        found = _find_other(part)
        if found is not None:
            return Candidate(source=found[1], rule=_join(name, found[0]))
    return Candidate(source="", rule="none", is_truncated=finish_reason is FinishReason.LENGTH)


def _find_complete(text: str, top: str) -> tuple[str, str] | None:
    """Return (rule, source) of the last block, or else the bare text, that defines ``top`` completely."""
    blocks, outside = split_fences(text)
    scans = [scan_modules(block.text) for block in blocks]
    if blocks and not blocks[-1].is_closed and top in scans[-1].modules(closed=False):
        return None  # the last thing written is another, unfinished, definition
    for block, scan in zip(reversed(blocks), reversed(scans), strict=True):
        if top in scan.modules():
            defined = {item.name for item in scan.definitions}
            helpers = _list_helpers(blocks, scan.words - defined, top)
            helpers = [*_list_defines(blocks, [*helpers, block.text]), *helpers]
            rule = "fence" if block.is_closed else "open-fence"
            return (rule, "\n".join([*helpers, block.text])) if helpers else (rule, block.text)
    if top in scan_modules(outside).modules():
        return "bare-module", _join_definitions(outside, top)
    return None


def _find_unfinished(text: str, top: str) -> tuple[str, str, bool] | None:
    """Return (rule, source, whether its text or fence ends inside a module) of a definition of ``top`` never closed."""
    blocks, outside = split_fences(text)
    for block in reversed(blocks):
        scan = scan_modules(block.text)
        if top in scan.modules(closed=False):
            return "unfinished-fence", block.text, not block.is_closed or scan.definitions[-1].end is None
    cut = scan_modules(outside).modules(closed=False).get(top)
    if cut is not None:
        return "unfinished-module", outside[cut.start :], True
    return None


def _find_body(text: str, header: str) -> tuple[str, str, bool] | None:
    """Return (rule, source, whether it ends inside the module) of an answer that begins behind its prompt's header."""
    blocks, outside = split_fences(text)
    body = blocks[-1].text if blocks else outside
    scan = scan_modules(body)
    if scan.words.isdisjoint(_BODY_WORDS):
        return None
    source = f"{header.rstrip()}\n{body.lstrip()}"
    modules = [item for item in scan_modules(source).definitions if item.is_module]
    if modules and modules[0].end is not None:
        return "body-with-header", _cut_behind(source, modules[0]), False
    return "body-with-header", source, all(item.end is None for item in modules)


def _cut_behind(source: str, module: Definition) -> str:
    """Return ``source`` up to the end of ``module``, and of the rest the definitions that it uses."""
    kept, rest = source[: module.end], source[module.end :]
    helpers = _list_helpers((Block(text=rest, is_closed=True),), scan_modules(kept).words, module.name)
    return "\n".join([kept, *helpers]) + "\n"


def _find_other(text: str) -> tuple[str, str] | None:
    """Return the last code that defines modules, none of them the wanted one: the screen will name what it found."""
    blocks, outside = split_fences(text)
    for block in reversed(blocks):
        if scan_modules(block.text).modules():
            return "other-module", block.text
    return ("other-module", _join_definitions(outside)) if scan_modules(outside).modules() else None


def _list_helpers(blocks: tuple[Block, ...], wanted: frozenset[str] | set[str], top: str) -> list[str]:
    """Return the definitions in other blocks that the chosen one uses but lacks, and those that they use in turn."""
    available: dict[str, tuple[str, Definition]] = {}
    for block in blocks:
        scan = scan_modules(block.text)
        if top not in scan.modules() and block.is_closed:
            available.update({item.name: (block.text, item) for item in scan.definitions if item.end is not None})
    found: dict[str, str] = {}
    pending = [name for name in wanted if name in available]
    while pending:
        name = pending.pop()
        if name not in found:
            text, item = available[name]
            found[name] = text[item.start : item.end]
            pending += [word for word in scan_modules(found[name]).words if word in available and word not in found]
    return [found[name] for name in available if name in found]


def _list_defines(blocks: tuple[Block, ...], sources: list[str]) -> list[str]:
    """Return the `define lines in other blocks whose macros ``sources`` uses and does not define."""
    own = {match[1] for source in sources for match in _DEFINE.finditer(source)}
    used = {name for source in sources for name in _USE.findall(source)} - own
    found = {match[1]: match[0] for block in blocks for match in _DEFINE.finditer(block.text) if match[1] in used}
    return list(found.values())


def _join_definitions(text: str, top: str = "") -> str:
    """Return the complete definitions in ``text`` without the prose between them; of one name, the last.

    Lines of code around them stay, such as directives; a testbench, which uses ``top``, does not.
    """
    scan = scan_modules(text)
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
