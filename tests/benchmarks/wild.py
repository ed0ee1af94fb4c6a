"""Whether designs from public repositories can be references, and are accepted as candidates of themselves.

RTL-BenchLS (github.com/SebastianWANG2024/RTL-BenchLS) ships designs of which a commercial tool proved each to be equal
to itself. Each is loaded as a training reference and checked against itself; the results are kept in a file, so that
the same command goes on where it was stopped. Run it from the repository root::

    PYTHONPATH=tests python tests/benchmarks/wild.py ../shared/benchmarks/rtl-benchls/slice_01.jsonl \\
        --results results.jsonl [--limit N] [--shard 0/2] [--jobs 1] [--only NAME]
"""

import argparse
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from tabulate import tabulate

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Candidate, Problem, Proof, Severity, Status
from pytest_rtlgen.tools.process import Limits

PATIENT = Limits(wall_s=300)
"""CPU time is limited as ever; this machine may be busy with other things."""
_PLACE = re.compile(r"^\S+#\S+?(:\d+)?: |\bline \d+: ")
_QUOTED = re.compile(r"'[^']*'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one design."""

    problem_id: str
    outcome: str
    """``passed``, ``bad reference``, ``refused`` (as a candidate of itself, before it ran) or ``FAILED``."""
    proof: str = ""
    """``all``, ``some`` or ``none`` of the outputs of a design that passed."""
    status: str = ""
    method: str = ""
    detail: str = ""
    duration_s: float = 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("designs", type=Path, help="a .jsonl file of RTL-BenchLS: a slice, or the masked designs")
    parser.add_argument("--results", type=Path, required=True, help="a .jsonl file, which is added to")
    parser.add_argument("--limit", type=int, help="the first so many only")
    parser.add_argument("--shard", default="0/1", help="every Nth design, from the Kth: K/N")
    parser.add_argument("--only", default="", help="designs whose name contains this")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    first, step = (int(part) for part in options.shard.split("/"))
    problems = [
        one
        for one in load_suite(f"references:{options.designs}").problems[first : options.limit : step]
        if options.only in one.problem_id
    ]
    kept = read_results(options.results)
    work = [problem for problem in problems if problem.problem_id not in kept]
    settings = CheckSettings(jobs=options.jobs, limits=PATIENT, no_cache=True)
    with (
        Checker(settings) as checker,
        ThreadPoolExecutor(options.jobs) as pool,
        options.results.open("a", encoding="utf-8") as file,
    ):
        for number, result in enumerate(pool.map(lambda problem: judge(checker, problem), work), start=1):
            kept[result.problem_id] = result
            file.write(json.dumps(asdict(result)) + "\n")
            file.flush()
            if number % 20 == 0:
                print(f"{number} of {len(work)}", file=sys.stderr)
    results = [kept[problem.problem_id] for problem in problems]
    report(results)
    return int(any(result.outcome == "FAILED" for result in results))


def judge(checker: Checker, problem: Problem) -> Result:
    """Check one design against itself."""
    name, started = problem.problem_id, time.monotonic()
    if problem.unjudged:
        return Result(problem_id=name, outcome="bad reference", method="load", detail=_shorten(problem.unjudged))
    try:
        checker.prepare(problem)
    except BadReferenceError as error:
        return Result(problem_id=name, outcome="bad reference", method="prepare", detail=_shorten(str(error)))
    verdict = checker.check(Candidate(source=problem.reference.text, rule="itself"), problem)
    messages = [item.message for item in verdict.diagnostics if item.severity is not Severity.NOTE]
    outcome = "FAILED" if verdict.method not in {"screen", "compile"} else "refused"
    proof = ""
    if verdict.status is Status.PASSED:
        outcome, equivalence = "passed", verdict.equivalence
        proofs = {one for _, one in equivalence.outputs} if equivalence is not None else set()
        proof = "all" if proofs == {Proof.EQUIVALENT} else "some" if Proof.EQUIVALENT in proofs else "none"
        messages = [equivalence.reason] if equivalence is not None and equivalence.reason else []
    return Result(
        problem_id=name,
        outcome=outcome,
        proof=proof,
        status=str(verdict.status),
        method=verdict.method,
        detail=_shorten("; ".join(messages)),
        duration_s=round(time.monotonic() - started, 3),
    )


def _shorten(message: str) -> str:
    return message[:300]


def read_results(path: Path) -> dict[str, Result]:
    """Return what an earlier call kept."""
    if not path.exists():
        return {}
    found = (Result(**json.loads(line)) for line in path.read_text("utf-8").splitlines())
    return {result.problem_id: result for result in found}


def report(results: Sequence[Result]) -> None:
    """Print the table, and each reason with the designs that it holds for."""
    counts = Counter(_name_row(result) for result in results)
    print(tabulate([(*key, count) for key, count in sorted(counts.items())], headers=("outcome", "proved", "designs")))
    print(f"all: {len(results)}; seconds a design: {sum(one.duration_s for one in results) / max(1, len(results)):.2f}")
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for result in results:
        if result.outcome != "passed" or result.detail:
            reasons[result.outcome, _generalise(result.detail)].append(result.problem_id)
    rows = [(what, len(names), why, ", ".join(names[:3])) for (what, why), names in reasons.items()]
    rows.sort(key=lambda row: (row[0], -row[1]))
    print(tabulate(rows, headers=("outcome", "designs", "reason", "for example"), maxcolwidths=(None, None, 90, 50)))


def _name_row(result: Result) -> tuple[str, str]:
    return result.outcome, result.proof


def _generalise(detail: str) -> str:
    """Return a message without the names and places in it, so that like reasons are counted together."""
    return _QUOTED.sub("'…'", _PLACE.sub("", detail))[:120]


if __name__ == "__main__":
    raise SystemExit(main())
