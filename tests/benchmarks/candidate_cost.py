"""What one candidate costs: the warm simulator beside cocotb's own runner and beside bare Icarus, in one run.

All three play the same stimulus of 2,000 steps or more into the same designs and bring back the same trace; the
traces are compared before anything is timed. Beside them stands the whole check of a right candidate: screen,
simulation, then a proof, or a second stimulus where proofs are off, or neither, as rewards have it; and that of a wrong
one. Candidates are recorded answers, of another structure than the references. Run it with ``make bench``, or with
``PYTHONPATH=tests``; figures are medians of milliseconds and of ratios, which are of one design each.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.lines import Line, render, write_lines
from support.recorded_answers import RECORDINGS, read_expectations
from tabulate import tabulate

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import FormalMode, SandboxMode
from pytest_rtlgen.records import Candidate, Problem, Status, count_bits
from pytest_rtlgen.simulators import SimulationJob, Simulator, make_simulator
from pytest_rtlgen.simulators.icarus import INSIDE, find_icarus, prepare_job
from pytest_rtlgen.tools.process import Limits, run_program
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.training import REWARD_CHECK

CORE = Path(__file__).parents[2] / "suites" / "core"
PROBLEMS = ("booth_mult_8", "fir4_signed", "fifo_sync_8x8", "rr_arbiter_4", "uart_rx_8e1", "vending_fsm")
MIN_STEPS = 2000
FREE = Limits(cpu_s=600, wall_s=600, memory_mib=16384, file_mib=1024, open_files=1024)
"""More than any run here needs."""

Player = Callable[[], bytes]


RIGHT, WRONG, COLD = "iverilog + vvp", "iverilog + vvp, wrong", "cocotb runner"
SHOWS = (
    ("warm, isolated", "the simulation alone", RIGHT, "<= 1.1"),
    ("check, proved", "whole check, right, proved", RIGHT, "<= 4"),
    ("check, no proof", "whole check, right, without proof", RIGHT, "<= 1.6"),
    ("check, reward", "whole check, right, as a reward", RIGHT, ""),
    ("check, wrong", "whole check, wrong", WRONG, "<= 2"),
)
"""(what, in words, beside what, what it should be)."""


def make_job(problem: Problem, reference: PreparedReference) -> SimulationJob:
    return SimulationJob(source=problem.reference.text, interface=reference.interface, stimulus=reference.stimulus)


def find_answer(problem: Problem, status: Status) -> Candidate:
    """Return the first recorded answer that has ``status``."""
    file = next(item.file for item in read_expectations(problem.problem_id) if item.expected[0] is status)
    text = (RECORDINGS / problem.problem_id / file).read_text(encoding="utf-8")
    return extract_candidate(text, top=problem.top)


def play_simulator(simulator: Simulator, job: SimulationJob) -> Player:
    def play() -> bytes:
        simulation = simulator.simulate(job)
        if simulation.trace is None:
            raise SystemExit(f"{job.interface.module}: {simulation.status}: {simulation.diagnostics}")
        return simulation.trace.rows

    return play


def play_check(checker: Checker, problem: Problem, candidate: Candidate, expected: Status) -> Player:
    """Check a candidate, all stages."""

    def play() -> bytes:
        verdict = checker.check(candidate, problem)
        if verdict.status is not expected:
            raise SystemExit(f"{problem.problem_id}: {verdict.status}: {verdict.diagnostics}")
        return b""

    return play


def play_bare(job: SimulationJob, folder: Path) -> Player:
    """Compile with ``iverilog`` and play the rows from a memory in ``vvp``, no Python inside."""
    inputs, outputs = job.interface.inputs, job.interface.outputs
    width_in, width_out = count_bits(inputs), count_bits(outputs)
    rows = job.stimulus.rows.decode()
    (folder / "rows.mem").write_text("\n".join(rows[i : i + width_in] for i in range(0, len(rows), width_in)))
    connections = []
    for ports, bus, width in ((inputs, "i", width_in), (outputs, "o", width_out)):
        low = width
        for port in ports:
            low -= port.width
            connections.append(f".{port.name}({bus}[{low + port.width - 1}:{low}])")
    (folder / "bench.v").write_text(
        f"`timescale 1ns/1ps\nmodule bench; reg [{width_in - 1}:0] rows [0:{job.stimulus.steps - 1}];\n"
        f"reg [{width_in - 1}:0] i; wire [{width_out - 1}:0] o; integer n, f;\n"
        f"{job.interface.module} dut ({', '.join(connections)});\n"
        'initial begin $readmemb("rows.mem", rows); f = $fopen("trace.txt", "w"); #1;\n'
        f"for (n = 0; n < {job.stimulus.steps}; n = n + 1) begin i = rows[n]; #9.999; $fdisplayb(f, o); #0.001; end\n"
        "$finish; end endmodule\n"
    )

    def play() -> bytes:
        (folder / "design.sv").write_text(job.source)
        compile_line = ["iverilog", "-g2012", "-s", "bench", "-o", "bench.vvp", "bench.v", "design.sv"]
        subprocess.run(compile_line, cwd=folder, check=True)
        subprocess.run(["vvp", "-n", "bench.vvp"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        return (folder / "trace.txt").read_text().replace("\n", "").upper().encode()

    return play


def play_runner(job: SimulationJob, folder: Path, limits: Limits = FREE) -> Player:
    """Use cocotb's runner in a fresh interpreter with cocotb's own defaults, as a script of a user's would."""
    script = (
        "from cocotb_tools.runner import get_runner\n"
        "import os\n"
        "runner = get_runner('icarus')\n"
        "top = os.environ['TOP']\n"
        "runner.build(sources=['wrapper.v', 'candidate.sv'], hdl_toplevel=top, build_dir='.', always=True)\n"
        "runner.test(test_module='rtlgen_play', hdl_toplevel=top, build_dir='.', test_dir='.')\n"
    )

    def play() -> bytes:
        files = prepare_job(job, find_icarus())
        for name, data in files.files:
            (folder / name).write_bytes(data)
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(INSIDE), **files.env, "TOP": files.env["COCOTB_TOPLEVEL"]}
        done = run_program([sys.executable, "-c", script], limits=limits, env=env, cwd=folder)
        if done.exit_code:
            raise subprocess.CalledProcessError(done.exit_code, "cocotb's runner", done.output)
        return (folder / f"trace-{files.secret}").read_bytes().split(b"\n")[1]

    return play


def measure(player: Player) -> float:
    started = time.perf_counter()
    player()
    return time.perf_counter() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=15, help="timed rounds of each design (the cold runner gets a third)"
    )
    parser.add_argument("--json", type=Path, help="file for the ratios")
    options = parser.parse_args()
    rounds = options.rounds
    chosen = [problem for problem in load_suite(str(CORE)).problems if problem.problem_id in PROBLEMS]
    table = []
    unproved = CheckSettings(formal=FormalMode.OFF, no_cache=True)
    rewarded = replace(REWARD_CHECK, no_cache=True, jobs=1)
    with (
        Checker(CheckSettings(no_cache=True)) as checker,
        Checker(unproved) as simulating,
        Checker(rewarded) as rewarding,
        tempfile.TemporaryDirectory() as name,
    ):
        bare_warm = make_simulator("icarus", sandbox=choose_sandbox(SandboxMode.OFF), limits=Limits(), jobs=1)
        for problem in chosen:
            reference = checker.prepare(problem)
            if reference.stimulus.steps < MIN_STEPS:
                raise SystemExit(f"{problem.problem_id}: only {reference.stimulus.steps} steps")
            right, wrong = (find_answer(problem, status) for status in (Status.PASSED, Status.MISMATCH))
            job = replace(make_job(problem, reference), source=right.text)
            players = {
                "warm, isolated": play_simulator(checker.simulator, job),
                "warm, not isolated": play_simulator(bare_warm, job),
                "check, proved": play_check(checker, problem, right, Status.PASSED),
                "check, no proof": play_check(simulating, problem, right, Status.PASSED),
                "check, reward": play_check(rewarding, problem, right, Status.PASSED),
                "check, wrong": play_check(checker, problem, wrong, Status.MISMATCH),
                RIGHT: play_bare(job, Path(name)),
                WRONG: play_bare(replace(job, source=wrong.text), Path(name)),
                COLD: play_runner(job, Path(name)),
            }
            for label in ("warm, isolated", "warm, not isolated", RIGHT, COLD):
                if players[label]() != reference.trace.rows:
                    raise SystemExit(f"{problem.problem_id}: {label} plays another trace")
            times: dict[str, list[float]] = {label: [] for label in players}
            for round_number in range(rounds):
                for label, player in players.items():
                    if label != COLD or round_number % 3 == 0:
                        times[label].append(measure(player))
            table.append(
                (problem.problem_id, reference.stimulus.steps, {k: statistics.median(v) for k, v in times.items()})
            )
        bare_warm.close()
    print_table(table)
    lines = list_lines([times for _, _, times in table])
    print(render(lines))
    if options.json:
        write_lines(options.json, lines)
    return 0


def list_lines(designs: Sequence[dict[str, float]]) -> list[Line]:
    """Return the ratios of the designs' medians."""
    found = [
        Line.of(what, (times[label] / times[beside] for times in designs), "x bare iverilog + vvp", asked)
        for label, what, beside, asked in SHOWS
    ]
    cold = (times[COLD] / times["warm, isolated"] for times in designs)
    return [*found, Line.of("the simulation alone", cold, "times cheaper than cocotb's runner", ">= 25")]


def print_table(table: list[tuple[str, int, dict[str, float]]]) -> None:
    labels = list(table[0][2])
    rows: list[list[object]] = [
        [name, steps, *(f"{times[k] * 1e3:.1f}" for k in labels)] for name, steps, times in table
    ]
    medians = {k: statistics.median(times[k] for _, _, times in table) for k in labels}
    rows.append(["median", "", *(f"{medians[k] * 1e3:.1f}" for k in labels)])
    sys.stdout.write(tabulate(rows, ["design", "steps", *(f"{k} (ms)" for k in labels)]) + "\n\n")


if __name__ == "__main__":
    sys.exit(main())
