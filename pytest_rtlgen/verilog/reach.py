"""What a parsed candidate reaches for outside itself: names, files, the simulator, the tools."""

import re
from collections.abc import Iterator
from typing import Any

from pytest_rtlgen.records import STEP_NS
from pytest_rtlgen.verilog.syntax import ParsedText

HARMLESS_TASKS = frozenset(
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
        "$unit",  # the candidate's own text: it is compiled alone
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
    {
        *("blackbox", "black_box", "syn_black_box", "whitebox", "lib_whitebox", "abc9_box", "techmap"),
        *("anyconst", "anyseq", "allconst", "allseq", "gclk", "translate_off", "translate_on", "synthesis_off"),
    }
)
_PATH_FORMAT = re.compile(r"%[-+ 0-9.]*[ml]", re.IGNORECASE)
_OPEN_FORMAT = re.compile(r"(?<!%)(?:%%)*%[-+ 0-9.]*\Z")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3}))")
_FORMAT_ARGUMENT = {"$sformatf": 0, "$sformat": 1}
"""Position of the format among the arguments of tasks that take one that is computed."""
_DELAYS = {"DelayControl", "Delay3"}
_DELAY = re.compile(r"#\s*\(?\s*([0-9][0-9_.]*)\s*(ms|us|ns|ps|fs|s)?\b")
_NS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0, "ps": 1e-3, "fs": 1e-6}
_LONGEST_DELAY_NS = STEP_NS / 2
_SCOPES = {"ModuleDeclaration", "InterfaceDeclaration", "PackageDeclaration", "ProgramDeclaration"}
_NAMED = {
    *("Declarator", "InstanceName", "NamedBlockClause", "NamedLabel", "TypedefDeclaration", "ClassDeclaration"),
    *("ClockingDeclaration", "PropertyDeclaration", "SequenceDeclaration", "LetDeclaration", "CheckerDeclaration"),
    *("FunctionPrototype", "ForwardTypedefDeclaration"),
}
_MEMBERS = {"StructType", "UnionType"}

Finding = tuple[str, int]
"""(what, line)."""


def list_reaches(parsed: ParsedText) -> Iterator[Finding]:
    """Yield every construct by which the candidate reaches outside itself, in source order.

    Nothing is elaborated: the time taken is linear in the text that macros expand to.
    """
    survey = _Survey(parsed)
    survey.read(parsed.tree.root)
    yield from sorted([*survey.found, *survey.list_foreign_names()], key=lambda item: item[1])


class _Survey:
    """One pass over the syntax: what is forbidden in itself, and which names each module declares and reaches for."""

    def __init__(self, parsed: ParsedText) -> None:
        self._parsed = parsed
        self._before = ("", "")  # the last two tokens
        self._declared: dict[str, set[str]] = {"": set()}
        self._dotted: list[tuple[str, str, Any]] = []
        self.found: list[Finding] = []

    def read(self, root: Any) -> None:  # noqa: ANN401  a pyslang SyntaxNode
        import pyslang

        token_type = pyslang.parsing.Token
        stack: list[tuple[Any, str, bool]] = [(root, "", False)]
        while stack:
            node, scope, is_member = stack.pop()
            if isinstance(node, token_type):
                self._read_token(node)
            elif node is not None:
                kind = str(node.kind.name)
                if kind in _SCOPES:
                    scope = self._open_scope(node)
                self._read_node(node, kind, scope, is_member=is_member)
                is_member = is_member or kind in _MEMBERS
                stack.extend((child, scope, is_member) for child in reversed(list(node)))

    def list_foreign_names(self) -> Iterator[Finding]:
        """Yield dotted names whose first part their own module does not declare."""
        shared = self._declared[""]
        for scope, name, node in self._dotted:
            if name not in self._declared[scope] and name not in shared:
                yield f"hierarchical name {str(node).strip()}", self._parsed.line(node.getFirstToken().location)

    def _open_scope(self, node: Any) -> str:  # noqa: ANN401
        name = str(node.header.name.valueText)
        self._declared.setdefault(name, {name})
        if node.kind.name == "PackageDeclaration":
            self._declared[""].add(name)
        return name

    def _read_node(self, node: Any, kind: str, scope: str, *, is_member: bool) -> None:  # noqa: ANN401
        if kind in _NAMED and not is_member:
            self._declared[scope].add(_read_name(node))
        elif kind == "AttributeSpec" and str(node.name.valueText).lower() in _FORBIDDEN_ATTRIBUTES:
            self._note(f"attribute (* {node.name.valueText} *)", node.name)
        elif kind in _DELAYS:
            self._read_delay(node)
        elif kind == "InvocationExpression":
            self._read_call(node)
        elif kind == "ScopedName" and str(node.separator.rawText) == ".":
            first = node.left
            while first.kind.name == "ScopedName":
                first = first.left
            self._dotted.append((scope, str(first.getFirstToken().valueText), node))

    def _read_delay(self, node: Any) -> None:  # noqa: ANN401
        found = _DELAY.match(str(node).strip())
        if found and float(found[1].replace("_", "")) * _NS[found[2] or "ns"] > _LONGEST_DELAY_NS:
            self._note(f"delay {found[0]}, longer than half a step of {STEP_NS} ns", node.getFirstToken())

    def _read_call(self, node: Any) -> None:  # noqa: ANN401
        name = str(node.left.getFirstToken().rawText)
        if name not in _FORMAT_ARGUMENT or node.arguments is None:
            return
        given = [item for item in node.arguments.parameters if item.kind.name != "Comma"]
        formats = given[_FORMAT_ARGUMENT[name] :][:1]
        if formats and not str(formats[0].getFirstToken().rawText).startswith('"'):
            self._note(
                f"{name} with a computed format, which may tell where the design is instantiated",
                node.left.getFirstToken(),
            )

    def _read_token(self, token: Any) -> None:  # noqa: ANN401
        text = str(token.rawText)
        if text in _FORBIDDEN_WORDS:
            self._note(_FORBIDDEN_WORDS[text], token)
        elif text.startswith("$") and len(text) > 1 and text not in HARMLESS_TASKS:
            self._note(f"system task {text}", token)
        elif text.startswith('"'):
            self._read_string(text, token)
        if text:
            self._before = (*self._before[-1:], text)

    def _read_string(self, text: str, token: Any) -> None:  # noqa: ANN401
        if self._before[-1] in {"import", "export"}:
            self._note("DPI import or export: foreign code", token)
        value = _decode(text)
        if self._before[-1] == "," and _OPEN_FORMAT.search(_decode(self._before[0])):
            value = "%" + value  # {"%", "m"}
        if _PATH_FORMAT.search(value):
            self._note("format %m, which tells where the design is instantiated", token)

    def _note(self, message: str, token: Any) -> None:  # noqa: ANN401
        self.found.append((message, self._parsed.line(token.location)))


def _read_name(node: Any) -> str:  # noqa: ANN401
    name = next(getattr(node, field) for field in ("name", "identifier", "blockName") if hasattr(node, field))
    token = name if hasattr(name, "rawText") else name.getLastToken()
    return str(token.valueText)


def _decode(literal: str) -> str:
    """Return the text of a string literal with its numeric escapes replaced."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16) if found[1] else int(found[2], 8) & 255), literal[1:-1])
