"""One verdict as text: why, which outputs, which messages, and the values around the first mismatch."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from pytest_rtlgen.records import (
    Diagnostic,
    Equivalence,
    Method,
    Problem,
    Proof,
    SampleResult,
    SignalVerdict,
    Status,
    Verdict,
)
from pytest_rtlgen.report.disagreement import describe_bench_verdict
from pytest_rtlgen.report.plain_text import clip_text, escape_controls
from pytest_rtlgen.report.wave_text import NAME, render_pair, render_waves

WIDTH = 80
"""Columns of a terminal that does not tell."""
_SIZES = ((NAME, 24), (NAME, 12), (24, 12), (20, 8), (16, 8), (12, 8), (10, 6))
"""(characters of a name, digits of a value) in the table of outputs: the first that fits the width is taken."""
_MESSAGE = 300
_OUTPUTS = 32
_SAMPLES = 5
_DIAGNOSTICS = 10
_PROVED = 6
_PROOFS = {Proof.DIFFERENT: "differs:", Proof.UNKNOWN: "not proved:", Proof.EQUIVALENT: "equivalent:"}
REASONS = {
    Status.PASSED: "every output did what the reference does",
    Status.NO_CODE: "the answer holds no Verilog",
    Status.TRUNCATED: "the answer ends inside the module",
    Status.SYNTAX_ERROR: "the Verilog does not parse",
    Status.ELABORATION_ERROR: "the design cannot be elaborated",
    Status.INTERFACE_MISMATCH: "the module or its ports are not those that were asked for",
    Status.REJECTED: "refused: it reaches outside itself, or uses what no circuit has",
    Status.MISMATCH: "outputs differ from the reference",
    Status.RUNTIME_ERROR: "the simulation stopped with an error",
    Status.EARLY_FINISH: "the design ended the simulation itself",
    Status.TIMEOUT: "the simulation did not end in time",
    Status.RESOURCE_LIMIT: "the design used more memory, disk or output than it may",
}


def explain_status(verdict: Verdict) -> str:
    """Return what the status of ``verdict`` means, in a few words."""
    if verdict.status is Status.MISMATCH and verdict.method is Method.TESTBENCH:
        return "the bench found it wrong"
    return REASONS[verdict.status]


def render_verdict(verdict: Verdict, *, width: int = WIDTH) -> str:
    """Return the verdict as text of several lines, without a newline at the end; its waves fit into ``width`` columns.

    Its size is bounded whatever the candidate did, and no character of it can move a terminal's cursor. Values are
    shown as hexadecimal, ``x`` and ``z`` included; single bits as they are.
    """
    blocks = [
        f"{verdict.status}: {explain_status(verdict)}",
        render_outputs(verdict.signals, width=width),
        _render_proof(verdict.equivalence),
        render_diagnostics(verdict.diagnostics),
        render_waves(verdict.wave, verdict.signals, width=width) if verdict.wave else "",
    ]
    return "\n\n".join(block for block in blocks if block)


def render_samples(problem: Problem, results: Sequence[SampleResult], *, run_path: Path, width: int = WIDTH) -> str:
    """Return the failure text of one problem: a line for each sample, then the first failed ones in full.

    Each of these ends with the command that shows the candidate, which is in the run's folder.
    """
    lines = [f"{problem.suite}/{problem.problem_id}: none of {len(results)} samples passed"]
    lines += [f"  sample {result.key.index}: {result.verdict.status}{_render_bench(result)}" for result in results]
    failed = [result for result in results if not result.verdict.is_passed]
    for result in failed[:_SAMPLES]:
        lines += ["", f"--- sample {result.key.index} ---", render_verdict(result.verdict, width=width)]
        lines += ["", f"the candidate is in {escape_controls(str(run_path))}; to see it:"]
        lines.append(f"  {_show_command(result, run_path)}")
    if len(failed) > _SAMPLES:
        lines.append(f"... and {len(failed) - _SAMPLES} more samples")
    return "\n".join(lines)


def _show_command(result: SampleResult, run_path: Path) -> str:
    words = ["rtlgen", "show", str(run_path), str(result.key.problem), str(result.key.index)]
    return escape_controls(shlex.join(words))


def _render_bench(result: SampleResult) -> str:
    if result.bench_verdict is None:
        return ""
    return f"; as published: {clip_text(describe_bench_verdict(result.bench_verdict), NAME)}"


def render_outputs(signals: Sequence[SignalVerdict], *, width: int | None = None) -> str:
    """Return the table of outputs; those that are not right come first where not all can be shown.

    Names and values are cut until it fits into ``width``, as far as they may be.
    """
    if not signals:
        return ""
    shown = signals if len(signals) <= _OUTPUTS else sorted(signals, key=lambda signal: signal.is_right)[:_OUTPUTS]
    for most in _SIZES:
        lines = _render_table(shown, *most)
        if width is None or max(map(len, lines)) <= width:
            break
    if len(signals) > len(shown):
        lines.append(f"... and {len(signals) - len(shown)} more outputs")
    return "\n".join(lines)


def _render_table(signals: Sequence[SignalVerdict], name: int, value: int) -> list[str]:
    from tabulate import tabulate

    table = tabulate(
        [_render_output(signal, name, value) for signal in signals],
        headers=["output", "", "checked", "mismatches", "first at ns", "expected", "got"],
        tablefmt="simple",
        disable_numparse=True,
        colalign=("left", "left", "right", "right", "right", "right", "right"),
    )
    return [line.rstrip() for line in table.splitlines()]


def _render_output(signal: SignalVerdict, name: int, value: int) -> list[str]:
    word = "ok" if signal.is_right else "wrong" if signal.mismatches else "never known"
    first = "" if signal.first_mismatch_ns is None else f"{signal.first_mismatch_ns:g}"
    base, *digits = render_pair(signal.expected or "", signal.actual or "", value)
    width = len(signal.expected or "")
    values = [f"{width}'{base}{text}" for text in digits] if width > 1 else digits
    return [clip_text(signal.name, name), word, str(signal.checked), str(signal.mismatches), first, *values]


def _render_proof(equivalence: Equivalence | None) -> str:
    """Return one line: which outputs were proved, disproved and neither, and why."""
    if equivalence is None:
        return ""
    parts = []
    for proof, word in _PROOFS.items():
        names = [clip_text(name, NAME) for name, found in equivalence.outputs if found is proof]
        more = f" and {len(names) - _PROVED} more" if len(names) > _PROVED else ""
        parts += [f"{word} {', '.join(names[:_PROVED])}{more}"] if names else []
    reason = f" ({clip_text(equivalence.reason, _MESSAGE)})" if equivalence.reason else ""
    return f"proof: {'; '.join(parts)}{reason}"


def render_diagnostics(diagnostics: Sequence[Diagnostic]) -> str:
    """Return a line for each of the first messages."""
    lines = []
    for diagnostic in diagnostics[:_DIAGNOSTICS]:
        place = "" if diagnostic.line is None else f"line {diagnostic.line}: "
        message = clip_text(diagnostic.message, _MESSAGE)
        lines.append(f"{diagnostic.tool} {diagnostic.severity}: {place}{message}")
    if len(diagnostics) > _DIAGNOSTICS:
        lines.append(f"... and {len(diagnostics) - _DIAGNOSTICS} more messages")
    return "\n".join(lines)
