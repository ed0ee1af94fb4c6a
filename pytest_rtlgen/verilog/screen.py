"""Decide, without running anything, whether a candidate may be run: it parses, it fits, it keeps to itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from pytest_rtlgen.records import Diagnostic, Finding, FindingKind, Interface, Severity, SourceFile, Status, Tool
from pytest_rtlgen.verilog.boxes import BoxMatch, match_boxes
from pytest_rtlgen.verilog.canonical import CanonicalText, read_canonical
from pytest_rtlgen.verilog.enclosure import ENCLOSED, enclose, is_enclosed
from pytest_rtlgen.verilog.interface import find_instance, list_modules, list_ports
from pytest_rtlgen.verilog.memory_files import load_memories
from pytest_rtlgen.verilog.parameters import Adjusted, ParameterChange, adjust_parameters
from pytest_rtlgen.verilog.survey import LeftOut, Survey, apply_spans, survey_text
from pytest_rtlgen.verilog.syntax import ParsedText, list_errors, parse_text
from pytest_rtlgen.verilog.unused import leave_out_unused

if TYPE_CHECKING:
    from pyslang import ast

_MOST_FINDINGS = 10
_MOST_ROUNDS = 4
"""Leaving something out may uncover more: an attribute on a statement that is left out, say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What the screen found."""

    status: Status | None
    """``None``: the candidate may be compiled."""
    source: str
    """The text to compile, and the only one that any tool gets; its lines keep the candidate's numbers."""
    diagnostics: tuple[Diagnostic, ...] = ()


def screen_candidate(
    source: str, interface: Interface, given: Sequence[SourceFile] = (), *, encloses: bool = True
) -> Screening:
    """Return whether ``source`` may be compiled as an answer that must have ``interface``.

    ``given``: files that it may load memories from. ``encloses``: whether the text to compile has the module around it
    that inout ports and black boxes need.
    """
    names = {interface.module, *(port.name for port in interface.ports)}
    names |= {name for box in interface.boxes for name in (box.module, *(pin.name for pin in box.pins), *box.open_pins)}
    canonical = read_canonical(source, kept=names)
    if canonical.status is not None:
        return Screening(status=canonical.status, source=canonical.text, diagnostics=canonical.diagnostics)
    try:
        if given:
            loaded = load_memories(canonical.text, interface.module, given)
            canonical = canonical if loaded.problems else replace(canonical, text=loaded.text)
        return _screen_syntax(canonical, interface, encloses=encloses)
    except (RuntimeError, RecursionError) as error:  # pyslang gives up on nesting that is too deep
        return _reject(canonical.text, [Finding(kind=FindingKind.NESTING, name=str(error), line=1)])


def _screen_syntax(canonical: CanonicalText, interface: Interface, *, encloses: bool) -> Screening:
    text = canonical.text
    parsed = parse_text(text)
    errors = list_errors(parsed, parsed.tree.diagnostics, most=_MOST_FINDINGS)
    if errors:
        return Screening(status=Status.SYNTAX_ERROR, source=text, diagnostics=errors)
    modules = list_modules(parsed)
    if modules.count(interface.module) != 1:
        return _refuse(Status.INTERFACE_MISMATCH, text, [(_describe_modules(interface.module, modules), None)])
    text, parsed, survey = reduce_text(canonical, parsed, interface.module)
    if survey.findings:
        return _reject(text, survey.findings)
    instance = find_instance(parsed, interface.module, is_shallow=True)
    if instance is None:
        return _refuse(Status.ELABORATION_ERROR, text, [(f"module {interface.module!r} cannot be elaborated", None)])
    notes = describe_left_out(survey.left_out)
    differences = list(_compare_ports(parsed, instance, interface))
    if differences or any(parameter.is_open for parameter in interface.parameters):
        adjusted = _adjust(text, parsed, instance, interface)
        if adjusted is not None:
            text, notes = adjusted.text, (*notes, *map(_describe_change, adjusted.changes))
            parsed = parse_text(text)
        elif differences:
            return _refuse(Status.INTERFACE_MISMATCH, text, differences)
    enclosed = _enclose(text, parsed, interface, notes)
    return enclosed if encloses or enclosed.status is not None else replace(enclosed, source=text)


def _adjust(text: str, parsed: ParsedText, instance: "ast.InstanceSymbol", interface: Interface) -> Adjusted | None:
    """Return ``text`` at the reference's parameter values; ``None`` where its ports do not fit even so."""
    adjusted = adjust_parameters(text, parsed, instance, interface.parameters)
    if adjusted is None:
        return None
    parsed = parse_text(adjusted.text)
    again = find_instance(parsed, interface.module, is_shallow=True)
    fits = again is not None and not any(_compare_ports(parsed, again, interface))
    return adjusted if fits else None


def _describe_change(change: ParameterChange) -> Diagnostic:
    message = (
        f"compared at {change.name} = {change.value}, the reference's value, instead of the candidate's default, "
        f"{change.default}"
    )
    return Diagnostic(tool=Tool.SCREEN, severity=Severity.NOTE, message=message, line=change.line)


def _enclose(text: str, parsed: ParsedText, interface: Interface, notes: tuple[Diagnostic, ...]) -> Screening:
    """Return the text inside the module that its inout ports and black boxes need, unless those are not as expected."""
    if not is_enclosed(interface):
        return Screening(status=None, source=text, diagnostics=notes)
    if ENCLOSED in text:
        return _reject(text, [Finding(kind=FindingKind.RESERVED_NAME, name=ENCLOSED)])
    match = match_boxes(text, parsed, interface) if interface.boxes else BoxMatch()
    if match.differences:
        return _refuse(Status.INTERFACE_MISMATCH, text, match.differences)
    source = enclose(text, interface, module=interface.module, paths=match.paths, empty=match.empty)
    return Screening(status=None, source=source, diagnostics=notes)


class ReducedText(NamedTuple):
    """A text without what no output can depend on."""

    text: str
    parsed: ParsedText
    survey: Survey
    """What stands in it, and what was left out."""


def reduce_text(canonical: CanonicalText, parsed: ParsedText, top: str) -> ReducedText:
    """Return a canonical text without what no output can depend on, parsed, and the survey that says what that was.

    What is forbidden in modules that ``top`` does not use goes with them; with an empty ``top``, all are used.
    """
    left_out: list[LeftOut] = []
    text = canonical.text
    survey = survey_text(parsed)
    doubts = _list_doubts(canonical, survey)
    if doubts:
        return ReducedText(text, parsed, Survey(findings=doubts, spans=(), left_out=()))
    for _ in range(_MOST_ROUNDS):
        shorter = text
        if survey.findings and top:
            shorter = leave_out_unused(text, parsed, top)
        if shorter == text and not survey.findings:
            shorter = apply_spans(text, survey.spans)
            left_out += survey.left_out
        if shorter == text:
            break
        text, parsed = shorter, parse_text(shorter)
        survey = survey_text(parsed)
    return ReducedText(text, parsed, Survey(findings=survey.findings, spans=(), left_out=tuple(left_out)))


def _list_doubts(canonical: CanonicalText, survey: Survey) -> tuple[Finding, ...]:
    """Return, with their lines, the tokens that preprocessors read differently and that are not left out."""
    code = canonical.text.encode()
    return tuple(
        Finding(kind=FindingKind.DOUBT, name=what, line=code.count(b"\n", 0, offset) + 1)
        for offset, what in canonical.doubts
        if not any(first <= offset < last for first, last, _ in survey.spans)
    )


def describe_left_out(found: Sequence[LeftOut]) -> tuple[Diagnostic, ...]:
    """Return the note that names what was left out, each kind with its lines; none where nothing was."""
    lines: dict[str, list[int]] = {}
    for what, line in found:
        lines.setdefault(what, []).append(line)
    if not lines:
        return ()
    listed = "; ".join(f"{what} ({_describe_lines(where)})" for what, where in lines.items())
    message = f"left out, as no output can depend on it: {listed}"
    return (Diagnostic(tool=Tool.SCREEN, severity=Severity.NOTE, message=message),)


def _describe_lines(lines: Sequence[int]) -> str:
    shown = sorted(set(lines))
    more = "" if len(shown) <= _MOST_FINDINGS else ", …"
    return f"line{'s' * (len(shown) > 1)} {', '.join(map(str, shown[:_MOST_FINDINGS]))}{more}"


def _describe_modules(expected: str, found: Sequence[str]) -> str:
    if expected in found:
        return f"module {expected!r} is defined more than once"
    return f"module {expected!r} is missing; found {', '.join(repr(name) for name in found) or 'no module'}"


def _compare_ports(
    parsed: ParsedText, instance: "ast.InstanceSymbol", interface: Interface
) -> Iterator[tuple[str, int | None]]:
    line = parsed.line(instance.definition.location)
    ports = list_ports(instance)
    if ports is None:
        yield "a port is an interface or has no plain direction", line
        return
    found = {port.name: port for port in ports}
    for port in interface.ports:
        other = found.pop(port.name, None)
        if other is None:
            yield f"{port} is missing", line
        elif (other.direction, other.width) != (port.direction, port.width):
            yield f"{port} is expected, but it is {other}", line
    for port in found.values():
        yield f"{port} is not expected", line


def _reject(source: str, findings: Sequence[Finding]) -> Screening:
    diagnostics = tuple(map(Diagnostic.of, findings[:_MOST_FINDINGS]))
    return Screening(status=Status.REJECTED, source=source, diagnostics=diagnostics)


def _refuse(status: Status, source: str, differences: Sequence[tuple[str, int | None]]) -> Screening:
    diagnostics = tuple(
        Diagnostic(tool=Tool.SCREEN, severity=Severity.ERROR, message=message, line=line)
        for message, line in differences[:_MOST_FINDINGS]
    )
    return Screening(status=status, source=source, diagnostics=diagnostics)
