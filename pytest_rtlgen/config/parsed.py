"""Option values with parts of their own."""

from dataclasses import dataclass

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Summary

_ROUNDING = 1e-9
"""A mean that is 0.6 by hand may come out as 0.5999999999999999."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One release gate, such as ``pass@1>=0.6``."""

    metric: str
    """``pass``, ``syntax`` or ``credit``."""
    k: int | None
    """``None`` exactly for ``credit``."""
    operator: str
    """``>=`` or ``>``."""
    threshold: float
    """0.0 ... 1.0."""

    def __str__(self) -> str:
        name = self.metric if self.k is None else f"{self.metric}@{self.k}"
        return f"{name}{self.operator}{self.threshold:g}"

    def measure(self, summary: Summary) -> float:
        """Return the figure of ``summary`` that this gate looks at.

        Raises:
            UsageError: the summary was made without this ``k``.
        """
        if self.k is None:
            return summary.total.credit.value
        estimates = dict(summary.total.function if self.metric == "pass" else summary.total.syntax)
        if self.k not in estimates:
            raise UsageError(
                f"--rtlgen-require: {self} needs k = {self.k}, which was not estimated; add it to --rtlgen-k"
            )
        return estimates[self.k].value

    def is_met(self, value: float) -> bool:
        """Whether ``value`` satisfies the gate."""
        slack = -_ROUNDING if self.operator == ">=" else _ROUNDING
        return value > self.threshold + slack


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairBudget:
    """How often a model may fix one answer, by what was wrong with it."""

    compile: int
    """Repairs of answers that do not get through the compiler, interface included."""
    simulate: int
    """Repairs of answers that compile and do the wrong thing."""

    def __str__(self) -> str:
        return f"compile:{self.compile},simulate:{self.simulate}"
