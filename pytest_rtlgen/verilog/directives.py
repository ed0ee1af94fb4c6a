"""What can be told from raw text before any parser sees it: sizes, odd characters, compiler directives."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pytest_rtlgen.verilog.macros import MOST_EXPANSION, estimate_expansion, find_odd_macro

MOST_CHARACTERS = 1 << 20
MOST_LINES = 50_000
_CODE = re.compile(
    r"//[^\n]*"
    r"|/\*.*?(?:\*/|(?P<open>\Z))"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|(?P<escaped>\\\S+)"
    r"|`(?P<directive>[A-Za-z_][A-Za-z0-9_$]*)"
    r"|(?<![\w$])(?P<task>\$[A-Za-z_$][\w$]*|\$(?=``))",
    re.DOTALL,
)
_TIMESCALE = re.compile(r"`timescale\s+\d+\s*[munpf]?s\s*/\s*\d+\s*[munpf]?s")
_CONDITION = re.compile(r"(?:\s|//[^\n]*\n|/\*.*?\*/)*+(?:\\?([A-Za-z_][\w$]*)|(\([^\n]*))?", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_][\w$]*")
_ODD = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_ODD_ESCAPED = re.compile(r"[\"'%/;`$]|\\")
_TOOL_NAME = re.compile(r"\\\$\w+[$:\\][\w$.:\[\]/\\=-]*")
r"""A name as Yosys makes it up: ``\$auto$proc_rom.cc:155:do_proc_rom$27``, ``\$paramod\fifo\DEPTH=4``."""
_SWITCHES = re.compile(r"/[/*]\s*(?:[a-z_]+\s+)?(?:translate_o(?:ff|n)|synthesis_o(?:ff|n))\b", re.IGNORECASE)
_FORBIDDEN = {"include", "line", "pragma", "begin_keywords", "end_keywords", "__FILE__", "uselib"}
_CONDITIONALS = {"ifdef", "ifndef", "elsif"}
_TOOL_MACRO = re.compile(
    r"SYNTH(?:ESIS|ESIZE)?|(?:__)?VERILATOR\w*|YOSYS\w*|FORMAL|XILINX\w*|SIM(?:ULATION)?|VCS|MODEL_?(?:TECH|SIM)"
    r"|(?:__)?ICARUS(?:_SYNTH)?(?:__)?|(?:__)?IVERILOG(?:__)?|COCOTB\w*|QUESTA\w*|XCELIUM|INCA|NCVERILOG|XSIM|__slang\w*|SV_COV_\w+",
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
    if text.count("\n") > MOST_LINES:
        yield Objection(message=f"the text has more than {MOST_LINES} lines", line=1)
        return
    odd = _ODD.search(text)
    if odd is not None:
        yield Objection(message=f"control character U+{ord(odd[0]):04X}", line=_line(text, odd.start()))
        return
    yield from _list_directives(text)
    macro = find_odd_macro(text)
    if macro is not None:
        yield Objection(message=macro.message, line=_line(text, macro.offset))
    elif estimate_expansion(text) > MOST_EXPANSION:
        yield Objection(message=f"macros may expand to more than {MOST_EXPANSION >> 20} MiB", line=1)


def spell_tool_names(text: str) -> str:
    """Return ``text`` with plain names instead of those that Yosys makes up; as it is where it defines macros.

    Icarus takes an escaped name that begins with ``$`` for a system task's; so no such name may reach it.
    """
    if "\\$" not in text or "`define" in text:
        return text
    stem = "net"
    while stem in text:
        stem += "_"
    names: dict[str, str] = {}

    def spell(token: re.Match[str]) -> str:
        escaped = token["escaped"]
        if escaped is None or not _TOOL_NAME.fullmatch(escaped):
            return token[0]
        return names.setdefault(
            escaped, f" {stem}{len(names)}_"
        )  # the blank: an escaped name may touch the word before

    return _CODE.sub(spell, text)


def list_hidden_tasks(text: str, harmless: Collection[str]) -> Iterator[tuple[str, int]]:
    """Yield (what, line) for system tasks that are not ``harmless``, also in macros that no reader expands.

    Preprocessors differ: what one of them never expands, another one may.
    """
    for token in _CODE.finditer(text):
        if token["task"] is not None and token["task"] not in harmless:
            yield f"system task {token['task']} in a macro", _line(text, token.start())


def blank_timescales(text: str) -> str:
    """Return ``text`` with its ``timescale`` directives blanked: the harness sets the one that counts."""
    return _TIMESCALE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _list_directives(text: str) -> Iterator[Objection]:
    depth = line = seen = 0
    for token in _CODE.finditer(text):
        depth += {"ifdef": 1, "ifndef": 1, "endif": -1}.get(token["directive"] or "", 0)
        message = "`endif without `ifdef" if depth < 0 else _judge_token(text, token)
        if message:
            line, seen = line + text.count("\n", seen, token.start()), token.start()
            yield Objection(message=message, line=line + 1, is_syntax=depth < 0 or token["open"] is not None)
            depth = max(depth, 0)
    if depth > 0:
        yield Objection(message="`ifdef without `endif", line=text.count("\n") + 1, is_syntax=True)


def _judge_token(text: str, token: re.Match[str]) -> str:
    if token["open"] is not None:
        return "block comment is never closed"
    if token["escaped"] is not None and _ODD_ESCAPED.search(token["escaped"], 1):
        return "escaped identifier with quotes or signs"
    if token[0].startswith("/") and _SWITCHES.match(token[0]):
        return "comment that hides code from some tools"
    return _judge_directive(text, token) if token["directive"] is not None else ""


def _judge_directive(text: str, token: re.Match[str]) -> str:
    name = token["directive"]
    if name in _FORBIDDEN:
        return f"compiler directive `{name}"
    condition = _CONDITION.match(text, token.end()) if name in _CONDITIONALS else None
    if condition is not None:
        for macro in _WORD.findall(condition[1] or condition[2] or ""):
            if _TOOL_MACRO.fullmatch(macro):
                return f"`{name} {macro}: code that depends on the tool"
    return ""


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
