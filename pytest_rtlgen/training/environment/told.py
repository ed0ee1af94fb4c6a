"""What tools tell a model of its design, and which bits of the reference are in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pytest_rtlgen.check.waves import Waves
from pytest_rtlgen.evaluation.repair.feedback import write_feedback
from pytest_rtlgen.records import (
    STEP_NS,
    Candidate,
    Completion,
    Diagnostic,
    Port,
    Problem,
    RepairKind,
    SampleKey,
    SampleResult,
    SignalVerdict,
    Stimulus,
    Tool,
    Trace,
    Verdict,
    WaveWindow,
    find_place,
)
from pytest_rtlgen.report.failure_text import render_diagnostics
from pytest_rtlgen.report.plain_text import clip_text
from pytest_rtlgen.report.wave_text import NAME, render_pair
from pytest_rtlgen.synthesis.synthesizer import Synthesized

MOST_WAVE = 8000
"""Characters of one call of ``wave``."""
_DIGITS = 64
_OF_COMPILERS = frozenset({Tool.PYSLANG, Tool.SCREEN, Tool.IVERILOG, Tool.YOSYS})
_COMPILES = "It compiles."
_RIGHT = "Every output was right at every step of this stimulus. The final verdict is on another one, and on a proof."
_WAVE_HEAD = "One line a step: inputs, then outputs; where an output is wrong, the expected value stands beside it."

Bits = Mapping[tuple[str, int], int]
"""By (output, step of the first stimulus): how many known bits of the reference's value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One text for a model."""

    text: str
    bits: Bits = field(default_factory=dict)
    """What of the reference the text was made from; a long text may show less."""


def tell_compiled(problem: Problem, candidate: Candidate, verdict: Verdict) -> Told:
    """Return whether a candidate compiles, and the compiler's messages; of how it does nothing."""
    if not verdict.is_compiled:
        return Told(text=_write(problem, candidate, verdict, RepairKind.COMPILE))
    said: list[Diagnostic] = [item for item in verdict.diagnostics if item.tool in _OF_COMPILERS]
    return Told(text="\n\n".join(block for block in (_COMPILES, render_diagnostics(said)) if block))


def tell_simulated(problem: Problem, candidate: Candidate, verdict: Verdict) -> Told:
    """Return how a candidate did under the first stimulus, in the words of the repair loop."""
    if not verdict.is_compiled:
        return tell_compiled(problem, candidate, verdict)
    if verdict.is_passed:
        return Told(text=_RIGHT)
    bits = {**_list_first(verdict.signals), **_list_window(verdict.wave)}
    return Told(text=_write(problem, candidate, verdict, RepairKind.SIMULATE), bits=bits)


def tell_waves(waves: Waves, first_step: int, steps: int) -> Told:
    """Return ``steps`` steps of a simulation from ``first_step`` on, as many as there is room for."""
    shown = range(max(0, first_step), min(waves.stimulus.steps, max(0, first_step) + steps))
    lines, size = [_WAVE_HEAD], len(_WAVE_HEAD)
    bits: dict[tuple[str, int], int] = {}
    for step in shown:
        line = _render_step(waves, step)
        size += len(line) + 1
        if size > MOST_WAVE and len(lines) > 1:
            break
        lines.append(clip_text(line, MOST_WAVE))
        bits.update(_list_step(waves.expected, step))
    if not bits and len(lines) == 1:
        return Told(text=f"There is no step {first_step}: the stimulus has the steps 0 to {waves.stimulus.steps - 1}.")
    lines.append(f"The stimulus has the steps 0 to {waves.stimulus.steps - 1}, {STEP_NS} ns each.")
    return Told(text="\n".join(lines), bits=bits)


def tell_synthesized(found: Synthesized) -> Told:
    """Return what a design comes to as gates; of the reference nothing."""
    figures = found.figures
    if figures is None:
        return Told(text=f"It cannot be synthesized: {found.reason}")
    return Told(
        text=f"{figures.cells} cells, of which {figures.flip_flops} flip-flops and {figures.latches} latches; "
        f"{figures.depth} gates on the longest path; area {figures.area:g} gate equivalents."
    )


def count_bits_told(bits: Bits) -> int:
    """Return how many bits of the reference's outputs ``bits`` are.

    >>> count_bits_told({("q", 0): 4, ("q", 1): 4, ("wrap", 0): 1})
    9
    """
    return sum(bits.values())


def _write(problem: Problem, candidate: Candidate, verdict: Verdict, kind: RepairKind) -> str:
    key = SampleKey(suite=problem.suite, problem_id=problem.problem_id, index=0)
    completion = Completion(key=key, text=candidate.text, model="")
    result = SampleResult(completion=completion, candidate=candidate, verdict=verdict)
    return write_feedback(problem, result, kind, shows_testbench=False)


def _count_known(value: str) -> int:
    return sum(character in "01" for character in value)


def _list_first(signals: tuple[SignalVerdict, ...]) -> dict[tuple[str, int], int]:
    """Return what the table of outputs tells: the expected value at each output's first mismatch."""
    return {
        (signal.name, round(signal.first_mismatch_ns / STEP_NS)): _count_known(signal.expected)
        for signal in signals
        if signal.first_mismatch_ns is not None and signal.expected is not None
    }


def _list_window(wave: WaveWindow | None) -> dict[tuple[str, int], int]:
    """Return what the waveform beside it tells: expected values of the outputs that differ in it."""
    if wave is None:
        return {}
    differing = [(name, want) for name, want, got in wave.outputs if want != got]
    rows = differing or [(name, want) for name, want, _ in wave.outputs]
    return {
        (name, wave.first_step + place): _count_known(value) for name, want in rows for place, value in enumerate(want)
    }


def _list_step(expected: Trace, step: int) -> Iterator[tuple[tuple[str, int], int]]:
    for port in expected.outputs:
        yield (port.name, step), _count_known(_read_value(expected, expected.outputs, port, step))


def _render_step(waves: Waves, step: int) -> str:
    wrong = {name for name, steps in waves.differs if steps[step : step + 1] == b"1"}
    inputs = [
        _render(port, value, value)[1]
        for port in waves.stimulus.inputs
        for value in [_read_value(waves.stimulus, waves.stimulus.inputs, port, step)]
    ]
    outputs = []
    for port in waves.expected.outputs:
        want = _read_value(waves.expected, waves.expected.outputs, port, step)
        got = _read_value(waves.actual, waves.actual.outputs, port, step)
        expected, actual = _render(port, want, got)
        outputs.append(f"{actual} (expected {expected.partition('=')[2]})" if port.name in wrong else actual)
    return f"step {step} | {' '.join(inputs)} | {' '.join(outputs)}"


def _render(port: Port, expected: str, actual: str) -> tuple[str, str]:
    """Return ``name=value`` of both values of a port, in the same base."""
    base, *texts = render_pair(expected, actual, _DIGITS)
    name = clip_text(port.name, NAME)
    left, right = (f"{name}={port.width}'{base}{text}" if port.width > 1 else f"{name}={text}" for text in texts)
    return left, right


def _read_value(data: Stimulus | Trace, ports: tuple[Port, ...], port: Port, step: int) -> str:
    row = data.rows[step * data.width : (step + 1) * data.width]
    return row[find_place(ports, port.name)].decode("ascii")
