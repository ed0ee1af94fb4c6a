"""Macros that preprocessors read in different ways, which no text may hang on.

Some replace a formal argument's name in a string or an escaped name, and some do not; some leave the quotes of a string
bare where an argument is made a string; some end an argument at a parenthesis inside an escaped name. Such a macro is
harmless until a string or an escaped name meets such a place: then one tool sees code where another sees a string.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rtlgen.verilog.syntax import Node

if TYPE_CHECKING:
    from pyslang import parsing, syntax

_WORD = re.compile(r"[A-Za-z_][\w$]*")


@dataclass(frozen=True, slots=True)
class _Macro:
    formals: tuple[str, ...]
    quoted: frozenset[str]
    """Formals whose names stand in a string or an escaped name, or that are made strings."""
    used: frozenset[str]
    """Macros that its body uses."""
    has_quotes: bool
    """Its body holds a string or an escaped name."""


class DoubtfulMacros:
    """What the definitions of a text say about its uses of macros."""

    def __init__(self, directives: Iterable[Node]) -> None:
        self._macros: dict[str, _Macro] = {}
        for node in directives:
            if str(node.kind.name) == "DefineDirective":
                name = str(node.name.valueText)
                self._macros[name] = _join(self._macros.get(name), _read_macro(node))
        self._quoting = _close(self._macros)

    @property
    def has_any(self) -> bool:
        """Whether some macro puts an argument where preprocessors differ."""
        return bool(self._quoting)

    def judge(self, usage: "syntax.MacroUsageSyntax") -> str:
        """Return what preprocessors read differently in a use of a macro; empty: they read it alike."""
        name = str(usage.directive.rawText).lstrip("`\\")
        macro = self._macros.get(name)
        arguments = _list_arguments(usage)
        if any(_has_escaped(tokens) for tokens in arguments):
            return f"an escaped name in an argument of macro {name}"
        nested = {word for tokens in arguments for word in _list_used(tokens)} & self._quoting
        for position, tokens in enumerate(arguments):
            formal = macro.formals[position] if macro and position < len(macro.formals) else ""
            is_quoted = bool(nested) or (macro is not None and formal in macro.quoted)
            is_passed = name in self._quoting and macro is not None and not macro.quoted
            if _has_string(tokens) and (is_quoted or is_passed):
                return f"a string in an argument of macro {name}"
        is_inside = macro is not None and macro.has_quotes and bool(macro.used & self._quoting)
        return f"a string that macro {name} passes on" if is_inside else ""


def _read_macro(node: "syntax.DefineDirectiveSyntax") -> _Macro:
    formals = tuple(_list_formals(node))
    body = list(node.body)
    texts = [str(token.rawText) for token in body]
    quoted = set[str]()
    is_quoting = False
    for token, text in zip(body, texts, strict=True):
        if str(token.kind.name) == "MacroQuote":
            is_quoting = not is_quoting
        elif is_quoting or text.startswith(('"', "\\")):
            quoted |= set(_WORD.findall(text)) & set(formals)
    return _Macro(
        formals, frozenset(quoted), frozenset(_list_used(body)), any(t.startswith(('"', "\\")) for t in texts)
    )


def _join(first: _Macro | None, second: _Macro) -> _Macro:
    """Return both definitions of a macro as one, when it has several."""
    if first is None:
        return second
    formals = max(first.formals, second.formals, key=len)
    quoted = first.quoted | second.quoted
    quoted = frozenset(formals) if first.formals != second.formals and quoted else quoted
    return _Macro(formals, quoted, first.used | second.used, first.has_quotes or second.has_quotes)


def _close(macros: Mapping[str, _Macro]) -> frozenset[str]:
    """Return the macros that put an argument where preprocessors differ, themselves or through others."""
    found = {name for name, macro in macros.items() if macro.quoted}
    while more := {name for name, macro in macros.items() if name not in found and macro.used & found}:
        found |= more
    return frozenset(found)


def _list_formals(node: "syntax.DefineDirectiveSyntax") -> Iterable[str]:
    if node.formalArguments is not None:
        for item in node.formalArguments.args:
            if str(item.kind.name) == "MacroFormalArgument":
                yield str(item.name.valueText)


def _list_arguments(usage: "syntax.MacroUsageSyntax") -> list[list[Node]]:
    if usage.args is None:
        return []
    return [list(item.tokens) for item in usage.args.args if str(item.kind.name) == "MacroActualArgument"]


def _list_used(tokens: "Iterable[parsing.Token]") -> Iterable[str]:
    for token in tokens:
        text = str(token.rawText)
        if text.startswith("`"):
            yield text.lstrip("`\\")


def _has_string(tokens: "Iterable[parsing.Token]") -> bool:
    return any(str(token.rawText).startswith('"') for token in tokens)


def _has_escaped(tokens: "Iterable[parsing.Token]") -> bool:
    return any(str(token.rawText).startswith("\\") for token in tokens)
