"""Designs that are wrong for one combination of values that only they ask for."""

from collections.abc import Iterator

import pytest

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.single import make_problem
from pytest_rtlgen.check.stimulus.hints import list_asked
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import Candidate, Status, Verdict
from pytest_rtlgen.verilog.constants import ConstantHint

HAZARD = "wire w; assign w = a[0]; assign w = a[0];"
"""A second driver of what nothing needs: without more, it kept a design from being proved."""
MIXED = "module m(input [7:0] a, b, c, output [7:0] y); assign y = (a + b) ^ c; endmodule"
PRODUCT = "module m(input [15:0] a, b, output [31:0] y); assign y = a * b; endmodule"
SUM = "module m(input clk, input rst, input [7:0] a, output reg [7:0] y);\n{}\nendmodule"
SHIFTED = """module m(input [15:0] a, b, output reg [31:0] y);
  integer i;
  always @* begin
    y = 0;
    for (i = 0; i < 16; i = i + 1) if (b[i]) y = y + ({{16'b0, a}} << i);
    if ({}) y = 0;
  end
endmodule"""
"""Too hard to prove equal to ``PRODUCT``."""
DECOYS = " ".join(f"wire z{n}; assign z{n} = a == 8'd{40 + n} && b == 8'd{90 + n} && 1'b0;" for n in range(120))
LOCK = """reg [1:0] k;
  always @(posedge clk)
    if (rst) begin y <= 0; k <= 0; end
    else begin
      k <= k == 0 && a == 8'h5a ? 1 : k == 1 && a == 8'hc6 ? 2 : k == 2 && a == 8'h93 ? 3 : 0;
      y <= y + a + (k == 3);
    end"""


def hide(trigger: str, extra: str = "") -> str:
    return f"module m(input [7:0] a, b, c, output [7:0] y); {extra} assign y = ({trigger}) ? 0 : (a + b) ^ c; endmodule"


TRIGGER = "a == 8'ha7 && b == 8'h3c && c == 8'h59"
NIBBLES = "a[7:4] == 4'hb && a[3:0] == 7 && b[7:4] == 6 && b[3:0] == 3 && c[7:4] == 5 && c[3:0] == 9"
SLICES = "a[15:12] == 9 && a[11:8] == 3 && a[7:4] == 12 && a[3:0] == 5 && b[15:12] == 6 && b[11:8] == 11"
CASES = {
    "together": (MIXED, hide(TRIGGER, HAZARD)),
    "nibbles": (MIXED, hide(NIBBLES, HAZARD)),
    "one bit set or clear": (MIXED, hide("a == 8'h40 && b == 8'hef && c == 8'h10", HAZARD)),
    "a string": (MIXED, hide('{a, b, c} == "k;q"', HAZARD)),
    "among decoys": (MIXED, hide(TRIGGER, HAZARD + DECOYS)),
    "a product": (MIXED, hide("a * 8'd29 == 8'h6b && b * 8'd31 == 8'h45 && c == 8'h77", HAZARD)),
    "too hard to prove": (PRODUCT, SHIFTED.format("a == 16'ha7c3 && b == 16'h3c1d")),
    "slices, too hard to prove": (PRODUCT, SHIFTED.format(SLICES)),
    "a sequence": (
        SUM.format("always @(posedge clk) if (rst) y <= 0; else y <= y + a;"),
        SUM.format(HAZARD + LOCK),
    ),
}
pytestmark = pytest.mark.simulator


@pytest.fixture(scope="module", params=[FormalMode.CONFIRM, FormalMode.OFF])
def checker(request: pytest.FixtureRequest) -> Iterator[Checker]:
    with Checker(CheckSettings(formal=request.param, formal_budget_s=0.5, no_cache=True)) as made:
        yield made


def check(checker: Checker, reference: str, candidate: str) -> Verdict:
    return checker.check(Candidate(source=candidate, rule="given"), make_problem(reference=reference))


@pytest.mark.parametrize("name", CASES)
def test_it_fails(checker: Checker, name: str) -> None:
    assert check(checker, *CASES[name]).status is Status.MISMATCH


@pytest.mark.parametrize("extra", [HAZARD, HAZARD + DECOYS])
def test_the_same_without_the_mistake_passes(checker: Checker, extra: str) -> None:
    verdict = check(checker, MIXED, hide(f"({TRIGGER}) && 1'b0", extra))
    assert verdict.is_passed
    assert verdict.equivalence is None or not any(verdict.equivalence.counterexamples)


def test_what_the_reference_asks_for_is_not_asked_again(checker: Checker) -> None:
    prepared = checker.prepare(make_problem(reference=hide("a == 8'ha7")))
    known = ConstantHint(port="a", width=8, value=0xA7)
    inputs, plan = prepared.simulated.inputs, prepared.plan
    assert list_asked([known, ConstantHint(port="elsewhere", width=8, value=1)], inputs, plan) == ()
    asked = list_asked([known, ConstantHint(port="b", width=8, value=0x3C), ConstantHint.of(300)], inputs, plan)
    assert [(name, one.values) for name, one in asked] == [("b", (0x3C,))]
