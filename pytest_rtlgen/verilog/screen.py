"""Decide, without running anything, whether a candidate may be run: it parses, it fits, it keeps to itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_rtlgen.records import Diagnostic, Interface, Port, Severity, Status
from pytest_rtlgen.verilog.directives import (
    blank_timescales,
    list_hidden_tasks,
    list_objections,
    spell_tool_names,
)
from pytest_rtlgen.verilog.inactive import blank_inactive, blank_unused_modules
from pytest_rtlgen.verilog.interface import find_instance, list_modules, list_ports
from pytest_rtlgen.verilog.reach import HARMLESS_TASKS, list_reaches
from pytest_rtlgen.verilog.simulator_values import forget_dice, list_simulator_values
from pytest_rtlgen.verilog.syntax import ParsedText, list_errors, parse_text

_MOST_FINDINGS = 10
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What the screen found."""

    status: Status | None
    """``None``: the candidate may be compiled."""
    source: str
    """The text to compile; its lines are the candidate's own."""
    diagnostics: tuple[Diagnostic, ...] = ()


def screen_candidate(source: str, wanted: Interface) -> Screening:
    """Return whether ``source`` may be compiled as an answer that must have the interface ``wanted``."""
    text = spell_tool_names(_normalise(source))
    objections = list(list_objections(text))
    if objections:
        status = Status.SYNTAX_ERROR if all(item.is_syntax for item in objections) else Status.REJECTED
        return _refuse(status, text, [(item.message, item.line) for item in objections])
    text = blank_timescales(text)
    try:
        return _screen_syntax(text, wanted)
    except (RuntimeError, RecursionError) as error:  # pyslang gives up on nesting that is too deep
        return _refuse(Status.REJECTED, text, [(f"too deeply nested to be read: {error}", 1)])


def _normalise(source: str) -> str:
    """Return ``source`` as every reader sees it alike: a lone carriage return ends a comment for some readers only."""
    text = source.encode("utf-8", "replace").decode().removeprefix(_BOM)  # lone surrogates cannot be written to a file
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _screen_syntax(text: str, wanted: Interface) -> Screening:
    parsed = parse_text(text)
    errors = list_errors(parsed, parsed.tree.diagnostics, most=_MOST_FINDINGS)
    if errors:
        return Screening(status=Status.SYNTAX_ERROR, source=text, diagnostics=errors)
    modules = list_modules(parsed)
    if modules.count(wanted.module) != 1:
        return _refuse(Status.INTERFACE_MISMATCH, text, [(_describe_modules(wanted.module, modules), None)])
    text = blank_inactive(text, parsed)
    reaches = [*list_reaches(parsed), *list_simulator_values(parsed)] or list(list_hidden_tasks(text, HARMLESS_TASKS))
    if reaches:
        shorter = blank_unused_modules(text, parsed, wanted.module)
        return _refuse(Status.REJECTED, text, reaches) if shorter == text else screen_candidate(shorter, wanted)
    instance = find_instance(parsed, wanted.module, is_shallow=True)
    if instance is None:
        return _refuse(Status.ELABORATION_ERROR, text, [(f"module {wanted.module!r} cannot be elaborated", None)])
    differences = list(_compare_ports(parsed, instance, wanted))
    if differences:
        return _refuse(Status.INTERFACE_MISMATCH, text, differences)
    return Screening(status=None, source=forget_dice(text, parsed))


def _describe_modules(wanted: str, found: Sequence[str]) -> str:
    if wanted in found:
        return f"module {wanted!r} is defined more than once"
    return f"module {wanted!r} is missing; found {', '.join(repr(name) for name in found) or 'no module'}"


def _compare_ports(parsed: ParsedText, instance: Any, wanted: Interface) -> Iterator[tuple[str, int | None]]:  # noqa: ANN401
    line = parsed.line(instance.definition.location)
    ports = list_ports(instance)
    if ports is None:
        yield "a port is an interface or has no plain direction", line
        return
    found = {port.name: port for port in ports}
    for port in wanted.ports:
        other = found.pop(port.name, None)
        if other is None:
            yield f"{_describe(port)} is missing", line
        elif (other.direction, other.width) != (port.direction, port.width):
            yield f"{_describe(port)} is wanted, but it is {_describe(other)}", line
    for port in found.values():
        yield f"{_describe(port)} is not wanted", line


def _describe(port: Port) -> str:
    width = "" if port.width == 1 else f"[{port.width - 1}:0] "
    return f"{port.direction} {width}{port.name}"


def _refuse(status: Status, source: str, findings: Sequence[tuple[str, int | None]]) -> Screening:
    diagnostics = tuple(
        Diagnostic(tool="screen", severity=Severity.ERROR, message=message, line=line)
        for message, line in findings[:_MOST_FINDINGS]
    )
    return Screening(status=status, source=source, diagnostics=diagnostics)
