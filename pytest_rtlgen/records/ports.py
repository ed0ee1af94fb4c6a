"""Ports of modules."""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Direction of a port, seen from the module."""

    INPUT = "input"
    OUTPUT = "output"
    INOUT = "inout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One port of a module."""

    name: str
    direction: Direction
    width: int
    """Bits, 1 or more."""
    is_signed: bool = False


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
