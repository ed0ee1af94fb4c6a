"""Option values with parts of their own."""

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Estimate, Summary

GATED: Mapping[str, str] = {"pass": "function", "syntax": "syntax", "credit": "credit"}
"""What a gate can look at, by its name there: a field of ``SummaryRow``."""
PROVED = "proved"
"""And this: the share of passes that are proved."""
DIGITS = 9
"""Of a threshold: what is read back from its text is the same."""
_ROUNDING = 1e-9
"""A mean that is 0.6 by hand may come out as 0.5999999999999999."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One release gate, such as ``pass@1>=0.6`` or ``pass@1.low>=0.6``."""

    metric: str
    """A key of ``GATED``, or ``PROVED``."""
    k: int | None
    """``None`` exactly where the figure is the same for every k."""
    operator: str
    """``>=`` or ``>``."""
    threshold: float
    """0.0 ... 1.0."""
    is_low: bool = False
    """Whether it is the low end of the figure's interval that has to reach the threshold."""

    def __str__(self) -> str:
        name = self.metric if self.k is None else f"{self.metric}@{self.k}"
        threshold = f"{self.threshold:.{DIGITS}f}".rstrip("0").rstrip(".")
        return f"{name}{'.low' if self.is_low else ''}{self.operator}{threshold}"

    def measure(self, summary: Summary) -> Estimate | None:
        """Return the figure of ``summary`` that this gate looks at; ``None``: no proof was tried.

        Raises:
            UsageError: the summary was made without this ``k``.
        """
        if self.metric == PROVED:
            return summary.proved_share
        figure: Estimate | tuple[tuple[int, Estimate], ...] = getattr(summary.total, GATED[self.metric])
        if isinstance(figure, Estimate):
            return figure
        found = next((estimate for k, estimate in figure if k == self.k), None)
        if found is None:
            raise UsageError(
                f"--rtlgen-require: {self} needs k = {self.k}, which was not estimated; add it to --rtlgen-k"
            )
        return found

    def is_met(self, measured: Estimate) -> bool:
        """Whether what was measured satisfies the gate."""
        slack = -_ROUNDING if self.operator == ">=" else _ROUNDING
        return (measured.low if self.is_low else measured.value) > self.threshold + slack


@dataclass(frozen=True, slots=True, kw_only=True)
class DropLimit:
    """How far pass@k may fall below that of another run, such as ``pass@1:-2%``."""

    k: int
    most: float
    """The largest drop that is allowed, 0.0 ... 1.0: percentage points, not a share of the other figure."""
    is_low: bool = False
    """Whether it is the low end of the change's interval that must not be lower."""

    def __str__(self) -> str:
        return f"pass@{self.k}{'.low' if self.is_low else ''}:-{self.most * 100:g}%"

    def is_met(self, change: Estimate) -> bool:
        """Whether a change, new less base, keeps within the limit."""
        return (change.low if self.is_low else change.value) > -self.most - _ROUNDING


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairBudget:
    """How often a model may fix one answer, by what was wrong with it."""

    compile: int
    """Repairs of answers that do not get through the compiler, interface included."""
    simulate: int
    """Repairs of answers that compile and do the wrong thing."""
    fresh: int = 0
    """After how many repairs in a row that all failed the next begins anew; 0: never."""

    def __str__(self) -> str:
        text = f"compile:{self.compile},simulate:{self.simulate}"
        return f"{text},fresh:{self.fresh}" if self.fresh else text

    def find_start(self, turn: int) -> int:
        """Return the first answer that the chat of repair ``turn`` holds; ``turn`` itself where it begins anew.

        >>> [RepairBudget(compile=3, simulate=4, fresh=3).find_start(turn) for turn in range(1, 8)]
        [0, 0, 0, 4, 4, 4, 4]
        """
        return turn - turn % (self.fresh + 1) if self.fresh else 0
