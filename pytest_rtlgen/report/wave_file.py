"""A check's waves as a VCD file, which GTKWave and Surfer open (IEEE 1800-2017, 21.7)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

from pytest_rtlgen.check.waves import Waves
from pytest_rtlgen.errors import StorageError
from pytest_rtlgen.records import STEP_NS, Port, list_places

_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_UNSAFE = re.compile(r"[^!-~]|\$")
"""What no name may hold: readers end a declaration at a blank, and some at ``$end`` anywhere in it."""


def write_vcd(path: Path, waves: Waves) -> None:
    """Write the scopes ``inputs``, ``expected``, ``actual`` and ``differs``, a step of ``STEP_NS`` after the other.

    ``differs`` has one bit an output: whether it counts as wrong. What a design shows at the end of a step stands at
    its start, beside the inputs that it answers. Names that no plain identifier can be start with a backslash.

    Raises:
        StorageError: the file cannot be written.
    """
    try:
        with path.open("w", encoding="ascii") as file:
            _write(file, waves)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}; give another file") from error


class WaveSignal(NamedTuple):
    """One signal of the file."""

    scope: str
    name: str
    width: int
    rows: bytes
    """Of all steps."""
    row_width: int
    place: slice

    def read(self, step: int) -> str:
        """Return the value at ``step``, binary."""
        start = step * self.row_width
        return self.rows[start + self.place.start : start + self.place.stop].decode("ascii").lower()


def _write(file: IO[str], waves: Waves) -> None:
    from vcd import VCDWriter

    signals = list(list_signals(waves))
    with VCDWriter(file, timescale="1 ns", date="", version="pytest-rtlgen", check_values=False) as writer:
        variables = [
            (signal, writer.register_var(signal.scope, signal.name, "wire", size=signal.width, init=signal.read(0)))
            for signal in signals
        ]
        for step in range(1, waves.stimulus.steps):
            for signal, variable in variables:
                writer.change(variable, step * STEP_NS, signal.read(step))
        writer.close(waves.stimulus.steps * STEP_NS)


def list_signals(waves: Waves) -> Iterator[WaveSignal]:
    """Yield every signal, each scope's in declared order."""
    stimulus, expected, actual = waves.stimulus, waves.expected, waves.actual
    yield from _list_ports("inputs", stimulus.inputs, stimulus.rows, stimulus.width)
    yield from _list_ports("expected", expected.outputs, expected.rows, expected.width)
    yield from _list_ports("actual", actual.outputs, actual.rows, actual.width)
    names = name_signals(name for name, _ in waves.differs)
    for name, steps in waves.differs:
        yield WaveSignal("differs", names[name], 1, steps, 1, slice(0, 1))


def _list_ports(scope: str, ports: tuple[Port, ...], rows: bytes, row_width: int) -> Iterator[WaveSignal]:
    names = name_signals(port.name for port in ports)
    for port, place in list_places(ports):
        yield WaveSignal(scope, names[port.name], port.width, rows, row_width, place)


def name_signals(names: Iterable[str]) -> Mapping[str, str]:
    r"""Return how a file names each of ``names``; no two are alike.

    >>> dict(name_signals(["q", "a+b", "$end"]))
    {'q': 'q', 'a+b': '\\a+b', '$end': '\\_end'}
    """
    found: dict[str, str] = {}
    for name in names:
        safe = name if _PLAIN_NAME.fullmatch(name) else "\\" + _UNSAFE.sub("_", name)
        while safe in found.values():
            safe += "_"
        found[name] = safe
    return found
