"""The rules that take a candidate out of a completion, in the order in which they are tried."""

import json
from collections.abc import Iterator

from pytest_rtlgen.extract.fences import Block, split_fences
from pytest_rtlgen.extract.modules import Definition, scan_modules
from pytest_rtlgen.extract.reasoning import drop_reasoning, list_marked
from pytest_rtlgen.records import Candidate, FinishReason

_BOM = "\ufeff"


def extract_candidate(
    text: str, *, top: str, header: str | None = None, finish_reason: FinishReason = FinishReason.STOP
) -> Candidate:
    """Return the Verilog in ``text`` that defines module ``top``, with the rule that found it.

    ``header`` is the module header of a completion-style prompt: an answer that is only a body gets it back.
    Nothing found: an empty source with rule ``none``. An answer that ends inside the module is marked truncated.
    """
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
        found = (_find_body(part, header) if header else None) or _find_other(part)
        if found is not None:
            return Candidate(source=found[1], rule=_join(name, found[0]))
    return Candidate(source="", rule="none", is_truncated=finish_reason is FinishReason.LENGTH)


def _find_complete(text: str, top: str) -> tuple[str, str] | None:
    """Return (rule, source) of the last block, or else the bare text, that defines ``top`` completely."""
    blocks, outside = split_fences(text)
    scans = [scan_modules(block.text) for block in blocks]
    for block, scan in zip(reversed(blocks), reversed(scans), strict=True):
        if top in scan.modules():
            defined = {item.name for item in scan.definitions}
            helpers = _list_helpers(blocks, scan.words - defined, top)
            rule = "fence" if block.is_closed else "open-fence"
            return (rule, "\n".join([*helpers, block.text])) if helpers else (rule, block.text)
    if top in scan_modules(outside).modules():
        return "bare-module", _join_definitions(outside)
    return None


def _find_unfinished(text: str, top: str) -> tuple[str, str, bool] | None:
    """Return (rule, source, whether the text just stops) of a definition of ``top`` that is never closed."""
    blocks, outside = split_fences(text)
    for block in reversed(blocks):
        if top in scan_modules(block.text).modules(closed=False):
            return "unfinished-fence", block.text, not block.is_closed
    cut = scan_modules(outside).modules(closed=False).get(top)
    if cut is not None:
        return "unfinished-module", outside[cut.start :], True
    return None


def _find_body(text: str, header: str | None) -> tuple[str, str] | None:
    blocks, outside = split_fences(text)
    body = blocks[-1].text if blocks else outside
    if header is None or "endmodule" not in body or scan_modules(body).definitions:
        return None
    return "body-with-header", f"{header.rstrip()}\n{body.lstrip()}"


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
    pending = sorted(wanted & available.keys())
    while pending:
        name = pending.pop()
        if name not in found:
            text, item = available[name]
            found[name] = text[item.start : item.end]
            pending += sorted(scan_modules(found[name]).words & (available.keys() - found.keys()))
    return [found[name] for name in available if name in found]


def _join_definitions(text: str) -> str:
    """Return the complete definitions in ``text`` without the prose between them; of one name, the last."""
    last = {item.name: item for item in scan_modules(text).definitions if item.end is not None}
    ordered = sorted(last.values(), key=lambda item: item.start)
    if not ordered:
        return ""
    defines = [
        line for line in text[: ordered[0].start].splitlines() if line.lstrip().startswith(("`define", "`timescale"))
    ]
    return "\n".join([*defines, *(text[item.start : item.end] for item in ordered)]) + "\n"


def _list_json_strings(text: str) -> Iterator[tuple[str, str]]:
    """Yield the strings of an answer that is JSON, such as a tool call; raw line breaks in them are accepted."""
    stripped = text.strip()
    if not stripped.startswith(("{", "[")):
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
