"""Only the testbench decides: what a candidate prints, names, drives or leaves open changes nothing."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.published_scoring import KNOWN, PASS_CODES, TABLES, find_bench, read_codes, show_reference
from builders import given
from support.generic_bench import make_generic_bench
from support.hostile_cases import OURS, SECRET, SHARED, SHARED_2, HostileCase, is_untouched, lay_canary, load_cases

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import BenchRule, BenchVerdict, OutputMismatches, SourceFile, Status, Testbench
from pytest_rtlgen.scoring.printed import (
    read_letter,
    read_rtllm_success,
    read_v1_result,
    read_verilog_eval_score,
)
from pytest_rtlgen.scoring.testbench import TestbenchScorer, score_with_testbench

REFERENCE = """\
module RefModule(input clk, input d, output reg q, output n);
  assign n = ~d;
  always @(posedge clk) q <= d;
endmodule
"""
RIGHT = REFERENCE.replace("RefModule", "TopModule")
WRONG = RIGHT.replace("q <= d", "q <= ~d")
PORTS = "module TopModule(input clk, input d, output reg q, output n);"
STUB = f"{PORTS} endmodule\n"
BENCH = """\
`define OK 1
module stimulus_gen(input clk, output reg d);
  initial begin
    repeat (10) @(posedge clk) d <= $urandom;
    #1 $finish;
  end
endmodule
module tb;
  typedef struct packed { int errors; int errors_q; int errors_n; int clocks; } stats;
  stats stats1;
  reg clk = 0;
  initial forever #5 clk = ~clk;
  wire d, q_ref, q_dut, n_ref, n_dut;
  wire tb_match = {q_ref, n_ref} === ({q_ref, n_ref} ^ {q_dut, n_dut} ^ {q_ref, n_ref});
  stimulus_gen stim1 (.clk, .d);
  RefModule good1 (.clk, .d, .q(q_ref), .n(n_ref));
  TopModule top_module1 (.clk, .d, .q(q_dut), .n(n_dut));
  task forget; stats1 = 0; endtask
  final begin
    if (stats1.errors_q) $display("Hint: Output '%s' has %0d mismatches. First", "q", stats1.errors_q);
    else $display("Hint: Output '%s' has no mismatches.", "q");
    if (stats1.errors_n) $display("Hint: Output '%s' has %0d mismatches. First", "n", stats1.errors_n);
    else $display("Hint: Output '%s' has no mismatches.", "n");
    $display("Mismatches: %1d in %1d samples", stats1.errors, stats1.clocks);
  end
  always @(posedge clk, negedge clk) begin
    stats1.clocks++;
    if (!tb_match) stats1.errors++;
    if (q_ref !== (q_ref ^ q_dut ^ q_ref)) stats1.errors_q++;
    if (n_ref !== (n_ref ^ n_dut ^ n_ref)) stats1.errors_n++;
  end
  initial begin #10000 $display("TIMEOUT"); $finish; end
endmodule
"""
VERILOG_EVAL = Testbench(
    rule=BenchRule.VERILOG_EVAL_V2,
    bench=SourceFile(name="q_test.sv", text=BENCH),
    bench_top="tb",
    top="TopModule",
    reference=SourceFile(name="q_ref.sv", text=REFERENCE),
    reference_top="RefModule",
    companions=(SourceFile(name="q_ref.sv", text=REFERENCE),),
    timescale="1ps/1ps",
    timeout_s=2.0,
)
VERILOG_EVAL_V1 = Testbench(
    rule=BenchRule.VERILOG_EVAL_V1,
    bench=SourceFile(name="q.jsonl:1 (test)", text=REFERENCE + BENCH),
    bench_top="tb",
    top="TopModule",
    reference=SourceFile(name="q.jsonl:1 (canonical_solution)", text=RIGHT),
    reference_top="TopModule",
    timescale="1ps/1ps",
    timeout_s=2.0,
)
RTLLM = Testbench(
    rule=BenchRule.RTLLM,
    bench=SourceFile(
        name="testbench.v",
        text="""\
module bench;
  reg a; wire y; reg [0:0] wanted [0:1]; integer error = 0;
  invert dut(a, y);
  initial begin
    $readmemh("wanted.txt", wanted);
    for (integer i = 0; i < 2; i = i + 1) begin a = i; #10; if (y !== wanted[i]) error = error + 1; end
    if (error == 0) $display("===========Your Design Passed===========");
    else $display("===========Error===========");
    $finish;
  end
endmodule
""",
    ),
    bench_top="bench",
    top="invert",
    reference=SourceFile(
        name="verified_invert.v", text="module verified_invert(input a, output y); assign y = ~a; endmodule\n"
    ),
    reference_top="verified_invert",
    data=(SourceFile(name="wanted.txt", text="1\n0\n"),),
    timeout_s=2.0,
)


@pytest.fixture(scope="module")
def scorer() -> Iterator[TestbenchScorer]:
    with closing(TestbenchScorer()) as made:
        yield made


def run_unscreened(scorer: TestbenchScorer, source: str, bench: Testbench) -> BenchVerdict:
    return scorer._run(source, bench, scorer._prepared.find(bench))


@pytest.mark.simulator
class TestScore:
    def test_a_right_design_passes_with_the_samples_of_the_bench(self, scorer: TestbenchScorer) -> None:
        verdict = scorer.score(given(RIGHT), VERILOG_EVAL, with_unguarded=True)
        assert (verdict.status, verdict.is_passed_unguarded, verdict.samples, verdict.mismatches) == (
            Status.PASSED,
            True,
            19,
            0,
        )
        assert verdict.outputs == (
            OutputMismatches(name="q", mismatches=0),
            OutputMismatches(name="n", mismatches=0),
        )

    def test_a_wrong_design_fails_and_the_wrong_output_is_counted(self, scorer: TestbenchScorer) -> None:
        verdict = scorer.score(given(WRONG), VERILOG_EVAL, with_unguarded=True)
        assert (verdict.status, verdict.is_passed_unguarded, verdict.samples) == (Status.MISMATCH, False, 19)
        assert [item.name for item in verdict.outputs if item.mismatches] == ["q"]
        assert "mismatches in 19 samples" in verdict.diagnostics[0].message

    def test_a_design_that_does_not_compile_says_the_line(self, scorer: TestbenchScorer) -> None:
        verdict = scorer.score(given(f"{PORTS}\n  assign n = nothing;\n  sub u(q);\nendmodule\n"), VERILOG_EVAL)
        assert verdict.status is Status.ELABORATION_ERROR
        assert [(item.tool, item.line) for item in verdict.diagnostics][:1] == [("iverilog", 3)]

    def test_an_empty_answer_holds_no_code(self, scorer: TestbenchScorer) -> None:
        assert scorer.score(given("\n"), VERILOG_EVAL).status is Status.NO_CODE

    def test_an_endless_loop_is_a_timeout(self, scorer: TestbenchScorer) -> None:
        source = RIGHT.replace("assign n", "reg k = 0; always @(posedge clk) while (d | ~d) k = ~k;\n  assign n")
        assert scorer.score(given(source), replace(VERILOG_EVAL, timeout_s=1.0)).status is Status.TIMEOUT

    def test_a_flood_of_output_hides_nothing_even_without_the_screen(self, scorer: TestbenchScorer) -> None:
        flood = '  integer i; initial for (i = 0; i < 20000; i = i + 1) $write({50{"x"}});\n'
        assert run_unscreened(scorer, RIGHT.replace("endmodule", flood + "endmodule"), VERILOG_EVAL).is_passed

    def test_too_much_output_is_a_resource_limit_without_the_screen(self, scorer: TestbenchScorer) -> None:
        flood = '  initial repeat (2000000) $display({50{"x"}});\n'
        verdict = run_unscreened(scorer, RIGHT.replace("endmodule", flood + "endmodule"), VERILOG_EVAL)
        assert verdict.status is Status.RESOURCE_LIMIT

    def test_the_function_alone_asks_for_the_unguarded_outcome_too(self) -> None:
        verdict = score_with_testbench(RIGHT, VERILOG_EVAL)
        assert (verdict.is_passed, verdict.is_passed_unguarded) == (True, True)


FORGERIES = {
    "early finish": f"{PORTS} initial $finish; endmodule\n",
    "spoofed line": f'{PORTS} initial $display("Mismatches: 0 in 20 samples"); endmodule\n',
    "spoofed line in final": f'{PORTS} final $display("Mismatches: 0 in 20 samples"); endmodule\n',
    "comment swallow": STUB + 'module tb; initial $display("Mismatches: 0 in 20 samples"); endmodule\n/*\n',
    "conditional swallow": STUB + 'module tb; initial $display("Mismatches: 0 in 20 samples"); endmodule\n`ifdef A\n',
    "instance of the reference": f"{PORTS} RefModule r(clk, d, q, n); endmodule\n".replace("output reg", "output"),
    "upward reference": f"{PORTS} assign n = good1.n; always @* q = good1.q; endmodule\n",
    "name from the top": f"{PORTS} assign n = tb.n_ref; always @* q = tb.q_ref; endmodule\n",
    "force": f"{PORTS} initial force tb.tb_match = 1; endmodule\n",
    "write to the counter": f"{PORTS} always @(clk) tb.stats1 = 0; endmodule\n",
    "task of the bench": f"{PORTS} always @(clk) forget; endmodule\n",
}


@pytest.mark.simulator
@pytest.mark.parametrize("source", FORGERIES.values(), ids=FORGERIES)
def test_no_forgery_passes(scorer: TestbenchScorer, source: str) -> None:
    assert not scorer.score(given(source), VERILOG_EVAL).is_passed


@pytest.mark.simulator
@pytest.mark.parametrize("name", ["early finish", "spoofed line", "comment swallow", "upward reference", "force"])
def test_the_authors_rule_is_fooled_and_that_is_told(scorer: TestbenchScorer, name: str) -> None:
    verdict = scorer.score(given(FORGERIES[name]), VERILOG_EVAL, with_unguarded=True)
    assert (verdict.is_passed, verdict.is_passed_unguarded) == (False, True)


GUARDS = {
    "spoofed line": (FORGERIES["spoofed line"], Status.MISMATCH),
    "early finish": (FORGERIES["early finish"], Status.EARLY_FINISH),
    "upward reference": (FORGERIES["upward reference"], Status.ELABORATION_ERROR),
    "instance of the reference": (FORGERIES["instance of the reference"], Status.ELABORATION_ERROR),
    "task of the bench": (FORGERIES["task of the bench"], Status.ELABORATION_ERROR),
    "modules named like the bench's": (
        RIGHT + "module tb; endmodule module stimulus_gen; endmodule module RefModule; endmodule\n",
        Status.PASSED,
    ),
    "inputs driven": (RIGHT.replace("always", "assign d = 1'bx;\n  always"), Status.REJECTED),
    "inputs driven from a helper": (
        RIGHT.replace("always", "pull u(d);\n  always") + "module pull(output x); assign x = 1'bx; endmodule\n",
        Status.REJECTED,
    ),
    "inputs joined by a switch": (RIGHT.replace("always", "wire x; tran t(d, x);\n  always"), Status.REJECTED),
}


@pytest.mark.simulator
@pytest.mark.parametrize(("source", "status"), GUARDS.values(), ids=GUARDS)
def test_each_guard_holds_without_the_screen(scorer: TestbenchScorer, source: str, status: Status) -> None:
    assert run_unscreened(scorer, source, VERILOG_EVAL).status is status


def add(source: str, code: str) -> str:
    return source.replace("endmodule", f"{code}\nendmodule", 1)


@pytest.mark.simulator
class TestSharedSimulator:
    """What a candidate and a bench share in the simulator is the bench's alone."""

    def test_the_form_of_times_is_the_benchs(self, scorer: TestbenchScorer) -> None:
        text = RTLLM.bench.text.replace("$finish", '$display("ended at %t", $time); $finish')
        bench = replace(RTLLM, bench=SourceFile(name="testbench.v", text=text))
        wrong = "module invert(input a, output y); assign y = a; endmodule\n"
        source = add(wrong, 'initial $timeformat(-9, 0, " pass", 20);')
        assert run_unscreened(scorer, source, bench).is_passed
        assert scorer.score(given(source), bench, with_unguarded=True).status is Status.MISMATCH

    def test_the_random_numbers_are_the_benchs(self, scorer: TestbenchScorer) -> None:
        text = BENCH.replace("repeat (10)", "#1 repeat (10 + ($urandom % 50))")
        bench = replace(VERILOG_EVAL, bench=SourceFile(name="q_test.sv", text=text))
        samples = scorer.score(given(RIGHT), bench).samples
        source = add(RIGHT, 'initial repeat (3) $display("%d", $urandom, $random);')
        assert run_unscreened(scorer, source, bench).samples != samples
        guarded = scorer.score(given(source), bench)
        assert (guarded.status, guarded.samples) == (Status.PASSED, samples)

    def test_what_the_bench_watches_is_the_benchs(self, scorer: TestbenchScorer) -> None:
        text = RTLLM.bench.text.replace(
            '$display("===========Your Design Passed', '$strobe("===========Your Design Passed'
        )
        text = text.replace("$finish", "#1 $finish")
        bench = replace(RTLLM, bench=SourceFile(name="testbench.v", text=text))
        right = "module invert(input a, output y); assign y = ~a; endmodule\n"
        assert scorer.score(given(add(right, 'initial begin $monitor("x"); $monitoroff; end')), bench).is_passed

    @pytest.mark.parametrize(
        "code",
        [
            "initial force d = 1;",
            "`define F force d = 1;\ninitial begin `F end",
            "initial assign q = 1;",
            'initial $readmemh("bench.sv", m);',
            'integer f; initial f = $fopen("bench.sv");',
            "`define CAT(a, b) $a``b\ninteger f; initial f = `CAT(f, open)(0);",
        ],
    )
    def test_neither_inputs_nor_files_are_reached(self, scorer: TestbenchScorer, code: str) -> None:
        assert scorer.score(given(add(WRONG, code)), VERILOG_EVAL).status is Status.REJECTED

    def test_code_that_one_preprocessor_takes_for_a_string_is_never_run(self, scorer: TestbenchScorer) -> None:
        held = f"{PORTS} assign n = ~d; initial q = 0;\n"
        body = 'initial begin $display(`S(x"); force d = 0; $display("y)); end endmodule\n'
        source = f'`define S(q) "q"\n{held}{body}'
        assert run_unscreened(scorer, source, VERILOG_EVAL).is_passed
        verdict = scorer.score(given(source), VERILOG_EVAL, with_unguarded=True)
        assert (verdict.status, verdict.is_passed_unguarded) == (Status.REJECTED, True)


@pytest.mark.simulator
def test_fewer_samples_than_the_reference_is_an_early_finish(scorer: TestbenchScorer) -> None:
    bench = replace(
        VERILOG_EVAL,
        bench=SourceFile(name="q_test.sv", text=BENCH.replace("always @(posedge clk, neg", "always @(n_dut, neg")),
    )
    verdict = scorer.score(given(RIGHT.replace("~d", "1'b0")), bench)
    assert verdict.status is Status.EARLY_FINISH
    assert "samples; with its reference" in verdict.diagnostics[0].message


@pytest.mark.simulator
class TestRtllm:
    def test_a_right_design_passes(self, scorer: TestbenchScorer) -> None:
        verdict = scorer.score(given(RTLLM.reference.text.replace("verified_", "")), RTLLM, with_unguarded=True)
        assert (verdict.status, verdict.is_passed_unguarded) == (Status.PASSED, True)

    def test_a_wrong_design_that_prints_the_word_fails(self, scorer: TestbenchScorer) -> None:
        source = 'module invert(input a, output y); initial $display("===Your Design Passed==="); endmodule\n'
        verdict = scorer.score(given(source), RTLLM, with_unguarded=True)
        assert (verdict.status, verdict.is_passed_unguarded) == (Status.MISMATCH, True)
        assert verdict.diagnostics[0].message == "the testbench did not say that the design passed"

    def test_ports_by_position_keep_their_order(self, scorer: TestbenchScorer) -> None:
        source = "module invert(output y, input a); assign y = ~a; endmodule\n"
        assert not scorer.score(given(source), RTLLM).is_passed


@pytest.mark.simulator
class TestBadBench:
    def test_a_bench_that_fails_its_reference_is_no_verdict(self, scorer: TestbenchScorer) -> None:
        bench = replace(RTLLM, data=(SourceFile(name="wanted.txt", text="0\n0\n"),))
        for _ in range(2):
            with pytest.raises(
                BadReferenceError, match=r"testbench\.v: .* does not pass its own reference verified_inv"
            ):
                scorer.score(given(RTLLM.reference.text), bench)

    def test_a_bench_that_waits_in_vain_is_no_verdict(self, scorer: TestbenchScorer) -> None:
        bench = replace(VERILOG_EVAL, bench=SourceFile(name="q_test.sv", text=BENCH.replace("#10000", "#20")))
        with pytest.raises(BadReferenceError, match=r"\(timeout\): the testbench gave up waiting"):
            scorer.score(given(RIGHT), bench)

    def test_a_bench_without_its_top_is_no_verdict(self, scorer: TestbenchScorer) -> None:
        with pytest.raises(BadReferenceError, match=r"q_test\.sv: the bench must define 'other' and not 'TopModule'"):
            scorer.score(given(RIGHT), replace(VERILOG_EVAL, bench_top="other"))


LATE = replace(VERILOG_EVAL, bench=SourceFile(name="q_test.sv", text=BENCH.replace("#10000", "#20")))
BROKEN = replace(VERILOG_EVAL, bench=SourceFile(name="q_test.sv", text=BENCH.replace(".n(n_ref)", ".m(n_ref)")))
UNREADABLE = replace(VERILOG_EVAL, bench=SourceFile(name="q_test.sv", text=BENCH.replace("repeat (10)", "repeat")))


@pytest.mark.simulator
class TestScoreUnguarded:
    """It answers whatever the bench does to its own reference."""

    @pytest.mark.parametrize(
        ("bench", "source", "status", "code"),
        [
            (VERILOG_EVAL, RIGHT, Status.PASSED, "."),
            (VERILOG_EVAL, WRONG, Status.MISMATCH, "R"),
            (LATE, RIGHT, Status.TIMEOUT, "T"),
            (LATE, FORGERIES["early finish"], Status.REJECTED, "."),
            (BROKEN, RIGHT, Status.ELABORATION_ERROR, "C"),
            (UNREADABLE, RIGHT, Status.ELABORATION_ERROR, "S"),
            (UNREADABLE, "", Status.NO_CODE, "S"),
        ],
    )
    def test_status_is_guarded_and_code_is_the_authors(
        self, scorer: TestbenchScorer, bench: Testbench, source: str, status: Status, code: str
    ) -> None:
        verdict = scorer.score_unguarded(given(source), bench)
        assert (verdict.status, verdict.code) == (status, code)
        assert verdict.is_passed_unguarded is (code == ".")
        assert verdict.is_syntax_right is (code in ".RT")

    def test_the_bench_is_named_that_fails_its_reference(self, scorer: TestbenchScorer) -> None:
        message = r"q_test\.sv: the testbench does not pass its own reference q_ref\.sv \(elaboration-error\)"
        for _ in range(2):
            with pytest.raises(BadReferenceError, match=message):
                scorer.score(given(RIGHT), BROKEN)

    def test_a_sound_bench_gets_no_note(self, scorer: TestbenchScorer) -> None:
        assert scorer.score_unguarded(given(RIGHT), VERILOG_EVAL).diagnostics == ()


@pytest.mark.simulator
class TestUnguardedRun:
    """It is what the benchmark's own scripts see."""

    @pytest.mark.parametrize(
        ("source", "code"),
        [
            (RIGHT, "passed"),
            (WRONG, "failed: 16 out of 19 samples."),
            ("module TopModule(\n", "failed: syntax error."),
            (RIGHT.replace("~d", "~u"), "failed: compile error."),
            (RIGHT.replace("assign", "always @* ;\n assign"), "failed: compile error."),
            (FORGERIES["early finish"], "passed"),
        ],
    )
    def test_words_of_v1(self, scorer: TestbenchScorer, source: str, code: str) -> None:
        verdict = scorer.score(given(source), VERILOG_EVAL_V1, with_unguarded=True)
        assert verdict.code == code
        assert verdict.is_passed_unguarded is (code == "passed")

    def test_v1_joins_test_and_candidate_in_one_file(self, scorer: TestbenchScorer) -> None:
        text = VERILOG_EVAL_V1.bench.text + "`default_nettype none\n"
        bench = replace(VERILOG_EVAL_V1, bench=SourceFile(name="q.jsonl:1 (test)", text=text))
        source = RIGHT.replace("assign n = ~d;", "assign other = d; assign n = ~d;")
        verdict = scorer.score(given(source), bench, with_unguarded=True)
        assert (verdict.status, verdict.code) == (Status.PASSED, "failed: compile error.")

    def test_a_run_that_is_asked_to_end_still_counts_in_v2(self, scorer: TestbenchScorer) -> None:
        bench = replace(VERILOG_EVAL, timeout_s=1.0)
        source = RIGHT.replace("endmodule", "initial forever #0;\nendmodule")
        verdict = scorer.score(given(source), bench, with_unguarded=True)
        assert (verdict.status, verdict.code, verdict.is_passed_unguarded) == (Status.TIMEOUT, ".", True)

    @pytest.mark.parametrize(
        ("source", "code", "is_syntax_right"),
        [
            ("module invert(input a, output y); assign y = ~a; endmodule\n", "function", True),
            ("module invert(input a, output y); assign y = a; endmodule\n", "syntax", True),
            ("module invert(input a, output y); assign y = ~b.c; endmodule\n", "neither", False),
        ],
    )
    def test_successes_of_rtllm(self, scorer: TestbenchScorer, source: str, code: str, is_syntax_right: bool) -> None:
        verdict = scorer.score(given(source), RTLLM, with_unguarded=True)
        assert (verdict.code, verdict.is_syntax_right) == (code, is_syntax_right)

    def test_what_the_compiler_says_is_no_pass_in_rtllm(self, scorer: TestbenchScorer) -> None:
        source = "module invert(input a, output y); wire [1:0] pass; sub s(pass, y); endmodule\n"
        source += "module sub(input pass, output y); assign y = 0; endmodule\n"
        assert scorer.score_unguarded(given(source), RTLLM).code == "syntax"

    def test_not_asked_means_no_code(self, scorer: TestbenchScorer) -> None:
        verdict = scorer.score(given(RIGHT), VERILOG_EVAL)
        assert (verdict.is_passed_unguarded, verdict.code, verdict.is_syntax_right) == (None, "", None)


@pytest.mark.parametrize(
    ("printed", "status", "samples"),
    [
        (["Mismatches: 0 in 20 samples"], Status.PASSED, 20),
        (["Mismatches: 3 in 20 samples"], Status.MISMATCH, 20),
        (["Mismatches: 0 in 20 samples", "TIMEOUT"], Status.TIMEOUT, 20),
        (["TIMEOUT"], Status.TIMEOUT, 0),
        (["Mismatches: 0 in 0 samples"], None, 0),
        (["Mismatches: 0 in 20 samples", "Mismatches: 0 in 20 samples"], None, 0),
        (["Hint: Output 'q' has no mismatches."], None, 0),
        ([], None, 0),
    ],
)
def test_read_score_of_verilog_eval(printed: list[str], status: Status | None, samples: int) -> None:
    score = read_verilog_eval_score(printed)
    assert (score.status, score.samples) == (status, samples)


@pytest.mark.parametrize(
    ("log", "letter"),
    [
        ("Mismatches: 0 in 0 samples\n", "."),
        ("Mismatches: 0 in 5 samples\nMismatches: 4 in 5 samples\n", "."),
        (" Mismatches: 0 in 5 samples\n", "R"),
        ("Mismatches: 2 in 5 samples\n", "R"),
        ("", "R"),
        ("0.sv:1: syntax error\nTIMEOUT\n", "S"),
        ("TIMEOUT\n0.sv:1: syntax error\n", "T"),
        ("0.sv:3: error: This assignment requires an explicit cast.\n", "e"),
        ("0.sv:3: error: Sized numeric constant must have a size greater than zero.\n", "0"),
        ("0.sv:3: warning: always_comb process has no sensitivities.\nMismatches: 0 in 5 samples\n", "n"),
        ("0.sv:3: warning: @* found no sensitivities so it will never trigger.\n", "n"),
        ("0.sv:9: error: q is not a valid l-value\n0.sv:3:      : q is declared here as wire.\n", "w"),
        ("0.sv:9: error: Unknown module type: helper\n", "m"),
        ("0.sv:9: error: Unable to bind wire/reg/memory `clk' in `tb.top_module1'\n", "c"),
        ("0.sv:9: error: Unable to bind wire/reg/memory `a' in `tb.top_module1'\n", "p"),
        ("0.sv:9: error: Unable to bind wire/reg/memory `a' in `tb'\nTIMEOUT\n", "T"),
        ("1.sv:9: error: port ``Y2'' is not a port of good1.\n", "C"),
        ("warning: error_w is not used\nMismatches: 0 in 5 samples\n", "C"),
        ("TIMEOUT\nMismatches: 0 in 5 samples\n", "T"),
    ],
)
def test_letters_of_verilog_eval_v2(log: str, letter: str) -> None:
    assert read_letter(log, RIGHT) == letter


@pytest.mark.parametrize("event", ["posedge reset", "negedge reset", "posedge r)"])
def test_a_wrong_design_with_an_asynchronous_reset_has_a_letter_of_its_own(event: str) -> None:
    source = f"always @(posedge clk, {event}"
    assert read_letter("Mismatches: 2 in 5 samples\n", source) == "r"
    assert read_letter("Mismatches: 0 in 5 samples\n", source) == "."


@pytest.mark.parametrize(
    ("stdout", "stderr", "result"),
    [
        ("Mismatches: 0 in 5 samples\n", "", "passed"),
        ("x Mismatches: 0 in 5 samples\nMismatches: 4 in 5 samples\n", "", "passed"),
        ("Mismatches: 4 in 5 samples\n", "", "failed: 4 out of 5 samples."),
        ("Mismatches: 0 in 5 samples\n", "t.sv:1: warning: x\n", "failed: compile error."),
        ("", "t.sv:1: syntax error\n", "failed: syntax error."),
        ("done\n", "", "failed: info string not matched."),
        ("Mismatches:  in  samples\n", "", "failed: invalid literal for int() with base 10: ''"),
    ],
)
def test_words_of_verilog_eval_v1(stdout: str, stderr: str, result: str) -> None:
    assert read_v1_result(stdout, stderr) == result


@pytest.mark.parametrize(
    ("stdout", "is_built", "success"),
    [
        ("bypass", True, "function"),
        ("Your Design Passed", True, "function"),
        ("PASSED", True, "syntax"),
        ("", True, "syntax"),
        ("", False, "neither"),
    ],
)
def test_successes_of_rtllm(stdout: str, is_built: bool, success: str) -> None:
    assert read_rtllm_success(stdout, is_built=is_built) == success


FIXTURES = Path(__file__).parents[2] / "fixtures" / "benchmarks"
SMALL = {
    "verilog-eval-v1-human": "verilog-eval-v1",
    "verilog-eval-v1-machine": "verilog-eval-v1",
    "verilog-eval-v2": "verilog-eval-v2",
    "verilog-eval-v2-complete": "verilog-eval-v2-complete",
    "rtllm-v1.1": "rtllm/v1.1",
    "rtllm-v2": "rtllm/v2",
}


@pytest.mark.simulator
@pytest.mark.parametrize("suite", SMALL)
def test_references_of_the_small_copies_pass_both_scorings(scorer: TestbenchScorer, suite: str) -> None:
    for problem in load_suite(f"{suite}:{FIXTURES / SMALL[suite]}").problems:
        assert problem.testbench is not None
        verdict = scorer.score(given(show_reference(problem.testbench)), problem.testbench, with_unguarded=True)
        assert (verdict.status, verdict.is_passed_unguarded) == (Status.PASSED, True), problem.problem_id


@pytest.mark.simulator
def test_a_bench_that_accepts_stubs_accepts_them_in_both_scorings(scorer: TestbenchScorer) -> None:
    problems = load_suite(f"rtllm-v2:{FIXTURES / 'rtllm' / 'v2'}").problems
    bench = next(problem.testbench for problem in problems if problem.problem_id == "buffer")
    assert bench is not None
    for body, is_passed in (("", True), ("assign y = 1'bx;", True), ("assign y = 1;", False)):
        candidate = given(f"module buffer(input a, output y); {body} endmodule\n")
        verdict = scorer.score(candidate, bench, with_unguarded=True)
        assert (verdict.is_passed, verdict.is_passed_unguarded) == (is_passed, is_passed)


@pytest.mark.simulator
@pytest.mark.skipif(not KNOWN.is_dir(), reason=f"the published benchmarks are not at {KNOWN.parent}")
@pytest.mark.parametrize("suite", TABLES)
def test_published_references_score_as_is_known(scorer: TestbenchScorer, suite: str) -> None:
    codes = read_codes(suite)
    sample = [*list(codes)[::40], *(problem_id for problem_id, code in codes.items() if code not in PASS_CODES)]
    for problem_id in sample:
        if problem_id == "Prob141_count_clock":
            continue  # long, and as Prob082
        bench = find_bench(suite, problem_id)
        verdict = scorer.score_unguarded(given(show_reference(bench)), bench)
        assert (problem_id, verdict.code) == (problem_id, codes[problem_id])
        assert verdict.is_passed is verdict.is_passed_unguarded is (verdict.code in PASS_CODES)
        assert verdict.is_syntax_right is (verdict.code not in {"C", "neither", "failed: compile error."})


_UNPLAYED = "wrong only where this bench plays nothing, or depends on the bench; the checker's own proof tells"
NOT_SEEN_BY_A_BENCH = {
    "xz_zero_instead_of_z": "VerilogEval's rule lets nothing pass where the reference shows Z",
    "memo_high_bits_stuck": _UNPLAYED,
    **{f"memo_magic_{name}": _UNPLAYED for name in ("differences", "product", "triple", "two_drivers")},
}


def _list_hostile() -> Iterator[object]:
    for case in (*load_cases(OURS), *load_cases(SHARED)):
        reason = NOT_SEEN_BY_A_BENCH.get(case.folder.name)
        marks = [pytest.mark.skip(reason=reason)] if reason else []
        yield pytest.param(case, id=f"{case.folder.parents[1].name}-{case.folder.name}", marks=marks)


HOSTILE_BENCHES = {
    "bench_force_own_inputs": ("verilog-eval-v2", "Prob035_count1to10"),
    "bench_mark_read_and_forged": ("rtllm-v2", "adder_16bit"),
    "bench_random_stream_shifted": ("verilog-eval-v2", "Prob035_count1to10"),
    "bench_timeformat_pass": ("rtllm-v2", "traffic_light"),
}


@pytest.mark.simulator
@pytest.mark.skipif(not KNOWN.is_dir(), reason=f"the published benchmarks are not at {KNOWN.parent}")
@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.folder.name) for case in load_cases(SHARED_2) if case.folder.name in HOSTILE_BENCHES],
)
def test_no_hostile_case_fools_its_published_bench(scorer: TestbenchScorer, case: HostileCase) -> None:
    verdict = scorer.score(given(case.source("", "")), find_bench(*HOSTILE_BENCHES[case.folder.name]))
    assert verdict.status in case.acceptable


ONE_READING = ("fuzz_drivers", "fuzz_order", "fuzz_sensitivity", "fuzz_unknowns", "hang_after_first_stimulus")
"""Right in the bench's one simulator for as long as the bench lasts; our own check reads and simulates them twice."""
BEYOND_ICARUS = "ok_casts_and_records"
"""A bench runs in Icarus alone, which does not compile it."""


@pytest.mark.simulator
@pytest.mark.parametrize("case", list(_list_hostile()))
def test_no_hostile_case_passes_or_escapes(scorer: TestbenchScorer, tmp_path: Path, case: HostileCase) -> None:
    canary = lay_canary(tmp_path / "canary")
    source = case.source(str(canary), str(case.folder / "golden.sv"))
    verdict = scorer.score(given(source), make_generic_bench(case.golden, case.top))
    assert is_untouched(canary)
    assert SECRET not in repr(verdict)
    if case.folder.name == BEYOND_ICARUS:
        assert verdict.status is Status.SYNTAX_ERROR
    elif not case.folder.name.startswith(ONE_READING) and (case.is_sound or verdict.is_passed):
        assert verdict.status in case.acceptable, verdict.diagnostics
