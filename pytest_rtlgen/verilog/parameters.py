"""Parameters that size ports: at which values candidates are compared, and a text with others as its defaults."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pytest_rtlgen.records import Parameter
from pytest_rtlgen.verilog.survey import Span, apply_spans
from pytest_rtlgen.verilog.syntax import Node, ParsedText, list_words

if TYPE_CHECKING:
    from pyslang import ast

_PORTS = {"AnsiPortList", "NonAnsiPortList", "PortDeclaration"}
_INTEGER_BITS = 32
_MOST_BITS = 64


class ParameterChange(NamedTuple):
    """A parameter of a candidate that got another default."""

    name: str
    default: str
    """The candidate's, as Verilog."""
    value: str
    """What stands in its place."""
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """A text whose top module has other defaults."""

    text: str
    changes: tuple[ParameterChange, ...]


def list_parameters(instance: "ast.InstanceSymbol") -> tuple[Parameter, ...]:
    """Return the integer parameters that size ports of an elaborated module and that others may set, in its order."""
    names = _list_names(instance.body)
    return tuple(Parameter(name=str(symbol.name), value=value) for symbol, value in _list_settable(instance, names))


def list_open_parameters(instance: "ast.InstanceSymbol") -> tuple[Parameter, ...]:
    """Return all integer parameters of an elaborated module that others may set, as open ones, in its order."""
    names = {str(symbol.name) for symbol in instance.body.parameters}
    found = _list_settable(instance, names)
    return tuple(Parameter(name=str(symbol.name), value=value, is_open=True) for symbol, value in found)


def adjust_parameters(
    text: str, parsed: ParsedText, instance: "ast.InstanceSymbol", requested: Sequence[Parameter]
) -> Adjusted | None:
    """Return ``text`` with the values ``requested`` as defaults of the parameters of those names that size its ports.

    ``None``: module ``instance`` has none with another default, so its widths are its author's statement. What sizes no
    port keeps its default, unless that is open: it is part of what the module does.
    """
    values = {parameter.name: parameter.value for parameter in requested}
    spans: list[Span] = []
    changes = []
    names = _list_names(instance.body) | {parameter.name for parameter in requested if parameter.is_open}
    for symbol, value in _list_settable(instance, names):
        name, clause = str(symbol.name), symbol.syntax.initializer
        if values.get(name, value) != value and clause is not None:
            area = clause.expr.sourceRange
            spans.append((int(area.start.offset), int(area.end.offset), values[name]))
            changes.append(ParameterChange(name, value, values[name], parsed.line(symbol.location)))
    return Adjusted(text=apply_spans(text, sorted(spans)), changes=tuple(changes)) if changes else None


def _list_settable(instance: "ast.InstanceSymbol", names: set[str]) -> Iterator[tuple[Node, str]]:
    """Yield (symbol, value as Verilog) of each parameter among ``names``, an integer and no local constant."""
    import pyslang

    for symbol in instance.body.parameters:
        is_value = isinstance(symbol, pyslang.ast.ParameterSymbol) and str(symbol.name) in names
        value = symbol.value.value if is_value else None
        if isinstance(value, pyslang.SVInt) and not symbol.isLocalParam and not value.hasUnknown:
            width = int(value.bitWidth)
            if width <= _MOST_BITS:
                yield symbol, _render(int(value), width, is_signed=bool(value.isSigned))


def _render(value: int, width: int, *, is_signed: bool) -> str:
    if width == _INTEGER_BITS and is_signed:
        return str(value)
    return f"{width}'{'s' * is_signed}h{value & ((1 << width) - 1):x}"


def _list_names(body: "ast.InstanceBodySymbol") -> set[str]:
    """Return the names in the declarations of a module's ports, and in those of the constants that are named there."""
    module: Node = body.definition.syntax
    words: set[str] = set()
    for node in (module.header.ports, *module.members):
        if node is not None and str(node.kind.name) in _PORTS:
            words |= list_words(node)
    constants = {str(symbol.name): list_words(symbol.syntax) for symbol in body.parameters if symbol.syntax is not None}
    while more := (words & constants.keys()):
        for name in more:
            words |= constants.pop(name)
    return words
