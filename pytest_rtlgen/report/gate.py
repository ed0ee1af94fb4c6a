"""A release gate beside what was measured."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

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
        return f"required {self.requirement}: {'met' if self.is_met else 'NOT met'}, measured {_show(self.measured)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SequentialGate:
    """A gate that sampling stops at, once it is known, and what is known of it.

    >>> required = Requirement(metric="pass", k=1, operator=">=", threshold=0.6)
    >>> known = Estimate(value=0.75, low=0.66, high=0.83)
    >>> print(SequentialGate(requirement=required, error=0.05, measured=known, samples=2, most=20))
    gate pass@1>=0.6: met after 2 of 20 samples, measured 0.7500 [0.6600, 0.8300]
    """

    requirement: Requirement
    error: float
    """The most likely that it is called met where it is not, and not met where it is."""
    measured: Estimate | None
    """The mean over whole rounds with bounds that hold at any time; ``None``: no round is whole."""
    samples: int
    """Whole rounds: samples of each problem that are looked at."""
    most: int
    """Samples of a problem after which nothing more is asked."""

    @property
    def is_met(self) -> bool:
        """Whether the figure is known to be enough."""
        return self.measured is not None and replace(self.requirement, is_low=True).is_met(self.measured)

    @property
    def is_decided(self) -> bool:
        """Whether it is known."""
        return self.is_met or (self.measured is not None and self.measured.high < self.requirement.threshold)

    def __str__(self) -> str:
        state = "met" if self.is_met else "NOT met" if self.is_decided else "NOT decided"
        after = f"after {self.samples} of {self.most} samples"
        return f"gate {self.requirement}: {state} {after}, measured {_show(self.measured)}"


AnyGate = Gate | SequentialGate
"""What a run's report says of one gate."""


def render_annotation(gate: AnyGate, environment: Mapping[str, str]) -> str | None:
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


def describe_gate(gate: AnyGate) -> dict[str, object]:
    """Return a gate as it stands in JSON documents."""
    stopping = None
    if isinstance(gate, SequentialGate):
        stopping = {"error": gate.error, "is_decided": gate.is_decided, "samples": gate.samples}
    return {
        "gate": str(gate.requirement),
        "is_met": gate.is_met,
        "measured": encode(gate.measured),
        "stopping": stopping,
    }


def _show(measured: Estimate | None) -> str:
    if measured is None:
        return "nothing"
    return f"{measured.value:.4f} [{measured.low:.4f}, {measured.high:.4f}]"
