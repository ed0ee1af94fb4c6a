"""How many problems get a deep run, what it reaches, and what it costs a candidate.

``python tests/benchmarks/deep_runs.py [--suites S ...] [--every N] [--list]``. Each reference is a candidate of itself.
A deep run is made where something of the reference is unreached, whether it is proved or not, and counted apart where
it is not, since only then a check makes it. ``added`` is the time of its simulation and comparison, ``made`` that of
measuring and growing, the second stimulus with it, once a problem. Figures depend on what else the machine does.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.confirm import judge_simulation
from pytest_rtlgen.errors import BadReferenceError, RenameError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Candidate, Problem, Proof
from pytest_rtlgen.verilog.rename import rename_module

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT.parent / "shared" / "benchmarks"
SUITES = (
    str(ROOT / "suites" / "core"),
    f"verilog-eval-v1-human:{BENCHMARKS / 'verilog-eval-v1'}",
    f"verilog-eval-v2:{BENCHMARKS / 'verilog-eval-v2'}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One problem."""

    problem: str
    is_proved: bool
    unreached: tuple[str, ...]
    cycles: int
    """Of the deep run, from one clock; 0: there is none."""
    made_s: float
    added_s: float


def measure(checker: Checker, problem: Problem) -> Row | None:
    """Return how the reference of ``problem`` fares; ``None``: it cannot be judged."""
    try:
        reference = checker.prepare(problem)
        source = reference.source
        if problem.reference_top != problem.top:
            source = rename_module(source, problem.reference_top, problem.top)
        started = time.monotonic()
        depth = checker.measure_depth(problem)
        made_s = time.monotonic() - started
        verdict = checker.check(Candidate(source=source, rule="benchmark"), problem)
    except (BadReferenceError, RenameError):
        return None
    added_s, cycles = 0.0, 0
    if depth.run is not None:
        started = time.monotonic()
        judge_simulation(checker.simulator, depth.run.unpack(reference), source)
        added_s, cycles = time.monotonic() - started, depth.run.steps // 2
    proof = verdict.equivalence.result if verdict.equivalence is not None else Proof.UNKNOWN
    return Row(
        problem=problem.problem_id,
        is_proved=proof is Proof.EQUIVALENT,
        unreached=depth.unreached,
        cycles=cycles,
        made_s=made_s,
        added_s=added_s,
    )


def summarize(suite: str, rows: Sequence[Row]) -> tuple[object, ...]:
    """Return a line of the table."""
    deep = [row for row in rows if row.cycles]
    return (
        suite,
        len(rows),
        sum(bool(row.unreached) for row in rows),
        len(deep),
        sum(not row.is_proved for row in rows),
        sum(not row.is_proved for row in deep),
        _spread([row.made_s for row in rows]),
        _spread([row.added_s for row in deep]),
    )


def _spread(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.2f}, {max(seconds):.2f}" if seconds else ""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suites", nargs="+", default=SUITES)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one problem in N")
    parser.add_argument("--list", action="store_true", help="print each problem with a deep run or something unreached")
    arguments = parser.parse_args()
    lines = []
    for spec in arguments.suites:
        suite = load_suite(spec)
        with Checker(CheckSettings(no_cache=True)) as checker:
            problems = [problem for problem in suite.problems[:: arguments.every] if not problem.unjudged]
            found = [measure(checker, problem) for problem in problems]
        rows = [row for row in found if row is not None]
        for row in rows if arguments.list else ():
            if row.cycles or row.unreached:
                state = "proved" if row.is_proved else "not proved"
                print(f"{row.problem}: {row.cycles} cycles, {state}, {row.added_s:.2f} s; {'; '.join(row.unreached)}")
        lines.append(summarize(suite.name, rows))
    head = ("suite", "problems", "unreached after all", "deep run", "not proved", "both", "made s", "added s")
    print(tabulate(lines, headers=head))


if __name__ == "__main__":
    main()
