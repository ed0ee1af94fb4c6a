"""What a description leaves open: where several designs are right, and a verdict must not depend on which one."""

from dataclasses import dataclass

from pytest_rtlgen.records.source import SourceFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """One output counts only while a condition holds."""

    output: str
    condition: str
    """Verilog expression over the reference's ports; where it is 0 or unknown, nothing of the output is compared."""
    place: str
    """Where it stands, ``path:line``, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """What holds of the inputs at every moment: a design is not judged where it does not."""

    condition: str
    """Verilog expression over the inputs, clocks left out."""
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An input that moves slowly."""

    port: str
    cycles: int
    """Least number of active clock edges between two changes."""
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Outputs of which only the sequence counts, not the cycles in which its members come."""

    valid: str
    """One-bit output that is 1 at a clock edge where a member of the sequence stands at the others."""
    data: tuple[str, ...]
    bound: int
    """Most clock cycles that a member may come earlier or later than in the reference."""
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings:
    """All that one description leaves open; by default nothing."""

    care: tuple[Care, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    holds: tuple[Hold, ...] = ()
    variants: tuple[SourceFile, ...] = ()
    """Further references, each with the module ``Problem.reference_top``; a candidate must match one of them whole."""
    latency: Latency | None = None
    reset_kind: tuple[str, ...] = ()
    """Resets that may be synchronous or asynchronous: all of them alike."""
    is_power_up_open: bool = False
    """Whether what a register holds before it is first loaded counts for nothing."""
    is_parameter_open: bool = False
    """Whether defaults of parameters are open: a candidate is compared at the reference's values."""
    place: str = ""
    """Where they stand, for messages; empty: nowhere."""
