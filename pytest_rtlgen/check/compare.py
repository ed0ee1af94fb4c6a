"""Compare two Traces, output by output and bit by bit. Pure.

The rule for X: where the reference's bit is X, anything is accepted; where it is 0, 1 or Z, the candidate's
bit must be the same, so X and Z from a candidate are mismatches there.

Two other places follow this rule, in languages of their own: the proof (``check.proof``) and exported testbenches
(``training.testbench``). ``tests/check/test_x_policy.py`` and ``tests/training/test_testbench_export.py`` compare them
with it, bit by bit. ``docs/explanation/verdicts.md`` explains it to users.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_rtlgen.records import STEP_NS, Port, SignalVerdict, Stimulus, Trace, WaveWindow, find_place, list_places

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BEFORE = 6
_AFTER = 3


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
    windows = {port.name: _window(expected, port, first, last) for port in expected.outputs}
    return WaveWindow(
        first_step=first,
        mismatch_step=step,
        step_ns=STEP_NS,
        inputs=tuple((port.name, _window(stimulus, port, first, last)) for port in stimulus.inputs),
        outputs=tuple((port.name, windows[port.name], _window(actual, port, first, last)) for port in actual.outputs),
    )


def mark_mismatches(expected: Trace, actual: Trace) -> tuple[tuple[str, bytes], ...]:
    """Return (output, a ``1`` for each step at which ``compare_traces`` counts a mismatch, a ``0`` for each other)."""
    return tuple(
        (port.name, (_find_wrong(want, got) + ord("0")).astype("uint8").tobytes())
        for port, want, got in zip(expected.outputs, _columns(expected), _columns(actual), strict=True)
    )


def compare_start(expected: Trace, actual: Trace) -> tuple[SignalVerdict, ...]:
    """Return ``compare_traces`` of as many steps as ``actual``, the shorter one, has."""
    return compare_traces(replace(expected, rows=expected.rows[: len(actual.rows)]), actual)


def compare_known(expected: Trace, actual: Trace) -> tuple[SignalVerdict, ...]:
    """Return ``compare_traces`` on the bits that are 0 or 1 in both; the others are a don't-care."""
    import numpy as np

    want = np.frombuffer(expected.rows, dtype=np.uint8)
    got = np.frombuffer(actual.rows, dtype=np.uint8)
    is_known = (want <= ord("1")) & (got <= ord("1"))
    rows = np.where(is_known, want, np.uint8(ord("X"))).tobytes()
    return compare_traces(replace(expected, rows=rows), actual)


def has_unknown_mismatch(expected: Trace, actual: Trace) -> bool:
    """Whether some bit of ``actual`` is X or Z where the reference's is not: nothing sets it, or too much does.

    ``actual`` may be the shorter one.
    """
    got = _table(actual)
    want = _table(expected)[: len(got)]
    return bool(((want <= ord("1")) & (got > ord("1"))).any())


def _compare_signal(port: Port, want: "NDArray[np.uint8]", got: "NDArray[np.uint8]") -> SignalVerdict:
    import numpy as np

    wrong_steps = np.flatnonzero(_find_wrong(want, got))
    checked = int((want != ord("X")).any(axis=1).sum())
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


def _find_wrong(want: "NDArray[np.uint8]", got: "NDArray[np.uint8]") -> "NDArray[np.bool_]":
    """Return, by step, whether a known bit differs."""
    is_wrong: NDArray[np.bool_] = ((want != ord("X")) & (want != got)).any(axis=1)
    return is_wrong


def _columns(trace: Trace) -> Iterator["NDArray[np.uint8]"]:
    """Yield one array (steps, port width) of character codes per output."""
    table = _table(trace)
    return (table[:, place] for _, place in list_places(trace.outputs))


def _table(trace: Trace) -> "NDArray[np.uint8]":
    """Return the character codes as an array (steps, width)."""
    import numpy as np

    return np.frombuffer(trace.rows, dtype=np.uint8).reshape(-1, trace.width)


def _window(data: Stimulus | Trace, port: Port, first: int, last: int) -> tuple[str, ...]:
    ports = data.inputs if isinstance(data, Stimulus) else data.outputs
    place = find_place(ports, port.name)
    rows = (data.rows[step * data.width :][place] for step in range(first, last))
    return tuple(row.decode("ascii") for row in rows)
