"""Where simulation and synthesis may read one design differently."""

from dataclasses import dataclass
from enum import StrEnum


class HazardKind(StrEnum):
    """What lets the two readings differ."""

    TWO_DRIVERS = "two-drivers"
    """Some bit of a net or variable has two drivers."""
    TWO_PROCESSES = "two-processes"
    """Two processes set one bit of a variable: simulators take it, synthesis does not."""
    INCOMPLETE_LIST = "incomplete-list"
    """An event list leaves out what the process reads, never fires, or has a form that synthesis reads otherwise."""
    EVENT_ORDER = "event-order"
    """A result depends on which of two events of one step comes first."""
    DERIVED_CLOCK = "derived-clock"
    """A clock that the design makes."""
    LOOP = "loop"
    """A combinational loop, or a value held without a clock that a glitch can change."""
    SIMULATOR_ONLY = "simulator-only"
    """A construct that only a simulator gives a meaning, or that cannot be analysed."""
    UNSET_DECISION = "unset-decision"
    """A decision on what nothing ever sets."""


_MESSAGES = {
    HazardKind.TWO_DRIVERS: "{names} has two drivers",
    HazardKind.TWO_PROCESSES: "{names} is set by two processes, which no synthesis takes",
    HazardKind.INCOMPLETE_LIST: "the event list around {names} is incomplete",
    HazardKind.EVENT_ORDER: "{names} depends on the order of events within one step",
    HazardKind.DERIVED_CLOCK: "{names} is a clock that the design makes",
    HazardKind.LOOP: "{names} is part of a combinational loop or holds its value without a clock",
    HazardKind.SIMULATOR_ONLY: "{names} has a meaning for a simulator only",
    HazardKind.UNSET_DECISION: "a decision depends on {names}, which nothing ever sets",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """One such place."""

    kind: HazardKind
    names: tuple[str, ...]
    """Signals, as hierarchical paths below the top; for ``SIMULATOR_ONLY`` what the construct is."""
    line: int | None = None
    """Line of the text, from 1."""
    other_line: int | None = None
    """Of two drivers, where the first one stands; ``line`` is the second's."""

    @property
    def message(self) -> str:
        """The hazard in words."""
        place = "" if self.other_line in {None, self.line} else f" (lines {self.other_line} and {self.line})"
        return _MESSAGES[self.kind].format(names=", ".join(self.names)) + place
