"""Problems with tiny benches of their own, as published benchmarks have them: honest, impatient, lenient, broken."""

from typing import Any

from pytest_rtlgen.records import BenchRule, Problem, SourceFile, Suite, Testbench

REFERENCE = "module RefModule(input a, input b, output y);\n  assign y = a ^ b;\nendmodule\n"
RIGHT = REFERENCE.replace("RefModule", "TopModule")
WRONG = RIGHT.replace("^", "|")
IDLE = "module TopModule(input a, input b, output y);\nendmodule\n"
FORGED = (
    "module TopModule(input a, input b, output y);\n"
    '  initial begin $display("Mismatches: 0 in 1 samples"); $finish; end\nendmodule\n'
)
BENCH = """\
module tb;
  reg a, b; wire y_ref, y_dut; integer errors = 0, i;
  RefModule good1 (.a(a), .b(b), .y(y_ref));
  TopModule top_module1 (.a(a), .b(b), .y(y_dut));
  initial begin
    for (i = 0; i < 8; i = i + 1) begin
      {a, b} = i[1:0]; #5;
      if (y_ref !== (y_ref ^ y_dut ^ y_ref)) errors = errors + 1;
      #5;
    end
    if (errors) $display("Hint: Output '%s' has %0d mismatches. First", "y", errors);
    else $display("Hint: Output '%s' has no mismatches.", "y");
    $display("Mismatches: %1d in %1d samples", errors, i);
    $finish;
  end
  initial begin #1000 $display("TIMEOUT"); $finish; end
endmodule
"""
IMPATIENT = BENCH.replace("#1000", "#20")
LENIENT = BENCH.replace("y_ref !== (y_ref ^ y_dut ^ y_ref)", "y_ref != y_dut")
BROKEN = BENCH.replace(".y(y_ref)", ".y(y_ref), .z(y_ref)")


def small_problem(problem_id: str = "Prob900_xor", bench: str = BENCH, **changes: Any) -> Problem:
    reference = SourceFile(name=f"{problem_id}_ref.sv", text=REFERENCE)
    testbench = Testbench(
        rule=BenchRule.VERILOG_EVAL_V2,
        bench=SourceFile(name=f"{problem_id}_test.sv", text=bench),
        bench_top="tb",
        top="TopModule",
        reference=reference,
        reference_top="RefModule",
        companions=(reference,),
        timescale="1ps/1ps",
        timeout_s=2.0,
    )
    fields: dict[str, Any] = {
        "suite": "verilog-eval-v2",
        "problem_id": problem_id,
        "title": problem_id,
        "category": "small",
        "description": "Write TopModule.",
        "top": "TopModule",
        "reference": reference,
        "reference_top": "RefModule",
        "testbench": testbench,
    }
    return Problem(**{**fields, **changes})


def small_suite(path: str) -> Suite:
    """Return a suite in which one problem is on the known-bad list, one has no reference, and one is unjudged."""
    withheld = SourceFile(name="withheld", text="")
    problems = (
        small_problem("Prob900_xor"),
        small_problem("Prob082_lfsr32", IMPATIENT),
        small_problem("Prob901_withheld", reference=withheld),
        small_problem("Prob902_bought", testbench=None, reference=withheld, unjudged="it needs a bought simulator"),
    )
    return Suite(name="verilog-eval-v2", title="Small", path=path, digest="0" * 64, problems=problems)


def refused_suite(path: str) -> Suite:
    """Return a suite of which one problem, on the known-bad list, has a reference that no simulator reads."""
    refused = SourceFile(name="verified_clkgenerator.v", text=REFERENCE.replace("assign y =", "assign y = = "))
    problems = (
        small_problem("clkgenerator", BROKEN, reference=refused, suite="rtllm-v2"),
        small_problem("Prob900_xor", suite="rtllm-v2"),
    )
    return Suite(name="rtllm-v2", title="Small", path=path, digest="1" * 64, problems=problems)
