"""Rewards a second a core: each preset, beside the published testbench and cold cocotb, on the same candidates.

Candidates are those of a training step: for each core problem its reference under other comments, mutants of it, and
text that does not parse, all different, shuffled. What ours does once, starting the tools and simulating each
reference, is a column of its own ("CPU s before"): a problem comes back at every step. The published approach
(CodeV-R1) compiles both designs with a bench of 100 x 1,000 random steps and runs it; cold cocotb starts a fresh
interpreter with its own runner for our stimulus of some 2,000 steps. All run one candidate at a time; "a CPU second"
counts every process that was started, so that other load on the machine matters little. Run it with
``PYTHONPATH=tests``.
"""

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.candidate_cost import make_job, play_runner
from support.hostile_cases import list_descendants
from support.published_bench import check_published, render_published
from tabulate import tabulate

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import Problem, SourceFile
from pytest_rtlgen.simulators import SimulationJob
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.training import PRESETS, Reward, RewardSettings, find_preset
from pytest_rtlgen.verilog.mutate import list_mutants

CORE = Path(__file__).parents[2] / "suites" / "core"
ROUNDS, STEPS = 100, 1000
MUTANTS = 5
UNPROVED = ("spec2rtl", "salv")
"""Presets that ask for no proof."""
TICKS = os.sysconf("SC_CLK_TCK")
LIMITS = Limits(cpu_s=Limits().cpu_s, wall_s=60, memory_mib=4096, file_mib=256, open_files=1024)
"""Of each process of a candidate's, in the others too: some mutants never end."""

Judge = Callable[["Sample"], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    problem: Problem
    source: str

    @property
    def completion(self) -> str:
        return f"<think>Let me see.</think><answer>```verilog\n{self.source}\n```</answer>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    label: str
    samples: int
    wall_s: float
    cpu_s: float
    passed: frozenset[int]
    """Numbers of the candidates that it takes for right."""
    prepared_s: float = 0.0
    """CPU seconds spent beforehand, once a problem: starting the tools, simulating the references."""


def list_samples(problems: Sequence[Problem], count: int) -> list[Sample]:
    """Return ``count`` different candidates, always the same ones."""
    samples = []
    for problem in problems:
        text = problem.reference.text
        source = SourceFile(name=problem.problem_id, text=text)
        mutants = [mutant.source for mutant in list_mutants(source, problem.top, limit=MUTANTS)]
        texts = [f"// mine\n{text}", *mutants, f"// as asked\n{text}", text.replace(";", " ;;) ", 1)]
        samples += [Sample(problem=problem, source=item) for item in texts]
    random.Random(0).shuffle(samples)
    return samples[:count]


def read_cpu_s() -> float:
    """Return the CPU seconds that this process and all that it has started have used so far."""
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(who)
        total += used.ru_utime + used.ru_stime
    for pid in list_descendants():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        total += sum(map(int, fields[11:15])) / TICKS  # its own, and that of its children that it has waited for
    return total


def measure(label: str, samples: Sequence[Sample], judge: Judge) -> Row:
    wall, cpu = time.monotonic(), read_cpu_s()
    passed = frozenset(number for number, sample in enumerate(samples) if judge(sample))
    row = Row(
        label=label,
        samples=len(samples),
        wall_s=time.monotonic() - wall,
        cpu_s=read_cpu_s() - cpu,
        passed=passed,
    )
    print(f"{label}: {row.wall_s:.0f} s", file=sys.stderr, flush=True)
    return row


def measure_preset(name: str, samples: Sequence[Sample], problems: Sequence[Problem]) -> Row:
    formal = FormalMode.OFF if name in UNPROVED else FormalMode.CONFIRM
    settings = RewardSettings(
        preset=find_preset(name), check=CheckSettings(formal=formal, limits=LIMITS, no_cache=True)
    )
    reward = Reward(problems=problems, settings=settings)
    before = read_cpu_s()
    reward.prepare({sample.problem.problem_id for sample in samples})
    first = problems[0]
    warm_up = Sample(problem=first, source=first.reference.text)  # starts the screen and the prover
    reward.judge([warm_up.completion], [first.problem_id])
    prepared_s = read_cpu_s() - before

    def judge(sample: Sample) -> bool:
        (result,) = reward.judge([sample.completion], [sample.problem.problem_id])
        if result.value is None:
            raise SystemExit(result.reason)
        return bool(result.parts["passed"])

    row = replace(measure(name, samples, judge), prepared_s=prepared_s)
    reward.close()
    return row


def measure_published(samples: Sequence[Sample], checker: Checker, folder: Path) -> Row:
    benches = {
        sample.problem.problem_id: render_published(
            checker.prepare(sample.problem).interface, gold=sample.problem.reference_top, rounds=ROUNDS, steps=STEPS
        )
        for sample in samples
    }

    def judge(sample: Sample) -> bool:
        bench, gold = benches[sample.problem.problem_id], sample.problem.reference.text
        return check_published(folder, gold, sample.source, bench, limits=LIMITS)

    for problem in {sample.problem for sample in samples}:  # a bench that refuses its own reference is no peer
        if not judge(Sample(problem=problem, source=problem.reference.text)):
            raise SystemExit(f"{problem.problem_id}: the published bench fails its own reference")

    return measure(f"published, {ROUNDS} x {STEPS:,}", samples, judge)


def measure_cold(samples: Sequence[Sample], checker: Checker, folder: Path) -> Row:
    def judge(sample: Sample) -> bool:
        reference = checker.prepare(sample.problem)
        known = make_job(sample.problem, reference)
        job = SimulationJob(source=sample.source, interface=known.interface, stimulus=known.stimulus)
        try:
            return play_runner(job, folder, LIMITS)() == reference.trace.rows
        except (subprocess.CalledProcessError, FileNotFoundError):
            return False

    return measure("cold cocotb", samples, judge)


def render_table(rows: Sequence[Row]) -> str:
    baseline = next(row for row in rows if row.label.startswith("published"))
    table = [
        [
            row.label,
            f"{row.samples / row.cpu_s:.2f}",
            f"{row.samples / row.wall_s:.2f}",
            f"{1000 * row.cpu_s / row.samples:.0f}",
            f"{baseline.cpu_s / row.cpu_s:.1f}",
            f"{row.prepared_s:.1f}",
            len(row.passed),
        ]
        for row in rows
    ]
    heads = ["reward", "a CPU second", "a second", "CPU ms each", "times published", "CPU s before", "taken for right"]
    return tabulate(table, heads, disable_numparse=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=500)
    count = parser.parse_args().candidates
    problems = load_suite(str(CORE)).problems
    samples = list_samples(problems, count)
    rows = [measure_preset(name, samples, problems) for name in PRESETS]
    with Checker(CheckSettings(limits=LIMITS, no_cache=True)) as checker, tempfile.TemporaryDirectory() as name:
        for sample in samples:
            checker.prepare(sample.problem)
        rows.append(measure_published(samples, checker, Path(name)))
        rows.append(measure_cold(samples, checker, Path(name)))
    known = len({sample.problem.problem_id for sample in samples})
    print(f"{len(samples)} candidates for {known} problems, one at a time\n")
    print(render_table(rows))
    ours, published = rows[0].passed, rows[-2].passed
    print(f"\ntaken for right by the published bench alone: {len(published - ours)}")
    print(f"taken for right by ours alone: {len(ours - published)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
