"""What a parsed candidate reaches for outside itself: names, files, the simulator, the tools."""

from collections.abc import Iterator
from typing import Any

from pytest_rtlgen.verilog.syntax import ParsedText, walk, walk_tokens

_HARMLESS_TASKS = frozenset(
    {
        *("$display", "$displayb", "$displayh", "$displayo", "$write", "$writeb", "$writeh", "$writeo"),
        *("$monitor", "$monitoron", "$monitoroff", "$strobe", "$info", "$warning", "$error"),
        *("$time", "$stime", "$realtime", "$timeformat", "$printtimescale"),
        *("$signed", "$unsigned", "$clog2", "$bits", "$size", "$left", "$right", "$low", "$high", "$increment"),
        *("$dimensions", "$unpacked_dimensions", "$countones", "$countbits", "$onehot", "$onehot0", "$isunknown"),
        *("$random", "$urandom", "$urandom_range", "$rtoi", "$itor", "$realtobits", "$bitstoreal", "$cast"),
        *("$shortrealtobits", "$bitstoshortreal", "$typename", "$sformatf", "$sformat", "$swrite"),
        *("$ln", "$log10", "$exp", "$sqrt", "$pow", "$floor", "$ceil", "$sin", "$cos", "$tan", "$asin", "$acos"),
        *("$atan", "$atan2", "$hypot", "$sinh", "$cosh", "$tanh", "$asinh", "$acosh", "$atanh", "$abs", "$min", "$max"),
        *("$past", "$rose", "$fell", "$stable", "$changed", "$sampled", "$assertoff", "$asserton", "$assertkill"),
    }
)
_FORBIDDEN_WORDS = {
    "bind": "bind, which reaches into other modules",
    "force": "force",
    "release": "release",
    "assume": "assume, which hides wrong behaviour from proofs",
    "restrict": "restrict, which hides wrong behaviour from proofs",
    "$root": "$root, the top of the simulation",
    "config": "config block",
    "program": "program block",
}
_FORBIDDEN_ATTRIBUTES = frozenset(
    {"blackbox", "whitebox", "anyconst", "anyseq", "allconst", "allseq", "gclk", "techmap", "abc9_box", "lib_whitebox"}
)
_PATH_FORMATS = ("%m", "%0m", "%M", "%0M", "%l", "%L")

Finding = tuple[str, int]
"""(what, line)."""


def list_reaches(parsed: ParsedText, instance: Any) -> Iterator[Finding]:  # noqa: ANN401  an InstanceSymbol
    """Yield every construct by which the candidate reaches outside itself, in source order."""
    found: list[Finding] = []
    previous = ""
    is_attribute = False

    def see(token: Any) -> None:  # noqa: ANN401
        nonlocal previous, is_attribute
        text = str(token.rawText)
        if (previous, text) == ("(", "*") or text == "(*":
            is_attribute = True
        elif text in {"*)", ")"}:
            is_attribute = False
        message = _judge_token(text, previous, is_attribute=is_attribute)
        if message:
            found.append((message, parsed.line(token.location)))
        previous = text

    walk_tokens(parsed.tree.root, see)
    found += _list_foreign_names(parsed, instance)
    yield from sorted(found, key=lambda item: item[1])


def _judge_token(text: str, previous: str, *, is_attribute: bool) -> str:
    if text.startswith("$") and len(text) > 1 and text not in _FORBIDDEN_WORDS and text not in _HARMLESS_TASKS:
        return f"system task {text}"
    if text in _FORBIDDEN_WORDS:
        return _FORBIDDEN_WORDS[text]
    if text.startswith('"'):
        if previous in {"import", "export"}:
            return "DPI import or export: foreign code"
        if any(form in text for form in _PATH_FORMATS):
            return "format %m, which tells where the design is instantiated"
    if is_attribute and text in _FORBIDDEN_ATTRIBUTES:
        return f"attribute (* {text} *)"
    return ""


def _list_foreign_names(parsed: ParsedText, instance: Any) -> Iterator[Finding]:  # noqa: ANN401
    """Yield dotted names whose first part is nothing that the text declares."""
    import pyslang

    declared = {str(getattr(node, "name", "")) for node in walk(instance)}
    pending = [parsed.tree.root]
    while pending:
        node = pending.pop()
        if isinstance(node, pyslang.parsing.Token) or node is None:
            continue
        if node.kind == pyslang.syntax.SyntaxKind.ScopedName and str(node.separator.rawText) == ".":
            first = node.left
            while first.kind == pyslang.syntax.SyntaxKind.ScopedName:
                first = first.left
            name = str(first.getFirstToken().valueText)
            if name not in declared:
                yield f"hierarchical name {str(node).strip()}", parsed.line(node.getFirstToken().location)
            continue
        pending.extend(node)
