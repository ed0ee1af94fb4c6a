"""CVDP's published examples, run natively: their solutions, and solutions that are blanked, cut down or mutated.

python tests/benchmarks/cvdp_examples.py [FILE.jsonl | FOLDER]
"""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tabulate import tabulate

from pytest_rtlgen.check.harness import HarnessScorer
from pytest_rtlgen.errors import RtlgenError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import CocotbHarness, Problem
from pytest_rtlgen.verilog.mutate import list_mutants

EXAMPLES = Path(__file__).parents[3] / "shared" / "benchmarks" / "cvdp-example"
MOST_MUTANTS = 6


def keep_header(text: str) -> str:
    """Return ``text`` with the bodies of its modules blanked."""
    return re.sub(r"(?s)(\bmodule\b.*?\)\s*;).*?(\bendmodule\b)", r"\1\n\2", text)


def list_variants(problem: Problem, harness: CocotbHarness) -> Iterator[tuple[str, dict[str, str]]]:
    solution = {file.name: file.text for file in harness.solution}
    yield "published solution", solution
    yield "blank", dict.fromkeys(solution, "")
    yield "ports only", {name: keep_header(text) for name, text in solution.items()}
    before = {file.name: file.text for file in harness.context if file.name in harness.targets}
    if before:
        yield "as given", before
    if problem.has_reference:
        for mutant in list_mutants(problem.reference, problem.top, limit=MOST_MUTANTS):
            change = f"mutant, line {mutant.line}: {mutant.before} -> {mutant.after}"
            yield change, {harness.targets[0]: mutant.source}


def score_row(scorer: HarnessScorer, problem: Problem, name: str, files: dict[str, str]) -> tuple[str, ...]:
    started = time.monotonic()
    try:
        assert problem.harness is not None
        verdict = scorer.score(files, problem.harness, with_published=True)
        said = verdict.diagnostics[0].message if verdict.diagnostics else f"{verdict.samples} cocotb tests passed"
        outcome = (verdict.status, "yes" if verdict.published else "no", said[:80])
    except RtlgenError as error:
        outcome = (type(error).__name__, "", str(error)[:80])
    return problem.problem_id, problem.category, name, *outcome, f"{time.monotonic() - started:.1f} s"


def main() -> int:
    suite = load_suite(f"cvdp:{sys.argv[1] if len(sys.argv) > 1 else EXAMPLES}")
    rows: list[tuple[str, ...]] = []
    wrong = 0
    with HarnessScorer() as scorer:
        for problem in suite.problems:
            harness = problem.harness
            if harness is None or not harness.solution:
                reason = problem.unjudged or "its solution is withheld"
                rows.append((problem.problem_id, problem.category, "", "skipped", "", reason, ""))
                continue
            for name, files in list_variants(problem, harness):
                rows.append(score_row(scorer, problem, name, files))
                wrong += (rows[-1][3] == "passed") != (name == "published solution")
    print(tabulate(rows, headers=("problem", "category", "candidate", "verdict", "exit 0", "said first", "time")))
    print(f"{wrong} candidates are not as expected: solutions pass, everything else fails")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
