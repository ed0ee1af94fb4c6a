"""What a model is told about its answer: the compiler's messages, or the outputs that differ with a waveform.

Nothing in it is the reference's text. What only the benchmark's hidden testbench says is left out unless it is to be
shown. Expected values of outputs are told, as they are to people: they are what a repair starts from.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from pytest_rtlgen.records import (
    BenchVerdict,
    Diagnostic,
    Problem,
    RepairKind,
    SampleResult,
    Severity,
    SourceFile,
    Tool,
    Verdict,
    WaveWindow,
)
from pytest_rtlgen.report.failure_text import explain_status, render_diagnostics, render_outputs
from pytest_rtlgen.report.plain_text import clip_text
from pytest_rtlgen.report.wave_text import render_wave

MOST_FEEDBACK = 4000
"""Characters of one feedback, without a testbench that is shown."""
MOST_TESTBENCH = 16_000
_MOST_OUTPUTS, _MOST_WAVE = 1200, 1700
_CUT = "... (cut)"
_HOST_PATH = re.compile(r"(?<![\w.\\])/(?:[\w.+@-]+/)+([\w.+@-]+)")
"""Two parts or more: no comment, operator or escaped name of Verilog looks so."""
_HIDDEN_TOOLS = {Tool.HARNESS, Tool.TESTBENCH}
_HIDDEN_NOTE = "The benchmark's own test fails it. What that test does is not shown."
_LEADS = {
    RepairKind.COMPILE: "Your answer does not get through the compiler",
    RepairKind.SIMULATE: "Your answer was simulated, and it does the wrong thing",
}


def write_feedback(problem: Problem, result: SampleResult, kind: RepairKind, *, shows_testbench: bool) -> str:
    """Return what the check of ``result`` found: plain text of bounded length, without a path of this machine."""
    verdict = result.verdict
    told = tuple(_list_told(problem, verdict.diagnostics, kind, shows_testbench=shows_testbench))
    blocks = [f"{_LEADS[kind]} ({verdict.status}: {explain_status(verdict)})."]
    if kind is RepairKind.SIMULATE:
        blocks += [_cut(render_outputs(verdict.signals), _MOST_OUTPUTS), _render_window(verdict)]
        blocks += [_render_counts(result.bench_verdict)] if result.bench_verdict and not verdict.signals else []
    if len(told) < len(verdict.diagnostics) and kind is RepairKind.SIMULATE:
        blocks.append(_HIDDEN_NOTE)
    blocks.append(render_diagnostics(sorted(told, key=lambda item: item.severity is not Severity.ERROR)))
    text = _cut(_hide_paths("\n\n".join(block for block in blocks if block)), MOST_FEEDBACK)
    return f"{text}\n\n{_render_testbench(problem)}".rstrip() if shows_testbench else text


def _list_told(
    problem: Problem, diagnostics: Sequence[Diagnostic], kind: RepairKind, *, shows_testbench: bool
) -> Iterable[Diagnostic]:
    """Yield the messages that a model may see: a hidden test's own only where they are about the candidate's files."""
    targets = problem.harness.targets if problem.harness is not None else ()
    names = {PurePosixPath(target).name for target in targets}
    for item in diagnostics:
        is_compilers = kind is RepairKind.COMPILE and item.file in names
        if shows_testbench or item.tool not in _HIDDEN_TOOLS or is_compilers:
            yield item


def _render_window(verdict: Verdict) -> str:
    """Return the waveform of the outputs that differ in it, with as many inputs as there is room for."""
    if verdict.wave is None:
        return ""
    outputs = tuple(row for row in verdict.wave.outputs if row[1] != row[2])
    wave = replace(verdict.wave, outputs=outputs or verdict.wave.outputs)
    text = _render_wave(wave)
    while len(text) > _MOST_WAVE and wave.inputs:
        wave = replace(wave, inputs=wave.inputs[: len(wave.inputs) - 1 - len(wave.inputs) // 4])
        text = _render_wave(wave)
    return _cut(text, _MOST_WAVE)


def _render_wave(wave: WaveWindow) -> str:
    return f"Around the first difference, which stands between bars:\n{render_wave(wave)}"


def _render_counts(bench: BenchVerdict) -> str:
    wrong = [item for item in bench.outputs if item.mismatches]
    return "\n".join(f"output {clip_text(item.name, 30)}: wrong {item.mismatches} times" for item in wrong[:32])


def _render_testbench(problem: Problem) -> str:
    """Return the benchmark's own test, never a reference or solution; empty where it brings none."""
    files: tuple[SourceFile, ...] = ()
    if problem.testbench is not None:
        files = (problem.testbench.bench,)
    elif problem.harness is not None:
        files = problem.harness.files or problem.harness.context
    texts = [f"// {file.name}\n{file.text.strip()}" for file in files]
    return "The benchmark's testbench:\n\n" + _cut(_hide_paths("\n\n".join(texts)), MOST_TESTBENCH) if texts else ""


def _hide_paths(text: str) -> str:
    return _HOST_PATH.sub(r"\1", text)


def _cut(text: str, most: int) -> str:
    """Return the lines of ``text`` that fit into ``most`` characters."""
    if len(text) <= most:
        return text
    kept = text[: most - len(_CUT) - 1]
    return f"{kept.rpartition(chr(10))[0] or kept}\n{_CUT}"
