"""Compare two Traces, output by output and bit by bit. Pure.

The rule for X: where the reference's bit is X, anything is accepted; where it is 0, 1 or Z, the candidate's
bit must be the same, so X and Z from a candidate are mismatches there.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_rtlgen.records import STEP_NS, Port, SignalVerdict, Stimulus, Trace, WaveWindow

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BEFORE = 6
_AFTER = 3
_SETTLED = 0.75
"""Share of the steps looked at in which guesses must have come to an end."""


def compare_traces(expected: Trace, actual: Trace) -> tuple[SignalVerdict, ...]:
    """Return one verdict per output of ``expected``, in its order. Both traces have the same outputs and steps."""
    return tuple(
        _compare_signal(port, want, got)
        for port, want, got in zip(expected.outputs, _columns(expected), _columns(actual), strict=True)
    )


def cut_wave(
    stimulus: Stimulus, expected: Trace, actual: Trace, verdicts: tuple[SignalVerdict, ...]
) -> WaveWindow | None:
    """Return the values around the earliest mismatch: a few steps before and after; ``None`` without a mismatch."""
    times = [verdict.first_mismatch_ns for verdict in verdicts if verdict.first_mismatch_ns is not None]
    if not times:
        return None
    step = round(min(times) / STEP_NS)
    first, last = max(0, step - _BEFORE), min(stimulus.steps, step + _AFTER + 1)
    wanted = {port.name: _window(expected, port, first, last) for port in expected.outputs}
    return WaveWindow(
        first_step=first,
        mismatch_step=step,
        step_ns=STEP_NS,
        inputs=tuple((port.name, _window(stimulus, port, first, last)) for port in stimulus.inputs),
        outputs=tuple((port.name, wanted[port.name], _window(actual, port, first, last)) for port in actual.outputs),
    )


def compare_from(expected: Trace, actual: Trace, step: int) -> tuple[SignalVerdict, ...]:
    """Return ``compare_traces`` of the steps from ``step`` on; times count from there."""
    tails = (replace(trace, rows=trace.rows[step * trace.width :]) for trace in (expected, actual))
    return compare_traces(*tails)


def list_unknown_only(expected: Trace, actual: Trace) -> frozenset[str] | None:
    """Return the outputs that mismatch, if every bit that does is X in ``actual``; else ``None``."""
    wrong = {signal.name for signal in compare_traces(expected, actual) if signal.mismatches}
    filled = fill_unknown(expected, actual, wrong)
    if any(signal.mismatches for signal in compare_traces(expected, filled)):
        return None
    return frozenset(wrong)


def fill_unknown(expected: Trace, actual: Trace, outputs: Collection[str]) -> Trace:
    """Return ``actual`` with the value of ``expected`` in each X bit of ``outputs``."""
    import numpy as np

    chosen = np.concatenate([np.full(port.width, port.name in outputs) for port in expected.outputs])
    want, got = _table(expected), _table(actual)
    return replace(actual, rows=np.where((got == ord("X")) & chosen, want, got).tobytes())


def drop_guesses(expected: Trace, careful: Trace, *, must_end: bool) -> Trace:
    """Return ``expected`` with X in each bit that only it knows, where ``careful``, its first steps, has X.

    A bit of the outputs that the two ever know otherwise stays as it is. So does, with ``must_end``, one that is still
    guessed in the last quarter of ``careful``, or is known to both in none of its steps after the last guess.
    """
    import numpy as np

    first = _table(careful)
    want = _table(expected).copy()
    start = want[: len(first)]
    is_known = start <= ord("1")
    is_guess = is_known & (first == ord("X"))
    is_sure = is_known & (first <= ord("1"))
    is_dropped = ~(is_sure & (start != first)).any(axis=0)
    if must_end:
        numbers = np.arange(1, len(first) + 1)[:, None]
        last_guess, last_sure = (is_guess * numbers).max(axis=0), (is_sure * numbers).max(axis=0)
        is_dropped &= (last_guess <= _SETTLED * len(first)) & (last_sure > last_guess)
    start[is_guess & is_dropped] = ord("X")
    return replace(expected, rows=want.tobytes())


def _compare_signal(port: Port, want: "NDArray[np.uint8]", got: "NDArray[np.uint8]") -> SignalVerdict:
    import numpy as np

    known = want != ord("X")
    wrong_steps = np.flatnonzero((known & (want != got)).any(axis=1))
    checked = int(known.any(axis=1).sum())
    if not wrong_steps.size:
        return SignalVerdict(name=port.name, checked=checked, mismatches=0)
    first = int(wrong_steps[0])
    return SignalVerdict(
        name=port.name,
        checked=checked,
        mismatches=int(wrong_steps.size),
        first_mismatch_ns=float(first * STEP_NS),
        expected=want[first].tobytes().decode("ascii"),
        actual=got[first].tobytes().decode("ascii"),
    )


def _columns(trace: Trace) -> Iterator["NDArray[np.uint8]"]:
    """Yield one array (steps, port width) of character codes per output."""
    table = _table(trace)
    start = 0
    for port in trace.outputs:
        yield table[:, start : start + port.width]
        start += port.width


def _table(trace: Trace) -> "NDArray[np.uint8]":
    """Return the character codes as an array (steps, width)."""
    import numpy as np

    return np.frombuffer(trace.rows, dtype=np.uint8).reshape(-1, trace.width)


def _window(data: Stimulus | Trace, port: Port, first: int, last: int) -> tuple[str, ...]:
    ports = data.inputs if isinstance(data, Stimulus) else data.outputs
    start = sum(other.width for other in ports[: ports.index(port)])
    rows = (data.rows[step * data.width + start :][: port.width] for step in range(first, last))
    return tuple(row.decode("ascii") for row in rows)
