"""What can be told from raw text before any parser sees it: sizes, odd characters, compiler directives, macro bombs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_CHARACTERS = 2 << 20
_MOST_EXPANSION = 8 << 20
_CODE = re.compile(
    r"//[^\n]*"
    r"|/\*.*?(?:\*/|(?P<open>\Z))"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|(?P<escaped>\\\S+)"
    r"|`(?P<directive>[A-Za-z_][A-Za-z0-9_$]*)",
    re.DOTALL,
)
_TIMESCALE = re.compile(r"`timescale\s+\d+\s*[munpf]?s\s*/\s*\d+\s*[munpf]?s")
_DEFINE = re.compile(r"`define\s+([A-Za-z_][\w$]*)(\([^)\n]*\))?((?:[^\n\\]|\\\r?\n|\\)*)")
_USE = re.compile(r"`([A-Za-z_][\w$]*)")
_WORD = re.compile(r"[A-Za-z_][\w$]*")
_ODD = re.compile("[\x00-\x08\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200e\u200f]")
_ODD_ESCAPED = re.compile(r"[\"'%/;`$]|\\")
_SWITCHES = re.compile(r"(?:synopsys|synthesis|pragma|ambit)\s+translate_o(?:ff|n)", re.IGNORECASE)
_FORBIDDEN = {"include", "line", "pragma", "begin_keywords", "end_keywords"}
_CONDITIONALS = {"ifdef", "ifndef", "elsif"}
_TOOL_MACRO = re.compile(
    r"(?:SYNTHESIS|SYNTH|VERILATOR|YOSYS|FORMAL|XILINX\w*|SIMULATION|SIM|IVERILOG|COCOTB\w*|__\w+|VCS|MODELTECH)\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """One reason not to go on with a text."""

    message: str
    line: int
    is_syntax: bool = False
    """The text is broken rather than forbidden."""


def list_objections(text: str) -> Iterator[Objection]:
    """Yield what is wrong with ``text`` as raw characters; linear time, nothing is expanded."""
    if len(text) > MOST_CHARACTERS:
        yield Objection(message=f"the text has more than {MOST_CHARACTERS} characters", line=1)
        return
    odd = _ODD.search(text)
    if odd is not None:
        yield Objection(message=f"control character U+{ord(odd[0]):04X}", line=_line(text, odd.start()))
        return
    depth = 0
    for token in _CODE.finditer(text):
        depth += {"ifdef": 1, "ifndef": 1, "endif": -1}.get(token["directive"] or "", 0)
        message = _judge_token(text, token)
        if message:
            yield Objection(message=message, line=_line(text, token.start()), is_syntax=token["open"] is not None)
    if depth > 0:
        yield Objection(message="`ifdef without `endif", line=text.count("\n") + 1, is_syntax=True)
    if estimate_expansion(text) > _MOST_EXPANSION:
        yield Objection(message=f"macros may expand to more than {_MOST_EXPANSION >> 20} MiB", line=1)


def blank_timescales(text: str) -> str:
    """Return ``text`` with its ``timescale`` directives blanked: the harness sets the one that counts."""
    return _TIMESCALE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def estimate_expansion(text: str) -> int:
    """Return an upper bound of the characters that ``text`` has after macro expansion, at most ``2 ** 60``."""
    macros = {match[1]: (match[2] or "", match[3]) for match in _DEFINE.finditer(text)}
    if not macros:
        return len(text)
    sizes: dict[str, int] = {}
    total = sum(_size_of(name, macros, sizes, ()) for name in _USE.findall(_DEFINE.sub("", text)) if name in macros)
    repeats = max((_most_repeats(parameters, body) for parameters, body in macros.values()), default=1)
    nesting = _nesting_of_calls(text, {name for name, (parameters, _) in macros.items() if parameters})
    functions = sum(1 for parameters, _ in macros.values() if parameters)
    growth: int = max(repeats, 1) ** min(nesting * max(functions, 1), 60)
    return min((len(text) + total) * growth, 1 << 60)


def _size_of(name: str, macros: dict[str, tuple[str, str]], sizes: dict[str, int], above: tuple[str, ...]) -> int:
    if name in above or len(above) > len(macros):
        return 1 << 60  # recursive
    if name not in sizes:
        body = macros[name][1]
        inner = sum(_size_of(used, macros, sizes, (*above, name)) for used in _USE.findall(body) if used in macros)
        sizes[name] = min(len(body) + inner, 1 << 60)
    return sizes[name]


def _most_repeats(parameters: str, body: str) -> int:
    words = _WORD.findall(body)
    return max((words.count(name) for name in set(_WORD.findall(parameters))), default=0)


def _nesting_of_calls(text: str, functions: set[str]) -> int:
    """Return how deep calls of function-like macros nest."""
    deepest = depth = 0
    stack: list[bool] = []
    pending = False
    for token in re.finditer(r"`(?P<name>[A-Za-z_][\w$]*)|(?P<sign>[()])|\S", text):
        if token["sign"] == "(":
            stack.append(pending)
            depth += pending
            deepest = max(deepest, depth)
        elif token["sign"] == ")" and stack:
            depth -= stack.pop()
        pending = token["name"] in functions
    return deepest


def _judge_token(text: str, token: re.Match[str]) -> str:
    if token["open"] is not None:
        return "block comment is never closed"
    if token["escaped"] is not None and _ODD_ESCAPED.search(token["escaped"], 1):
        return "escaped identifier with quotes or signs"
    if token[0].startswith(("//", "/*")) and _SWITCHES.search(token[0]):
        return "comment that hides code from some tools"
    return _judge_directive(text, token) if token["directive"] is not None else ""


def _judge_directive(text: str, token: re.Match[str]) -> str:
    name = token["directive"]
    if name in _FORBIDDEN:
        return f"compiler directive `{name}"
    if name in _CONDITIONALS:
        macro = _WORD.search(text, token.end())
        if macro is not None and _TOOL_MACRO.match(macro[0]):
            return f"`{name} {macro[0]}: code that depends on the tool"
    return ""


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
