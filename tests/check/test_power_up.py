"""Values that hang on power-up: what a reference guesses is not compared, what a candidate forgets is proved."""

from collections.abc import Iterator

import pytest
from builders import port

from pytest_rtlgen.check import Checker, CheckSettings
from pytest_rtlgen.check.compare import drop_guesses, list_unknown_only
from pytest_rtlgen.check.formal import FormalMode
from pytest_rtlgen.records import Candidate, Problem, SourceFile, Status, Trace, Verdict

MOORE = """module m(input clk, input rst, input d, output reg y, output z);
reg [1:0] s;
always @(posedge clk) if (rst) s <= 0; else s <= s == 3 ? 0 : s + d;
assign z = s == 2 & d;
"""
GUESSES = MOORE + "always_comb case (s) 1: y = 1; 2: y = 1; default: y = 0; endcase\nendmodule\n"
WAITS = MOORE + "always @(s) case (s) 1: y = 1; 2: y = 1; default: y = 0; endcase\nendmodule\n"
GUESSES_OTHERWISE = MOORE + "always_comb if (s == 0) y = 0; else if (s == 3) y = 0; else y = 1;\nendmodule\n"
WRONG = MOORE + "always_comb if (s == 0) y = 0; else if (s == 3) y = 1; else y = 1;\nendmodule\n"
STARTS_AT_ONE = MOORE.replace("reg [1:0] s", "reg [1:0] s = 0") + "always_comb y = s == 1 | s == 2;\nendmodule\n"
NO_START = STARTS_AT_ONE.replace("s = 0", "s")

FREE = """module m(input clk, input d, output reg [1:0] y);
reg [1:0] s;
always @(posedge clk) case (s) 0: s <= d; 1: s <= 2; 2: s <= d ? 3 : 0; default: s <= 0; endcase
always_comb y = s;
endmodule
"""
FREE_WRONG = FREE.replace("2: s <= d ? 3 : 0", "2: s <= 0")
FREE_UNKNOWN = FREE.replace("default", "3")

PIPE = "module m(input clk, input d, output y, output z);\nreg q = 0;\nalways @(posedge clk) q <= d;\nassign z = q;\n"
PIPE_REF = PIPE + "assign y = 0;\nendmodule\n"
SHIFTS = """module m(input clk, input load, input down, input d, output reg [3:0] q);
always @(posedge clk) if (load) q <= {q[2:0], d}; else if (down) q <= q - 1;
endmodule
"""
SHIFTS_IN_GATES = """module m(input clk, input load, input down, input d, output reg [3:0] q);
wire [3:0] less = q - 1;
wire [3:0] held = (q & {4{~down}}) | (less & {4{down}});
always @(posedge clk) q <= ((held ^ {q[2:0], d}) & {4{load}}) ^ held;
endmodule
"""

# (what, the rest of PIPE): y is X to the simulator, and always 0.
FORGETS = [
    ("a value and its complement", "reg a; always @(posedge clk) a <= ~a; assign y = a & ~a;"),
    ("a value taken from itself", "reg a; always @(posedge clk) a <= a; assign y = a ^ a;"),
]
# (what, the rest of PIPE): y is X to the simulator, and may be 1.
UNKNOWN = [
    ("a register that holds", "reg a; always @(posedge clk) a <= a; assign y = a;"),
    ("a register without initial value", "reg a; always @(posedge clk) a <= 0; assign y = a;"),
    ("two registers with one input", "reg a, b; always @(posedge clk) begin a <= d; b <= d; end assign y = a ^ b;"),
    ("a constant X", "assign y = 1'bx & d;"),
    ("a default of X", "reg t; always @* case (q) 1: t = 0; default: t = 1'bx; endcase assign y = t;"),
    ("a net that nothing drives", "wire u; assign y = u & d;"),
    ("a word that is never written", "reg [1:0] a[0:3]; always @(posedge clk) a[d] <= 0; assign y = a[2][0];"),
    ("a latch", "reg t; always @* if (d) t = 0; assign y = t;"),
]


@pytest.fixture(scope="module")
def checker() -> Iterator[Checker]:
    with Checker(CheckSettings()) as made:
        yield made


def check(checker: Checker, reference: str, candidate: str) -> Verdict:
    source = SourceFile(name="golden.sv", text=reference)
    problem = Problem(
        suite="s", problem_id="p", title="", category="", description="", top="m", reference=source, reference_top="m"
    )
    return checker.check(Candidate(source=candidate, rule="test"), problem)


@pytest.mark.simulator
@pytest.mark.parametrize(
    ("reference", "candidate"),
    [(GUESSES, WAITS), (GUESSES, GUESSES_OTHERWISE), (WAITS, GUESSES), (GUESSES_OTHERWISE, WAITS)],
)
def test_what_a_reference_guesses_before_its_reset_is_not_asked_for(
    checker: Checker, reference: str, candidate: str
) -> None:
    verdict = check(checker, reference, candidate)
    assert verdict.is_passed, (verdict.signals, verdict.diagnostics)


@pytest.mark.simulator
@pytest.mark.parametrize("reference", [GUESSES, WAITS])
def test_a_wrong_output_is_wrong_beside_a_guess(checker: Checker, reference: str) -> None:
    verdict = check(checker, reference, WRONG)
    assert verdict.status is Status.MISMATCH
    assert [signal.mismatches > 0 for signal in verdict.signals] == [True, False]


@pytest.mark.simulator
def test_an_initial_value_is_no_guess(checker: Checker) -> None:
    assert check(checker, STARTS_AT_ONE, NO_START).status is Status.MISMATCH


@pytest.mark.simulator
@pytest.mark.parametrize("candidate", [FREE_WRONG, FREE_UNKNOWN])
def test_a_reference_that_lives_from_its_guesses_is_compared_all_the_same(checker: Checker, candidate: str) -> None:
    assert check(checker, FREE, candidate).status is Status.MISMATCH


@pytest.mark.simulator
@pytest.mark.parametrize("rest", [rest for _, rest in FORGETS], ids=[name for name, _ in FORGETS])
def test_x_that_is_proved_to_be_the_simulators_only_is_excused(checker: Checker, rest: str) -> None:
    verdict = check(checker, PIPE_REF, f"{PIPE}{rest}\nendmodule\n")
    assert verdict.is_passed, (verdict.signals, verdict.diagnostics)
    assert any(item.message.startswith("y: X in the simulator, but proved") for item in verdict.diagnostics)


@pytest.mark.simulator
def test_gates_that_forget_are_excused(checker: Checker) -> None:
    assert check(checker, SHIFTS, SHIFTS_IN_GATES).is_passed
    wrong = SHIFTS_IN_GATES.replace("q[2:0], d", "q[2:0], ~d")
    assert check(checker, SHIFTS, wrong).status is Status.MISMATCH


@pytest.mark.simulator
@pytest.mark.parametrize("rest", [rest for _, rest in UNKNOWN], ids=[name for name, _ in UNKNOWN])
def test_x_that_may_be_the_other_value_is_a_mismatch(checker: Checker, rest: str) -> None:
    assert check(checker, PIPE_REF, f"{PIPE}{rest}\nendmodule\n").status is Status.MISMATCH


@pytest.mark.simulator
def test_without_proofs_nothing_is_excused() -> None:
    with Checker(CheckSettings(formal=FormalMode.OFF)) as checker:
        assert check(checker, SHIFTS, SHIFTS_IN_GATES).status is Status.MISMATCH
        assert check(checker, GUESSES, WAITS).is_passed


def trace(rows: str, width: int = 1) -> Trace:
    return Trace(outputs=(port("y", "output", width),), rows=rows.encode())


@pytest.mark.parametrize(
    ("what", "expected", "careful", "found"),
    [
        ("a guess that ends", "00110101", "X0110101", "X0110101"),
        ("what comes after is kept", "0011010111", "X0110101", "X011010111"),
        ("known to both", "00110101", "00110101", "00110101"),
        ("a guess that never ends", "00110101", "XXXXXXXX", "00110101"),
        ("a guess in the last quarter", "00110101", "X01101X1", "00110101"),
        ("never known to both afterwards", "0XXXXXXX", "XXXXXXXX", "0XXXXXXX"),
        ("read otherwise", "00110101", "X0110111", "00110101"),
    ],
)
def test_guesses_are_dropped_when_they_end(what: str, expected: str, careful: str, found: str) -> None:
    assert drop_guesses(trace(expected), trace(careful), must_end=True) == trace(found), what


def test_in_a_replay_guesses_need_not_end() -> None:
    assert drop_guesses(trace("0011"), trace("XXX1"), must_end=False) == trace("XXX1")
    assert drop_guesses(trace("0011"), trace("XX01"), must_end=False) == trace("0011")


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [("0101", "0X0X", {"y"}), ("0101", "0X00", None), ("0101", "0Z0X", None), ("0101", "0101", set())],
)
def test_only_x_can_be_excused(expected: str, actual: str, found: set[str] | None) -> None:
    assert list_unknown_only(trace(expected, 2), trace(actual, 2)) == found
