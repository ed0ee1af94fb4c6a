"""Exported benches, run for real: the reference passes, and a mutant fails with exactly the checker's mismatches."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from builders import COUNTER
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.compare import compare_traces
from pytest_rtlgen.check.single import make_problem
from pytest_rtlgen.errors import StorageError, UsageError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import SignalVerdict, SourceFile
from pytest_rtlgen.simulators import SimulationJob
from pytest_rtlgen.training.testbench.export import render_testbench, write_testbench
from pytest_rtlgen.verilog.mutate import list_mutants

CORE = Path(__file__).parents[2] / "suites" / "core"
OPENINGS = Path(__file__).parents[2] / "fixtures" / "openings"
DESIGNS = (
    *("abs_diff_accum_8", "alu_8_flags", "async_fifo_4x8", "clock_divider_odd5", "crc32_byte", "dual_port_ram_16x8"),
    *("leading_zero_count_32", "reset_bridge", "seq_detect_10110", "toggle_cdc_pulse", "uart_tx_8n1"),
)
"""Among them two clocks, both edges of one, an asynchronous reset, memories that start unknown, no clock at all."""
WIDE = """\
module \\wide+1 (input [299:0] \\a$b! , input [69:0] b, output [299:0] y, output \\odd"name , output [2:0] z);
  assign y = \\a$b! ^ {230'd0, b};
  assign \\odd"name = ^b;
  assign z = {1'bz, 1'bx, b[0]};
endmodule
"""
NO_INPUT = "module one (output [3:0] y, output z);\n  assign y = 4'd9;\n  assign z = 1'b0;\nendmodule\n"

SIZED = "module sized #(parameter N = 8)(input [N-1:0] a, output [N-1:0] y, output z); assign y = ~a; endmodule\n"


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(formal=FormalMode.OFF, cycles=150))


def export(checker: Checker, text: str, folder: Path, *, error_rate: float = 0.0) -> str:
    """Write the bench for ``text`` and return the name that its files carry."""
    bench = render_testbench(checker.prepare(make_problem(reference=text)), error_rate=error_rate)
    write_testbench(bench, folder)
    return bench.name


def run_bench(folder: Path, name: str, design: str) -> list[str]:
    (folder / "design.sv").write_text(design)
    build = ["iverilog", "-g2012", "-s", f"tb_{name}", "-o", "bench.vvp", f"tb_{name}.v", "design.sv"]
    subprocess.run(build, cwd=folder, check=True, capture_output=True, timeout=60)
    done = subprocess.run(
        ["vvp", "-n", "bench.vvp"], cwd=folder, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.splitlines()


def read_counts(lines: list[str]) -> list[tuple[str, int, int]]:
    found = [re.match(r"(.*): (\d+) mismatches in (\d+) checks", line) for line in lines]
    return [(match[1], int(match[3]), int(match[2])) for match in found if match]


def find_failing(checker: Checker, text: str) -> tuple[str, tuple[SignalVerdict, ...]]:
    """Return a mutant whose outputs differ under the exported stimulus, and how they compare."""
    problem = make_problem(reference=text)
    prepared = checker.prepare(problem)
    for mutant in list_mutants(SourceFile(name="design.sv", text=text), problem.top, limit=20):
        job = SimulationJob(source=mutant.source, interface=prepared.interface, stimulus=prepared.stimulus)
        trace = checker.simulator.simulate(job).trace
        signals = compare_traces(prepared.trace, trace) if trace is not None else ()
        if any(signal.mismatches for signal in signals):
            return mutant.source, signals
    raise AssertionError("no mutant fails")


@pytest.mark.simulator
@pytest.mark.parametrize("design", DESIGNS)
def test_reference_passes_and_a_mutant_fails_as_the_checker_says(design: str, checker: Checker, tmp_path: Path) -> None:
    text = (CORE / design / "reference.sv").read_text()
    name = export(checker, text, tmp_path)
    lines = run_bench(tmp_path, name, text)
    assert lines[-1] == "PASSED"
    assert lines[-2].startswith("Error rate: 0.000000 of ")
    assert all(checked > 0 and wrong == 0 for _, checked, wrong in read_counts(lines))
    mutant, signals = find_failing(checker, text)
    lines = run_bench(tmp_path, name, mutant)
    assert lines[-1] == "FAILED"
    assert read_counts(lines) == [(signal.name, signal.checked, signal.mismatches) for signal in signals]


def make_bits(letters: str) -> str:
    """Return a module with an output for each of ``letters``, which it shows where the input is 1."""
    ports = ", ".join(f"output y{number}" for number in range(len(letters)))
    lines = [f"assign y{number} = s == 1 ? 1'b{letter} : s[1];\n" for number, letter in enumerate(letters)]
    return f"module bits(input [1:0] s, {ports});\n{''.join(lines)}endmodule\n"


PAIRS = [expected + actual for expected in "01xz" for actual in "01xz"]
"""Every bit of a reference beside every bit of a design."""
RIGHT_BITS, OTHER_BITS = (make_bits("".join(pair[side] for pair in PAIRS)) for side in (0, 1))


def count_mismatches(checker: Checker, reference: str, design: str) -> dict[str, int]:
    """Return each output's mismatches by the checker's rule."""
    prepared = checker.prepare(make_problem(reference=reference))
    job = SimulationJob(source=design, interface=prepared.interface, stimulus=prepared.stimulus)
    trace = checker.simulator.simulate(job).trace
    assert trace is not None
    return {signal.name: signal.mismatches for signal in compare_traces(prepared.trace, trace)}


@pytest.mark.simulator
def test_every_pair_of_bits_counts_as_the_checker_counts_it(checker: Checker, tmp_path: Path) -> None:
    expected = count_mismatches(checker, RIGHT_BITS, OTHER_BITS)
    assert [PAIRS[number] for number, wrong in enumerate(expected.values()) if not wrong] == [
        *("00", "11", "x0", "x1", "xx", "xz", "zz")
    ]
    name = export(checker, RIGHT_BITS, tmp_path)
    lines = run_bench(tmp_path, name, OTHER_BITS)
    assert {signal: wrong for signal, _, wrong in read_counts(lines)} == expected


@pytest.mark.simulator
@pytest.mark.slow
def test_so_it_does_in_cocotb(checker: Checker, tmp_path: Path) -> None:
    expected = count_mismatches(checker, RIGHT_BITS, OTHER_BITS)
    export(checker, RIGHT_BITS, tmp_path)
    (tmp_path / "design.sv").write_text(OTHER_BITS)
    command = [sys.executable, "run_cocotb.py", "design.sv"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=120)
    found = re.findall(r"(y\d+): (\d+) mismatches in", done.stdout)
    assert {signal: int(count) for signal, count in found} == expected


@pytest.mark.simulator
def test_wide_ports_odd_names_unknown_and_floating_bits(checker: Checker, tmp_path: Path) -> None:
    name = export(checker, WIDE, tmp_path)
    assert name == "wide_1"
    lines = run_bench(tmp_path, name, WIDE)
    assert lines[-1] == "PASSED"
    assert [signal for signal, _, _ in read_counts(lines)] == ["y", 'odd"name', "z"]
    known = WIDE.replace("1'bx", "1'b1")
    assert run_bench(tmp_path, name, known)[-1] == "PASSED"  # x asks for nothing
    for wrong in (WIDE.replace("1'bz", "1'b0"), WIDE.replace("230'd0", "1'd1, 229'd0")):
        assert run_bench(tmp_path, name, wrong)[-1] == "FAILED"


@pytest.mark.simulator
def test_ports_have_the_widths_of_the_reference_and_what_it_never_drives_is_open(
    checker: Checker, tmp_path: Path
) -> None:
    name = export(checker, SIZED, tmp_path)
    wide = SIZED.replace("N = 8", "N = 16")
    fixed = SIZED.replace("#(parameter N = 8)", "").replace("N-1", "7")
    for design in (SIZED, wide, fixed, wide.replace("~a;", "~a; assign z = a[0];")):
        assert run_bench(tmp_path, name, design)[-1] == "PASSED"
    assert run_bench(tmp_path, name, wide.replace("~a", "a"))[-1] == "FAILED"


@pytest.mark.simulator
@pytest.mark.slow
def test_so_they_have_in_cocotb(checker: Checker, tmp_path: Path) -> None:
    export(checker, SIZED, tmp_path)
    for design, status in ((SIZED.replace("N = 8", "N = 16"), 0), (SIZED.replace("~a", "a"), 1)):
        (tmp_path / "design.sv").write_text(design)
        command = [sys.executable, "run_cocotb.py", "design.sv"]
        done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=120)
        assert done.returncode == status, done.stdout + done.stderr


@pytest.mark.simulator
@pytest.mark.slow
def test_so_they_have_in_cocotb_test(checker: Checker, tmp_path: Path) -> None:
    name = export(checker, SIZED, tmp_path)
    for design, status in ((SIZED.replace("N = 8", "N = 16"), 0), (SIZED.replace("~a", "a"), 1)):
        (tmp_path / "design.sv").write_text(design)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"test_{name}_with_cocotb_test.py"]
        env = {**os.environ, "DESIGN": "design.sv"}
        done = subprocess.run(command, cwd=tmp_path, env=env, check=False, capture_output=True, text=True, timeout=120)
        assert done.returncode == status, done.stdout + done.stderr
        assert "1 passed" in done.stdout if status == 0 else "FAILED 1 tests" in done.stdout


@pytest.mark.simulator
def test_a_design_without_inputs(checker: Checker, tmp_path: Path) -> None:
    name = export(checker, NO_INPUT, tmp_path)
    assert run_bench(tmp_path, name, NO_INPUT)[-1] == "PASSED"
    assert run_bench(tmp_path, name, NO_INPUT.replace("4'd9", "4'd8"))[-1] == "FAILED"


@pytest.mark.simulator
def test_error_rate_is_the_share_of_all_checks(checker: Checker, tmp_path: Path) -> None:
    half = NO_INPUT.replace("4'd9", "4'd8")
    name = export(checker, NO_INPUT, tmp_path, error_rate=0.5)
    lines = run_bench(tmp_path, name, half)
    assert lines[-2:] == ["Error rate: 0.500000 of 900 checks", "PASSED"]
    name = export(checker, NO_INPUT, tmp_path, error_rate=0.49)
    assert run_bench(tmp_path, name, half)[-1] == "FAILED"


@pytest.mark.simulator
@pytest.mark.slow
@pytest.mark.parametrize("design", ["counter", "async_fifo_4x8", "leading_zero_count_32", "wide"])
def test_the_cocotb_test_says_the_same(design: str, checker: Checker, tmp_path: Path) -> None:
    given = {"counter": COUNTER, "wide": WIDE.replace("\\wide+1 ", "wide ").replace('\\odd"name', "odd")}
    text = given.get(design) or (CORE / design / "reference.sv").read_text()
    name = export(checker, text, tmp_path)
    mutant, signals = find_failing(checker, text)
    for source, status in ((text, 0), (mutant, 1)):
        (tmp_path / "design.sv").write_text(source)
        command = [sys.executable, "run_cocotb.py", "design.sv"]
        done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=120)
        assert done.returncode == status, done.stdout + done.stderr
        found = re.findall(r"([\w\\!$]+): (\d+) mismatches in (\d+) checks", done.stdout)
        wrong = {signal.name: signal.mismatches for signal in signals} if status else {}
        assert {signal: int(count) for signal, count, _ in found} == {
            signal.name: wrong.get(signal.name, 0) for signal in signals
        }
        assert f"test_{name}" in done.stdout


@pytest.mark.simulator
def test_the_makefile_tells_by_its_exit_status(checker: Checker, tmp_path: Path) -> None:
    export(checker, COUNTER, tmp_path)
    (tmp_path / "good.sv").write_text(COUNTER)
    (tmp_path / "bad.sv").write_text(COUNTER.replace("4'd11", "4'd12"))
    for design, is_right in (("good.sv", True), ("bad.sv", False)):
        done = subprocess.run(["make", f"DESIGN={design}"], cwd=tmp_path, check=False, capture_output=True, timeout=60)
        assert (done.returncode == 0) is is_right, done.stdout


@pytest.mark.simulator
def test_an_inout_is_refused_by_name(checker: Checker) -> None:
    text = (
        "module pad (input oe, input d, inout p, output q);\n  assign p = oe ? d : 1'bz;\n  assign q = p;\nendmodule\n"
    )
    prepared = checker.prepare(make_problem(reference=text))
    with pytest.raises(UsageError, match="pad: a bench for an inout port or a black box cannot be exported"):
        render_testbench(prepared)


@pytest.mark.simulator
def test_bad_error_rates_and_folders(checker: Checker, tmp_path: Path) -> None:
    prepared = checker.prepare(make_problem(reference=NO_INPUT))
    for rate in (-0.1, 1.0):
        with pytest.raises(UsageError, match=f"error rate {rate}"):
            render_testbench(prepared, error_rate=rate)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file: cannot be written"):
        write_testbench(render_testbench(prepared), tmp_path / "file")


def test_a_bench_of_an_open_latency_is_refused(checker: Checker) -> None:
    suite = load_suite(str(OPENINGS))
    by_id = {problem.problem_id: problem for problem in suite.problems}
    with pytest.raises(UsageError, match=r"^the latency of 'done' is open, but a bench compares step by step"):
        render_testbench(checker.prepare(by_id["pipelined_scale"]))
    files = dict(render_testbench(checker.prepare(by_id["held_sum"])).files)
    assert "x" in files["expected.mem"]
