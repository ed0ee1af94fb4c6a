"""A release gate beside what was measured."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pytest_rtlgen.config.parsed import DropLimit, Requirement
from pytest_rtlgen.records import Estimate
from pytest_rtlgen.report.comparison import Comparison
from pytest_rtlgen.storage import encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One requirement and what was measured."""

    requirement: Requirement | DropLimit
    measured: Estimate | None
    """The figure, or of a limit the change; ``None``: nothing could be measured, and then no gate is met."""

    @property
    def is_met(self) -> bool:
        """Whether what was measured is enough."""
        return self.measured is not None and self.requirement.is_met(self.measured)

    def __str__(self) -> str:
        found = self.measured
        shown = "nothing" if found is None else f"{found.value:.4f} [{found.low:.4f}, {found.high:.4f}]"
        return f"required {self.requirement}: {'met' if self.is_met else 'NOT met'}, measured {shown}"


def render_annotation(gate: Gate, environment: Mapping[str, str]) -> str | None:
    """Return the line that makes GitHub show an unmet gate on the page of a job; ``None``: elsewhere, or it is met.

    Source: docs.github.com, "Workflow commands for GitHub Actions".

    >>> required = Requirement(metric="pass", k=1, operator=">=", threshold=0.6)
    >>> gate = Gate(requirement=required, measured=None)
    >>> render_annotation(gate, {"GITHUB_ACTIONS": "true"})
    '::error title=rtlgen gate::required pass@1>=0.6: NOT met, measured nothing'
    """
    if gate.is_met or environment.get("GITHUB_ACTIONS") != "true":
        return None
    text = str(gate).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::error title=rtlgen gate::{text}"


def measure_limits(limits: Iterable[DropLimit], comparison: Comparison) -> tuple[Gate, ...]:
    """Return each limit beside the change of its figure."""
    changes = {figure.k: figure.change for figure in comparison.figures}
    return tuple(Gate(requirement=limit, measured=changes.get(limit.k)) for limit in limits)


def describe_gate(gate: Gate) -> dict[str, object]:
    """Return a gate as it stands in JSON documents."""
    return {"gate": str(gate.requirement), "is_met": gate.is_met, "measured": encode(gate.measured)}
