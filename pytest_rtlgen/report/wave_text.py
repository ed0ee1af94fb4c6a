"""Values around a mismatch as text: one row a signal, one column a step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from pytest_rtlgen.records import SignalVerdict, WaveWindow
from pytest_rtlgen.report.plain_text import clip_text

NAME = 30
"""Most characters of a port's name."""
_SHORTEST, _BESIDE = 8, 45
"""Characters that a name has at least, and those that are kept for what stands beside it."""
_WAVE_ROWS = 40
_INPUT_ROWS = 24
"""Inputs drawn for one output."""
_LINES = 120
"""Of all outputs together; the first is drawn whatever it takes."""
_UNDRAWN = 8
_WAVE_STEPS = 16
_WAVE_CELL = 10
_NIBBLE = 4

_Row = tuple[str, Sequence[str]]
"""Its label, and a cell for each step."""


def render_waves(wave: WaveWindow, signals: Sequence[SignalVerdict], *, width: int) -> str:
    """Return a block for each wrong output: the inputs, what was expected and what it was, in lines of ``width``.

    A block that is wider goes on below itself. The column of the output's first mismatch stands between bars; of an
    output that is first wrong at a step that ``wave`` does not have, only the time is told.
    """
    steps = _find_steps(wave)
    wrong = [signal for signal in signals if signal.mismatches]
    names = {signal.name for signal in wrong}
    drawn = [one for one in _list_drawn(wave, wrong, steps) if not signals or one.name in names]
    blocks, lines = list[str](), 0
    for one in drawn:
        block = _render_block(wave, one, steps, width)
        lines += block.count("\n") + 2
        if blocks and lines > _LINES:
            break
        blocks.append(block)
    if len(blocks) < len(drawn):
        blocks.append(f"... and {len(drawn) - len(blocks)} more outputs that are wrong in these steps")
    shown = {one.name for one in drawn}
    blocks.append(_list_undrawn([signal for signal in wrong if signal.name not in shown], _find_most(width)))
    return "\n\n".join(block for block in blocks if block)


@dataclass(frozen=True, slots=True)
class _Drawn:
    name: str
    expected: Sequence[str]
    actual: Sequence[str]
    mark: int
    """Step of the first mismatch, counted from the wave's first."""


def _find_steps(wave: WaveWindow) -> range:
    """Return the steps that are drawn, counted from the wave's first."""
    start = max(0, wave.mismatch_step - wave.first_step - _WAVE_STEPS // 2)
    return range(start, start + _WAVE_STEPS)


def _list_drawn(wave: WaveWindow, wrong: Sequence[SignalVerdict], steps: range) -> Iterator[_Drawn]:
    """Yield the outputs that differ within ``steps``."""
    times = {signal.name: signal.first_mismatch_ns for signal in wrong}
    for name, expected, actual in wave.outputs:
        differing = [step for step in steps if step < len(expected) and _is_different(expected[step], actual[step])]
        first_ns = times.get(name)
        first = None if first_ns is None else first_ns / wave.step_ns - wave.first_step
        mark = next((step for step in differing if step == first), differing[0] if differing else None)
        if mark is not None:
            yield _Drawn(name, expected, actual, mark)


def _is_different(expected: str, actual: str) -> bool:
    """Whether a bit that is expected to be known differs."""
    return expected != actual and any(
        want not in "xX" and want != have for want, have in zip(expected, actual, strict=True)
    )


def _render_block(wave: WaveWindow, drawn: _Drawn, steps: range, width: int) -> str:
    part = slice(steps.start, steps.stop)
    rows: list[_Row] = [("ns", _render_times(wave)[part])]
    inputs = wave.inputs[:_INPUT_ROWS]
    most = _find_most(width)
    rows += [(_label(name, values, most), _render_cells(values[part], values[part])[0]) for name, values in inputs]
    expected, actual = _render_cells(drawn.expected[part], drawn.actual[part])
    rows += [("expected", expected), ("got", actual)]
    first_ns = (wave.first_step + drawn.mark) * wave.step_ns
    head = f"{_label(drawn.name, drawn.expected, most)}: first wrong at {first_ns:g} ns"
    left_out = len(wave.inputs) - len(inputs)
    more = [f"... and {left_out} more inputs"] if left_out else []
    return "\n".join([head, "\n\n".join(_fold(rows, drawn.mark - steps.start, width)), *more])


def _fold(rows: Sequence[_Row], mark: int, width: int) -> Iterator[str]:
    """Yield the rows in parts of as many columns as fit into ``width``."""
    room = width - 1 - max(len(name) for name, _ in rows)
    widths = [2 + max(map(len, column)) for column in zip(*(cells for _, cells in rows), strict=True)]
    start = 0
    while start < len(widths):
        end = start + 1
        while end < len(widths) and sum(widths[start : end + 1]) <= room:
            end += 1
        yield "\n".join(_align([(name, cells[start:end]) for name, cells in rows], mark - start))
        start = end


def _find_most(width: int) -> int:
    """Return how many characters a name may have beside a value, or a sentence."""
    return min(NAME, max(_SHORTEST, width - _BESIDE))


def _list_undrawn(signals: Sequence[SignalVerdict], most: int) -> str:
    lines = [
        f"{clip_text(signal.name, most)}: first wrong at {signal.first_mismatch_ns:g} ns, not drawn here"
        for signal in signals[:_UNDRAWN]
        if signal.first_mismatch_ns is not None
    ]
    if len(signals) > _UNDRAWN:
        lines.append(f"... and {len(signals) - _UNDRAWN} more outputs that are wrong at other times")
    return "\n".join(lines)


def render_wave(wave: WaveWindow) -> str:
    """Return all signals in one block of any width; the column of the first mismatch stands between bars."""
    mark = wave.mismatch_step - wave.first_step
    steps = _find_steps(wave)
    total = 1 + len(wave.inputs) + 2 * len(wave.outputs)
    rows = _render_rows(wave, slice(steps.start, steps.stop))
    lines = _align(list(islice(rows, _WAVE_ROWS + 1)), mark - steps.start)
    if total > _WAVE_ROWS + 1:
        lines.append(f"... and {total - _WAVE_ROWS - 1} more rows")
    return "\n".join(lines)


def _render_rows(wave: WaveWindow, steps: slice) -> Iterator[_Row]:
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


def _label(name: str, values: Sequence[str], most: int = NAME) -> str:
    width = len(values[0]) if values else 1
    return clip_text(name, most) + (f"[{width - 1}:0]" if width > 1 else "")


def _render_cells(expected: Sequence[str], actual: Sequence[str]) -> tuple[list[str], list[str]]:
    lefts, rights = [], []
    for want, have in zip(expected, actual, strict=True):
        base, left, right = render_pair(want, have, _WAVE_CELL)
        mark = "b" if base == "b" and len(want) > 1 else ""
        lefts.append(mark + left)
        rights.append(mark + right)
    return lefts, rights


def _align(rows: Sequence[_Row], mark: int) -> list[str]:
    name_width = max(len(name) for name, _ in rows)
    widths = [max(map(len, column)) for column in zip(*(cells for _, cells in rows), strict=True)]
    lines = []
    for name, cells in rows:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
        marked = [f"|{cell}|" if place == mark else f" {cell} " for place, cell in enumerate(padded)]
        lines.append(f"{name.ljust(name_width)} {''.join(marked)}".rstrip())
    return lines


def render_pair(expected: str, actual: str, most: int) -> tuple[str, str, str]:
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
