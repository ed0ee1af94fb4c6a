"""Options with a closed set of words. Every pytest session loads them: this module imports nothing of ours."""

from enum import StrEnum


class FormalMode(StrEnum):
    """When equivalence is proved: ``--rtlgen-formal``.

    >>> CheckSettings(formal=FormalMode.OFF).formal.value
    'off'
    """

    OFF = "off"
    LATE = "late"
    """Of what simulation passed: what is proved in no time at once, the rest when all answers are checked."""
    CONFIRM = "confirm"
    """Of what simulation passed, at once."""
    FIRST = "first"
    """Before simulation, which a complete proof then replaces."""


class CheckDepth(StrEnum):
    """How much is done for one verdict.

    >>> CheckSettings(depth=CheckDepth.VERDICT).depth.value
    'verdict'
    """

    FULL = "full"
    """What passes and is not proved meets the second stimulus and the deep run."""
    VERDICT = "verdict"
    """One stimulus, for who checks again and again, each time with another seed. What may hide more than that shows,
    by its state, its constants or its hazards, is proved and checked in full; what is wrong on every output need not be
    simulated to the end."""
    STIMULUS = "stimulus"
    """One stimulus, and nothing that it does not show: what a designer sees who has one bench. A pass means little."""


class ScoringMode(StrEnum):
    """Whose scoring: a run's (``--rtlgen-scoring``), or that which a known fault spoils.

    A problem without reference has only that of its testbench.
    """

    BOTH = "both"
    OURS = "ours"
    BENCH = "published"

    def covers(self, other: "ScoringMode") -> bool:
        """Whether verdicts of ``other`` are among these."""
        return self is ScoringMode.BOTH or self is other


class SandboxMode(StrEnum):
    """What the user asked for with ``--rtlgen-sandbox``.

    >>> CheckSettings(sandbox=SandboxMode.REQUIRED).sandbox.value
    'required'
    """

    REQUIRED = "required"
    AUTO = "auto"
    OFF = "off"
