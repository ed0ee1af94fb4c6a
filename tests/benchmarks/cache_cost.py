"""What reference work and verdicts kept on disk save: the same candidates twice in one process, then in a second one.

Candidates are mutants of the core suite and rewrites of its references with other structure, names and layout. Each
process prepares all references, then checks all candidates, checks them again, and checks them with other layout. CPU
seconds are those of all processes together. Run it with ``PYTHONPATH=tests``.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from benchmarks.lines import Line, write_lines
from benchmarks.reward_throughput import LIMITS, read_cpu_s
from support.rewrites import RefusedError, restyle, rewrite
from tabulate import tabulate

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Candidate, Problem
from pytest_rtlgen.verilog.mutate import list_mutants

CORE = Path(__file__).parents[2] / "suites" / "core"
MUTANTS = 2
HEADS = ("CPU s", "first process", "second process", "times cheaper than the first process's first pass")


def list_texts(problem: Problem) -> Iterator[str]:
    """Yield candidates of one problem, always the same ones: wrong and right about half and half."""
    for mutant in list_mutants(problem.reference, problem.reference_top, limit=MUTANTS):
        yield mutant.source
    for seed, write in enumerate((rewrite, restyle)):
        with suppress(RefusedError):
            yield write(problem.reference.text, problem.reference_top, new_top=problem.top, seed=seed).text


def lay_out(text: str) -> str:
    """Return ``text`` with a comment and blank lines before it and between its lines."""
    return "// again\n\n" + text.replace("\n", "  // so\n\n")


def judge(path: Path) -> None:
    """Do what one process does and print what each step cost, and the verdicts."""
    samples = json.loads(path.read_text())
    problems = {problem.problem_id: problem for problem in load_suite(str(CORE)).problems}
    costs, statuses = dict[str, float](), dict[str, list[str]]()
    with Checker(CheckSettings(limits=LIMITS)) as checker:
        before = read_cpu_s()
        for name in dict(samples):
            checker.prepare(problems[name])
        costs["references"] = read_cpu_s() - before
        for label in ("check", "again", "other layout"):
            texts = [(problems[name], lay_out(text) if label == "other layout" else text) for name, text in samples]
            before = read_cpu_s()
            statuses[label] = [checker.check(Candidate(source=text, rule="x"), one).status for one, text in texts]
            costs[label] = read_cpu_s() - before
    print(json.dumps({"costs": costs, "statuses": statuses}))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, help="of the core suite, evenly chosen; by default all")
    parser.add_argument("--judge", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, help="file for the ratios")
    options = parser.parse_args()
    if options.judge:
        judge(options.judge)
        return 0
    every = load_suite(str(CORE)).problems
    problems = every[:: max(1, len(every) // (options.problems or len(every)))]
    samples = [(problem.problem_id, text) for problem in problems for text in list_texts(problem)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.json"
        path.write_text(json.dumps(samples))
        command = [sys.executable, __file__, "--judge", str(path)]
        env = {**os.environ, "XDG_CACHE_HOME": folder}
        first, second = (
            json.loads(subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE).stdout) for _ in range(2)
        )
        size = sum(file.stat().st_size for file in Path(folder, "pytest-rtlgen").rglob("*") if file.is_file())
    expected = first["statuses"]["check"]
    for done in (first, second):
        if any(found != expected for found in done["statuses"].values()):
            raise SystemExit("a verdict changed")
    rows = [
        [label, f"{first['costs'][label]:.2f}", f"{cost:.2f}", f"{first['costs'][_like(label)] / max(cost, 0.01):.0f}"]
        for label, cost in second["costs"].items()
    ]
    passed = expected.count("passed")
    print(f"{len(samples)} candidates of {len(problems)} problems, {passed} pass; {size >> 10} KiB kept\n")
    print(tabulate(rows, HEADS, disable_numparse=True))
    again = first["costs"]["check"] / max(first["costs"]["again"], 0.01)
    print(f"\nagain in the first process: {again:.0f} times cheaper")
    if options.json:
        shared = first["costs"]["references"] / max(second["costs"]["references"], 0.01)
        unit = "times cheaper than the first time"
        write_lines(
            options.json,
            [
                Line.of("the same candidates again, from the cache", [again], unit, ">= 50"),
                Line.of("references of another process, from the cache", [shared], unit),
            ],
        )
    return 0


def _like(label: str) -> str:
    """Return the step of the first process that does the work which ``label`` need not do."""
    return "references" if label == "references" else "check"


if __name__ == "__main__":
    sys.exit(main())
