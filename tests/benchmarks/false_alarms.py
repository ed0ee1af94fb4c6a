"""Whether a correct design is ever failed: every reference of the core suite and of VerilogEval v2 in other words.

Each reference is checked against itself, against the netlist that Yosys makes of it, and against versions with other
names, layout, block style and state codes. Run it from the repository root::

    PYTHONPATH=tests python tests/benchmarks/false_alarms.py [--seeds 3] [--only NAME] [--family NAME] [--keep FOLDER]
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from support.rewrites import FAMILIES, RefusedError, Rewritten
from tabulate import tabulate

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Candidate, Problem, Verdict
from pytest_rtlgen.tools.process import Limits

ROOT = Path(__file__).parents[2]
PATIENT = Limits(wall_s=300)
"""CPU time is limited as ever; this machine may be busy with other things."""
VERILOG_EVAL = ROOT.parent / "shared" / "benchmarks" / "verilog-eval-v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One reference in other words, and what the checker said."""

    family: str
    problem_id: str
    outcome: str
    """``passed``, ``refused`` (a tool cannot read the reference) or ``FAILED``."""
    detail: str = ""
    changes: tuple[str, ...] = ()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1, help="rewritings of each design, where chance has a part")
    parser.add_argument("--only", default="", help="problems whose name contains this")
    parser.add_argument("--family", choices=list(FAMILIES), action="append", help="one family (default: all)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for the texts that failed")
    options = parser.parse_args()
    problems = [problem for problem in list_problems() if options.only in problem.problem_id]
    rows: list[Row] = []
    settings = CheckSettings(jobs=options.jobs, limits=PATIENT, no_cache=True)
    with Checker(settings) as checker, ThreadPoolExecutor(options.jobs) as pool:
        for family in options.family or FAMILIES:
            for seed in range(options.seeds if family in {"rewritten", "restyled"} else 1):
                work = [(checker, problem, family, seed, options.keep) for problem in problems]
                rows += show_progress(f"{family}, seed {seed}", len(work), pool.map(lambda job: judge(*job), work))
    report(rows)
    return int(any(row.outcome == "FAILED" for row in rows))


def list_problems() -> list[Problem]:
    """Return the problems of the core suite, and VerilogEval v2's where it lies beside this repository."""
    specs = [str(ROOT / "suites" / "core")]
    specs += [f"verilog-eval-v2:{VERILOG_EVAL}"] * VERILOG_EVAL.is_dir()
    return [problem for spec in specs for problem in load_suite(spec).problems]


def judge(checker: Checker, problem: Problem, family: str, seed: int, keep: Path | None = None) -> Row:
    """Rewrite one reference and check it as if a model had written it."""
    row = Row(family=family, problem_id=problem.problem_id, outcome="FAILED")
    try:
        checker.prepare(problem)
        made = FAMILIES[family](problem, seed)
        verdict = checker.check(Candidate(source=made.text, rule="rewritten"), problem)
    except BadReferenceError as error:
        return replace(row, detail=f"the reference: {error}")
    except RefusedError as error:
        return replace(row, outcome="refused", detail=f"rewriting: {error}")
    if verdict.is_passed:
        return replace(row, outcome="passed", changes=made.changes)
    if keep is not None:
        _keep(made, keep / f"{problem.problem_id}-{family.replace(', ', '-')}-{seed}.sv")
    return replace(row, detail=describe(verdict, seed))


def describe(verdict: Verdict, seed: int) -> str:
    """Return the status, the first mismatch of each wrong output and what the tools said."""
    wrong = [
        f"{signal.name}: {signal.mismatches} of {signal.checked} wrong, first at {signal.first_mismatch_ns} ns, "
        f"expected {signal.expected}, got {signal.actual}"
        for signal in verdict.signals
        if signal.mismatches
    ]
    messages = [f"line {item.line}: {item.message}" for item in verdict.diagnostics]
    return "; ".join([f"{verdict.status} (seed {seed})", *wrong, *messages[:2]])


def show_progress(label: str, count: int, rows: Iterator[Row]) -> Iterator[Row]:
    """Yield ``rows``, keeping a line of standard error up to date and printing at once what did not pass."""
    for number, row in enumerate(rows, start=1):
        print(f"\r{label}: {number}/{count} ", end="", file=sys.stderr, flush=True)
        if row.outcome != "passed":
            print(f"\n{show_row(row)}", file=sys.stderr, flush=True)
        yield row
    print(file=sys.stderr)


def report(rows: list[Row]) -> None:
    """Print the table, then each design that did not pass."""
    by_family: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_family[row.family].append(row)
    table = []
    for family, found in by_family.items():
        outcomes = Counter(row.outcome for row in found)
        changes = Counter(change for row in found for change in row.changes)
        shown = ", ".join(f"{name} {count}" for name, count in changes.most_common())
        table.append([family, len(found), outcomes["passed"], outcomes["refused"], outcomes["FAILED"], shown])
    print(tabulate(table, headers=["family", "designs", "passed", "refused", "failed", "changed in those passed"]))
    for row in rows:
        if row.outcome != "passed":
            print(show_row(row))


def show_row(row: Row) -> str:
    """Return one line about a design that did not pass."""
    return f"{row.outcome} {row.family}: {row.problem_id}: {row.detail}"


def _keep(made: Rewritten, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(made.text)


if __name__ == "__main__":
    sys.exit(main())
