"""Proofs: each output equivalent, different with inputs that show it in the simulator, or unknown with the reason."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from builders import COUNTER, COUNTER_INTERFACE, interface, problem, reset
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.compare import compare_traces
from pytest_rtlgen.check.proof.prover import Prover, make_prefix
from pytest_rtlgen.modes import FormalMode, SandboxMode
from pytest_rtlgen.records import (
    Candidate,
    Clock,
    ClockEdge,
    Equivalence,
    Interface,
    Proof,
    Status,
    Stimulus,
    Trace,
    Verdict,
)
from pytest_rtlgen.simulators import SimulationJob
from pytest_rtlgen.tools.cut_short import count_cut_short
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.tools.worker import WorkerLostError

pytestmark = pytest.mark.simulator

GATES = "module m(input [3:0] a, input [3:0] b, output [4:0] sum, output less);\n"
GATES_REF = GATES + "assign sum = a + b; assign less = a < b;\nendmodule\n"
FLOP = "module m(input clk, input rst, input d, output reg q);\n"
SYNC = FLOP + "always @(posedge clk) if (rst) q <= 0; else q <= d;\nendmodule\n"
ASYNC = FLOP + "always @(posedge clk or posedge rst) if (rst) q <= 0; else q <= d;\nendmodule\n"
BARE = "module m(input clk, input d, output reg q, output reg t);\n"
BARE_REF = BARE + "always @(posedge clk) begin q <= d; t <= t ^ d; end\nendmodule\n"
TOGGLE = "module m(input clk, input d, output reg q);\n"
TOGGLE_REF = TOGGLE + "initial q = 0;\nalways @(posedge clk) if (d) q <= ~q;\nendmodule\n"
LATCH = "module m(input g, input [1:0] d, output reg [1:0] q);\n"
LATCH_REF = LATCH + "always @* if (g) q = d;\nendmodule\n"
PART = "module m(input [1:0] s, output reg y);\n"
PART_REF = PART + "always @* case (s) 0: y = 0; 1: y = 1; 2: y = 1; default: y = 1'bx; endcase\nendmodule\n"
DUO = "module m(input c1, input c2, input d, output reg q, output reg r);\n"
DUO_REF = DUO + "always @(posedge c1) q <= d;\nalways @(posedge c2) r <= q;\nendmodule\n"
DUAL = "module m(input clk, input d, output q);\nreg p, n; assign q = p ^ n;\n"
DUAL_REF = DUAL + "always @(posedge clk) p <= d;\nalways @(negedge clk) n <= ~d;\nendmodule\n"
DEEP = "module m(input clk, input rst, output reg [31:0] n, output reg top);\n"
DEEP_REF = DEEP + "always @(posedge clk) if (rst) {n, top} <= 0; else begin n <= n + 1; top <= 0; end\nendmodule\n"
WRAPS_EARLY = DEEP_REF.replace("n <= n + 1", "n <= n == 32'h80000000 ? 0 : n + 1")
RAISES_LATE = DEEP_REF.replace("top <= 0; end", "top <= n >= 32'h80000000; end")
SHIFT = "module m(input clk, input rst, output reg z);\nreg [39:0] a;\n"
SHIFT_REF = SHIFT + "always @(posedge clk) if (rst) z <= 1; else z <= 0;\nendmodule\n"
MAYBE_NEVER = SHIFT + (
    "always @(posedge clk) begin z <= rst | a == 5;\n"
    "a <= rst ? 1 : {a[38:0], a[39] ^ a[37] ^ a[20] ^ a[18]}; end\nendmodule\n"
)
ODD = "module m(input [1:0] choose, input in_a, input trigger, output cmp_y, output [1:0] gold);\n"
ODD_REF = ODD + "assign {gold, cmp_y} = choose + in_a + trigger;\nendmodule\n"
SIGNS = "module m(input \\a+b , input \\free_a+b , output \\y! );\n"
SIGNS_REF = SIGNS + "assign \\y! = \\a+b & \\free_a+b ;\nendmodule\n"

# (what, reference, candidate): every output is proved.
SAME = [
    ("gates", GATES_REF, GATES + "assign sum = b + a; assign less = ~(a >= b);\nendmodule\n"),
    ("synchronous reset", SYNC, FLOP + "always @(posedge clk) q <= d & ~rst;\nendmodule\n"),
    (
        "asynchronous reset of an inverted register",
        ASYNC,
        FLOP
        + "reg p; always @* q = ~p;\nalways @(posedge clk, posedge rst) if (rst) p <= 1; else p <= ~d;\nendmodule\n",
    ),
    ("an initial value that the reset overrules", ASYNC, ASYNC.replace("always", "initial q = 1;\nalways")),
    ("no reset", BARE_REF, BARE_REF.replace("t ^ d", "(t & ~d) | (~t & d)")),
    ("initial values where power-up is unknown", BARE_REF, BARE_REF.replace("always", "initial {q, t} = 3;\nalways")),
    (
        "a power-up value, inverted",
        TOGGLE_REF,
        TOGGLE.replace("reg q", "q") + "reg p = 1; assign q = ~p;\nalways @(posedge clk) p <= p ^ d;\nendmodule\n",
    ),
    ("a latch in other words", LATCH_REF, LATCH + "always_latch if (g) q <= d;\nendmodule\n"),
    ("an X read as 1", PART_REF, PART + "always @* y = s != 0;\nendmodule\n"),
    ("an X read as 0", PART_REF, PART + "always @* y = ^s;\nendmodule\n"),
    (
        "two clocks",
        DUO_REF,
        DUO + "reg a; always @* q = ~a;\nalways @(posedge c1) a <= ~d;\nalways @(posedge c2) r <= ~a;\nendmodule\n",
    ),
    (
        "a stage that loads during reset",
        FLOP + "reg p; always @(posedge clk) begin p <= d; if (rst) q <= 0; else q <= p; end\nendmodule\n",
        FLOP + "reg p; always @(posedge clk) begin p <= ~d; q <= ~(p | rst); end\nendmodule\n",
    ),
    ("names of the model's own", ODD_REF, ODD_REF.replace("choose + in_a + trigger", "trigger + (choose + in_a)")),
    ("escaped names", SIGNS_REF, SIGNS_REF.replace(" \\a+b & \\free_a+b ", " ~(~\\a+b | ~\\free_a+b )")),
    ("32 bits", DEEP_REF, DEEP_REF.replace("n + 1", "1 + n")),
]

# (what, reference, candidate, outputs that differ; the others are proved)
WRONG = [
    ("one of two", GATES_REF, GATES_REF.replace("a < b", "a < b | (a == 9 & b == 9)"), "less"),
    ("names of the model's own", ODD_REF, ODD_REF.replace("trigger;", "trigger ^ &choose;"), "cmp_y"),
    ("escaped names", SIGNS_REF, SIGNS_REF.replace(" & ", " | "), "y!"),
    ("an X from the candidate", GATES_REF, GATES_REF.replace("a < b", "a == 9 & b == 9 ? 1'bx : a < b"), "less"),
    ("an asynchronous reset for a synchronous one", SYNC, ASYNC, "q"),
    ("a synchronous reset for an asynchronous one", ASYNC, SYNC, "q"),
    ("a latch for a register", SYNC, FLOP + "always @* if (clk) q = d & ~rst;\nendmodule\n", "q"),
    ("a constant where power-up is unknown", BARE_REF, BARE_REF.replace("q <= d", "q <= ~d"), "q"),
    ("the other power-up value", TOGGLE_REF, TOGGLE_REF.replace("q = 0", "q = 1"), "q"),
    ("no power-up value", TOGGLE_REF, TOGGLE_REF.replace("initial q = 0;\n", ""), "q"),
    ("a wire for a latch", LATCH_REF, LATCH_REF.replace("if (g) ", ""), "q"),
    ("a latch open at the other level", LATCH_REF, LATCH_REF.replace("(g)", "(~g)"), "q"),
    ("an X where the reference is known", PART_REF, PART_REF.replace("0: y = 0", "0: y = 1'bx"), "y"),
    ("the wrong one of two clocks", DUO_REF, DUO_REF.replace("c2) r", "c1) r"), "r"),
    ("both", GATES_REF, GATES_REF.replace("a + b", "a - b").replace("a < b", "a <= b"), "sum less"),
]

# (what, reference, candidate, reason): nothing is proved.
UNKNOWN = [
    ("a delay", SYNC, SYNC.replace("q <= d", "q <= #1 d"), "the gate design has .* line 2: a delay"),
    ("a resolved net", SYNC, SYNC.replace("always", "wand w = d;\nalways"), "the gate design has .* line 2: wand"),
    ("a delay in the reference", SYNC.replace("q <= d", "q <= #1 d"), SYNC, "the gold design has .* line 2: a delay"),
    ("a loop of gates", GATES_REF, GATES_REF.replace("a < b", "~less"), "problems in 'check -assert'"),
    ("an undriven output", GATES_REF, GATES_REF.replace("assign less = a < b;", ""), "problems in 'check -assert'"),
    ("two drivers", GATES_REF, GATES_REF.replace("endmodule", "assign less = ~(a >= b);\nendmodule"), "check -assert"),
    ("no such module", GATES_REF, GATES_REF.replace("module m", "module n"), "Design elaboration failed"),
    (
        "too much state",
        SYNC,
        SYNC.replace("always", "reg [12799:0] much; always @(posedge clk) much <= {much, d};\nalways", 1).replace(
            "q <= d", "q <= much[12799]"
        ),
        "the gate design has 12801 bits of state, more than 6000",
    ),
    ("an initial value", SYNC, SYNC.replace("always", "initial q = 0;\nalways"), "the gate design has initial values"),
    (
        "an initial value in the reference",
        SYNC.replace("always", "initial q = 0;\nalways"),
        SYNC,
        "the gold design has initial values",
    ),
]


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(formal=FormalMode.OFF, cycles=60))


@pytest.fixture(scope="module")
def prover() -> Iterator[Prover]:
    made = Prover(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=1, budget_s=1)
    yield made
    made.close()


def simulate(checker: Checker, source: str, interface: Interface, stimulus: Stimulus) -> Trace:
    trace = checker.simulator.simulate(SimulationJob(source=source, interface=interface, stimulus=stimulus)).trace
    assert trace is not None
    return trace


def prove(checker: Checker, prover: Prover, reference: str, candidate: str) -> Equivalence:
    """Return what is proved once the simulator has shown the candidate, as in ``confirm``."""
    prepared = checker.prepare(problem(reference, "m"))
    return prover.compare(prepared, candidate, simulate(checker, candidate, prepared.interface, prepared.stimulus))


@pytest.mark.parametrize(("reference", "candidate"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_equivalent(checker: Checker, prover: Prover, reference: str, candidate: str) -> None:
    found = prove(checker, prover, reference, candidate)
    assert (found.result, found.reason, found.counterexamples) == (Proof.EQUIVALENT, "", ())


@pytest.mark.parametrize(("reference", "candidate", "names"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_different_outputs_are_named_and_shown(
    checker: Checker, prover: Prover, reference: str, candidate: str, names: str
) -> None:
    found = prove(checker, prover, reference, candidate)
    expected = {name: Proof.DIFFERENT if name in names.split() else Proof.EQUIVALENT for name, _ in found.outputs}
    assert (dict(found.outputs), found.reason) == (expected, "")
    assert [name for name, _ in found.counterexamples] == names.split()
    interface = checker.prepare(problem(reference, "m")).interface
    for name, stimulus in found.counterexamples:
        assert len(stimulus.rows) == stimulus.steps * stimulus.width
        played = [simulate(checker, source, interface, stimulus) for source in (reference, candidate)]
        assert name in {signal.name for signal in compare_traces(*played) if signal.mismatches}


OPERATORS = [
    *("+", "-", "*", "/", "%", "<<", ">>", "<<<", ">>>", "<", "<=", ">", ">=", "==", "!="),
    *("&", "|", "^", "~^", "&&", "||"),
]
TWO = "module m(input {kind} [3:0] a, input {kind} [3:0] b, output [7:0] y);\nassign y = {expression};\nendmodule\n"


@pytest.mark.parametrize("kind", ["", "signed"])
@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_is_modelled(checker: Checker, prover: Prover, operator: str, kind: str) -> None:
    plain = TWO.format(kind=kind, expression=f"a {operator} b")
    table = TWO.format(kind=kind, expression="t").replace(
        "assign",
        f"reg [7:0] t; always @* case (b) 4'd5: t = a {operator} 4'{'s' if kind else ''}d5;"
        f" default: t = a {operator} b; endcase\nassign",
    )
    assert prove(checker, prover, plain, table).result is Proof.EQUIVALENT
    wrong = table.replace("4'd5: t = ", "4'd5: t = a == 4'd9 ? 8'h77 : ")
    found = prove(checker, prover, plain, wrong)
    assert found.result is Proof.DIFFERENT
    assert found.counterexamples


DIGITS = "module m(input {kind} [7:0] a, output {kind} [7:0] q, output {kind} [7:0] r);\n{body}\nendmodule\n"
BY_LITERAL = DIGITS.replace("{body}", "assign q = (a + 0) / {by}, r = ((a * 1) / 3) % {by};")
"""Divisions of 32 bits, one after the other."""


@pytest.mark.parametrize(
    ("kind", "by", "wide"),
    [("", "10", "8'd10"), ("signed", "7", "8'sd7"), ("signed", "-7", "-8'sd7"), ("", "1", "8'd1")],
)
def test_a_division_by_a_literal_is_proved_in_few_bits(
    checker: Checker, prover: Prover, kind: str, by: str, wide: str
) -> None:
    three = "8'sd3" if kind else "8'd3"
    narrow = DIGITS.format(kind=kind, body=f"assign q = a / {wide}, r = (a / {three}) % {wide};")
    plain = BY_LITERAL.format(kind=kind, by=by)
    assert prove(checker, prover, plain, narrow).result is Proof.EQUIVALENT
    for right, wrong in (
        (f"a / {wide}", f"a / {wide} + (a == 200 || a == -56)"),
        (f") % {wide}", f") % {wide} ^ (a == 93)"),
    ):
        found = dict(prove(checker, prover, plain, narrow.replace(right, wrong)).outputs)
        assert found["q" if right.startswith("a") else "r"] is Proof.DIFFERENT


def divide(one: int, other: int) -> int | None:
    """Return the quotient, cut off towards 0; ``None`` for X."""
    return None if other == 0 else abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)


def find_rest(one: int, other: int) -> int | None:
    """Return what ``divide`` leaves, with the sign of ``one``."""
    quotient = divide(one, other)
    return None if quotient is None else one - quotient * other


Meaning = Callable[[int, int], int | None]
# Of both numbers, a and b: as the text says, and what it is worth by the rules of IEEE 1800-2017, 11.4.3 and 11.8.
SIGNED: Sequence[tuple[str, Meaning]] = [
    ("a / -1", lambda a, _: divide(a, -1)),
    ("a % -1", lambda a, _: find_rest(a, -1)),
    ("b / -1", lambda _, b: divide(b, -1)),
    ("a / 1'sb1", lambda a, _: divide(a, -1)),
    ("(a / -1) / -3", lambda a, _: divide(divide(a, -1) or 0, -3)),
    ("a / -2", lambda a, _: divide(a, -2)),
    ("a % -4", lambda a, _: find_rest(a, -4)),
    ("a / 4'sb1000", lambda a, _: divide(a, -8)),
    ("a % 7", lambda a, _: find_rest(a, 7)),
    ("a / b", divide),
    ("a % b", find_rest),
    ("(a * b) / 4'sd5", lambda a, b: divide(a * b, 5)),
    ("$signed(a[0]) / -1", lambda a, _: a & 1),
]
MIXED: Sequence[tuple[str, Meaning]] = [
    ("a / -8'd1", lambda a, _: divide(a, 255)),
    ("a % -8'd9", lambda a, _: find_rest(a, 247)),
    ("b / 1'sb1", lambda _, b: divide(signed(b), -1)),
    ("a / b", divide),
    ("a % b", find_rest),
    ("a / 4'd8", lambda a, _: divide(a, 8)),
    ("a / 12'h800", lambda a, _: divide(a, 2048)),
    ("a % 12'h803", lambda a, _: find_rest(a, 2051)),
    ("a / 4'd0", lambda *_: None),
    ("{1'bx, a} / 5'd3", lambda *_: None),
    ("(a / 3) % 2 + b / 2", lambda a, b: (a // 3) % 2 + b // 2),
]


def signed(pair: int) -> int:
    """Return what two bits are worth with a sign."""
    return pair - 4 if pair & 2 else pair


@pytest.mark.parametrize(
    ("kind", "rows"),
    [(kind, rows[at : at + 3]) for kind, rows in (("signed", SIGNED), ("", MIXED)) for at in range(0, len(rows), 3)],
)
def test_divisions_are_worth_in_a_proof_what_the_standard_says(
    checker: Checker, prover: Prover, kind: str, rows: Sequence[tuple[str, Meaning]]
) -> None:
    names = [f"y{number}" for number in range(len(rows))]
    ports = ", ".join(f"output reg [7:0] {name}" for name in names)
    head = f"module m(input {kind} [3:0] a, input signed [1:0] b, {ports});\nalways @* "
    plain = "\n".join(f"{name} = {text};" for name, (text, _) in zip(names, rows, strict=True))
    lines = []
    for number in range(64):
        a, b = number >> 2, number & 3
        values = (a - 16 if a & 8 else a, signed(b)) if kind else (a, b)
        found = [meaning(*values) for _, meaning in rows]
        texts = ["8'bx" if value is None else f"8'd{value % 256}" for value in found]
        lines.append(f"{number}: {{{', '.join(names)}}} = {{{', '.join(texts)}}};")
    table = f"{head}case ({{a, b}})\n" + "\n".join(lines) + "\nendcase\nendmodule\n"
    design = f"{head}begin\n{plain}\nend\nendmodule\n"
    for gold, gate in ((design, table), (table, design)):
        assert dict(prove(checker, prover, gold, gate).outputs) == dict.fromkeys(names, Proof.EQUIVALENT)


def test_a_product_is_proved_in_other_words(checker: Checker, prover: Prover) -> None:
    plain = TWO.format(kind="", expression="a * b")
    summed = " + ".join(f"(b[{bit}] ? {{4'd0, a}} << {bit} : 8'd0)" for bit in range(4))
    assert prove(checker, prover, plain, TWO.format(kind="", expression=summed)).result is Proof.EQUIVALENT


@pytest.mark.parametrize(
    ("reference", "candidate", "reason"), [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN]
)
def test_unknown_has_a_reason(checker: Checker, prover: Prover, reference: str, candidate: str, reason: str) -> None:
    found = prover.compare(checker.prepare(problem(reference, "m")), candidate)
    assert {proof for _, proof in found.outputs} == {Proof.UNKNOWN}
    assert found.counterexamples == ()
    with pytest.raises(ValueError, match=reason):
        raise ValueError(found.reason)


def test_the_other_edge_is_never_equivalent(checker: Checker, prover: Prover) -> None:
    assert prove(checker, prover, SYNC, SYNC.replace("posedge", "negedge")).result is not Proof.EQUIVALENT
    assert prove(checker, prover, SYNC.replace("posedge", "negedge"), SYNC).result is not Proof.EQUIVALENT


CODE = "module m(input clk, input rst, input [15:0] code, output reg hit);\n"
CODE_REF = CODE + "always @(posedge clk) if (rst) hit <= 0; else hit <= code[0];\nendmodule\n"
CODE_TRAP = CODE + (
    "reg [2:0] age = 0; reg bad = 0;\nalways @(posedge clk) begin\n"
    "if (age < 4) begin age <= age + 1; if (code == 16'hbeef) bad <= 1; end\n"
    "if (rst) hit <= 0; else hit <= code[0] ^ bad; end\nendmodule\n"
)


def test_nothing_is_proved_of_a_design_that_remembers_the_inputs_of_its_first_reset(
    checker: Checker, prover: Prover
) -> None:
    assert prove(checker, prover, CODE_REF, CODE_TRAP).result is not Proof.EQUIVALENT


STEPS = "module m(input clk, input rst, input d, output reg q, output reg [31:0] n);\ninitial n = 0;\n"
STEPS_REF = STEPS + "always @(posedge clk) begin if (rst) q <= 0; else q <= d; if (d) n <= n + 1; end\nendmodule\n"


def test_a_power_up_value_that_outlives_the_reset_excuses_nothing(checker: Checker, prover: Prover) -> None:
    late = STEPS_REF.replace("n <= n + 1", "n <= n == 32'h80000000 ? 0 : n + 1")
    found = dict(prove(checker, prover, STEPS_REF, late).outputs)
    assert found["q"] is Proof.EQUIVALENT
    assert found["n"] is not Proof.EQUIVALENT


def test_registers_on_both_edges_are_never_judged_wrong(checker: Checker, prover: Prover) -> None:
    same = prove(checker, prover, DUAL_REF, DUAL_REF.replace("p <= d", "p <= ~d").replace("n <= ~d", "n <= d"))
    other = prove(checker, prover, DUAL_REF, DUAL_REF.replace("n <= ~d", "n <= d"))
    assert same.result is not Proof.DIFFERENT
    assert other.result is not Proof.EQUIVALENT


@pytest.mark.parametrize(("candidate", "late"), [(WRAPS_EARLY, "n"), (RAISES_LATE, "top")], ids=["wraps", "raises"])
def test_a_difference_after_two_thousand_million_cycles_is_no_equivalence(
    checker: Checker, prover: Prover, candidate: str, late: str
) -> None:
    found = prove(checker, prover, DEEP_REF, candidate)
    other = "top" if late == "n" else "n"
    assert dict(found.outputs) == {late: Proof.UNKNOWN, other: Proof.EQUIVALENT}
    assert found.reason == "the time was up"


def test_a_proof_that_is_too_hard_is_unknown_and_simulation_decides() -> None:
    with Checker(CheckSettings(formal_budget_s=0.01, cycles=20, no_cache=True)) as checker:
        verdict = check(checker, SHIFT_REF, MAYBE_NEVER)
    assert (verdict.status, verdict.method) == (Status.PASSED, "simulate")
    assert verdict.equivalence is not None
    assert verdict.equivalence.outputs == (("z", Proof.UNKNOWN),)
    assert verdict.equivalence.reason == "the time was up"


def test_an_output_that_yosys_shows_otherwise_than_the_simulator_is_unknown(checker: Checker, prover: Prover) -> None:
    prepared = checker.prepare(problem(GATES_REF, "m"))
    sums, less = prepared.trace.width, prepared.trace.width - 1
    flipped = bytearray(prepared.trace.rows)
    flipped[less::sums] = bytes({48: 49, 49: 48}[bit] for bit in flipped[less::sums])
    found = prover.compare(prepared, GATES_REF, replace(prepared.trace, rows=bytes(flipped)))
    assert dict(found.outputs) == {"sum": Proof.EQUIVALENT, "less": Proof.UNKNOWN}
    assert found.reason == "Yosys reads the design otherwise than the simulator"


def test_a_killed_process_is_replaced(checker: Checker) -> None:
    prover = Prover(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=1, budget_s=1)
    prepared = checker.prepare(problem(GATES_REF, "m"))
    try:
        assert prover.compare(prepared, GATES_REF).result is Proof.EQUIVALENT
        (worker,) = prover._pool._workers
        os.kill(worker._process.pid, signal.SIGKILL)
        worker._process.wait()
        assert prover.compare(prepared, GATES_REF).result is Proof.EQUIVALENT
    finally:
        prover.close()


def test_a_question_that_no_process_survives_is_unknown(checker: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: object) -> None:
        raise WorkerLostError

    prover = Prover(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=1, budget_s=1)
    monkeypatch.setattr(prover._pool, "ask", lose)
    lost = prover.compare(checker.prepare(problem(GATES_REF, "m")), GATES_REF)
    assert lost.outputs == (("sum", Proof.UNKNOWN), ("less", Proof.UNKNOWN))
    assert (lost.reason, lost.is_out_of_time) == ("the proof's process was lost", False)


@pytest.mark.parametrize("is_starved", [True, False])
def test_what_a_busy_machine_left_unknown_is_noted(
    checker: Checker, monkeypatch: pytest.MonkeyPatch, *, is_starved: bool
) -> None:
    prover = Prover(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=1, budget_s=1)
    answer = {"reason": "the time was up", "is_starved": is_starved}
    monkeypatch.setattr(prover._pool, "ask", lambda *_: answer)
    before = count_cut_short()
    found = prover.compare(checker.prepare(problem(GATES_REF, "m")), GATES_REF)
    assert found.reason == "the time was up"
    assert count_cut_short() - before == is_starved
    prover.close()


RESET_LOW = replace(COUNTER_INTERFACE, resets=(reset("rst", "low"),))
FALLING = replace(COUNTER_INTERFACE, clocks=(Clock(port="clk", edge=ClockEdge.FALLING),))
ALONE = interface("m", ("rst", "input", 1), ("d", "input", 2), ("q", "output", 1), resets=(reset("rst"),))


@pytest.mark.parametrize(
    ("design", "rows", "values"),
    [
        (COUNTER_INTERFACE, "010" + "110010" * 4, {"clk": "0", "rst": "1", "en": "0"}),
        (RESET_LOW, "000" + "100000" * 4, {"clk": "0", "rst": "0", "en": "0"}),
        (FALLING, "110" + "010110" * 4, {"clk": "1", "rst": "1", "en": "0"}),
        (replace(COUNTER_INTERFACE, resets=()), "", {"clk": "0", "rst": "0", "en": "0"}),
        (ALONE, "100", {"rst": "1", "d": "00"}),
    ],
    ids=["high", "low", "falling", "no reset", "no clock"],
)
def test_the_prefix_resets_the_design(design: Interface, rows: str, values: dict[str, str]) -> None:
    assert make_prefix(design) == (rows, values)


# What follows is about the modes of ``Checker``.

LIKE_COUNTER = COUNTER.replace("q + 4'd1", "4'd1 + q")


def check(checker: Checker, reference: str, candidate: str, top: str = "m") -> Verdict:
    return checker.check(Candidate(source=candidate, rule="given"), problem(reference, top))


@pytest.fixture(scope="module")
def first(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(formal=FormalMode.FIRST, formal_budget_s=1, cycles=60, no_cache=True))


def test_first_passes_by_proof_alone(first: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    first.prepare(problem())
    monkeypatch.setattr(first.simulator, "simulate", None)
    verdict = check(first, COUNTER, LIKE_COUNTER, "counter")
    assert (verdict.status, verdict.method) == (Status.PASSED, "prove")
    assert [(one.name, one.is_right) for one in verdict.signals] == [("q", True), ("wrap", True)]
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is Proof.EQUIVALENT


@pytest.mark.parametrize(
    ("candidate", "status"),
    [
        (COUNTER.replace("q <= wrap", "q <= #1 wrap"), Status.PASSED),
        (COUNTER.replace("4'd11;", "4'd10;"), Status.MISMATCH),
        (COUNTER.replace("always", "initial q = 3;\nalways"), Status.PASSED),
    ],
    ids=["unknown", "different", "initial value"],
)
def test_first_simulates_what_is_not_proved(first: Checker, candidate: str, status: Status) -> None:
    reference = COUNTER.replace("always", "reg [3:0] unused;\nalways")
    verdict = check(first, reference, candidate, "counter")
    assert (verdict.status, verdict.method) == (status, "simulate")
    assert (verdict.wave is not None) == (status is Status.MISMATCH)


TRAPS = {
    "wrong if data moved in the first reset": (
        "reg [2:0] age = 0; reg bad = 0;\nalways @(posedge clk) begin\n"
        "if (age < 4) begin age <= age + 1; if (d) bad <= 1; end\nif (rst) q <= 0; else q <= d ^ bad; end\n"
    ),
    "wrong until the first reset is over": (
        "reg [2:0] age = 0; reg p;\nalways @* q = age < 3 | p;\n"
        "always @(posedge clk) begin if (age < 3) age <= age + 1; p <= d & ~rst; end\n"
    ),
}


@pytest.mark.parametrize("body", TRAPS.values(), ids=TRAPS)
def test_first_is_not_fooled_by_what_happens_before_the_proof_begins(first: Checker, body: str) -> None:
    verdict = check(first, SYNC, f"{FLOP}{body}endmodule\n")
    assert (verdict.status, verdict.method) == (Status.MISMATCH, "simulate")


def test_off_proves_nothing(checker: Checker) -> None:
    verdict = check(checker, COUNTER, LIKE_COUNTER, "counter")
    assert (verdict.status, verdict.method, verdict.equivalence) == (Status.PASSED, "simulate", None)


def test_confirm_proves_what_simulation_passed_and_nothing_else() -> None:
    with Checker(CheckSettings(cycles=60)) as checker:
        right = check(checker, COUNTER, LIKE_COUNTER, "counter")
        wrong = check(checker, COUNTER, COUNTER.replace("4'd11;", "4'd1;"), "counter")
    assert right.equivalence is not None
    assert (right.method, right.equivalence.result) == ("simulate", Proof.EQUIVALENT)
    assert (wrong.status, wrong.equivalence) == (Status.MISMATCH, None)
