"""Fuzz the checker with mutants of references that tools read differently, and print what passed though it is wrong.

Kinds: ``drivers`` (a second driver), ``sensitivity`` (an event list that leaves something out), ``unknowns`` (tests for
what a simulator calls X), ``order`` (what hangs on the order of events). Each mutant is judged in every mode of the
checker. One that passes is then simulated without proofs under a longer stimulus of another seed, and in Yosys. It
fooled the checker if one of the two fails it, or if it is wrong in every circuit by the way it was made. The same seed
gives the same mutants in the same order; the time decides how far down the list a run comes. Exit status 1: something
was fooled, or the checker raised an error.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.fuzzing.judging import Judgement, Judges
from support.fuzzing.mutants import KINDS, FuzzMutant, draw_mutants
from support.fuzzing.reporting import keep_case, list_fooled, render_report

from pytest_rtlgen.loaders import load_suite

CORE = Path(__file__).parents[2] / "suites" / "core"
_PROGRESS_S = 10.0


def run(judges: Judges, mutants: Iterator[FuzzMutant], *, seconds: float, jobs: int) -> list[Judgement]:
    """Return the judgements of as many mutants as there is time for, in the order that they were drawn in."""
    started = told = time.monotonic()
    found: dict[int, Judgement] = {}
    running: dict[Future[Judgement], int] = {}
    drawn = 0
    with ThreadPoolExecutor(jobs) as pool:
        while True:
            while len(running) < 2 * jobs and time.monotonic() < started + seconds:
                mutant = next(mutants, None)
                if mutant is None:
                    break
                running[pool.submit(judges.judge, mutant)] = drawn
                drawn += 1
            if not running:
                return [found[number] for number in sorted(found)]
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                found[running.pop(future)] = future.result()
            if time.monotonic() > told + _PROGRESS_S:
                told = time.monotonic()
                fooled = len(list_fooled(list(found.values())))
                print(f"{told - started:5.0f} s: {len(found)} mutants, {fooled} fooled", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="after which no mutant is begun")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--suite", default=str(CORE))
    parser.add_argument("--problems", nargs="*", default=[], help="only these")
    parser.add_argument("--most", type=int, help="mutants at most")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for what fooled the checker, in the form of fixtures/hostile")
    args = parser.parse_args()
    problems = [
        item for item in load_suite(args.suite).problems if not args.problems or item.problem_id in args.problems
    ]
    mutants = draw_mutants(problems, args.kinds, seed=args.seed)
    if args.most is not None:
        mutants = (mutant for _, mutant in zip(range(args.most), mutants, strict=False))
    with Judges(jobs=args.jobs) as judges:
        judgements = run(judges, mutants, seconds=args.seconds, jobs=args.jobs)
    print(render_report(judgements))
    fooled = list_fooled(judgements)
    for item in fooled if args.keep else ():
        keep_case(item, args.keep)
    return int(bool(fooled) or any(item.error for item in judgements))


if __name__ == "__main__":
    sys.exit(main())
