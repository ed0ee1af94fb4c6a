"""Mutants of references, played three stimuli in one run: ours, and the published uniform random one, short and long.

The published approach (CodeV-R1 and others): every input uniform at random in each of 1,000 steps, the clock toggled
each step; reset at random in the first step, then held for some, then left alone; repeated 1 or 100 times (the long one
begins with the short one, so it is played only to mutants that the short one lets live). A mutant that ours shows is
different; of the others the whole check tells (proof, replay, second stimulus). One that is proved equivalent and yet
killed by the published stimulus is a false kill: that stimulus moves inputs with the clock edge, and designs race it.
One line of JSON a problem is kept in ``--out``, and a problem found there is not run again.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tabulate import tabulate

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Interface, Polarity, Problem, Proof, Status, Stimulus
from pytest_rtlgen.selfcheck.mutation import Fate, Prove, draw_mutants, judge_mutant, make_prove
from pytest_rtlgen.simulators import SimulationJob
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.verilog.mutate import Mutant

ROOT = Path(__file__).parents[2]
VERILOG_EVAL = f"verilog-eval-v2:{ROOT.parent / 'shared' / 'benchmarks' / 'verilog-eval-v2'}"
SUITES = (str(ROOT / "suites" / "core"), VERILOG_EVAL)
STEPS = 1000
RESET_STEPS = 20
OURS, SHORT, LONG = "ours", "1 x 1,000", "100 x 1,000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    limit: int
    seed: int
    rounds: int


def make_published_stimulus(interface: Interface, *, rounds: int, seed: int) -> Stimulus:
    """Return ``rounds`` times 1,000 steps of uniform random inputs: one clock edge a step, reset at the beginning."""
    rng = random.Random(f"published {seed}")
    clocks = {clock.port for clock in interface.clocks}
    active = {reset.port: int(reset.active is Polarity.HIGH) for reset in interface.resets}
    rows = []
    for _ in range(rounds):
        for step in range(STEPS):
            values = {port.name: rng.getrandbits(port.width) for port in interface.inputs}
            values.update(dict.fromkeys(clocks, step & 1))
            if step:
                values.update({name: level if step < RESET_STEPS else 1 - level for name, level in active.items()})
            rows.append("".join(f"{values[port.name]:0{port.width}b}" for port in interface.inputs))
    return Stimulus(inputs=interface.inputs, rows="".join(rows).encode("ascii"), steps=STEPS * rounds, seed=seed)


def play_reference(checker: Checker, reference: PreparedReference, stimulus: Stimulus) -> PreparedReference | None:
    """Return the reference under ``stimulus``; ``None`` if it takes too long, or Icarus does not compile it."""
    interface = replace(reference.interface, module=reference.top)
    job = SimulationJob(source=reference.source, interface=interface, stimulus=stimulus)
    simulation = checker.simulator.simulate(job)
    if simulation.status is Status.TIMEOUT or reference.is_simulated_elsewhere:
        return None
    if simulation.trace is None:
        raise SystemExit(f"{reference.top}: {simulation.status} under the published stimulus")
    return replace(reference, stimulus=stimulus, trace=simulation.trace)


def measure_problem(checker: Checker, problem: Problem, settings: Settings) -> dict[str, Any]:
    ours = checker.prepare(problem)
    mutants = draw_mutants(checker.simulator, ours, problem, limit=settings.limit, seed=settings.seed)
    short, long = (
        play_reference(checker, ours, make_published_stimulus(ours.interface, rounds=rounds, seed=settings.seed))
        for rounds in (1, settings.rounds)
    )
    fates: dict[str, list[Fate]] = {}
    seconds: dict[str, float] = {}
    played: dict[str, int] = {}
    for name, reference in ((OURS, ours), (SHORT, short), (LONG, long)):
        fates[name] = list(fates[SHORT]) if name == LONG else [Fate.SURVIVED] * len(mutants)
        chosen = [number for number, fate in enumerate(fates[name]) if fate is Fate.SURVIVED and reference]
        started = time.perf_counter()
        for number in chosen:
            if reference is not None:
                fates[name][number] = judge_mutant(checker.simulator, reference, mutants[number].source)
        seconds[name], played[name] = time.perf_counter() - started, len(chosen)
    started = time.perf_counter()
    found = judge_survivors(make_prove(checker, problem), mutants, fates)
    equivalent = [item["number"] for item in found if item["proof"] == Proof.EQUIVALENT]
    false_kills = {name: sum(fates[name][number] is Fate.KILLED for number in equivalent) for name in fates}
    return {
        "problem": problem.problem_id,
        "generated": len(mutants),
        "invalid": fates[OURS].count(Fate.INVALID),
        "killed": {name: listed.count(Fate.KILLED) - false_kills[name] for name, listed in fates.items()},
        "false_kills": false_kills,
        "seconds": seconds,
        "played": played,
        "is_long_left_out": long is None,
        "judge_s": time.perf_counter() - started,
        "survivors": found,
    }


def judge_survivors(prove: Prove, mutants: Sequence[Mutant], fates: dict[str, list[Fate]]) -> list[dict[str, Any]]:
    """Return what is known of each mutant that ours lets live: proved, or shown by the published stimulus."""
    found: list[dict[str, Any]] = []
    for number, mutant in enumerate(mutants):
        if fates[OURS][number] is not Fate.SURVIVED:
            continue
        by = [name for name in (SHORT, LONG) if fates[name][number] is Fate.KILLED]
        proof = prove(mutant.source)
        reason = "shown by proof or the second stimulus"
        if by and proof is Proof.UNKNOWN:
            proof, reason = Proof.DIFFERENT, f"shown by {by[0]}, or a race of it"
        found.append(
            {
                "number": number,
                "proof": str(proof),
                "operator": mutant.operator,
                "line": mutant.line,
                "change": f"{mutant.before} -> {mutant.after}",
                "reason": reason if proof is Proof.DIFFERENT else "",
            }
        )
    return found


def run_suite(checker: Checker, spec: str, args: argparse.Namespace, settings: Settings) -> list[dict[str, Any]]:
    suite = load_suite(spec)
    problems = [item for item in suite.problems if not args.problems or item.problem_id in args.problems]
    path = Path(args.out) / f"{suite.name}-{settings.limit}-{settings.seed}-{settings.rounds}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    done = {row["problem"]: row for row in map(json.loads, path.read_text().splitlines())} if path.exists() else {}
    waiting = [problem for problem in problems if problem.problem_id not in done]

    def measure(problem: Problem) -> dict[str, Any]:
        try:
            return measure_problem(checker, problem, settings)
        except BadReferenceError as error:
            return {"problem": problem.problem_id, "refused": str(error)}

    with ThreadPoolExecutor(checker.settings.jobs) as pool, path.open("a") as stream:
        for number, row in enumerate(pool.map(measure, waiting), len(done) + 1):
            stream.write(json.dumps(row) + "\n")
            stream.flush()
            done[str(row["problem"])] = row
            sys.stderr.write(f"{suite.name}: {number} problems\n")
    return [done[problem.problem_id] for problem in problems]


def show(name: str, rows: Sequence[dict[str, Any]]) -> None:
    judged = [row for row in rows if "refused" not in row]
    survivors = [(row["problem"], item) for row in judged for item in row["survivors"]]
    proofs = Counter(item["proof"] for _, item in survivors)
    killed: Counter[str] = Counter()
    false_kills, played, seconds = Counter[str](), Counter[str](), Counter[str]()
    for row in judged:
        killed.update(row["killed"])
        false_kills.update(row["false_kills"])
        played.update(row["played"])
        seconds.update(row["seconds"])
    different = killed[OURS] + proofs["different"]
    total, invalid = (sum(row[key] for row in judged) for key in ("generated", "invalid"))
    print(f"\n{name}: {len(judged)} problems, {total} mutants, {invalid} do not build, {different} different, "
          f"{proofs['equivalent']} equivalent, {proofs['unknown']} unknown")  # fmt: skip
    table = [
        [
            *(key, killed[key], f"{killed[key] / max(1, different):.2%}", false_kills[key]),
            f"{1000 * seconds[key] / max(1, played[key]):.0f}",
        ]
        for key in (OURS, SHORT, LONG)
    ]
    print(tabulate(table, ["stimulus", "killed", "of the different", "equivalent ones killed", "ms a mutant"]))
    for problem, item in survivors:
        if item["proof"] != "equivalent":
            where = f"{problem}:{item['line']} {item['operator']}"
            print(f"  {item['proof']:<9} {where}: {item['change']}  {item['reason']}")
    left_out = [row["problem"] for row in judged if row.get("is_long_left_out")]
    if left_out:
        print(f"  too slow for the long stimulus, which has the short one's kills there: {', '.join(left_out)}")
    for row in rows:
        if "refused" in row:
            print(f"  refused   {row['refused']}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=40, help="mutants of each problem")
    parser.add_argument("--problems", nargs="*", default=[], help="only these")
    parser.add_argument("--suites", nargs="*", default=SUITES)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0], help="of the mutants and of the random inputs")
    parser.add_argument("--rounds", type=int, default=100, help="how often the long one plays 1,000 steps")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", default="build/mutation", help="folder of the results, one file a suite")
    args = parser.parse_args()
    settings = CheckSettings(jobs=args.jobs, limits=Limits(cpu_s=20, wall_s=60.0, file_mib=64), no_cache=True)
    with Checker(settings) as checker:
        for seed in args.seeds:
            for spec in args.suites:
                chosen = Settings(limit=args.limit, seed=seed, rounds=args.rounds)
                rows = run_suite(checker, spec, args, chosen)
                show(f"{spec}, seed {seed}", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
