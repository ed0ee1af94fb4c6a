"""What a model is told: bounded, without paths of this machine, without the hidden testbench."""

from dataclasses import replace

import pytest
from builders import problem

from pytest_rtlgen.evaluation.repair.feedback import MOST_FEEDBACK, MOST_TESTBENCH, write_feedback
from pytest_rtlgen.records import (
    BenchRule,
    BenchVerdict,
    Candidate,
    CocotbHarness,
    Completion,
    Diagnostic,
    Method,
    OutputMismatches,
    RepairKind,
    SampleKey,
    SampleResult,
    Severity,
    SignalVerdict,
    SourceFile,
    Status,
    Testbench,
    Tool,
    Verdict,
    WaveWindow,
)

BENCH = Testbench(
    rule=BenchRule.RTLLM,
    bench=SourceFile(name="tb.v", text="module tb; initial $display(secret_stimulus); endmodule\n"),
    bench_top="tb",
    top="counter",
    reference=SourceFile(name="ref.v", text="module counter; // golden\nendmodule\n"),
    reference_top="counter",
)
HARNESS = CocotbHarness(
    files=(SourceFile(name="src/test_counter.py", text="async def test_secret(dut): ...\n"),),
    targets=("rtl/counter.sv",),
    solution=(SourceFile(name="rtl/counter.sv", text="// golden\n"),),
)
PLAIN = problem()


def say(message: str, *, tool: Tool = Tool.IVERILOG, line: int | None = None) -> Diagnostic:
    return Diagnostic(tool=tool, severity=Severity.ERROR, message=message, line=line)


def result(
    status: Status, *diagnostics: Diagnostic, bench: BenchVerdict | None = None, **fields: object
) -> SampleResult:
    verdict = Verdict(status=status, method=Method.SIMULATE, diagnostics=diagnostics, **fields)  # type: ignore[arg-type]
    completion = Completion(key=SampleKey(suite="test", problem_id="counter", index=0), text="x", model="m")
    return SampleResult(
        completion=completion, candidate=Candidate(source="", rule="fence"), verdict=verdict, bench_verdict=bench
    )


def compile_feedback(*diagnostics: Diagnostic) -> str:
    return write_feedback(PLAIN, result(Status.SYNTAX_ERROR, *diagnostics), RepairKind.COMPILE, shows_testbench=False)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("/run/rtlgen-8f3a/work/design.sv:4: bad", "design.sv:4: bad"),
        ("in (/home/ann/my.models/x-1/a.v)", "in (a.v)"),
        ("a / b and q/2 and // text stay", "a / b and q/2 and // text stay"),
        (r"\bus/a/b stays", r"\\bus/a/b stays"),
    ],
)
def test_paths_of_this_machine_are_left_out(message: str, shown: str) -> None:
    assert f"iverilog error: {shown}".replace("\\\\", "\\") in compile_feedback(say(message))


def test_what_a_compiler_says_is_told_with_its_line() -> None:
    assert compile_feedback(say("expected ';'", line=7)) == (
        "Your answer does not get through the compiler (syntax-error: the Verilog does not parse).\n\n"
        "iverilog error: line 7: expected ';'"
    )


def test_errors_come_before_warnings() -> None:
    warning = replace(say("unused"), severity=Severity.WARNING)
    text = compile_feedback(warning, say("broken"))
    assert text.index("broken") < text.index("unused")


def test_no_feedback_is_long_whatever_a_design_printed() -> None:
    ports = [(f"input_{number}_{'x' * 40}", ("01" * 40,) * 16) for number in range(200)]
    outputs = tuple((f"out_{number}", ("0" * 64,) * 16, ("1" * 64,) * 16) for number in range(100))
    wave = WaveWindow(first_step=0, mismatch_step=8, step_ns=10.0, inputs=tuple(ports), outputs=outputs)
    signals = tuple(
        SignalVerdict(name=name, checked=9, mismatches=9, first_mismatch_ns=0.0, expected="0" * 64, actual="1" * 64)
        for name, _, _ in outputs
    )
    long = result(Status.MISMATCH, *[say("y" * 9000)] * 50, wave=wave, signals=signals)
    text = write_feedback(PLAIN, long, RepairKind.SIMULATE, shows_testbench=False)
    assert len(text) <= MOST_FEEDBACK
    assert "out_0" in text
    assert "... (cut)" in text


def test_a_wave_shows_the_outputs_that_differ() -> None:
    wave = WaveWindow(
        first_step=0,
        mismatch_step=1,
        step_ns=10.0,
        inputs=(("a", ("0", "1")),),
        outputs=(("good", ("0", "0"), ("0", "0")), ("bad", ("0", "1"), ("0", "0"))),
    )
    text = write_feedback(PLAIN, result(Status.MISMATCH, wave=wave), RepairKind.SIMULATE, shows_testbench=False)
    assert text.endswith("ns            0 |10|\na             0 | 1|\nbad expected  0 | 1|\nbad got       0 | 0|")


def test_the_hidden_testbench_is_told_only_when_it_is_shown() -> None:
    benched = replace(PLAIN, testbench=BENCH)
    failed = result(Status.MISMATCH, say("fails at secret_stimulus", tool=Tool.TESTBENCH))
    hidden = write_feedback(benched, failed, RepairKind.SIMULATE, shows_testbench=False)
    assert "secret_stimulus" not in hidden
    assert "What that test does is not shown." in hidden
    shown = write_feedback(benched, failed, RepairKind.SIMULATE, shows_testbench=True)
    assert "The benchmark's testbench:\n\n// tb.v\nmodule tb; initial $display(secret_stimulus); endmodule" in shown
    assert "fails at secret_stimulus" in shown
    assert "golden" not in shown


def test_of_a_hidden_harness_only_the_compilers_words_on_the_candidate_are_told() -> None:
    harnessed = replace(PLAIN, harness=HARNESS)
    error = replace(say("counter.sv: syntax error", tool=Tool.HARNESS, line=3), file="counter.sv")
    found = (error, say("test_secret: 3 != 4", tool=Tool.HARNESS))
    text = write_feedback(harnessed, result(Status.SYNTAX_ERROR, *found), RepairKind.COMPILE, shows_testbench=False)
    assert "line 3: counter.sv: syntax error" in text
    assert "secret" not in text
    wrong = write_feedback(harnessed, result(Status.MISMATCH, *found), RepairKind.SIMULATE, shows_testbench=False)
    assert "secret" not in wrong
    shown = write_feedback(harnessed, result(Status.MISMATCH, *found), RepairKind.SIMULATE, shows_testbench=True)
    assert "// src/test_counter.py\nasync def test_secret(dut)" in shown
    assert "golden" not in shown


@pytest.mark.parametrize("file", ["", "test_counter.py", "tb_counter.sv"])
def test_whose_message_it_is_is_told_by_its_file_and_never_by_its_text(file: str) -> None:
    harnessed = replace(PLAIN, harness=HARNESS)
    forged = replace(say("counter.sv: the secret is 42", tool=Tool.HARNESS, line=3), file=file)
    text = write_feedback(harnessed, result(Status.SYNTAX_ERROR, forged), RepairKind.COMPILE, shows_testbench=False)
    assert "secret" not in text


def test_counts_of_a_testbench_stand_for_ours_where_it_alone_judged() -> None:
    bench = BenchVerdict(
        status=Status.MISMATCH,
        outputs=(OutputMismatches(name="q", mismatches=12), OutputMismatches(name="ok", mismatches=0)),
    )
    failed = result(Status.MISMATCH, bench=bench)
    text = write_feedback(PLAIN, failed, RepairKind.SIMULATE, shows_testbench=False)
    assert text.endswith("output q: wrong 12 times")


def test_a_testbench_that_is_shown_is_cut_too() -> None:
    long = replace(BENCH, bench=SourceFile(name="tb.v", text="// line\n" * 9000))
    failed = result(Status.MISMATCH)
    text = write_feedback(replace(PLAIN, testbench=long), failed, RepairKind.SIMULATE, shows_testbench=True)
    assert len(text) < MOST_FEEDBACK + MOST_TESTBENCH + 100
    assert text.endswith("... (cut)")
