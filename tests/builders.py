"""Small builders for records that many tests need."""

from collections.abc import Mapping
from typing import Any

from pytest_rtlgen.records import (
    Candidate,
    Clock,
    ClockEdge,
    Direction,
    Estimate,
    Interface,
    Method,
    Polarity,
    Port,
    Problem,
    Reset,
    ResetKind,
    SourceFile,
    Status,
    SummaryRow,
)

SIMULATED = {
    *(Status.PASSED, Status.MISMATCH, Status.RUNTIME_ERROR),
    *(Status.EARLY_FINISH, Status.TIMEOUT, Status.RESOURCE_LIMIT),
}


def method_of(status: Status) -> Method:
    """Return the stage that usually gives ``status``."""
    return Method.SIMULATE if status in SIMULATED else Method.SCREEN


COUNTER = """\
module counter (input clk, input rst, input en, output reg [3:0] q, output wrap);
  assign wrap = q == 4'd11;
  always @(posedge clk)
    if (rst) q <= 4'd0;
    else if (en) q <= wrap ? 4'd0 : q + 4'd1;
endmodule
"""


def port(name: str, direction: str, width: int = 1) -> Port:
    return Port(name=name, direction=Direction(direction), width=width)


def interface(
    module: str, *ports: tuple[str, str, int], clocks: tuple[str, ...] = (), resets: tuple[Reset, ...] = ()
) -> Interface:
    return Interface(
        module=module,
        ports=tuple(port(*row) for row in ports),
        clocks=tuple(Clock(port=name, edge=ClockEdge.RISING) for name in clocks),
        resets=resets,
    )


def reset(name: str, active: str = "high", kind: str = "synchronous") -> Reset:
    return Reset(port=name, active=Polarity(active), kind=ResetKind(kind))


COUNTER_INTERFACE = interface(
    "counter",
    ("clk", "input", 1),
    ("rst", "input", 1),
    ("en", "input", 1),
    ("q", "output", 4),
    ("wrap", "output", 1),
    clocks=("clk",),
    resets=(reset("rst"),),
)


def problem(reference: str = COUNTER, top: str = "counter", **changes: Any) -> Problem:
    fields: dict[str, Any] = {
        "suite": "test",
        "problem_id": top,
        "title": top,
        "category": "test",
        "description": f"Write module {top}.",
        "top": top,
        "reference": SourceFile(name=f"{top}.sv", text=reference),
        "reference_top": top,
    }
    return Problem(**{**fields, **changes})


def given(source: str) -> Candidate:
    """Return a candidate that is one text."""
    return Candidate(source=source, rule="given")


def given_files(texts: Mapping[str, str]) -> Candidate:
    """Return a candidate that writes files: path → text."""
    return Candidate(
        source="", rule="given", files=tuple(SourceFile(name=name, text=text) for name, text in texts.items())
    )


def summary_row(label: str, problems: int, *passes: tuple[int, float]) -> SummaryRow:
    """Return a row in which pass@k is ``passes``, (k, value), give or take 0.1; syntax@1 is 0.9 and credit 0.75."""
    return SummaryRow(
        label=label,
        problems=problems,
        syntax=((1, Estimate(value=0.9, low=0.85, high=0.95)),),
        function=tuple((k, Estimate(value=value, low=value - 0.1, high=value + 0.1)) for k, value in passes),
        credit=Estimate(value=0.75, low=0.7, high=0.8),
    )
