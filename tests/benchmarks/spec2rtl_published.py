"""spec2RTL's published answers to CVDP cid003, judged natively, beside the verdicts that Docker gave them.

python tests/benchmarks/spec2rtl_published.py CHECKOUT [PART OF AN ID …]

CHECKOUT: of github.com/NoahSabb/spec2RTL (06a74f4). The answers are those of results/baseline_sonnet_full.
"""

import json
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.loaders.cvdp import load_cvdp
from pytest_rtlgen.records import Candidate, Problem, SourceFile
from pytest_rtlgen.scoring.harness import HarnessScorer

RESULTS = "results/baseline_sonnet_full"


def read_answer(folder: Path, problem: Problem) -> Candidate | None:
    """Return the published answer; ``None``: there is none."""
    name, _, number = problem.problem_id.rpartition("_")
    assert problem.harness is not None
    written = []
    for target in problem.harness.targets:
        path = folder / name / "harness" / str(int(number)) / target
        if not path.exists():
            return None
        written.append(SourceFile(name=target, text=path.read_text(encoding="utf-8")))
    return Candidate(source="", files=tuple(written), rule="published")


def main() -> None:
    checkout, parts = Path(sys.argv[1]), sys.argv[2:]
    official = json.loads((checkout / RESULTS / "raw_result.json").read_text(encoding="utf-8"))
    suite = load_cvdp(checkout / "data" / "cid003_nonagentic.jsonl")
    counts: Counter[str] = Counter(unjudged=sum(bool(problem.unjudged) for problem in suite.problems))
    with closing(HarnessScorer(CheckSettings())) as scorer:
        for problem in suite.problems:
            if problem.harness is None or (parts and not any(part in problem.problem_id for part in parts)):
                continue
            answer = read_answer(checkout / RESULTS, problem)
            if answer is None:
                counts["no published answer"] += 1
                continue
            passed = not official[problem.problem_id]["errors"]
            verdict = scorer.score(answer, problem.harness)
            counts["the same" if verdict.is_passed is passed else "other"] += 1
            print(
                f"{problem.problem_id}: here {verdict.status}, in Docker {'passed' if passed else 'failed'}", flush=True
            )
    print(", ".join(f"{count} {name}" for name, count in counts.items()), "of", len(suite.problems), "problems")


if __name__ == "__main__":
    main()
