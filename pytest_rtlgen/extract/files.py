"""Completion text to the files that a problem of several targets asks for.

Source: the answers that CVDP asks for are JSON, ``{"code": [{"<path>": "<text>"}]}`` (``src/model_helpers.py`` of
github.com/NVlabs/cvdp_benchmark); models also write fences under a heading that names the file.
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from pytest_rtlgen.extract.candidate import extract_candidate
from pytest_rtlgen.extract.encoding import restore_lines
from pytest_rtlgen.extract.fences import split_fences
from pytest_rtlgen.extract.modules import scan_modules
from pytest_rtlgen.extract.reasoning import drop_reasoning, list_marked
from pytest_rtlgen.records import FinishReason, SourceFile

_BOM = "\ufeff"
_OBJECT = re.compile(r'\{\s*"')
_MOST_OBJECTS = 50
"""Places of a text at which JSON is looked for: each try may read all of it."""
_PATH_KEYS, _TEXT_KEYS = ("path", "name", "file", "filename", "file_path"), ("content", "code", "text", "contents")
_ESCAPE = re.compile(r'\\(["\\/nrt])')
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_HEADING_LINES = 2


def extract_files(
    text: str, targets: Sequence[str], top: str, *, finish_reason: FinishReason = FinishReason.STOP
) -> tuple[SourceFile, ...]:
    """Return the files among ``targets``, which are paths, that ``text`` gives, in the order of ``targets``.

    One target takes whatever Verilog the answer holds, that of module ``top`` first. Several are looked for as a JSON
    object, then as fences under headings, then as modules named like the files. What is not found is left out.
    """
    if len(targets) == 1:
        source = extract_candidate(text, top=top, finish_reason=finish_reason).source
        return (SourceFile(name=targets[0], text=source),) if source else ()
    found: dict[str, str] = {}
    answer = drop_reasoning(restore_lines(text.removeprefix(_BOM)))
    for _, part in list_marked(answer):
        for look in (_find_json, _find_headed, _find_named):
            for target, source in look(part, [item for item in targets if item not in found]):
                found[target] = source.strip("\n") + "\n"
    return tuple(SourceFile(name=target, text=found[target]) for target in targets if target in found)


def _find_json(text: str, targets: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (target, source) from the last JSON object that names any of ``targets``."""
    found: dict[str, str] = {}
    for value in _list_objects(text):
        pairs = {target: source for name, source in _list_pairs(value) if (target := _match(name, targets))}
        found = pairs or found
    yield from (found or dict(_read_broken(text, targets))).items()


def _list_objects(text: str) -> Iterator[object]:
    """Yield the outermost JSON objects in ``text``; raw line breaks in their strings are kept."""
    decoder = json.JSONDecoder(strict=False)
    end = 0
    for opening, _ in zip(_OBJECT.finditer(text), range(_MOST_OBJECTS), strict=False):
        if opening.start() < end:
            continue
        try:
            value, end = decoder.raw_decode(text, opening.start())
        except (ValueError, RecursionError):
            continue
        yield value


def _list_pairs(value: object) -> Iterator[tuple[str, str]]:
    """Yield (path, source) of every text below ``value`` that a key or a neighbour names."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, dict):
            pending.extend(item.values())
            yield from ((name, _unwrap(source)) for name, source in item.items() if isinstance(source, str))
            path = next((item[key] for key in _PATH_KEYS if isinstance(item.get(key), str)), None)
            source = next((item[key] for key in _TEXT_KEYS if isinstance(item.get(key), str)), None)
            if path is not None and source is not None:
                yield path, _unwrap(source)


def _read_broken(text: str, targets: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (target, source) from JSON with quotes that are not escaped: a text ends where the next key begins."""
    keys = [(found, target) for target in targets for found in re.finditer(rf'"{re.escape(target)}"\s*:\s*"', text)]
    keys.sort(key=lambda item: item[0].start())
    for index, (found, target) in enumerate(keys):
        stop = keys[index + 1][0].start() if index + 1 < len(keys) else len(text)
        end = text.rfind('"', found.end(), stop)
        source = text[found.end() : end if end >= 0 else stop]
        if "\n" not in source or r"\n" in source.partition("\n")[0]:
            source = _ESCAPE.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), source)
        yield target, _unwrap(source)


def _unwrap(source: str) -> str:
    """Return what the last fence in ``source`` holds, or all of it."""
    blocks = split_fences(source).blocks
    return blocks[-1].text if blocks else source


def _find_headed(text: str, targets: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (target, source) of fences whose heading, tag or first line names a target; of several, the last."""
    blocks = split_fences(text).blocks
    position = 0
    for block in blocks:
        start = text.find(block.text, position)
        heading = text[position:start].strip().splitlines()[-_HEADING_LINES - 1 :]
        first = block.text.strip().partition("\n")[0]
        lines = [*([first] if first.startswith(("//", "/*")) else []), *reversed(heading)]
        target = next((name for line in lines if (name := _find_mentioned(line, targets))), None)
        if target is not None:
            yield target, block.text
        position = max(start, position) + len(block.text)


def _find_named(text: str, targets: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (target, source) of modules that are named like a target."""
    blocks, outside = split_fences(text)
    for part in [outside, *(block.text for block in blocks)]:
        modules = scan_modules(part).modules()
        named = {target: modules[stem] for target in targets if (stem := PurePosixPath(target).stem) in modules}
        for target, module in named.items():
            yield target, part if len(modules) == 1 and part is not outside else part[module.start : module.end]


def _find_mentioned(line: str, targets: Sequence[str]) -> str | None:
    """Return the target that ``line`` names by its path or, where that is unique, by its last part."""
    words = re.findall(r"[\w./-]+", line)
    return next((target for word in words if (target := _match(word.rstrip("."), targets))), None)


def _match(name: str, targets: Sequence[str]) -> str | None:
    """Return the one of ``targets`` that ``name`` means."""
    name = name.removeprefix("./")
    ends = [target for target in targets if name == target or name.endswith(f"/{target}")]
    same = [target for target in targets if PurePosixPath(target).name == name]
    return next((found[0] for found in (ends, same) if len(found) == 1), None)
