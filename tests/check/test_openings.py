"""What a description leaves open: each kind passes what it should, and fails mutants all the same."""

from dataclasses import replace
from typing import Any

import pytest
from builders import problem
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import (
    Assumption,
    Candidate,
    Care,
    Hold,
    Latency,
    Openings,
    Polarity,
    Problem,
    Proof,
    Reset,
    ResetKind,
    SourceFile,
    Status,
    Verdict,
)
from pytest_rtlgen.verilog.mutate import list_mutants

pytestmark = pytest.mark.simulator

ADD = "module m(input clk, input rst, input en, input [3:0] a, input [3:0] b, output reg [4:0] s, output reg ok);\n"
HOLDS = ADD + (
    "always @(posedge clk) if (rst) begin s <= 0; ok <= 0; end else begin\n"
    "if (en) s <= a + b;\nok <= en;\nend\nendmodule\n"
)
CLEARS = HOLDS.replace("if (en) s <= a + b;", "s <= en ? a + b : 0;")
LATE = HOLDS.replace("ok <= en;", "ok <= en & ~ok;")

FLOP = "module m(input clk, input rst_n, input d, output reg q, output reg [1:0] n);\n"
ASYNC = FLOP + (
    "always @(posedge clk or negedge rst_n) if (!rst_n) q <= 0; else q <= d;\n"
    "always @(posedge clk, negedge rst_n) if (!rst_n) n <= 0; else n <= n + d;\nendmodule\n"
)
SYNC = ASYNC.replace(" or negedge rst_n", "").replace(", negedge rst_n", "")
HALF = ASYNC.replace(" or negedge rst_n", "")

START = "module m(input clk, input en, input d, output reg q, output reg p);\n"
ZERO = START + "initial begin q = 0; p = 0; end\nalways @(posedge clk) begin if (en) q <= d; p <= q; end\nendmodule\n"
BARE = ZERO.replace("initial begin q = 0; p = 0; end\n", "")
ONE = ZERO.replace("q = 0; p = 0;", "q = 1; p = 1;")

BIT = "module m(input [3:0] a, output y);\n"
LEFT = BIT + "assign y = a > 4;\nendmodule\n"
RIGHT = BIT + "assign y = a >= 4;\nendmodule\n"
NEITHER = BIT + "assign y = a > 4 || a == 2;\nendmodule\n"

PAIR = "module m(input clk, input rst, input d, output reg q, output reg r);\n"
BOTH_PLAIN = PAIR + "always @(posedge clk) if (rst) {q, r} <= 0; else begin q <= d; r <= d; end\nendmodule\n"
BOTH_NOT = PAIR + "always @(posedge clk) if (rst) {q, r} <= 0; else begin q <= ~d; r <= ~d; end\nendmodule\n"
MIXED = PAIR + "always @(posedge clk) if (rst) {q, r} <= 0; else begin q <= d; r <= ~d; end\nendmodule\n"
SWITCHING = PAIR + (
    "reg which;\nalways @(posedge clk) if (rst) {q, r, which} <= 0;\n"
    "else begin which <= which ^ d; q <= d ^ which; r <= d ^ which; end\nendmodule\n"
)


@pytest.fixture(scope="module", params=list(FormalMode))
def checker(request: pytest.FixtureRequest, shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(formal=request.param))


@pytest.fixture(scope="module")
def confirming(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings())


def opened(reference: str, **openings: Any) -> Problem:
    return problem(reference, "m", openings=Openings(place="problem.toml:5", **openings))


def care(output: str, condition: str) -> Care:
    return Care(output=output, condition=condition, place="problem.toml:6")


def variant(text: str) -> SourceFile:
    return SourceFile(name="other.sv", text=text)


def judge(checker: Checker, source: str, task: Problem) -> Verdict:
    return checker.check(Candidate(source=source, rule="given"), task)


def status(checker: Checker, source: str, task: Problem) -> Status:
    return judge(checker, source, task).status


def list_passing(checker: Checker, task: Problem) -> set[str]:
    """Return the mutants of the reference that pass."""
    mutants = {mutant.source for mutant in list_mutants(task.reference, task.reference_top, limit=24)}
    return {source for source in mutants if judge(checker, source, task).is_passed}


def plain(task: Problem) -> Problem:
    return replace(task, openings=Openings())


def test_an_output_counts_only_while_its_care_condition_holds(checker: Checker) -> None:
    task = opened(HOLDS, care=(care("s", "ok"),))
    assert status(checker, CLEARS, plain(task)) is Status.MISMATCH
    assert status(checker, HOLDS, task) is Status.PASSED
    assert status(checker, CLEARS, task) is Status.PASSED
    assert status(checker, LATE, task) is Status.MISMATCH
    assert status(checker, HOLDS.replace("a + b", "a - b"), task) is Status.MISMATCH


def test_a_pass_with_a_care_condition_is_proved(confirming: Checker) -> None:
    verdict = judge(confirming, CLEARS, opened(HOLDS, care=(care("s", "ok"),)))
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is Proof.EQUIVALENT


def test_a_condition_reads_the_reference_and_never_the_candidate(confirming: Checker) -> None:
    silent = HOLDS.replace("ok <= en;", "ok <= 0;").replace("a + b", "0")
    assert status(confirming, silent, opened(HOLDS, care=(care("s", "ok"),))) is Status.MISMATCH
    both = opened(HOLDS, care=(care("s", "ok"), care("ok", "en || ok")))
    assert status(confirming, silent, both) is Status.MISMATCH


def test_where_a_condition_is_unknown_nothing_is_compared(confirming: Checker) -> None:
    text = (
        ADD
        + "always @(posedge clk) begin if (en) begin s <= a + b; ok <= 1; end\nelse if (rst) ok <= 0; end\nendmodule\n"
    )
    task = opened(text, care=(care("s", "ok"), care("ok", "ok === 1'b1 || ok === 1'b0")))
    assert status(confirming, text, task) is Status.PASSED
    assert status(confirming, text.replace("a + b", "a - b"), task) is Status.MISMATCH


def test_what_counts_nowhere_is_an_error(confirming: Checker) -> None:
    with pytest.raises(BadReferenceError, match="no output of the reference is ever known"):
        confirming.prepare(opened(LEFT, care=(care("y", "0"),)))


def test_care_lets_only_those_mutants_pass_that_differ_elsewhere(confirming: Checker) -> None:
    task = opened(HOLDS, care=(care("s", "ok"),))
    more = list_passing(confirming, task) - list_passing(confirming, plain(task))
    assert all("s <= a + b;" in text and "ok <= en;" in text for text in more)


def test_one_of_several_references_is_enough(checker: Checker) -> None:
    task = opened(LEFT, variants=(variant(RIGHT),))
    assert status(checker, LEFT, task) is Status.PASSED
    verdict = judge(checker, RIGHT, task)
    assert verdict.is_passed
    assert "it is right as variant 1 (other.sv)" in verdict.diagnostics[-1].message
    assert status(checker, NEITHER, task) is Status.MISMATCH


def test_a_candidate_must_match_one_reference_whole(checker: Checker) -> None:
    task = opened(BOTH_PLAIN, variants=(variant(BOTH_NOT),))
    assert status(checker, BOTH_NOT, task) is Status.PASSED
    assert status(checker, MIXED, task) is Status.MISMATCH
    assert status(checker, SWITCHING, task) is Status.MISMATCH


def test_a_failure_is_that_of_the_first_reference(confirming: Checker) -> None:
    verdict = judge(confirming, MIXED, opened(BOTH_PLAIN, variants=(variant(BOTH_NOT),)))
    assert [signal.name for signal in verdict.signals if signal.mismatches] == ["r"]


def test_a_mutant_passes_only_where_it_is_one_of_the_variants(confirming: Checker) -> None:
    task = opened(LEFT, variants=(variant(RIGHT),))
    right = replace(task, reference=variant(RIGHT), openings=Openings())
    for text in list_passing(confirming, task):
        assert judge(confirming, text, plain(task)).is_passed or judge(confirming, text, right).is_passed


@pytest.mark.parametrize(("reference", "other"), [(ASYNC, SYNC), (SYNC, ASYNC), (HALF, SYNC), (HALF, ASYNC)])
def test_the_kind_of_a_reset_may_be_open(checker: Checker, reference: str, other: str) -> None:
    task = opened(reference, reset_kind=("rst_n",))
    assert status(checker, other, plain(task)) is Status.MISMATCH
    assert status(checker, reference, task) is Status.PASSED
    assert status(checker, other, task) is Status.PASSED


def test_resets_are_open_all_alike(checker: Checker) -> None:
    assert status(checker, HALF, opened(ASYNC, reset_kind=("rst_n",))) is Status.MISMATCH


def test_an_open_reset_must_still_reset(confirming: Checker) -> None:
    task = opened(ASYNC, reset_kind=("rst_n",))
    for wrong in (
        SYNC.replace("!rst_n) n <= 0", "!rst_n) n <= 1"),
        SYNC.replace("if (!rst_n) q <= 0; else ", ""),
        ASYNC.replace("negedge rst_n) if (!rst_n) n", "posedge rst_n) if (!rst_n) n"),
        SYNC.replace("!rst_n", "rst_n"),
    ):
        assert status(confirming, wrong, task) is Status.MISMATCH


def test_a_stated_reset_changes_its_kind_too(confirming: Checker) -> None:
    stated = (Reset(port="rst_n", active=Polarity.LOW, kind=ResetKind.ASYNCHRONOUS),)
    task = replace(opened(ASYNC, reset_kind=("rst_n",)), resets=stated)
    assert status(confirming, SYNC, task) is Status.PASSED


def test_power_up_may_be_open(checker: Checker) -> None:
    task = opened(ZERO, is_power_up_open=True)
    assert [status(checker, text, plain(task)) for text in (ZERO, BARE, ONE)] == [
        *(Status.PASSED, Status.MISMATCH, Status.MISMATCH)
    ]
    assert [status(checker, text, task) for text in (ZERO, BARE, ONE)] == [Status.PASSED] * 3


def test_an_open_power_up_lets_no_mutant_pass(confirming: Checker) -> None:
    task = opened(ZERO, is_power_up_open=True)
    more = list_passing(confirming, task) - list_passing(confirming, plain(task))
    body = ZERO.partition("always")[2]
    assert more
    assert all(text.partition("always")[2] == body for text in more)


ROM = """\
module m(input clk, input [1:0] a, output reg [3:0] q);
reg [3:0] rom [0:3]; integer i;
initial begin for (i = 0; i < 4; i = i + 1) rom[i] = 3 * i; q = 0; end
always @(posedge clk) q <= rom[a];
endmodule
"""


def test_a_table_that_nothing_writes_keeps_its_values_at_power_up(confirming: Checker) -> None:
    task = opened(ROM, is_power_up_open=True)
    assert status(confirming, ROM.replace(" q = 0;", ""), task) is Status.PASSED
    assert status(confirming, ROM.replace("3 * i", "2 * i"), task) is Status.MISMATCH


def assumption(text: str) -> Assumption:
    return Assumption(condition=text, place="problem.toml:7")


@pytest.mark.parametrize(
    ("reference", "openings", "what"),
    [
        (LEFT, {"care": (care("z", "1"),)}, r"^problem.toml:6: care: 'z' is no output of the reference; name one of y"),
        (LEFT, {"care": (care("a", "1"),)}, r"^problem.toml:6: care: 'a' is no output"),
        (LEFT, {"care": (care("y", "a +"),)}, r"^problem.toml:6: care of y: expected expression; write a condition"),
        (LEFT, {"care": (care("y", "b"),)}, r"^problem.toml:6: care of y: use of undeclared identifier 'b'; .* a, y"),
        (LEFT, {"care": (care("y", "1) ? 1 : 0; assign x = (1"),)}, r"care of y: it must be one expression"),
        (LEFT, {"care": (care("y", "m.y"),)}, r"care of y: .*; write a condition"),
        (LEFT, {"assumptions": (assumption("y"),)}, r"^problem.toml:7: assume 'y': use of undeclared identifier"),
        (ASYNC, {"assumptions": (assumption("!clk"),)}, r"assume '!clk': use of undeclared identifier 'clk'"),
        (ASYNC, {"reset_kind": ("d",)}, r"^problem.toml:5: reset_kind: 'd' is no reset \(found rst_n\)"),
        (ASYNC, {"holds": (Hold(port="rst_n", cycles=2, place="toml:9"),)}, r"^toml:9: hold: 'rst_n' is no data input"),
        (LEFT, {"holds": (Hold(port="a", cycles=2, place="toml:9"),)}, r"^toml:9: hold: the reference has no clock"),
        (BARE, {"is_parameter_open": True}, r"^problem.toml:5: parameters: the reference has no integer parameter"),
        (BARE, {"is_power_up_open": True}, r"^problem.toml:5: power_up: no register"),
        (LEFT, {"variants": (variant(BIT.replace("3:0", "2:0") + "assign y = 0;\nendmodule\n"),)},
         r"^other.sv: the ports of a variant must be .* input \[3:0\] a is missing; input \[2:0\] a is not in"),
        (LEFT, {"variants": (variant(LEFT),)}, r"^other.sv: is the same text"),
        (LEFT, {"variants": (variant("module n; endmodule"),)}, r"^other.sv: no module 'm'"),
        (LEFT, {"variants": (variant(LEFT.replace("> 4", "> ")),)}, r"^other.sv:2: "),
    ],
)  # fmt: skip
def test_openings_that_do_not_fit_are_told(
    confirming: Checker, reference: str, openings: dict[str, Any], what: str
) -> None:
    with pytest.raises(BadReferenceError, match=what):
        confirming.prepare(opened(reference, **openings))


STATE = "module m(input [3:0] state, input in, output [3:0] next, output out);\n"
WHOLE = STATE + (
    "assign next = state == 1 ? (in ? 2 : 1) : state == 2 ? (in ? 4 : 1) : state == 4 ? (in ? 8 : 1) : state == 8;\n"
    "assign out = state == 8;\nendmodule\n"
)
BITWISE = STATE + (
    "assign next = {state[2] & in, state[1] & in, state[0] & in, state[3] | (|state[2:0] & ~in)};\n"
    "assign out = state[3];\nendmodule\n"
)
WRONG_ONE = BITWISE.replace("state[3] |", "")
RAM = "module m(input clk, input rst_n, input we, input [3:0] a, input [7:0] d, output reg [7:0] q);\n"
RAM_16 = RAM + (
    "reg [7:0] mem [0:15];\nalways @(posedge clk) begin if (we) mem[a] <= d;\n"
    "if (!rst_n) q <= 0; else q <= mem[a]; end\nendmodule\n"
)
RAM_12 = RAM_16.replace("if (we)", "if (we && a < 12)")
RAM_11 = RAM_16.replace("if (we)", "if (we && a < 11)")
ONE_HOT = (assumption("$onehot(state)"),)


def test_inputs_that_break_an_assumption_are_never_driven(checker: Checker) -> None:
    task = opened(WHOLE, assumptions=ONE_HOT)
    assert status(checker, BITWISE, plain(task)) is Status.MISMATCH
    assert status(checker, WHOLE, task) is Status.PASSED
    assert status(checker, BITWISE, task) is Status.PASSED
    assert status(checker, WRONG_ONE, task) is Status.MISMATCH
    rows = {
        checker.prepare(task).stimulus.rows[at : at + 4] for at in range(0, len(checker.prepare(task).stimulus.rows), 5)
    }
    assert rows == {b"0001", b"0010", b"0100", b"1000"}


def test_a_proof_assumes_the_same(confirming: Checker) -> None:
    verdict = judge(confirming, BITWISE, opened(WHOLE, assumptions=ONE_HOT))
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is Proof.EQUIVALENT


def test_an_assumption_with_state_holds_in_the_proof_too(confirming: Checker) -> None:
    task = opened(RAM_16, assumptions=(assumption("a < 12"), assumption("rst_n || !we")))
    verdict = judge(confirming, RAM_12, task)
    assert verdict.is_passed, verdict.diagnostics
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is Proof.EQUIVALENT
    assert status(confirming, RAM_12, plain(task)) is Status.MISMATCH
    assert status(confirming, RAM_11, task) is Status.MISMATCH


def test_what_differs_only_rarely_is_still_found_by_proof(confirming: Checker) -> None:
    text = "module m(input clk, input en, input [31:0] a, output reg q);\n"
    text += "always @(posedge clk) if (en) q <= ^a;\nendmodule\n"
    task = opened(text, assumptions=(assumption("a[31:8] != 5"), assumption("a < 32'hf0000000")))
    beyond = text.replace("^a", "^a ^ (a == 32'h00000507) ^ (a == 32'hf1234567)")
    within = text.replace("^a", "^a ^ (a == 32'h77130507)")
    assert status(confirming, beyond, task) is Status.PASSED
    verdict = judge(confirming, within, task)
    assert verdict.status is Status.MISMATCH
    assert verdict.diagnostics[-1].tool == "proof"


def test_mutants_within_an_assumption_fail(confirming: Checker) -> None:
    task = opened(WHOLE, assumptions=ONE_HOT)
    more = list_passing(confirming, task) - list_passing(confirming, plain(task))
    assert all("(state)" not in text and text.count("in ?") == 3 for text in more)


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ("state == 1 && state == 2", r"^problem.toml:7: assume .*: no value of state satisfies it; correct"),
        ("1", r"^problem.toml:7: assume '1': it reads no input"),
    ],
)
def test_an_assumption_that_no_input_satisfies_is_an_error(confirming: Checker, condition: str, what: str) -> None:
    with pytest.raises(BadReferenceError, match=what):
        confirming.prepare(opened(WHOLE, assumptions=(assumption(condition),)))


PIPE = "module m(input clk, input rst, input en, input [3:0] a, output reg ok, output reg [4:0] s, output [3:0] b);\n"
PIPE += "assign b = ~a;\n"
ONE_STAGE = PIPE + (
    "always @(posedge clk) if (rst) begin ok <= 0; s <= 0; end\nelse begin ok <= en; s <= a + 5'd3; end\nendmodule\n"
)
TWO_STAGES = PIPE + (
    "reg go; reg [3:0] held;\nalways @(posedge clk) if (rst) {go, ok} <= 0;\n"
    "else begin go <= en; held <= a; ok <= go; s <= held + 5'd3; end\nendmodule\n"
)
SEQUENCE = Latency(valid="ok", data=("s",), bound=3, place="problem.toml:8")


def test_an_open_latency_compares_the_sequence_only(checker: Checker) -> None:
    task = opened(ONE_STAGE, latency=SEQUENCE)
    assert status(checker, TWO_STAGES, plain(task)) is Status.MISMATCH
    assert status(checker, ONE_STAGE, task) is Status.PASSED
    assert status(checker, TWO_STAGES, task) is Status.PASSED
    for wrong in (
        TWO_STAGES.replace("5'd3", "5'd2"),
        TWO_STAGES.replace("ok <= go", "ok <= 0"),
        TWO_STAGES.replace("ok <= go", "ok <= 1"),
        TWO_STAGES.replace("ok <= go", "ok <= go | ok"),
        TWO_STAGES.replace("go <= en", "go <= en & ~go"),
        TWO_STAGES.replace("b = ~a", "b = a"),
        TWO_STAGES.replace("if (rst) {go, ok} <= 0;\nelse ", ""),
    ):
        assert status(checker, wrong, task) is Status.MISMATCH


def test_of_a_sequence_nothing_is_proved_and_of_the_rest_all(confirming: Checker) -> None:
    verdict = judge(confirming, TWO_STAGES, opened(ONE_STAGE, latency=SEQUENCE))
    assert verdict.equivalence is not None
    assert dict(verdict.equivalence.outputs) == {"ok": Proof.UNKNOWN, "s": Proof.UNKNOWN, "b": Proof.EQUIVALENT}
    assert verdict.equivalence.reason == "of outputs whose latency is open nothing is proved"


def test_an_open_latency_lets_no_mutant_pass(confirming: Checker) -> None:
    task = opened(ONE_STAGE, latency=SEQUENCE)
    more = list_passing(confirming, task) - list_passing(confirming, plain(task))
    assert all("s <= a + 5'd3" in text and "ok <= en" in text for text in more)


@pytest.mark.parametrize(
    ("latency", "what"),
    [
        (replace(SEQUENCE, valid="go"), r"^problem.toml:8: latency: 'go' is no output of the reference"),
        (replace(SEQUENCE, valid="s", data=("b",)), r"^problem.toml:8: latency: valid must be one bit, but 's' has 5"),
        (replace(SEQUENCE, data=("s", "a")), r"^problem.toml:8: latency: 'a' is no output"),
        (replace(SEQUENCE, bound=10**6), r"^problem.toml:8: latency: ok is never 1 more than 1000000 cycles before"),
    ],
)
def test_a_latency_that_does_not_fit_is_told(confirming: Checker, latency: Latency, what: str) -> None:
    with pytest.raises(BadReferenceError, match=what):
        confirming.prepare(opened(ONE_STAGE, latency=latency))


DEEP = (
    "module m #(parameter TOP = 9) (input clk, input rst, output reg [7:0] n);\n"
    "always @(posedge clk) if (rst || n == TOP) n <= 0; else n <= n + 1;\nendmodule\n"
)


def test_the_default_of_a_parameter_may_be_open(confirming: Checker) -> None:
    task = opened(DEEP, is_parameter_open=True)
    other = DEEP.replace("= 9", "= 12")
    assert status(confirming, other, plain(task)) is Status.MISMATCH
    verdict = judge(confirming, other, task)
    assert verdict.is_passed
    assert any("compared at TOP = 9" in item.message for item in verdict.diagnostics)
    assert status(confirming, DEEP, task) is Status.PASSED
    assert status(confirming, other.replace("n + 1", "n + 2"), task) is Status.MISMATCH
    assert status(
        confirming, DEEP.replace("parameter TOP = 9", "parameter LAST = 12").replace("TOP", "LAST"), task
    ) is (Status.MISMATCH)


EDGE = "module m(input clk, input rst, input a, output reg rise);\nreg last;\n"
REGISTERED = EDGE + "always @(posedge clk) begin last <= a; rise <= !rst && a && !last; end\nendmodule\n"
PATIENT = EDGE + (
    "reg earlier;\ninitial {last, earlier} = 0;\nalways @(posedge clk) begin last <= a; earlier <= last;\n"
    "rise <= !rst && a && !last && !earlier; end\nendmodule\n"
)


def test_a_slow_input_is_never_driven_fast(checker: Checker) -> None:
    task = opened(REGISTERED, holds=(Hold(port="a", cycles=2, place="problem.toml:9"),))
    assert status(checker, PATIENT, plain(task)) is Status.MISMATCH
    assert status(checker, REGISTERED, task) is Status.PASSED
    assert status(checker, PATIENT, task) is Status.PASSED
    assert status(checker, PATIENT.replace("&& !earlier", "&& earlier"), task) is Status.MISMATCH
    even_slower = PATIENT.replace("earlier;\n", "earlier, first = 0;\n", 1).replace(
        "earlier <= last;", "earlier <= last; first <= earlier;"
    )
    assert status(checker, even_slower.replace("&& !earlier", "&& !earlier && !first"), task) is Status.MISMATCH


def test_a_proof_knows_of_slow_inputs(confirming: Checker) -> None:
    verdict = judge(confirming, PATIENT, opened(REGISTERED, holds=(Hold(port="a", cycles=2, place="problem.toml:9"),)))
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is Proof.EQUIVALENT


def test_what_comes_before_a_counterexample_keeps_to_assumptions_too(confirming: Checker) -> None:
    head = "module m(input clk, input rst, input [1:0] s, output reg q);\ninitial q = 0;\n"
    reference = head + "always @(posedge clk) if (rst) q <= 0; else q <= ^s;\nendmodule\n"
    remembers = head + (
        "reg bad = 0;\nalways @(posedge clk) begin if (s == 0) bad <= 1;\nif (rst) q <= 0; else q <= ^s ^ bad; end\n"
        "endmodule\n"
    )
    task = opened(reference, assumptions=(assumption("s != 0"), assumption("!rst || s[0]")))
    assert status(confirming, remembers, plain(task)) is Status.MISMATCH
    verdict = judge(confirming, remembers, task)
    assert verdict.is_passed
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is not Proof.DIFFERENT


TOGGLE = "module m(input clk, input d, output reg q);\ninitial q = 0;\nalways @(posedge clk) q <= q ^ d;\nendmodule\n"
NEVER_LOADED = TOGGLE.replace("initial q = 0;", "")
SOMETIMES = NEVER_LOADED.replace("output reg q);", "output q);\nreg r; assign q = d ? r : ~r;")
SOMETIMES = SOMETIMES.replace("q <= q", "r <= r")


@pytest.mark.parametrize(
    ("source", "is_right"),
    [
        (NEVER_LOADED, True),
        (TOGGLE, True),
        (TOGGLE.replace("q = 0", "q = 1"), True),
        (NEVER_LOADED.replace("q ^ d", "q | d"), False),
        (TOGGLE.replace("q ^ d", "q & d"), False),
        (TOGGLE.replace("q ^ d", "~(q ^ d)"), False),
        ("module m(input clk, input d, output q);\nassign q = 0;\nendmodule\n", False),
    ],
)
def test_a_reference_that_only_its_open_start_makes_known_is_powered_up(
    confirming: Checker, source: str, *, is_right: bool
) -> None:
    assert judge(confirming, source, opened(TOGGLE, is_power_up_open=True)).is_passed is is_right


@pytest.mark.parametrize(
    ("source", "is_right"),
    [
        (NEVER_LOADED, True),
        (SOMETIMES, True),
        (SOMETIMES.replace("r : ~r", "~r : r"), False),
    ],
)
def test_care_conditions_hold_with_power_up_values_too(confirming: Checker, source: str, *, is_right: bool) -> None:
    task = opened(NEVER_LOADED, care=(care("q", "d"),))
    assert judge(confirming, source, task).is_passed is is_right


def test_a_deep_run_keeps_to_assumptions() -> None:
    reference = (
        "module m(input clk, input rst, input up, input down, output reg [12:0] n, output full);\n"
        "always @(posedge clk) if (rst) n <= 0; else if (up) n <= n + 1; else if (down) n <= n - 1;\n"
        "assign full = n == 13'd5000;\nendmodule\n"
    )
    assumed = Assumption(condition="!(up && down)", place="problem.toml:9")
    posed = replace(problem(reference, "m"), openings=Openings(assumptions=(assumed,)))
    otherwise = reference.replace("if (up) n <= n + 1;", "if (up && down) n <= 7; else if (up) n <= n + 1;")
    late = reference.replace("13'd5000", "13'd5001")
    with Checker(CheckSettings(formal=FormalMode.OFF, cycles=60)) as checker:
        assert checker.measure_depth(posed).run is not None
        assert checker.check(Candidate(source=otherwise, rule="test"), posed).is_passed
        assert not checker.check(Candidate(source=late, rule="test"), posed).is_passed
