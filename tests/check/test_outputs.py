"""Outputs of a wrong answer that are right: by a proof, or by a second stimulus, not by the first."""

from collections.abc import Iterator

import builders
import pytest

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.modes import FormalMode

pytestmark = pytest.mark.simulator

HEADER = "module two(input clk, input rst, input [31:0] a, output reg x, output reg y, output reg z);"
REFERENCE = f"""{HEADER}
  always @(posedge clk) if (rst) begin x <= 0; y <= 0; z <= 0; end
    else begin x <= a[0]; y <= a[1]; z <= a[2]; end
endmodule
"""
X_WRONG = REFERENCE.replace("x <= a[0]", "x <= ~a[0]")
Y_RARELY_WRONG = X_WRONG.replace("y <= a[1]", "y <= a[1] ^ (a == 32'h5ca1ab1e)")
Y_LATE_WRONG = X_WRONG.replace(
    HEADER, f"{HEADER}\n  reg [8:0] age = 0;\n  always @(posedge clk) if (age < 300) age <= age + 1;"
).replace("y <= a[1]", "y <= a[1] ^ (age == 300)")
TWO = builders.problem(REFERENCE, "two", cycles=200)


@pytest.fixture(scope="module", params=[FormalMode.CONFIRM, FormalMode.OFF])
def checker(request: pytest.FixtureRequest) -> Iterator[Checker]:
    with Checker(CheckSettings(formal=request.param)) as opened:
        yield opened


def test_what_a_wrong_answer_has_right_is_confirmed(checker: Checker) -> None:
    assert checker.confirm_outputs(builders.given(X_WRONG), TWO) == {"y", "z"}


def test_a_difference_that_only_the_longer_stimulus_shows_is_found(checker: Checker) -> None:
    verdict = checker.check(builders.given(Y_LATE_WRONG), TWO)
    assert {signal.name for signal in verdict.signals if signal.is_right} == {"y", "z"}
    assert "y" not in checker.confirm_outputs(builders.given(Y_LATE_WRONG), TWO)
    assert "z" in checker.confirm_outputs(builders.given(Y_LATE_WRONG), TWO)


def test_a_difference_that_no_stimulus_shows_is_found_by_the_proof() -> None:
    with Checker(CheckSettings(formal=FormalMode.CONFIRM)) as checker:
        verdict = checker.check(builders.given(Y_RARELY_WRONG), TWO)
        assert {signal.name for signal in verdict.signals if signal.is_right} == {"y", "z"}
        assert checker.confirm_outputs(builders.given(Y_RARELY_WRONG), TWO) == {"z"}


def test_what_does_not_run_or_is_refused_has_nothing_right(checker: Checker) -> None:
    assert checker.confirm_outputs(builders.given(f"{HEADER} nonsense endmodule"), TWO) == frozenset()
    forever = X_WRONG.replace("endmodule", "  initial forever begin end\nendmodule")
    assert checker.confirm_outputs(builders.given(forever), TWO) == frozenset()
