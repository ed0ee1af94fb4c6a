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
