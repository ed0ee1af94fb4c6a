"""How many pairs rest on what a wrong answer has right by chance: under the first stimulus, not by proof or a second.

Answers to a problem are mutants of its reference, as wrong designs that are nearly right; the first stimulus is as
short as ``--cycles`` says. Run it with ``PYTHONPATH=.``.
"""

import argparse
from pathlib import Path

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.records import Completion, Problem, SampleKey, SampleResult
from pytest_rtlgen.training.signals.preferences import (
    PairRules,
    PairSelection,
    PreferenceReport,
    build_pairs,
    join_reports,
)
from pytest_rtlgen.verilog.mutate import list_mutants

CORE = Path(__file__).parents[2] / "suites" / "core"


def judge_mutants(problem: Problem, checker: Checker, count: int) -> list[SampleResult]:
    """Return mutants of the problem's reference as a model's answers, with their verdicts."""
    mutants = list_mutants(problem.reference, problem.reference_top, limit=count, seed=0)
    found = []
    for index, mutant in enumerate(mutants):
        text = f"```verilog\n{mutant.source}\n```"
        key = SampleKey(suite=problem.suite, problem_id=problem.problem_id, index=index)
        candidate = extract_candidate(text, top=problem.top)
        completion = Completion(key=key, text=text, model="mutants")
        found.append(
            SampleResult(completion=completion, candidate=candidate, verdict=checker.check(candidate, problem))
        )
    return found


def count_pairs(problems: int, mutants: int, cycles: int) -> tuple[int, PreferenceReport]:
    """Return how many pairs there are of partly right answers, and those that are left once they are confirmed."""
    seen, reports = 0, []
    settings = CheckSettings(cycles=cycles, formal=FormalMode.CONFIRM)
    with Checker(settings) as checker:
        for problem in load_suite(str(CORE)).problems[:problems]:
            samples = judge_mutants(problem, checker, mutants)
            prompt, partial = render_prompt(problem), PairSelection.PARTIAL
            build = (problem, prompt, samples, checker.reader.slice)
            seen += len(build_pairs(*build, PairRules(selection=partial)).pairs)
            reports.append(build_pairs(*build, PairRules(selection=partial, confirm=checker.confirm_outputs)))
    return seen, join_reports(reports)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=74)
    parser.add_argument("--mutants", type=int, default=8)
    parser.add_argument("--cycles", type=int, nargs="+", default=[20, 100])
    args = parser.parse_args()
    for cycles in args.cycles:
        seen, report = count_pairs(args.problems, args.mutants, cycles)
        kept = f"{len(report.pairs)} stay, {report.unconfirmed} drop, {report.narrowed} lose some outputs"
        print(f"first stimulus of {cycles} cycles: {seen} pairs of partly right answers; {kept}")


if __name__ == "__main__":
    main()
