"""Fuzz the checker with texts that tools read differently, and print what passed though it is wrong.

Kinds: ``drivers`` (a second driver), ``sensitivity`` (an event list that leaves something out), ``unknowns`` (tests for
what a simulator calls X), ``order`` (what hangs on the order of events). Each mutant is judged in every mode of the
checker. One that passes is then simulated without proofs under a longer stimulus of another seed, and in Yosys. It
fooled the checker if one of the two fails it, or if it is wrong in every circuit by the way it was made. The same seed
gives the same mutants in the same order; the time decides how far down the list a run comes.

A kind of its own is ``texts``: random texts for preprocessors, of which the canonical text must leave nothing to do,
have the tokens that slang finds in the raw text on the same lines, and be accepted by both Yosys and Icarus or neither.

Exit status 1: something was fooled, a text differs, or the checker raised an error.
"""

import argparse
import itertools
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.fuzzing.judging import Judgement, Judges
from support.fuzzing.mutants import KINDS, FuzzMutant, draw_mutants
from support.fuzzing.preprocessor_run import fuzz_texts, keep_texts, render_texts
from support.fuzzing.reporting import keep_case, list_fooled, render_report

from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.verilog.canonical import read_canonical

CORE = Path(__file__).parents[2] / "suites" / "core"
TEXTS = "texts"
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


def fuzz_mutants(args: argparse.Namespace, kinds: Sequence[str], seconds: float) -> bool:
    """Print what became of the mutants; return whether nothing was fooled."""
    problems = load_suite(args.suite).problems
    if args.problems:
        problems = tuple(problem for problem in problems if problem.problem_id in args.problems)
    mutants = itertools.islice(draw_mutants(problems, kinds, seed=args.seed), args.most)
    with Judges(jobs=args.jobs) as judges:
        judgements = run(judges, mutants, seconds=seconds, jobs=args.jobs)
    print(render_report(judgements), flush=True)
    fooled = list_fooled(judgements)
    for item in fooled if args.keep else ():
        keep_case(item, args.keep)
    return not fooled and not any(item.error for item in judgements)


def fuzz_canonical_texts(args: argparse.Namespace, seconds: float) -> bool:
    """Print what became of the texts; return whether nothing differs."""
    found = fuzz_texts(read_canonical, seed=args.seed, most=args.texts, seconds=seconds)
    print(render_texts(found), flush=True)
    if args.keep:
        keep_texts(found, args.keep, seed=args.seed)
    return not found.differences


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="after which nothing is begun; texts get a third")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="*", default=[TEXTS, *KINDS], choices=[TEXTS, *KINDS])
    parser.add_argument("--suite", default=str(CORE))
    parser.add_argument("--problems", nargs="*", default=[], help="only these")
    parser.add_argument("--most", type=int, help="mutants at most")
    parser.add_argument("--texts", type=int, default=1500, help="texts at most")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for what fooled the checker, in the form of fixtures/hostile")
    args = parser.parse_args()
    started = time.monotonic()
    kinds = [kind for kind in args.kinds if kind != TEXTS]
    is_good = TEXTS not in args.kinds or fuzz_canonical_texts(args, args.seconds / (3 if kinds else 1))
    if kinds:
        is_good &= fuzz_mutants(args, kinds, started + args.seconds - time.monotonic())
    return int(not is_good)


if __name__ == "__main__":
    sys.exit(main())
