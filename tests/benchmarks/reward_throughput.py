"""Verdicts a CPU second of the reward, beside the published testbench and cold cocotb, on the same candidates.

Half of the candidates are right: each is the reference with other names, state codes and block style, or as Yosys
writes it, registers and logic apart or flattened to cells. The others are mutants of such rewrites; none has the
reference's own text. The published approach (CodeV-R1) compiles both designs with a bench of 100 x 1,000 random steps
and runs it; cold cocotb starts a fresh interpreter with its own runner for our stimulus. All run one candidate at a
time; "a CPU second" counts every process that was started, so that other load on the machine matters little.

What ours does once a problem (starting the tools, simulating the references) is a column of its own. A step of a
training changes the stimulus, so the defaults run several steps; the new references of each are in their figures.
Mutants are killed by a step if their reward is 0; those of several steps stand beside those of one with proofs. Run it
with ``PYTHONPATH=tests``.
"""

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.candidate_cost import make_job, play_runner
from benchmarks.lines import Line, write_lines
from support.hostile_cases import list_descendants
from support.published_bench import check_published, render_published
from support.rewrites import RefusedError, Rewritten, netlist, restyle, rewrite
from tabulate import tabulate

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Problem, SourceFile
from pytest_rtlgen.simulators import SimulationJob
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.training import REWARD_CHECK, Reward, RewardSettings
from pytest_rtlgen.training.reward.options import RewardOptions, make_reward
from pytest_rtlgen.verilog.mutate import list_mutants

CORE = Path(__file__).parents[2] / "suites" / "core"
ROUNDS, STEPS = 100, 1000
OF_DEFAULTS, OF_PROOFS = 12, 6
"""Times as many verdicts a CPU second as the published testbench, which ours should give."""
TICKS = os.sysconf("SC_CLK_TCK")
LIMITS = Limits(cpu_s=Limits().cpu_s, wall_s=60, memory_mib=4096, file_mib=256, open_files=1024)
"""Of each process of a candidate's, in the others too: some mutants never end."""
DEFAULTS, PROOFS, PUBLISHED, COLD = "defaults", "with proofs", f"published, {ROUNDS} x {STEPS:,}", "cold cocotb"

Judge = Callable[["Sample"], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    problem: Problem
    source: str
    is_right: bool
    """By the way it was made; a mutant may be right after all."""

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

    @property
    def rate(self) -> float:
        return self.samples / self.cpu_s


def list_samples(problems: Sequence[Problem], count: int) -> list[Sample]:
    """Return ``count`` different candidates, half of them rewrites, always the same ones."""
    right = take_turns([(problem, list_rewrites(problem)) for problem in problems], count // 2)
    wrong = take_turns([(problem, list_wrong(problem)) for problem in problems], count - len(right))
    samples = [Sample(problem=problem, source=source, is_right=True) for source, problem in right.items()]
    samples += [Sample(problem=problem, source=source, is_right=False) for source, problem in wrong.items()]
    random.Random(0).shuffle(samples)
    return samples


def take_turns(makers: Sequence[tuple[Problem, Iterator[str]]], count: int) -> dict[str, Problem]:
    """Return ``count`` texts with their problems, one of each problem in turn."""
    found: dict[str, Problem] = {}
    waiting = list(makers)
    while waiting:
        for maker in tuple(waiting):
            source = next(maker[1], None)
            if source is None:
                waiting.remove(maker)
            elif len(found) >= count:
                return found
            else:
                found[source] = maker[0]
    return found


def list_rewrites(problem: Problem, first: int = 1) -> Iterator[str]:
    """Yield the reference in other words, of other structure in turn."""
    text, top, name = problem.reference.text, problem.reference_top, problem.top
    ways: list[Callable[[], Rewritten]] = [
        lambda: restyle(text, top, new_top=name, seed=first),
        lambda: rewrite(text, top, new_top=name, seed=first),
        lambda: netlist(text, top, new_top=name, style="cells"),
        lambda: restyle(text, top, new_top=name, seed=first + 1),
        lambda: rewrite(text, top, new_top=name, seed=first + 1),
    ]
    for way in ways:
        try:
            yield way().text
        except RefusedError:
            continue


def list_wrong(problem: Problem) -> Iterator[str]:
    """Yield mutants of two rewrites that are not among the right ones, in turn."""
    listed = []
    for source in list_rewrites(problem, first=101):
        try:
            mutants = list_mutants(SourceFile(name=problem.problem_id, text=source), problem.top, limit=8)
        except BadReferenceError:
            continue
        listed.append([mutant.source for mutant in mutants])
        if len(listed) == 2:
            break
    for number in range(8):
        yield from (mutants[number] for mutants in listed if number < len(mutants))


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


def measure_steps(label: str, samples: Sequence[Sample], reward: Reward, steps: int) -> list[Row]:
    """Return a row a step; what is prepared for a later step is within its row."""
    before = read_cpu_s()
    reward.prepare({sample.problem.problem_id for sample in samples})
    warm_up = Sample(problem=samples[0].problem, source=samples[0].problem.reference.text, is_right=True)
    reward.judge([warm_up.completion], [warm_up.problem.problem_id], step=0)  # starts the screen and the prover
    prepared_s = read_cpu_s() - before
    rows = []
    for step in range(steps):

        def judge(sample: Sample, step: int = step) -> bool:
            (result,) = reward.judge([sample.completion], [sample.problem.problem_id], step=step)
            if result.value is None:
                raise SystemExit(result.reason)
            return bool(result.parts["passed"])

        name = f"{label}, step {step + 1}" if steps > 1 else label
        rows.append(replace(measure(name, samples, judge), prepared_s=0.0 if step else prepared_s))
    reward.close()
    return rows


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
        if not judge(Sample(problem=problem, source=problem.reference.text, is_right=True)):
            raise SystemExit(f"{problem.problem_id}: the published bench fails its own reference")

    return measure(PUBLISHED, samples, judge)


def measure_cold(samples: Sequence[Sample], checker: Checker, folder: Path) -> Row:
    def judge(sample: Sample) -> bool:
        reference = checker.prepare(sample.problem)
        known = make_job(sample.problem, reference)
        job = SimulationJob(source=sample.source, interface=known.interface, stimulus=known.stimulus)
        try:
            return play_runner(job, folder, LIMITS)() == reference.trace.rows
        except (subprocess.CalledProcessError, FileNotFoundError):
            return False

    return measure(COLD, samples, judge)


def render_table(rows: Sequence[Row], samples: Sequence[Sample]) -> str:
    baseline = next(row for row in rows if row.label == PUBLISHED)
    right = frozenset(number for number, sample in enumerate(samples) if sample.is_right)
    table = [
        [
            row.label,
            f"{row.rate:.2f}",
            f"{row.samples / row.wall_s:.2f}",
            f"{1000 * row.cpu_s / row.samples:.0f}",
            f"{row.rate / baseline.rate:.1f}",
            f"{row.prepared_s:.1f}",
            f"{len(row.passed & right)} of {len(right)}",
            len(row.passed - right),
        ]
        for row in rows
    ]
    heads = [
        *("reward", "a CPU second", "a second", "CPU ms each", "times published", "CPU s before"),
        *("rewrites that pass", "mutants that pass"),
    ]
    return tabulate(table, heads, disable_numparse=True)


def describe_shows(rows: Sequence[Row], samples: Sequence[Sample]) -> dict[str, float]:
    """Return the ratios and kills that the project promises, by name."""
    by_label = {row.label: row for row in rows}
    steps = [row for row in rows if row.label.startswith(DEFAULTS)]
    published, proofs = by_label[PUBLISHED], by_label[PROOFS]
    mutants = frozenset(number for number, sample in enumerate(samples) if not sample.is_right)
    whole = sum(row.samples for row in steps) / (sum(row.cpu_s for row in steps) + steps[0].prepared_s)
    survivors = frozenset.intersection(*(row.passed for row in steps))
    return {
        "times published, defaults": steps[0].rate / published.rate,
        f"times published, {len(steps)} steps with their references": whole / published.rate,
        "times published, with proofs": proofs.rate / published.rate,
        "times cold cocotb, defaults": steps[0].rate / by_label[COLD].rate,
        "mutants": len(mutants),
        "killed by one step": len(mutants - steps[0].passed),
        f"killed by {len(steps)} steps": len(mutants - survivors),
        "killed by one step with proofs": len(mutants - proofs.passed),
        "killed by the published testbench": len(mutants - published.passed),
        "rewrites that fail at some step": sum(
            sample.is_right and any(number not in row.passed for row in steps) for number, sample in enumerate(samples)
        ),
    }


def list_lines(shows: dict[str, float], steps: int) -> list[Line]:
    """Return the ratios among ``shows``."""
    unit = "verdicts a CPU second, x published testbench"
    return [
        Line.of("reward at its defaults", [shows["times published, defaults"]], unit, f">= {OF_DEFAULTS}"),
        Line.of(
            f"reward, {steps} steps with their references",
            [shows[f"times published, {steps} steps with their references"]],
            unit,
        ),
        Line.of("reward with proofs", [shows["times published, with proofs"]], unit, f">= {OF_PROOFS}"),
        Line.of(
            "reward at its defaults", [shows["times cold cocotb, defaults"]], "verdicts a CPU second, x cold cocotb"
        ),
        Line.of(
            f"mutants killed by {steps} steps",
            [shows[f"killed by {steps} steps"] / shows["killed by one step with proofs"]],
            "x those that one step with proofs kills",
            ">= 1",
        ),
    ]


def list_unmet(shows: dict[str, float], steps: int) -> Iterator[str]:
    """Yield what is below what ours should give."""
    for label, least in ((DEFAULTS, OF_DEFAULTS), (PROOFS, OF_PROOFS)):
        found = shows[f"times published, {label}"]
        if found < least:
            yield f"{label}: {found:.1f} times published, should be {least}"
    if shows[f"killed by {steps} steps"] < shows["killed by one step with proofs"]:
        yield f"{steps} steps kill fewer mutants than one with proofs"
    if shows["rewrites that fail at some step"]:
        yield "a rewrite fails"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=500)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--json", type=Path, help="file for the figures")
    args = parser.parse_args()
    problems = load_suite(str(CORE)).problems
    samples = list_samples(problems, args.candidates)
    check = replace(REWARD_CHECK, jobs=1, limits=LIMITS, no_cache=True)
    defaults = Reward(problems=problems, settings=RewardSettings(check=check))
    proving = make_reward(RewardOptions(formal="confirm"))
    proofs = Reward(
        problems=problems,
        settings=replace(proving.settings, check=replace(proving.settings.check, jobs=1, limits=LIMITS, no_cache=True)),
    )
    rows = measure_steps(DEFAULTS, samples, defaults, args.steps)
    rows += measure_steps(PROOFS, samples, proofs, 1)
    with Checker(CheckSettings(limits=LIMITS, no_cache=True)) as checker, tempfile.TemporaryDirectory() as name:
        for sample in samples:
            checker.prepare(sample.problem)
        rows.append(measure_published(samples, checker, Path(name)))
        rows.append(measure_cold(samples, checker, Path(name)))
    known = len({sample.problem.problem_id for sample in samples})
    print(f"{len(samples)} candidates for {known} problems, one at a time\n")
    print(render_table(rows, samples), end="\n\n")
    shows = describe_shows(rows, samples)
    print("\n".join(f"{name}: {value:.4g}" for name, value in shows.items()))
    print("\n".join(f"NOT MET: {line}" for line in list_unmet(shows, args.steps)))
    if args.json:
        write_lines(args.json, list_lines(shows, args.steps))
    return 0


if __name__ == "__main__":
    sys.exit(main())
