"""``$readmemh`` and ``$readmemb`` as the assignments that they make, so that no tool opens a file.

Source: IEEE 1800-2017, 21.4: the words fill the memory from its lowest address, or from the first to the second address
given; ``@`` and a hexadecimal number in the file name the next address.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rtlgen.errors import InnerError
from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.verilog.interface import find_instance
from pytest_rtlgen.verilog.lexical import blank_comments
from pytest_rtlgen.verilog.survey import Span, apply_spans
from pytest_rtlgen.verilog.syntax import Node, parse_text, walk_elaborated

if TYPE_CHECKING:
    from pyslang import ast

MOST_EXPANDED = 1 << 20
"""Characters that all loaded words of a text may take."""
_BASES = {"$readmemh": 16, "$readmemb": 2}
_WORDS = {16: re.compile(r"[0-9a-fA-FxXzZ_]+\Z"), 2: re.compile(r"[01xXzZ_]+\Z")}
_ADDRESS = re.compile(r"@[0-9a-fA-F]+\Z")
_ARRAY = "FixedSizeUnpackedArrayType"
_FEWEST, _MOST = 2, 4
"""Arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedText:
    """A text whose memories are loaded, or why they are not."""

    text: str
    problems: tuple[tuple[str, int], ...] = ()
    """(what, line) of the calls that are left as they are."""


class _NotLoadedError(InnerError):
    """The message says why a call cannot be replaced."""


def load_memories(text: str, top: str, files: Sequence[SourceFile]) -> LoadedText:
    """Return the canonical ``text`` with assignments for its calls of ``$readmemh`` and ``$readmemb``.

    ``files`` are those that module ``top`` may read. Lines keep their numbers. A call in a part that is not elaborated
    does nothing and goes.
    """
    if "$readmem" not in text:
        return LoadedText(text=text)
    parsed = parse_text(text)
    instance = find_instance(parsed, top)
    data, put = text.encode(), dict[int, str]()
    problems: list[tuple[str, int]] = []
    for node in () if instance is None else walk_elaborated(instance):
        if type(node).__name__ != "CallExpression" or str(node.subroutineName) not in _BASES:
            continue
        try:
            found, message = _render(node, instance, data, files), ""
        except _NotLoadedError as error:
            found, message = "", str(error)
        if put.setdefault(int(node.sourceRange.start.offset), found) != found and not message:
            message = "loads another file in another instance of its module"
        if message:
            problems.append((f"{node.subroutineName} {message}", parsed.line(node.sourceRange.start)))
    if not problems and sum(map(len, put.values())) > MOST_EXPANDED:
        problems.append((f"memory files that fill more than {MOST_EXPANDED} characters", 1))
    if problems:
        return LoadedText(text=text, problems=tuple(dict.fromkeys(problems)))
    spans: list[Span] = [
        (first, last, f"begin {put.get(start, '')} end")
        for start, (first, last) in sorted(_list_statements(parsed.tree.root))
    ]
    return LoadedText(text=apply_spans(text, spans))


def read_words(text: str, base: int) -> Iterator[int | str]:
    """Yield what a memory file holds: each next address as a number, each word as its digits in ``base``.

    Raises:
        ValueError: something is neither; the message names it.
    """
    for token in blank_comments(text).split():
        if _ADDRESS.match(token):
            yield int(token[1:], 16)
        elif _WORDS[base].match(token) and token.strip("_"):
            yield token.replace("_", "")
        else:
            raise ValueError(token)


def _render(node: "ast.CallExpression", instance: Node, data: bytes, files: Sequence[SourceFile]) -> str:
    """Return the assignments that a call makes."""
    arguments = list(node.arguments)
    if not _FEWEST <= len(arguments) <= _MOST:
        raise _NotLoadedError("has too few or too many arguments")
    name = _read_string(arguments[0], instance)
    if not name:
        return ""
    target = getattr(arguments[1], "left", arguments[1])
    memory = target.type
    if type(memory).__name__ != _ARRAY or not memory.elementType.isIntegral:
        raise _NotLoadedError("loads what is no memory of one dimension")
    low, high = sorted((int(memory.range.left), int(memory.range.right)))
    limits = [_read_number(item, instance) for item in arguments[2:]]
    first = limits[0] if limits else low
    last = limits[1] if len(limits) > 1 else high
    source = _find_file(name, files)
    area = target.sourceRange
    spelled = " ".join(data[area.start.offset : area.end.offset].decode().split())
    width, base = int(memory.elementType.bitWidth), _BASES[str(node.subroutineName)]
    try:
        words = list(_place(read_words(source.text, base), first, last))
    except ValueError as error:
        raise _NotLoadedError(f"cannot load {source.name}: {error} is no word of base {base}") from error
    return " ".join(f"{spelled}[{address}] = {_spell(word, width, base)};" for address, word in words)


def _place(words: Iterator[int | str], first: int, last: int) -> Iterator[tuple[int, str]]:
    """Yield (address, digits); words past the last address are ignored, as simulators do."""
    address, step = first, 1 if first <= last else -1
    for word in words:
        if isinstance(word, int):
            address = word
            if not min(first, last) <= address <= max(first, last):
                raise _NotLoadedError(f"loads a file with the address @{address:x}, where the memory has none")
        elif min(first, last) <= address <= max(first, last):
            yield address, word
            address += step


def _spell(digits: str, width: int, base: int) -> str:
    """Return a word as a literal of ``width`` bits; digits beyond them are cut off."""
    size = {16: 4, 2: 1}[base]
    bits = "".join(digit.lower() * size if digit in "xXzZ" else f"{int(digit, base):0{size}b}" for digit in digits)
    bits = bits[-width:]
    if set(bits) <= set("01"):
        return f"{width}'h{int(bits, 2):x}"
    return f"{width}'b{bits.rjust(width, '0')}"


def _find_file(name: str, files: Sequence[SourceFile]) -> SourceFile:
    """Return the file of that name, else the only one whose last part is the same."""
    exact = [file for file in files if file.name == name]
    alike = exact or [file for file in files if _last_part(file.name) == _last_part(name)]
    if len(alike) != 1:
        raise _NotLoadedError(f"needs the file {name!r}, which is not given")
    return alike[0]


def _last_part(path: str) -> str:
    return re.split(r"[/\\]", path)[-1]


def _read_string(expression: "ast.Expression", instance: "ast.InstanceSymbol") -> str:
    import pyslang

    value = expression.eval(pyslang.ast.EvalContext(instance))
    text = value.convertToStr().value if value else None
    if not isinstance(text, str):
        raise _NotLoadedError("needs a file whose name is not constant")
    return text.strip("\0")


def _read_number(expression: "ast.Expression", instance: "ast.InstanceSymbol") -> int:
    import pyslang

    value = expression.eval(pyslang.ast.EvalContext(instance)).value
    if not isinstance(value, pyslang.SVInt) or value.hasUnknown:
        raise _NotLoadedError("has an address that is not constant")
    return int(value)


def _list_statements(root: Node) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield where each call starts, and the first byte of its statement and the one past its last."""
    stack = [root]
    while stack:
        node = stack.pop()
        if str(node.kind.name) == "ExpressionStatement" and _is_call(node.expr):
            area = node.sourceRange
            yield int(node.expr.sourceRange.start.offset), (int(area.start.offset), int(area.end.offset))
        elif hasattr(node, "sourceRange"):
            stack.extend(reversed([item for item in node if item is not None]))


def _is_call(node: Node) -> bool:
    return str(node.kind.name) == "InvocationExpression" and str(node.left).strip() in _BASES
