"""Ports as compilers read them, through the whole check: what must pass, and the wrong designs beside each of them."""

import pytest
from builders import problem
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import Candidate, Method, Proof, Status, Verdict
from pytest_rtlgen.selfcheck.suite import selfcheck_problem

pytestmark = pytest.mark.simulator

NOT = "module m(input [7:0] a, output [7:0] y); assign y = ~a; endmodule"
LATE = "module m(a, y); input [W-1:0] a; output [W-1:0] y; parameter W = 8; assign y = ~a; endmodule"
SIZED = "module m #(parameter N = 8)(input [N-1:0] a, output [N-1:0] y); assign y = ~a; endmodule"
SHIFTED = (
    "module m #(parameter Q = 3, N = 8)(input [N-1:0] a, output [N-1:0] y); assign y = $signed(a) >>> Q; endmodule"
)
OPEN = (
    "module m(input [3:0] a, input en, output [7:0] y, output carry, output z, output t, output w);"
    " assign y[3:0] = ~a; part p(.i(a[0]), .o(z), .q(carry)); assign t = en ? a[1] : 1'bz;"
    " wire f; assign w = f & a[0]; endmodule\n"
    "module part(input i, output o, output q); assign o = ~i; endmodule"
)
FILLED = (
    "module m(input [3:0] a, input en, output [7:0] y, output carry, output z, output t, output w);"
    " assign y = {a, ~a}; assign z = ~a[0]; assign carry = ^a; assign t = en ? a[1] : 1'bz; assign w = 0; endmodule"
)
PARTS = (
    "module inv(i, o); input [W-1:0] i; output [W-1:0] o; parameter W = 4; assign o = ~i; endmodule\n"
    "module top(input [7:0] a, output [7:0] y); inv #(8) part(a, y); endmodule"
)
LESS = (
    "module less(o, i, j); output o; input [W-1:0] i, j; parameter W = 4; assign o = i < j; endmodule\n"
    "module m(input [7:0] a, b, output z); less #(8) u(z, a, b); endmodule"
)


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings())


def check(checker: Checker, reference: str, candidate: str, top: str = "m") -> Verdict:
    return checker.check(Candidate(source=candidate, rule="test"), problem(reference, top))


def list_messages(verdict: Verdict) -> list[str]:
    return [item.message for item in verdict.diagnostics]


def prove(verdict: Verdict) -> Proof | None:
    return verdict.equivalence.result if verdict.equivalence is not None else None


RIGHT = {
    "widths by a parameter below the ports": (NOT, LATE),
    "such a reference": (LATE, NOT),
    "through a local constant": (
        NOT,
        "module m(input [L:0] a, output [L:0] y); localparam L = W - 1; parameter W = 8; assign y = ~a; endmodule",
    ),
    "through a function": (
        NOT,
        (
            "module m(input [f(3)-1:0] a, output [f(3)-1:0] y); assign y = ~a;"
            " function integer f(input integer n); f = 1 << n; endfunction endmodule"
        ),
    ),
    "ports in another order": (
        NOT,
        "module m(y, a); output [7:0] y; input [7:0] a; assign y = ~a; endmodule",
    ),
    "an instance by position": (PARTS, "module top(input [7:0] a, output [7:0] y); assign y = ~a; endmodule"),
    "a reference with one": ("module m(input [7:0] a, b, output z); assign z = a < b; endmodule", LESS),
    "another default": (SIZED, SIZED.replace("N = 8", "N = 16")),
    "another default of what sizes the ports": (SHIFTED, SHIFTED.replace("N = 8", "N = 16")),
    "an index beyond the ends that nothing needs": (
        NOT,
        (
            "module m(input [7:0] a, output [7:0] y); wire t = a[8]; wire [3:0] u = a[9:6];"
            " assign y = {~u[1:0], ~a[5:0]}; endmodule"
        ),
    ),
    "a bit beyond the ends that a loop sets": (
        NOT,
        (
            "module m(input [7:0] a, output reg [7:0] y); integer i;"
            " always @* for (i = 0; i < 9; i = i + 1) y[i] = ~a[i]; endmodule"
        ),
    ),
    "a carry beyond the ends, which Icarus refuses": (
        NOT.replace("~a", "a + 1"),
        "module m(input [7:0] a, output [7:0] y); assign {y[8], y} = a + 1; endmodule",
    ),
    "a reference that reads beyond the ends": (
        "module m(input [7:0] a, output [3:0] y); assign y = a[9:6]; endmodule",
        "module m(input [7:0] a, output [3:0] y); assign y = {2'b10, a[7:6]}; endmodule",
    ),
    "undriven outputs and bits": (OPEN.replace("en ? a[1] : 1'bz", "a[1]"), FILLED.replace("en ? a[1] : 1'bz", "a[1]")),
}


@pytest.mark.parametrize("case", RIGHT)
def test_a_right_design_passes_and_is_proved(checker: Checker, case: str) -> None:
    reference, candidate = RIGHT[case]
    verdict = check(checker, reference, candidate, "top" if "top" in reference else "m")
    assert verdict.status is Status.PASSED, verdict.diagnostics
    assert prove(verdict) is Proof.EQUIVALENT, verdict.equivalence


WRONG = {
    "a late parameter of another value": (NOT, LATE.replace("W = 8", "W = 9"), Status.INTERFACE_MISMATCH),
    "a late parameter and another function": (NOT, LATE.replace("~a", "a"), Status.MISMATCH),
    "another fixed width": (SIZED, NOT.replace("7:0", "15:0"), Status.INTERFACE_MISMATCH),
    "a parameter of another name": (SIZED, SIZED.replace("N", "M").replace("= 8", "= 16"), Status.INTERFACE_MISMATCH),
    "a parameter that nobody else may set": (
        SIZED,
        SIZED.replace("parameter N = 8", "localparam N = 16"),
        Status.INTERFACE_MISMATCH,
    ),
    "a reference without parameters": (NOT, SIZED.replace("N = 8", "N = 16"), Status.INTERFACE_MISMATCH),
    "one port of a fixed width": (
        SIZED,
        SIZED.replace("N = 8", "N = 16").replace("output [N-1:0]", "output [15:0]"),
        Status.INTERFACE_MISMATCH,
    ),
    "right at its default only": (
        SIZED,
        SIZED.replace("N = 8", "N = 16").replace("= ~a", "= N == 16 ? ~a : a"),
        Status.MISMATCH,
    ),
    "another default of what sizes no port": (SHIFTED, SHIFTED.replace("Q = 3", "Q = 7"), Status.MISMATCH),
    "the same beside another default of what does": (
        SHIFTED,
        SHIFTED.replace("Q = 3, N = 8", "Q = 7, N = 16"),
        Status.MISMATCH,
    ),
    "X beyond the ends": (
        "module m(input [7:0] a, output [3:0] y); assign y = a[7:4]; endmodule",
        "module m(input [7:0] a, output [3:0] y); assign y = a[8:5]; endmodule",
        Status.MISMATCH,
    ),
    "a decision on X beyond the ends": (
        NOT,
        "module m(input [7:0] a, output reg [7:0] y); always @* if (a[8]) y = a; else y = ~a; endmodule",
        Status.REJECTED,
    ),
    "the same in a port that is declared anew": (
        NOT,
        "module m(input [7:0] a, output [7:0] y); reg [7:0] y; always @* if (a[8]) y = a; else y = ~a; endmodule",
        Status.REJECTED,
    ),
    "the same through a net": (
        NOT,
        (
            "module m(input [7:0] a, output reg [7:0] y); wire t = a[9:8] == 2'd3;"
            " always @* if (t) y = a; else y = ~a; endmodule"
        ),
        Status.REJECTED,
    ),
    "the same through a memory": (
        NOT,
        (
            "module m(input [7:0] a, output reg [7:0] y); reg [7:0] k [0:1];"
            " always @* begin k[0] = a; k[1] = a; if (k[2][0]) y = a; else y = ~a; end endmodule"
        ),
        Status.REJECTED,
    ),
    "beside undriven outputs": (OPEN, FILLED.replace("= ~a[0]", "= a[0]"), Status.MISMATCH),
    "beside undriven bits": (OPEN, FILLED.replace("{a, ~a}", "{a, a}"), Status.MISMATCH),
    "an output that is high-impedance at times": (OPEN, FILLED.replace("1'bz", "1'b0"), Status.MISMATCH),
    "logic of an undriven net": (OPEN, FILLED.replace("w = 0", "w = 1"), Status.MISMATCH),
    "an undriven output that is missing": (
        OPEN,
        FILLED.replace("output carry, ", "").replace("assign carry = ^a;", ""),
        Status.INTERFACE_MISMATCH,
    ),
    "an output that is always high-impedance": (
        "module m(input a, output y, output t); assign y = ~a; assign t = a ? 1'bz : 1'bz; endmodule",
        "module m(input a, output y, output t); assign y = ~a; assign t = 1'b0; endmodule",
        Status.MISMATCH,
    ),
    "an instance by position, the wrong way round": (
        LESS,
        LESS.replace("u(z, a, b)", "u(z, b, a)"),
        Status.MISMATCH,
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_design_fails(checker: Checker, case: str) -> None:
    reference, candidate, status = WRONG[case]
    assert check(checker, reference, candidate, "top" if "top" in reference else "m").status is status


@pytest.mark.parametrize("reference", [NOT, LATE, SIZED, SHIFTED, OPEN, PARTS, LESS])
def test_a_reference_is_a_candidate_of_itself(checker: Checker, reference: str) -> None:
    assert check(checker, reference, reference, "top" if "top" in reference else "m").is_passed


def test_what_the_reference_leaves_undriven_a_candidate_may_as_well(checker: Checker) -> None:
    reference = OPEN.replace("en ? a[1] : 1'bz", "a[1]")
    assert prove(check(checker, reference, reference)) is Proof.EQUIVALENT


def test_the_verdict_says_at_which_values_it_compared(checker: Checker) -> None:
    verdict = check(checker, SHIFTED, SHIFTED.replace("N = 8", "N = 16"))
    assert list_messages(verdict) == [
        "compared at N = 8, the reference's value, instead of the candidate's default, 16",
    ]


def test_the_verdict_says_what_the_reference_never_drives(checker: Checker) -> None:
    assert list_messages(check(checker, OPEN, FILLED))[:2] == [
        "output y is not compared in bits 7, 6, 5, 4: the reference never drives them",
        "output carry is not compared: the reference never drives it",
    ]


def test_a_proof_alone_says_the_same() -> None:
    reference, candidate = RIGHT["undriven outputs and bits"]
    with Checker(CheckSettings(formal=FormalMode.FIRST)) as checker:
        verdict = check(checker, reference, candidate)
        assert verdict.method == Method.PROVE
        assert "output carry is not compared: the reference never drives it" in list_messages(verdict)
        sized = check(checker, SIZED, SIZED.replace("N = 8", "N = 16"))
        assert (sized.method, sized.is_passed) == ("prove", True)
        assert check(checker, reference, candidate.replace("= ~a[0]", "= a[0]")).status is Status.MISMATCH


def test_the_self_check_says_what_the_reference_never_drives(checker: Checker) -> None:
    row = selfcheck_problem(checker, problem(OPEN, "m"))
    assert row.is_ok, row.faults
    assert "output carry is not compared: the reference never drives it" in row.notes
    assert not any("never known" in note for note in row.notes)


def test_a_reference_that_drives_nothing_is_bad(checker: Checker) -> None:
    with pytest.raises(BadReferenceError, match="nothing drives an output of the reference"):
        check(checker, "module m(input a, output y); endmodule", NOT)
