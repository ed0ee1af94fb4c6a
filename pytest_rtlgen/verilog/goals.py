"""What of a reference a stimulus may reach or not: both levels of each bit, compared constants, outcomes of conditions.

Conditions become nets of the text (``show_conditions``), so that probes show them like any other net.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.verilog.constants import list_comparisons
from pytest_rtlgen.verilog.interface import find_instance, parse_reference
from pytest_rtlgen.verilog.syntax import Node, ParsedText, has_path, is_name, plain, walk

if TYPE_CHECKING:
    from pyslang import ast

_PREFIX = "rtlgen_if"
_MOST_CONDITIONS = 64
_MOST_CONSTANTS = 256
_STORED = {"VariableSymbol", "NetSymbol"}
_FIXED = {"ParameterSymbol", "EnumValueSymbol"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedConstant:
    """A value that some comparison asks for."""

    path: str
    """The register or net, below the top module."""
    value: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownConditions:
    """A text in which every condition is a net, too."""

    text: str
    lines: Mapping[str, int]
    """Line of the condition, by the name of its net; the net is in each instance of the module."""


def list_constants(source: SourceFile, top: str) -> tuple[ComparedConstant, ...]:
    """Return which constants the text below ``top`` compares whole registers and nets with, inputs left out.

    Raises:
        BadReferenceError: the text does not parse.
    """
    parsed = parse_reference(source)
    instance = find_instance(parsed, top)
    if instance is None:
        return ()
    root = f"{instance.hierarchicalPath}."
    inputs = {str(port.name) for port in instance.body.portList if _name_direction(port) == "In"}
    found = dict.fromkeys(
        constant for constant in _list_constants(parsed, instance, root) if constant.path not in inputs
    )
    return tuple(found)[:_MOST_CONSTANTS]


def list_loop_variables(source: SourceFile, top: str) -> frozenset[str]:
    """Return the variables below ``top`` that count ``for`` loops: their upper bits mean nothing.

    Raises:
        BadReferenceError: the text does not parse.
    """
    instance = find_instance(parse_reference(source), top)
    if instance is None:
        return frozenset()
    root = f"{instance.hierarchicalPath}."
    return frozenset(path.removeprefix(root) for path in list_loop_paths(instance))


def list_loop_paths(instance: "ast.InstanceSymbol") -> Iterator[str]:
    """Yield the hierarchical paths of the variables that ``for`` loops set."""
    for node in walk(instance):
        if type(node).__name__ == "ForLoopStatement":
            for first in node.initializers:
                if type(first).__name__ == "AssignmentExpression" and is_name(first.left):
                    yield str(first.left.symbol.hierarchicalPath)


def show_conditions(source: SourceFile, top: str) -> ShownConditions:
    """Return the text with a net for each condition of ``if`` and ``?:`` below ``top`` that its module can name.

    The text is unfolded (no macros); lines keep their numbers up to the end of each module.

    Raises:
        BadReferenceError: the text does not parse.
    """
    parsed = parse_reference(source)
    instance = find_instance(parsed, top)
    code = source.text.encode()  # pyslang counts bytes
    wires: dict[int, list[str]] = {}
    lines: dict[str, int] = {}
    seen: set[tuple[int, int]] = set()
    for module in _list_instances(instance):
        text: Node = module.body.definition.syntax
        end = int(text.endmodule.location.offset)
        for condition in _list_conditions(module):
            span = (int(condition.sourceRange.start.offset), int(condition.sourceRange.end.offset))
            if span in seen or len(lines) >= _MOST_CONDITIONS:
                continue
            seen.add(span)
            name = f"{_PREFIX}{len(lines)}"
            lines[name] = parsed.line(condition.sourceRange.start)
            wires.setdefault(end, []).append(f"wire {name} = |({code[span[0] : span[1]].decode()});\n")
    for end in sorted(wires, reverse=True):
        code = code[:end] + "".join(wires[end]).encode() + code[end:]
    return ShownConditions(text=code.decode(), lines=lines)


def _list_constants(parsed: ParsedText, instance: "ast.InstanceSymbol", root: str) -> Iterator[ComparedConstant]:
    import pyslang

    context = pyslang.ast.EvalContext(instance)
    for subject, constant in list_comparisons(instance, is_equal=True):
        name, value = plain(subject), _evaluate(constant, context)
        if value is None or not is_name(name) or type(name.symbol).__name__ not in _STORED:
            continue
        width = int(name.type.bitWidth)
        if width > 1 and 0 <= value < 1 << width:
            path = str(name.symbol.hierarchicalPath).removeprefix(root)
            yield ComparedConstant(path=path, value=value, line=parsed.line(constant.sourceRange.start))


def _evaluate(expression: "ast.Expression", context: "ast.EvalContext") -> int | None:
    """Return the value of a constant expression without X and Z digits, else ``None``."""
    try:
        value: Node = expression.eval(context).value
        return None if value.hasUnknown else int(value)
    except (AttributeError, TypeError, ValueError, RuntimeError):
        return None


def _list_instances(instance: "ast.InstanceSymbol | None") -> "Iterator[ast.InstanceSymbol]":
    """Yield ``instance`` and every module instance below it."""
    if instance is not None:
        yield from (node for node in walk(instance) if type(node).__name__ == "InstanceSymbol" and node.isModule)


def _list_conditions(module: "ast.InstanceSymbol") -> "Iterator[ast.Expression]":
    """Yield the conditions in ``module``, instances below it left out, whose names all belong to the module itself."""
    root = str(module.hierarchicalPath)
    loops = frozenset(list_loop_paths(module))
    for node in walk(module):
        kind = type(node).__name__
        if kind in {"ConditionalStatement", "ConditionalExpression"} and len(node.conditions) == 1:
            condition = node.conditions[0].expr
            if node.conditions[0].pattern is None and _is_nameable(condition, root, loops):
                yield condition


def _is_nameable(condition: "ast.Expression", root: str, loops: Container[str]) -> bool:
    """Whether ``condition`` means the same at the end of the module ``root``, and is no constant."""
    is_variable = False
    for node in walk(condition):
        kind = type(node).__name__
        if kind in {"CallExpression", "HierarchicalValueExpression", "UnboundedLiteral"}:
            return False
        if is_name(node):
            symbol = node.symbol
            if type(symbol).__name__ in _FIXED:
                if str(symbol.hierarchicalPath).rpartition(".")[0] != root:
                    return False
            elif (
                str(symbol.hierarchicalPath) != f"{root}.{symbol.name}"
                or str(symbol.hierarchicalPath) in loops
                or not has_path(symbol)
            ):
                return False
            else:
                is_variable = True
    return is_variable


def _name_direction(port: "object") -> str:
    return getattr(getattr(port, "direction", None), "name", "")
