"""Many candidates through one checker while its processes are killed: each has one verdict, and nothing is left behind.

Candidates are references of the core suite, mutants of them, rewrites and hostile designs, drawn again and again, so
that most are duplicates. What each is worth is found in peace first. Then a thread kills one of the checker's
processes every few seconds, whichever it is. At the end stand: verdicts, those that differ from the ones found in
peace, errors of the harness, and what grew: memory, descriptors, processes, files in the temporary folder. Run it with
``make soak`` (100,000 candidates) or ``PYTHONPATH=tests python tests/benchmarks/soak.py --candidates 2000``.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from support.hostile_cases import list_descendants, wait_for_end
from support.rewrites import RefusedError, rewrite
from tabulate import tabulate

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import RtlgenError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Candidate, Problem
from pytest_rtlgen.report.console import Progress
from pytest_rtlgen.tools.pool import count_cores, run_each
from pytest_rtlgen.verilog.mutate import list_mutants

ROOT = Path(__file__).parents[2]
MUTANTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One candidate."""

    problem: Problem
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What this process holds."""

    memory_mib: float
    descriptors: int
    processes: int
    files: int
    """In the temporary folder, without the cache."""

    @classmethod
    def now(cls, folder: Path) -> "Load":
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(
            memory_mib=pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
            descriptors=sum(1 for _ in Path("/proc/self/fd").iterdir()),
            processes=len(list_descendants()),
            files=sum("cache" not in path.parts for path in folder.rglob("*")),
        )


def list_items(problems: int) -> Iterator[Item]:
    every = load_suite(str(ROOT / "suites" / "core")).problems
    for problem in every[:: max(1, len(every) // problems)]:
        yield Item(problem=problem, source=problem.reference.text)
        for mutant in list_mutants(problem.reference, problem.reference_top, limit=MUTANTS):
            yield Item(problem=problem, source=mutant.source)
        with suppress(RefusedError):
            text = rewrite(problem.reference.text, problem.reference_top, new_top=problem.top, seed=1).text
            yield Item(problem=problem, source=text)
        for folder in sorted((ROOT / "fixtures" / "hostile").glob("fuzz_*")):
            source = folder / "candidate.sv"
            if source.exists() and folder.name.endswith(problem.problem_id):
                yield Item(problem=problem, source=source.read_text())


def judge(checker: Checker, item: Item) -> str:
    try:
        return str(checker.check(Candidate(source=item.source, rule="soak"), item.problem).status)
    except RtlgenError as error:
        return f"harness: {type(error).__name__}: {error}"


class Killer(threading.Thread):
    """Kills a process of the checker's every ``every_s`` seconds."""

    def __init__(self, every_s: float, spared: set[int], seed: int) -> None:
        super().__init__(daemon=True)
        self._every_s, self._spared, self._random = every_s, spared, random.Random(seed)
        self.stop = threading.Event()
        self.killed = 0

    def run(self) -> None:
        while not self.stop.wait(self._every_s * self._random.uniform(0.5, 1.5)):
            living = sorted(list_descendants() - self._spared)
            if living:
                with suppress(ProcessLookupError):
                    os.kill(self._random.choice(living), signal.SIGKILL)
                    self.killed += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--problems", type=int, default=12, help="of the core suite")
    parser.add_argument("--kill-every", type=float, default=2.0, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    items = list(list_items(options.problems))
    settings = CheckSettings(jobs=count_cores(), no_cache=True)
    progress, jobs = Progress(), settings.jobs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tempfile.tempdir = name  # what the checker leaves behind lies there
        with Checker(settings) as checker:
            expected = list(run_each(lambda item: judge(checker, item), items, jobs=jobs))
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        draw = random.Random(options.seed)
        work = (draw.randrange(len(items)) for _ in range(options.candidates))
        differing, verdicts, errors = Counter[tuple[str, str]](), 0, Counter[str]()
        started = time.monotonic()
        with Checker(replace(settings, no_cache=False)) as checker:
            killer = Killer(options.kill_every, list_descendants(), options.seed)
            killer.start()
            loads = []
            for place, found in run_each(lambda at: (at, judge(checker, items[at])), work, jobs=jobs):
                verdicts += 1
                if found.startswith("harness"):
                    errors[found] += 1
                elif found != expected[place]:
                    differing[expected[place], found] += 1
                if verdicts in {options.candidates // 10, options.candidates}:
                    loads.append(Load.now(folder))
                progress.show(f"{verdicts}/{options.candidates} candidates")
            killer.stop.set()
            killer.join()
        progress.clear()
        left = wait_for_end(set())
        last = Load.now(folder)
    seconds = time.monotonic() - started
    print(f"{len(items)} designs; {verdicts} of {options.candidates} candidates have a verdict, in {seconds:.0f} s")
    print(f"{killer.killed} processes killed; {sum(errors.values())} errors of the harness: {dict(errors)}")
    print(f"{sum(differing.values())} verdicts differ from those found in peace: {dict(differing)}")
    names = ["memory_mib", "descriptors", "processes", "files"]
    rows = [[name, *(getattr(load, name) for load in (*loads, last))] for name in names]
    print(tabulate(rows, ["", "after a tenth", "at the end", "closed"], floatfmt=".0f"))
    return int(bool(differing or left or verdicts != options.candidates))


if __name__ == "__main__":
    sys.exit(main())
