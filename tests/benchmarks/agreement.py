"""Real answers, judged by the benchmark's bench and by ours: where the two disagree, and why.

Every distinct answer of CorrectBench's model to VerilogEval v1 Human (156 problems, 20 answers each) and every mutant
that CorrectBench made of the references is judged twice: by the published bench without any guard, as its authors
would, and by the checker as it is by default. A disagreement must have a reason from data: an entry in the known-bad
list, an opening of the problem, the status of a candidate that was refused, or the inputs under which it differs from
the reference, which were simulated. Run it from the repository root; it goes on where it was stopped::

    PYTHONPATH=tests python tests/benchmarks/agreement.py [--only NAME] [--jobs 2] [--every N] [--results FILE]
        [--official-only]
"""

import argparse
import hashlib
import json
import statistics
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from tabulate import tabulate

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.known_bad import load_known_bad
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Candidate, Openings, Problem, Proof, Status, Verdict
from pytest_rtlgen.scoring.testbench import TestbenchScorer
from pytest_rtlgen.simulators.icarus import find_icarus

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "benchmarks"
ANSWERS = SHARED / "correctbench" / "HDLBits_data_RTL_4o_20.jsonl"
MUTANTS = SHARED / "correctbench" / "HDLBits_data_mutants.jsonl"
SUITE = "verilog-eval-v1-human"
RESULTS = ROOT / ".rtlgen" / "agreement.jsonl"
UNEXPLAINED = "UNEXPLAINED"
_NOT_COMPILED = "the bench's Icarus does not compile it."
_COMPILER_SPEAKS = "failed: compile error."
"""VerilogEval v1's word for any line that Icarus prints, such as a "sorry" about what it does anyway."""
_REFUSALS = frozenset(Status) - {Status.PASSED, Status.MISMATCH}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One distinct text and how often it occurs."""

    kind: str
    """``answer`` or ``mutant``."""
    problem_id: str
    source: str
    count: int

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.problem_id}:{hashlib.sha256(self.source.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one judge said of one text; one line of the results."""

    key: str
    judge: str
    """``official`` or ``ours``."""
    outcome: str
    """``pass``, ``fail`` or ``none``: this judge cannot judge the problem."""
    reason: str = ""
    """The benchmark's own words; ours: the status, and what the data say of a failure."""
    duration_s: float = 0.0


class Judges:
    """Both judges, and the results so far. Thread-safe."""

    def __init__(self, jobs: int, results: Path) -> None:
        self.checker = Checker(CheckSettings(jobs=jobs, no_cache=True))
        self.scorer = TestbenchScorer(CheckSettings(jobs=jobs, no_cache=True))
        self._results = results
        self._lock = threading.Lock()
        self.done: dict[tuple[str, str], Judgement] = {}
        if results.exists():
            for line in results.read_text(encoding="utf-8").splitlines():
                found = Judgement(**json.loads(line))
                self.done[found.key, found.judge] = found

    def close(self) -> None:
        self.checker.close()
        self.scorer.close()

    def ask(self, judge: str, text: Text, problem: Problem) -> None:
        if (text.key, judge) in self.done:
            return
        found = (self._ask_official if judge == "official" else self._ask_ours)(text, problem)
        with self._lock:
            self.done[text.key, judge] = found
            self._results.parent.mkdir(parents=True, exist_ok=True)
            with self._results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(found)) + "\n")

    def _ask_official(self, text: Text, problem: Problem) -> Judgement:
        bench, candidate = problem.testbench, Candidate(source=text.source, rule="given")
        found = None if bench is None else self.scorer.score_unguarded(candidate, bench)
        if found is None or found.is_passed_unguarded is None:
            return Judgement(key=text.key, judge="official", outcome="none")
        outcome = "pass" if found.is_passed_unguarded else "fail"
        reason = found.code if found.is_syntax_right else _NOT_COMPILED
        return Judgement(key=text.key, judge="official", outcome=outcome, reason=reason)

    def _ask_ours(self, text: Text, problem: Problem) -> Judgement:
        try:
            verdict = self.checker.check(Candidate(source=text.source, rule="given"), problem)
        except BadReferenceError as error:
            return Judgement(key=text.key, judge="ours", outcome="none", reason=str(error))
        outcome = "pass" if verdict.is_passed else "fail"
        return Judgement(
            key=text.key, judge="ours", outcome=outcome, reason=explain(verdict), duration_s=verdict.duration_s
        )


def explain(verdict: Verdict) -> str:
    """Return what the verdict itself says: its status, and where a mismatch was seen."""
    if verdict.is_passed:
        equivalence = verdict.equivalence
        return "proved" if equivalence is not None and equivalence.result is Proof.EQUIVALENT else "simulated"
    if verdict.status in _REFUSALS:
        first = verdict.diagnostics[0].message if verdict.diagnostics else ""
        return f"{verdict.status}: {first}"
    wrong = next((signal for signal in verdict.signals if signal.mismatches), None)
    if wrong is None or wrong.first_mismatch_ns is None:
        return f"{verdict.status}"
    return f"{wrong.name} is {wrong.actual}, not {wrong.expected}, at {wrong.first_mismatch_ns:g} ns"


def list_texts(problems: Mapping[str, Problem], only: str) -> Iterator[Text]:
    """Yield every distinct answer and mutant."""
    for kind, path, key in (("answer", ANSWERS, "llmgen_RTL"), ("mutant", MUTANTS, "mutants")):
        counts: Counter[tuple[str, str]] = Counter()
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["task_id"] in problems and only in row["task_id"]:
                counts.update((row["task_id"], source) for source in row[key])
        for (problem_id, source), count in counts.items():
            yield Text(kind=kind, problem_id=problem_id, source=source, count=count)


def judge_all(judges: Judges, texts: Iterable[Text], problems: Mapping[str, Problem], which: str, jobs: int) -> None:
    """Ask one judge about every text, with a line of progress."""
    todo = list(texts)
    with ThreadPoolExecutor(jobs) as pool:
        work = pool.map(lambda text: judges.ask(which, text, problems[text.problem_id]), todo)
        for number, _ in enumerate(work, start=1):
            if number % 20 == 0 or number == len(todo):
                print(f"\r{which}: {number}/{len(todo)} ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def report(judges: Judges, texts: list[Text], opened: set[str]) -> int:
    """Print the tables; return how many disagreements no data explain. ``opened``: problems with openings."""
    known = load_known_bad(ours=("icarus", find_icarus().version), bench=("icarus", find_icarus().version))
    unexplained = 0
    for kind in ("answer", "mutant"):
        table: Counter[tuple[str, str]] = Counter()
        reasons: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        times = []
        for text in texts:
            official, ours = judges.done.get((text.key, "official")), judges.done.get((text.key, "ours"))
            if text.kind != kind or official is None or ours is None:
                continue
            table[official.outcome, ours.outcome] += 1
            times.append(ours.duration_s)
            if official.outcome != ours.outcome:
                kinds = {str(entry.kind) for entry in known.of(SUITE, text.problem_id)}
                kinds |= {"its text leaves something open"} if text.problem_id in opened else set()
                reason = give_reason(official, ours, sorted(kinds))
                unexplained += reason == UNEXPLAINED
                reasons[official.outcome, ours.outcome][f"{text.problem_id}: {reason}"] += 1
        if not table:
            continue
        rows = [[a, *(table[a, b] for b in ("pass", "fail", "none"))] for a in ("pass", "fail", "none")]
        print(f"\n{kind}s, distinct texts: {sum(table.values())}; {statistics.median(times):.2f} s each (median)")
        print(tabulate(rows, headers=["official \\ ours", "pass", "fail", "none"]))
        for (a, b), counts in sorted(reasons.items()):
            print(f"\nofficial {a}, ours {b}:")
            for reason, count in sorted(counts.items()):
                print(f"  {count:4d}  {reason}")
    return unexplained


def give_reason(official: Judgement, ours: Judgement, kinds: list[str]) -> str:
    """Return why two judges disagree, from data only."""
    listed = f"known bad ({', '.join(kinds)})" if kinds else ""
    if ours.outcome == "fail":
        seen = ours.reason
        return f"{listed}; {seen}" if listed else f"simulated: {seen}"
    if official.outcome == "none":
        return listed or "the published bench cannot be run"
    if official.reason in {_NOT_COMPILED, _COMPILER_SPEAKS}:
        return f"{official.reason} ours: {ours.reason}"
    return f"{listed}; ours: {ours.reason}" if listed else UNEXPLAINED


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="problems whose name contains this")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--every", type=int, default=1, help="one of so many texts; a later run can take the others")
    parser.add_argument("--official-only", action="store_true", help="ask the published bench, and nothing else")
    options = parser.parse_args()
    problems = {item.problem_id: item for item in load_suite(f"{SUITE}:{SHARED}/verilog-eval-v1").problems}
    texts = list(list_texts(problems, options.only))[:: options.every]
    judges = Judges(options.jobs, options.results)
    try:
        judge_all(judges, texts, problems, "official", options.jobs)
        if not options.official_only:
            judge_all(judges, texts, problems, "ours", options.jobs)
        opened = {name for name, problem in problems.items() if problem.openings != Openings()}
        unexplained = report(judges, texts, opened)
    finally:
        judges.close()
    print(f"\n{unexplained} disagreements without a reason")
    return int(unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())
