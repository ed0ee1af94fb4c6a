"""Compare outputs of which only the sequence counts: what a candidate shows is moved to where the reference shows it.

Outputs are sampled just before each active edge of the clock. Where the k-th member of the candidate's sequence is the
reference's k-th, and comes within the bound, the retimed trace shows what the reference does; elsewhere it does not.
A reset ends a sequence and begins another: what was on its way by then, for the bound's length, may come or not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_rtlgen.records import Clock, ClockEdge, Interface, Latency, Polarity, ResetKind, Stimulus, Trace, find_place

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ZERO, _ONE = ord("0"), ord("1")


def retime(latency: Latency | None, interface: Interface, stimulus: Stimulus, expected: Trace, actual: Trace) -> Trace:
    """Return ``actual``, which may be shorter than ``expected``, as a comparison step by step can judge it."""
    if latency is None:
        return actual
    import numpy as np

    got = np.frombuffer(actual.rows, dtype=np.uint8).reshape(-1, actual.width)
    want = np.frombuffer(expected.rows, dtype=np.uint8).reshape(-1, expected.width)[: len(got)]
    columns = {port.name: _slice(expected, port.name) for port in expected.outputs}
    shown = got.copy()
    for name in (latency.valid, *latency.data):
        shown[:, columns[name]] = want[:, columns[name]]
    valid = columns[latency.valid].start
    for samples in list_stretches(interface, stimulus, len(got)):
        pairing = _pair(samples, want[:, valid], got[:, valid], latency.bound)
        for name in latency.data:
            for at, found in pairing.pairs:
                shown[at, columns[name]] = got[found, columns[name]]
        for at in pairing.wrong:
            shown[at, valid] = _ZERO if want[at, valid] == _ONE else _ONE
    return replace(actual, rows=shown.tobytes())


def count_compared(latency: Latency, interface: Interface, stimulus: Stimulus, trace: Trace) -> int:
    """Return how many members of the reference's sequence must come from every candidate."""
    import numpy as np

    table = np.frombuffer(trace.rows, dtype=np.uint8).reshape(-1, trace.width)
    valid = table[:, _slice(trace, latency.valid).start]
    stretches = list_stretches(interface, stimulus, len(table))
    return sum(int((valid[samples[: -latency.bound]] == _ONE).sum()) for samples in stretches)


def list_stretches(interface: Interface, stimulus: Stimulus, steps: int) -> list["NDArray[np.intp]"]:
    """Return the steps at whose end an active edge comes, those together between which no reset is active."""
    import numpy as np

    rows = np.frombuffer(stimulus.rows, dtype=np.uint8).reshape(-1, stimulus.width)[:steps]
    samples = _list_samples(interface.clocks[0], rows[:, _slice(stimulus, interface.clocks[0].port).start])
    is_sampled = np.isin(np.arange(len(rows)), samples)
    is_reset = np.zeros(len(rows), dtype=bool)
    for reset in interface.resets:
        level = _ONE if reset.active is Polarity.HIGH else _ZERO
        is_active = rows[:, _slice(stimulus, reset.port).start] == level
        is_reset |= is_active & is_sampled if reset.kind is ResetKind.SYNCHRONOUS else is_active
    resets = np.concatenate(([0], np.cumsum(is_reset)))  # number of rows with a reset before each row
    is_free = ~is_reset[samples]
    starts = np.flatnonzero(np.diff(resets[samples + 1]) > 0) + 1
    parts = np.split(np.arange(len(samples)), starts)
    return [samples[part[is_free[part]]] for part in parts if is_free[part].any()]


def _list_samples(clock: Clock, levels: "NDArray[np.uint8]") -> "NDArray[np.intp]":
    import numpy as np

    before, after = levels[:-1], levels[1:]
    is_edge = before != after
    if clock.edge is not ClockEdge.BOTH:
        is_edge &= after == (_ONE if clock.edge is ClockEdge.RISING else _ZERO)
    return np.flatnonzero(is_edge)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pairing:
    pairs: tuple[tuple[int, int], ...]
    """(step of the reference, step of the candidate) of each member that both have."""
    wrong: tuple[int, ...]
    """Steps at which a member is missing, late, early, too many, or it cannot be told whether there is one."""


def _pair(samples: "NDArray[np.intp]", want: "NDArray[np.uint8]", got: "NDArray[np.uint8]", bound: int) -> _Pairing:
    expected, actual = want[samples], got[samples]
    expected_at = [at for at, level in enumerate(expected) if level == _ONE]
    found = [at for at, level in enumerate(actual) if level == _ONE]
    last = len(samples) - bound
    both = list(zip(expected_at, found, strict=False))
    wrong = {first for first, second in both if abs(first - second) > bound}
    wrong |= {at for at in (*expected_at[len(both) :], *found[len(both) :]) if at < last}
    wrong |= set(_list_unknown(expected, actual, bound))
    known = [at for at, level in enumerate(expected) if level in {_ZERO, _ONE}]
    return _Pairing(
        pairs=tuple((int(samples[first]), int(samples[second])) for first, second in both),
        wrong=tuple(int(samples[place]) for at in sorted(wrong) if (place := _find_next(known, at)) is not None),
    )


def _list_unknown(expected: "NDArray[np.uint8]", actual: "NDArray[np.uint8]", bound: int) -> Iterator[int]:
    """Yield where the candidate's valid is unknown although the reference's has been known for ``bound`` cycles."""
    since = 0
    for at, (level, found) in enumerate(zip(expected, actual, strict=True)):
        since = since + 1 if level in {_ZERO, _ONE} else 0
        if found not in {_ZERO, _ONE} and (since > bound or since == at + 1):
            yield at


def _find_next(known: Sequence[int], at: int) -> int | None:
    return next((place for place in known if place >= at), None)


def _slice(data: Stimulus | Trace, name: str) -> slice:
    return find_place(data.inputs if isinstance(data, Stimulus) else data.outputs, name)
