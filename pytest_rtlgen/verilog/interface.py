"""A module's ports, clocks and resets, read from the text of a reference."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import Direction, Interface, Port, SourceFile
from pytest_rtlgen.verilog.clocking import find_clocking
from pytest_rtlgen.verilog.parameters import list_parameters
from pytest_rtlgen.verilog.syntax import Node, ParsedText, compilation_options, elaborate, list_errors, parse_text

if TYPE_CHECKING:
    from pyslang import ast

_UNKNOWN = re.compile(r"\b(UnknownPackage|UndeclaredIdentifier)\b")
_UNKNOWN_MODULE = re.compile(r"\bUnknownModule\b")
_DIRECTIONS = {"In": Direction.INPUT, "Out": Direction.OUTPUT, "InOut": Direction.INOUT}


def read_interface(source: SourceFile, top: str, *, may_miss_modules: bool = False) -> Interface:
    """Return the interface of module ``top``, parameters at their defaults.

    ``may_miss_modules``: it may instantiate modules that the text does not define, which ``boxes.read_boxes`` lists.

    Raises:
        BadReferenceError: the text does not parse, or has no module ``top``; the message starts with ``name:line``.
    """
    parsed = parse_reference(source)
    instance = find_instance(parsed, top)
    if instance is None:
        found = ", ".join(list_modules(parsed)) or "none"
        raise BadReferenceError(f"{source.name}: no module {top!r}; found {found}; name the right one as top")
    _refuse_unknown_names(source, parsed, may_miss_modules=may_miss_modules)
    ports = list_ports(instance)
    if ports is None:
        raise BadReferenceError(f"{source.name}: module {top!r} has an interface port, which cannot be simulated")
    clocks, resets = find_clocking(instance)
    parameters = list_parameters(instance)
    return Interface(module=top, ports=ports, clocks=clocks, resets=resets, parameters=parameters)


def _refuse_unknown_names(source: SourceFile, parsed: ParsedText, *, may_miss_modules: bool) -> None:
    """Raise ``BadReferenceError`` for what no tool elaborates; for the rest, pyslang is stricter than simulators."""
    compilation, _ = elaborate(parsed)
    codes = [_UNKNOWN] if may_miss_modules else [_UNKNOWN, _UNKNOWN_MODULE]
    found = [item for item in compilation.getAllDiagnostics() if any(code.search(str(item.code)) for code in codes)]
    errors = list_errors(parsed, found, most=1)
    if errors:
        raise BadReferenceError(f"{source.name}:{errors[0].line}: {errors[0].message}; the reference must be complete")


def find_top(source: SourceFile) -> str:
    """Return the one module that no other module instantiates.

    Raises:
        BadReferenceError: the text does not parse, or there is not exactly one such module.
    """
    _, root = elaborate(parse_reference(source))
    tops = [instance.name for instance in root.topInstances]
    if len(tops) != 1:
        found = ", ".join(tops) or "none"
        raise BadReferenceError(f"{source.name}: cannot tell which module is the top (found {found}); name it")
    return str(tops[0])


def parse_reference(source: SourceFile) -> ParsedText:
    """Return the parsed text of a reference. Raises ``BadReferenceError`` where its syntax is wrong."""
    try:
        parsed = parse_text(source.text)
    except RuntimeError as error:
        raise BadReferenceError(f"{source.name}: cannot be parsed: {error}") from error
    errors = list_errors(parsed, parsed.tree.diagnostics, most=1)
    if errors:
        raise BadReferenceError(f"{source.name}:{errors[0].line}: {errors[0].message}; the reference must be valid")
    return parsed


def find_instance(parsed: ParsedText, module: str, *, is_shallow: bool = False) -> "ast.InstanceSymbol | None":
    """Return module ``module`` elaborated as a top (an InstanceSymbol), ``None`` when the text does not define it.

    ``is_shallow``: what it instantiates is left alone, for text that may unfold into millions of instances.
    """
    import pyslang

    if module not in list_modules(parsed):
        return None
    options = compilation_options(module)
    if is_shallow:
        options.maxInstanceDepth = 1
    bag = pyslang.Bag()
    bag.compilationOptions = options
    compilation = pyslang.ast.Compilation(bag)
    compilation.addSyntaxTree(parsed.tree)
    return next((instance for instance in compilation.getRoot().topInstances if instance.name == module), None)


def list_modules(parsed: ParsedText) -> tuple[str, ...]:
    """Return the names of the modules that the text defines, in source order."""
    import pyslang

    root = parsed.tree.root
    members: Iterable[Node] = root.members if isinstance(root, pyslang.syntax.CompilationUnitSyntax) else [root]
    kind = pyslang.syntax.SyntaxKind.ModuleDeclaration
    return tuple(str(member.header.name.valueText) for member in members if member.kind == kind)


def list_ports(instance: "ast.InstanceSymbol") -> tuple[Port, ...] | None:
    """Return the ports of an elaborated module; ``None`` when one of them is an interface."""
    ports = []
    for port in instance.body.portList:
        direction = _DIRECTIONS.get(getattr(getattr(port, "direction", None), "name", ""))
        if direction is None or not hasattr(port, "type"):
            return None
        width = max(1, int(port.type.bitWidth))
        ports.append(Port(name=str(port.name), direction=direction, width=width, is_signed=bool(port.type.isSigned)))
    return tuple(ports)
