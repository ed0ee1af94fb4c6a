"""One verdict as text: why, which outputs, which messages, and the values around the first mismatch."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice

from pytest_rtlgen.records import (
    Diagnostic,
    Equivalence,
    Problem,
    Proof,
    SampleResult,
    SignalVerdict,
    Status,
    Verdict,
    WaveWindow,
)
from pytest_rtlgen.report.disagreement import describe_bench_verdict
from pytest_rtlgen.report.plain_text import clip_text

_NAME = 30
_VALUE = 24
_MESSAGE = 300
_OUTPUTS = 32
_SAMPLES = 5
_DIAGNOSTICS = 10
_WAVE_ROWS = 40
_WAVE_STEPS = 16
_WAVE_CELL = 10
_NIBBLE = 4

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


def render_verdict(verdict: Verdict) -> str:
    """Return the verdict as text of several lines, without a newline at the end.

    Its size is bounded whatever the candidate did, and no character of it can move a terminal's cursor. Values are
    shown as hexadecimal, ``x`` and ``z`` included; single bits as they are.
    """
    blocks = [
        f"{verdict.status}: {REASONS[verdict.status]}",
        render_outputs(verdict.signals),
        _render_proof(verdict.equivalence),
        render_diagnostics(verdict.diagnostics),
        render_wave(verdict.wave) if verdict.wave else "",
    ]
    return "\n\n".join(block for block in blocks if block)


def render_samples(problem: Problem, results: Sequence[SampleResult]) -> str:
    """Return the failure text of one problem: a line for each sample, then the first failed ones in full."""
    lines = [f"{problem.suite}/{problem.problem_id}: none of {len(results)} samples passed"]
    lines += [f"  sample {result.key.index}: {result.verdict.status}{_render_bench(result)}" for result in results]
    failed = [result for result in results if not result.verdict.is_passed]
    for result in failed[:_SAMPLES]:
        lines += ["", f"--- sample {result.key.index} ---", render_verdict(result.verdict)]
    if len(failed) > _SAMPLES:
        lines.append(f"... and {len(failed) - _SAMPLES} more samples")
    return "\n".join(lines)


def _render_bench(result: SampleResult) -> str:
    if result.bench_verdict is None:
        return ""
    return f"; as published: {clip_text(describe_bench_verdict(result.bench_verdict), _NAME)}"


def render_outputs(signals: Sequence[SignalVerdict]) -> str:
    """Return the table of outputs; those that are not right come first where not all can be shown."""
    if not signals:
        return ""
    from tabulate import tabulate

    shown = signals if len(signals) <= _OUTPUTS else sorted(signals, key=lambda signal: signal.is_right)[:_OUTPUTS]
    headers = ["output", "", "checked", "mismatches", "first at ns", "expected", "got"]
    table = tabulate(
        [_render_output(signal) for signal in shown],
        headers=headers,
        tablefmt="simple",
        disable_numparse=True,
        colalign=("left", "left", "right", "right", "right", "right", "right"),
    )
    lines = [line.rstrip() for line in table.splitlines()]
    if len(signals) > len(shown):
        lines.append(f"... and {len(signals) - len(shown)} more outputs")
    return "\n".join(lines)


def _render_output(signal: SignalVerdict) -> list[str]:
    word = "ok" if signal.is_right else "wrong" if signal.mismatches else "never known"
    first = "" if signal.first_mismatch_ns is None else f"{signal.first_mismatch_ns:g}"
    base, *digits = _render_pair(signal.expected or "", signal.actual or "", _VALUE)
    width = len(signal.expected or "")
    values = [f"{width}'{base}{text}" for text in digits] if width > 1 else digits
    return [clip_text(signal.name, _NAME), word, str(signal.checked), str(signal.mismatches), first, *values]


def _render_proof(equivalence: Equivalence | None) -> str:
    """Return one line: which outputs were proved, disproved and neither, and why."""
    if equivalence is None:
        return ""
    parts = []
    for proof, word in _PROOFS.items():
        names = [clip_text(name, _NAME) for name, found in equivalence.outputs if found is proof]
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


def render_wave(wave: WaveWindow) -> str:
    """Return one row a signal and one column a step; the column of the first mismatch stands between bars."""
    mark = wave.mismatch_step - wave.first_step
    start = max(0, mark - _WAVE_STEPS // 2)
    steps = slice(start, start + _WAVE_STEPS)
    total = 1 + len(wave.inputs) + 2 * len(wave.outputs)
    lines = _align(list(islice(_render_rows(wave, steps), _WAVE_ROWS + 1)), mark - start)
    if total > _WAVE_ROWS + 1:
        lines.append(f"... and {total - _WAVE_ROWS - 1} more rows")
    return "\n".join(lines)


def _render_rows(wave: WaveWindow, steps: slice) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield each row's label and cells, inputs first; lazily, for a value may have thousands of bits."""
    yield "ns", _render_times(wave)[steps]
    for name, values in wave.inputs:
        yield _label(name, values), _render_cells(values[steps], values[steps])[0]
    for name, want, got in wave.outputs:
        expected, actual = _render_cells(want[steps], got[steps])
        yield f"{_label(name, want)} expected", expected
        yield f"{_label(name, want)} got", actual


def _render_times(wave: WaveWindow) -> list[str]:
    lists = [values for _, values in wave.inputs] + [values for _, values, _ in wave.outputs]
    count = max((len(values) for values in lists), default=0)
    return [f"{(wave.first_step + step) * wave.step_ns:g}" for step in range(count)]


def _label(name: str, values: Sequence[str]) -> str:
    width = len(values[0]) if values else 1
    return clip_text(name, _NAME) + (f"[{width - 1}:0]" if width > 1 else "")


def _render_cells(expected: Sequence[str], actual: Sequence[str]) -> tuple[list[str], list[str]]:
    lefts, rights = [], []
    for want, have in zip(expected, actual, strict=True):
        base, left, right = _render_pair(want, have, _WAVE_CELL)
        mark = "b" if base == "b" and len(want) > 1 else ""
        lefts.append(mark + left)
        rights.append(mark + right)
    return lefts, rights


def _align(rows: Sequence[tuple[str, Sequence[str]]], mark: int) -> list[str]:
    name_width = max(len(name) for name, _ in rows)
    widths = [max(map(len, column)) for column in zip(*(cells for _, cells in rows), strict=True)]
    lines = []
    for name, cells in rows:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
        marked = [f"|{cell}|" if place == mark else f" {cell} " for place, cell in enumerate(padded)]
        lines.append(f"{name.ljust(name_width)} {''.join(marked)}".rstrip())
    return lines


def _render_pair(expected: str, actual: str, most: int) -> tuple[str, str, str]:
    """Return the base, ``h`` or ``b``, and two binary values in it, cut at the same place so that they compare.

    Binary where hexadecimal would hide the difference behind an ``x``. Of more than ``most`` digits those from the
    first that differs are kept; ``..`` stands for what was left out.
    """
    base, left, right = "h", _read_hex(expected), _read_hex(actual)
    if left == right and expected != actual:
        base, left, right = "b", expected.lower(), actual.lower()
    if max(len(left), len(right)) <= most or len(left) != len(right):
        return base, clip_text(left, most), clip_text(right, most)
    room = most - 4
    differing = next((place for place, (a, b) in enumerate(zip(left, right, strict=True)) if a != b), 0)
    start = min(differing, len(left) - room)
    return base, _cut(left, start, room), _cut(right, start, room)


def _cut(digits: str, start: int, room: int) -> str:
    end = start + room
    return (".." if start else "") + digits[start:end] + (".." if end < len(digits) else "")


def _read_hex(bits: str) -> str:
    """Return a binary value as hexadecimal digits; a digit with unknown bits is ``x``, one of four ``z`` is ``z``."""
    value = bits.lower()
    if len(value) <= 1 or set(value) - set("01xz"):
        return value
    digits = -(-len(value) // _NIBBLE)
    if set(value) <= set("01"):
        return f"{int(value, 2):0{digits}x}"
    padded = value.rjust(digits * _NIBBLE, "z" if value[0] == "z" else "0")
    return "".join(_read_digit(padded[place : place + _NIBBLE]) for place in range(0, len(padded), _NIBBLE))


@cache
def _read_digit(nibble: str) -> str:
    if set(nibble) <= set("01"):
        return f"{int(nibble, 2):x}"
    return "z" if set(nibble) == {"z"} else "x"
