"""Ports of modules."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Direction of a port, seen from the module."""

    INPUT = "input"
    OUTPUT = "output"
    INOUT = "inout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One port of a module; as text it is ``output [3:0] q``."""

    name: str
    direction: Direction
    width: int
    """Bits, 1 or more."""
    is_signed: bool = False

    def __str__(self) -> str:
        width = "" if self.width == 1 else f"[{self.width - 1}:0] "
        return f"{self.direction} {width}{self.name}"


def count_bits(ports: Iterable[Port]) -> int:
    """Return the bits of all ``ports`` together."""
    return sum(port.width for port in ports)


def list_places(ports: Iterable[Port]) -> Iterator[tuple[Port, slice]]:
    """Yield each port with its place in a row, in which the first port comes first."""
    start = 0
    for port in ports:
        yield port, slice(start, start + port.width)
        start += port.width


def find_place(ports: Iterable[Port], name: str) -> slice:
    """Return the place of port ``name`` in a row.

    Raises:
        KeyError: there is no such port.
    """
    return {port.name: place for port, place in list_places(ports)}[name]


def list_ranges(ports: Sequence[Port]) -> Iterator[tuple[Port, str]]:
    """Yield each port with its bits ``[high:low]`` in a vector, in which the first port is the most significant one."""
    last = count_bits(ports) - 1
    return ((port, f"[{last - place.start}:{last - place.stop + 1}]") for port, place in list_places(ports))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One integer parameter of a module, which whoever instantiates it may set."""

    name: str
    value: str
    """Its default, as a Verilog literal."""
    is_open: bool = False
    """Whether the description leaves its default open, whatever it is used for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlackBox:
    """An instance of a module that the text does not define."""

    module: str
    path: str
    """Its hierarchical name below the top module, such as ``core.lane[0].u_ram``."""
    pins: tuple[Port, ...]
    """Those that are connected, directions seen from the box; in the order of their positions where they have no names.
    """
    open_pins: tuple[str, ...] = ()
    """Those that are named and connected to nothing."""
    parameters: tuple[tuple[str, str], ...] = ()
    """(name, value)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxOutputs:
    """Which pins of a module that no text defines are its outputs, as a problem states it; the others are inputs."""

    module: str
    outputs: tuple[str, ...]
