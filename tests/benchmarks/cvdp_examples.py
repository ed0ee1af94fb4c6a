"""CVDP's published examples, run natively: their solutions, and solutions that are blanked, cut down or mutated.

Beside CVDP's own tests stands our check against the solution: it catches mutants that CVDP's tests let pass.

python tests/benchmarks/cvdp_examples.py [FILE.jsonl | FOLDER]
"""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tabulate import tabulate

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import RtlgenError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Candidate, CocotbHarness, Problem, SourceFile
from pytest_rtlgen.scoring.harness import HarnessScorer
from pytest_rtlgen.verilog.mutate import list_mutants

EXAMPLES = Path(__file__).parents[3] / "shared" / "benchmarks" / "cvdp-example"
MOST_MUTANTS = 6
SHOWN = 80
SOLUTION = "published solution"


def keep_header(text: str) -> str:
    """Return ``text`` with the bodies of its modules blanked."""
    return re.sub(r"(?s)(\bmodule\b.*?\)\s*;).*?(\bendmodule\b)", r"\1\n\2", text)


def list_variants(problem: Problem, harness: CocotbHarness) -> Iterator[tuple[str, dict[str, str]]]:
    solution = {file.name: file.text for file in harness.solution}
    yield SOLUTION, solution
    yield "blank", dict.fromkeys(solution, "")
    yield "ports only", {name: keep_header(text) for name, text in solution.items()}
    before = {file.name: file.text for file in harness.context if file.name in harness.targets}
    if before:
        yield "as given", before
    if problem.has_reference:
        for mutant in list_mutants(problem.reference, problem.top, limit=MOST_MUTANTS):
            change = f"mutant, line {mutant.line}: {mutant.before} -> {mutant.after}"
            yield change, {harness.targets[0]: mutant.source}


def make_candidate(files: dict[str, str]) -> Candidate:
    written = tuple(SourceFile(name=name, text=text) for name, text in files.items())
    return Candidate(source="", files=written, rule="benchmark")


def score_by_tests(scorer: HarnessScorer, harness: CocotbHarness, files: dict[str, str]) -> tuple[str, str, str]:
    try:
        verdict = scorer.score(make_candidate(files), harness, with_unguarded=True)
    except RtlgenError as error:
        return type(error).__name__, "", str(error)[:SHOWN]
    message = verdict.diagnostics[0].message if verdict.diagnostics else f"{verdict.samples} cocotb tests passed"
    return verdict.status, "yes" if verdict.is_passed_unguarded else "no", message[:SHOWN]


def check_ours(checker: Checker, problem: Problem, files: dict[str, str]) -> str:
    if not problem.has_reference:
        return ""
    (source,) = files.values()
    return checker.check(Candidate(source=source, rule="benchmark"), problem).status


def list_rows(problem: Problem, scorer: HarnessScorer, checker: Checker) -> Iterator[tuple[str, ...]]:
    harness = problem.harness
    if harness is None or not harness.solution:
        yield problem.problem_id, "", "skipped", "", "", problem.unjudged or "its solution is withheld", ""
        return
    for name, files in list_variants(problem, harness):
        started = time.monotonic()
        status, is_zero, message = score_by_tests(scorer, harness, files)
        time_s = f"{time.monotonic() - started:.1f}"
        yield problem.problem_id, name, status, is_zero, check_ours(checker, problem, files), message, time_s


def is_expected(row: tuple[str, ...]) -> bool:
    """Whether a solution passes everywhere, and anything else fails by CVDP's tests or, for mutants, by ours."""
    _, name, status, _, ours, *_ = row
    if status == "skipped":
        return True
    if name == SOLUTION:
        return status == "passed" and ours in {"", "passed"}
    return status != "passed" or (name.startswith("mutant") and ours != "passed")


def main() -> int:
    suite = load_suite(f"cvdp:{sys.argv[1] if len(sys.argv) > 1 else EXAMPLES}")
    with closing(HarnessScorer()) as scorer, Checker(CheckSettings(no_cache=True)) as checker:
        rows = [row for problem in suite.problems for row in list_rows(problem, scorer, checker)]
    print(
        tabulate(
            rows, headers=("problem", "candidate", "CVDP", "exit 0", "ours", "said first", "s"), disable_numparse=True
        )
    )
    wrong = [row for row in rows if not is_expected(row)]
    missed = [row for row in rows if row[1].startswith("mutant") and row[2] == "passed" != row[4]]
    print(f"{len(wrong)} rows are not as expected; {len(missed)} mutants pass CVDP's tests and fail ours")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
