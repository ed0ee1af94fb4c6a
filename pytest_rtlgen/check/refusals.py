"""Verdicts on what was not simulated, and the messages that a check adds to a verdict."""

from collections.abc import Sequence
from dataclasses import replace

from pytest_rtlgen.check.reading.reader import TOO_LARGE
from pytest_rtlgen.records import Diagnostic, Hazard, HazardKind, Method, Severity, Status, Tool, Verdict
from pytest_rtlgen.verilog.examine import Examination

_DRIVERS = frozenset({HazardKind.TWO_DRIVERS, HazardKind.TWO_PROCESSES})


def refuse_examined(examination: Examination | None) -> Verdict | None:
    """Return the refusal of a design for what it shows where it is elaborated; ``None``: it may pass."""
    if examination is None:
        return refuse(Status.RESOURCE_LIMIT, Method.SCREEN, TOO_LARGE)
    if not examination.refusals:
        return None
    diagnostics = tuple(map(Diagnostic.of, examination.refusals))
    return Verdict(status=Status.REJECTED, method=Method.SCREEN, diagnostics=diagnostics)


def describe_drivers(hazards: Sequence[Hazard], severity: Severity) -> tuple[Diagnostic, ...]:
    """Return a message of ``severity`` for each of ``hazards`` that is a second driver."""
    return tuple(
        Diagnostic(tool=Tool.SCREEN, severity=severity, message=hazard.message, line=hazard.line)
        for hazard in hazards
        if hazard.kind in _DRIVERS
    )


def note_excess(excess: str) -> Diagnostic:
    """Return why a candidate met more than one stimulus, where others do not."""
    return make_note(f"checked in full, as it has what stimuli may not show: {excess}")


def make_note(message: str, line: int | None = None) -> Diagnostic:
    """Return a note, on a line of the candidate, from 1, or on none."""
    return Diagnostic(tool=Tool.SCREEN, severity=Severity.NOTE, message=message, line=line)


def add_diagnostics(verdict: Verdict, *diagnostics: Diagnostic) -> Verdict:
    """Return ``verdict`` with ``diagnostics`` behind its own."""
    return replace(verdict, diagnostics=(*verdict.diagnostics, *diagnostics))


def refuse(status: Status, method: Method, message: str) -> Verdict:
    """Return the failure that the stage ``method`` found, before anything was simulated; ``message`` says why."""
    diagnostic = Diagnostic(tool=Tool(method), severity=Severity.ERROR, message=message)
    return Verdict(status=status, method=method, diagnostics=(diagnostic,))
