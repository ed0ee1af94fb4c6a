"""References that nothing loads: both sides start with the same values, and every wrong design is still found."""

from dataclasses import replace

import pytest
from builders import problem
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.powered_up import find_same
from pytest_rtlgen.errors import BadReferenceError, NeverKnownError
from pytest_rtlgen.records import Candidate, Proof, Severity, Status, Verdict
from pytest_rtlgen.selfcheck.mutation import measure_mutation
from pytest_rtlgen.training.testbench.export import render_testbench
from pytest_rtlgen.verilog.power_up import PowerUp

pytestmark = pytest.mark.simulator


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(cycles=40))


def bit(body: str) -> str:
    return f"module m(input clk, output q);\n{body}\nendmodule\n"


def nibble(body: str) -> str:
    return f"module m(input clk, output [3:0] q);\n{body}\nendmodule\n"


TOGGLE = bit("reg t; assign q = t; always @(posedge clk) t <= ~t;")
COUNT = nibble("reg [3:0] n; assign q = n; always @(posedge clk) n <= n + 1;")
MODULO = nibble("reg [3:0] n; assign q = n; always @(posedge clk) n <= n == 9 ? 0 : n + 1;")
SHIFT = nibble("reg [3:0] s; assign q = s; always @(posedge clk) s <= {s[2:0], s[3] ^ s[2]};")
MEMORY = (
    "module m(input clk, output reg [7:0] q);\nreg [7:0] mem [0:3]; reg [1:0] p;\n"
    "always @(posedge clk) begin p <= p + 1; q <= mem[p]; mem[p] <= mem[p] + p; end\nendmodule\n"
)
PAIR = (
    "module m(input clk, output reg [1:0] a, b);\n"
    "always_ff @(posedge clk) begin a <= a + 1; if (a == 3) b <= b + 1; end\nendmodule\n"
)
EVERY_FOURTH = (
    "module m(input clk, input [3:0] d, output reg [3:0] q, output reg k);\nreg [1:0] n;\n"
    "always @(posedge clk) begin k <= d[0]; n <= n + 1; if (n == 2) q <= d; end\nendmodule\n"
)
"""Known in part, and it decides on what nothing loads."""

RIGHT = {
    "a toggler under another name": (TOGGLE, bit("reg u; assign q = u; always @(posedge clk) u <= ~u;")),
    "a toggler that starts with 0": (TOGGLE, TOGGLE.replace("reg t", "reg t = 0")),
    "a toggler that starts with 1": (TOGGLE, TOGGLE.replace("reg t", "reg t = 1")),
    "a counter that an initial block sets": (COUNT, COUNT.replace("assign", "initial n = 0; assign")),
    "a counter in two registers": (
        COUNT,
        nibble(
            "reg [1:0] a, b; assign q = {b, a}; always @(posedge clk) begin a <= a + 1; if (a == 3) b <= b + 1; end"
        ),
    ),
    "a counter whose states above its last cannot be reached": (
        MODULO,
        MODULO.replace("n == 9", "n >= 9").replace("[3:0] n", "[3:0] n = 0"),
    ),
    "a shift register that starts with ones": (SHIFT, SHIFT.replace("[3:0] s", "[3:0] s = 15")),
    "a decision on what nothing loads": (EVERY_FOURTH, EVERY_FOURTH.replace("n == 2", "n[1] && !n[0]")),
    "a decision on what only the reference does not set": (
        EVERY_FOURTH,
        EVERY_FOURTH.replace("[1:0] n", "[1:0] n = 0"),
    ),
    "ports that share a declaration": (PAIR, PAIR.replace("a, b", "a, output reg [1:0] b")),
    "a memory": (MEMORY, MEMORY.replace("mem", "store")),
}

WRONG = {
    "constant": (TOGGLE, bit("assign q = 0;")),
    "stuck": (TOGGLE, TOGGLE.replace("~t", "t")),
    "half as fast": (
        TOGGLE,
        bit("reg t, u; assign q = t; always @(posedge clk) begin u <= ~u; if (u) t <= ~t; end"),
    ),
    "unknown": (TOGGLE, bit("assign q = 1'bx;")),
    "the other edge": (TOGGLE, TOGGLE.replace("posedge", "negedge")),
    "downwards": (COUNT, COUNT.replace("+ 1", "- 1")),
    "downwards from a value": (COUNT, COUNT.replace("+ 1", "- 1").replace("[3:0] n", "[3:0] n = 0")),
    "too short": (COUNT, COUNT.replace("n + 1", "n == 14 ? 0 : n + 1")),
    "one less": (MODULO, MODULO.replace("9", "8")),
    "one less from a value": (MODULO, MODULO.replace("9", "8").replace("[3:0] n", "[3:0] n = 0")),
    "the rest state": (SHIFT, nibble("assign q = 0;")),
    "the rest state in registers": (SHIFT, SHIFT.replace("{s[2:0], s[3] ^ s[2]}", "s")),
    "the rest state in registers with a value": (
        SHIFT,
        SHIFT.replace("{s[2:0], s[3] ^ s[2]}", "s").replace("[3:0] s", "[3:0] s = 0"),
    ),
    "a decision on another value": (EVERY_FOURTH, EVERY_FOURTH.replace("== 2", "== 3")),
    "no decision": (EVERY_FOURTH, EVERY_FOURTH.replace("if (n == 2) ", "")),
    "what is known without it": (EVERY_FOURTH, EVERY_FOURTH.replace("d[0]", "d[1]")),
    "what is known with it": (EVERY_FOURTH, EVERY_FOURTH.replace("q <= d", "q <= ~d")),
    "a wrong step from a value": (EVERY_FOURTH, EVERY_FOURTH.replace("+ 1", "+ 2").replace("[1:0] n", "[1:0] n = 0")),
    "another tap": (SHIFT, SHIFT.replace("s[3] ^ s[2]", "s[3] ^ s[1]")),
    "what a memory holds": (MEMORY, MEMORY.replace("+ p", "- p")),
}


def check(checker: Checker, reference: str, candidate: str) -> Verdict:
    return checker.check(Candidate(source=candidate, rule="given"), problem(reference, "m"))


def list_notes(verdict: Verdict) -> list[str]:
    return [
        item.message
        for item in verdict.diagnostics
        if item.severity is Severity.NOTE
        and item.message.startswith("nothing loads registers that the reference depends on")
    ]


@pytest.mark.parametrize(("reference", "candidate"), RIGHT.values(), ids=RIGHT)
def test_a_right_design_passes(checker: Checker, reference: str, candidate: str) -> None:
    verdict = check(checker, reference, candidate)
    assert verdict.is_passed
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is Proof.EQUIVALENT


@pytest.mark.parametrize(("reference", "candidate"), WRONG.values(), ids=WRONG)
def test_a_wrong_design_fails(checker: Checker, reference: str, candidate: str) -> None:
    verdict = check(checker, reference, candidate)
    assert verdict.status is Status.MISMATCH
    assert len(list_notes(verdict)) == 1


def test_the_verdict_says_with_which_values(checker: Checker) -> None:
    same, renamed = check(checker, COUNT, COUNT), check(checker, COUNT, COUNT.replace("n;", "k;").replace(" n ", " k "))
    assert "1 in the reference, started with zeros, then with a value drawn from each one's name" in list_notes(same)[0]
    assert "started with zeros, then with ones" in list_notes(renamed)[0]
    assert renamed.is_passed


def test_a_design_in_other_registers_fails_as_known(checker: Checker) -> None:
    inverted = bit("reg t; assign q = ~t; always @(posedge clk) t <= ~t;")
    assert check(checker, TOGGLE, inverted).status is Status.MISMATCH


def test_a_reference_that_is_known_gives_no_power_up_values(checker: Checker) -> None:
    loaded = bit("reg t = 0; assign q = t; always @(posedge clk) t <= ~t;")
    verdict = check(checker, loaded, TOGGLE)
    assert verdict.status is Status.MISMATCH
    assert not list_notes(verdict)


def test_a_decision_on_what_is_never_assigned_stays_refused(checker: Checker) -> None:
    free = EVERY_FOURTH.replace("n <= n + 1; ", "")
    with pytest.raises(BadReferenceError, match=r"m\.sv:3: a decision depends on n, which nothing ever sets"):
        checker.prepare(problem(free, "m"))
    assert not check(checker, EVERY_FOURTH, free).is_passed


def test_a_reference_without_registers_stays_bad(checker: Checker) -> None:
    with pytest.raises(BadReferenceError, match="no output of the reference is ever known"):
        check(checker, bit("wire a; assign q = a & clk | a;"), bit("assign q = 0;"))


def test_mutants_are_powered_up_too(checker: Checker) -> None:
    score = measure_mutation(checker, problem(COUNT, "m"), limit=10)
    assert score.killed > 0
    idle = nibble("reg [3:0] n, k; assign q = n; always @(posedge clk) begin n <= n + 1; k <= k + 1; end")
    assert measure_mutation(checker, problem(idle, "m"), limit=20).survivors


def test_no_bench_is_written(checker: Checker) -> None:
    with pytest.raises(BadReferenceError, match="add a reset or initial values"):
        render_testbench(checker.prepare(problem(COUNT, "m")))


def test_a_second_stimulus_is_used_with_the_same_values_only(checker: Checker) -> None:
    zeros = checker.prepare(problem(COUNT, "m"))
    assert zeros.powered_up is not None
    ones = next(one for one in zeros.powered_up.others if one.powered_up and one.powered_up.value is PowerUp.ONES)
    known = checker.prepare(problem(COUNT.replace("[3:0] n", "[3:0] n = 0"), "m"))
    assert find_same(zeros, zeros) is zeros
    assert find_same(zeros, ones) is ones
    assert find_same(known, ones) is known
    with pytest.raises(NeverKnownError, match="with the same power-up values"):
        find_same(zeros, known)
    with pytest.raises(NeverKnownError, match="with the same power-up values"):
        find_same(replace(zeros, powered_up=replace(zeros.powered_up, others=())), ones)
