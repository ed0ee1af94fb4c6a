"""How much of a reference a stimulus reaches: values of small registers, their changes, and toggles of the others."""

from collections.abc import Collection, Hashable

from pytest_rtlgen.records import Trace, list_places

_VALUE_BITS = 5
_CHANGE_BITS = 3
_MOST_BITS = 62


def list_reached(trace: Trace, *, constants: Collection[int] = ()) -> set[Hashable]:
    """Return what ``trace`` reaches; unknown values count for nothing.

    Of a register up to 5 bits wide every value, up to 3 bits also every change from one value to another; of a wider
    one each bit's levels, and those ``constants`` that it takes: it holds data more often than states, and data never
    stop being new.
    """
    import numpy as np

    table = np.frombuffer(trace.rows, dtype=np.uint8).reshape(-1, trace.width)
    reached: set[Hashable] = set()
    for port, place in list_places(trace.outputs):
        columns = table[:, place]
        known = ((columns == ord("0")) | (columns == ord("1"))).all(axis=1)
        bits = columns[known] == ord("1")
        if port.width > _VALUE_BITS:
            reached |= {(port.name, bit, 1) for bit in np.flatnonzero(bits.any(axis=0)).tolist()}
            reached |= {(port.name, bit, 0) for bit in np.flatnonzero((~bits).any(axis=0)).tolist()}
        if port.width > _MOST_BITS:
            continue
        values = bits @ (1 << np.arange(port.width)[::-1])
        if port.width > _VALUE_BITS:
            reached |= {(port.name, value) for value in set(np.unique(values).tolist()) & set(constants)}
            continue
        reached |= {(port.name, value) for value in np.flatnonzero(np.bincount(values)).tolist()}
        if port.width <= _CHANGE_BITS:
            pairs = np.flatnonzero(np.bincount(values[:-1] << port.width | values[1:])).tolist()
            reached |= {(port.name, *divmod(pair, 1 << port.width), "change") for pair in pairs}
    return reached


def list_levels(trace: Trace) -> set[tuple[str, int, int]]:
    """Return (output, bit from the most significant one, level) for each level that a bit of ``trace`` takes."""
    import numpy as np

    table = np.frombuffer(trace.rows, dtype=np.uint8).reshape(-1, trace.width)
    seen = [(table == ord(level)).any(axis=0) for level in "01"]
    reached = set()
    for port, place in list_places(trace.outputs):
        for bit in range(port.width):
            reached |= {(port.name, bit, level) for level in (0, 1) if seen[level][place.start + bit]}
    return reached
