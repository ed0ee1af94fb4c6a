"""What proofs find out: shares of equivalent, different and unknown, what they cost, and whether simulation agrees.

``python tests/benchmarks/formal_shares.py [--mutants N] [--problems P ...]``. Each reference is put to the proof
against itself (it must never come out different) and against N mutants of it. Simulation is asked about each as well,
before the proof and apart from it: a proof of equivalence against a simulated mismatch, or a counterexample that does
not show when replayed, is a disagreement and is listed.
"""

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tabulate import tabulate

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.confirm import judge_simulation
from pytest_rtlgen.check.proof.prover import Prover
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.errors import BadReferenceError, RenameError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import FormalMode, SandboxMode
from pytest_rtlgen.records import Equivalence, Problem, Proof
from pytest_rtlgen.selfcheck.mutation import draw_mutants
from pytest_rtlgen.simulators import SimulationJob
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.verilog.rename import rename_module

ROOT = Path(__file__).parents[2]
VERILOG_EVAL = f"verilog-eval-v2:{ROOT.parent / 'shared' / 'benchmarks' / 'verilog-eval-v2'}"
SUITES = (str(ROOT / "suites" / "core"), VERILOG_EVAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One candidate: what the simulator said first, then the proof, then the replay of its counterexamples."""

    problem: str
    what: str
    simulated: bool | None
    """Whether the first simulation passed it; ``None``: it did not run to its end."""
    proof: Proof
    is_replayed: bool
    """Whether a counterexample showed in the simulator."""
    reason: str
    seconds: float

    @property
    def disagreement(self) -> str:
        """What simulation and proof differ about; empty: they agree, or one of them says nothing."""
        if self.proof is Proof.EQUIVALENT and self.simulated is False:
            return "proved equivalent, yet simulation shows a mismatch"
        if self.proof is Proof.DIFFERENT and not self.is_replayed:
            return "the counterexample does not show in simulation"
        return ""


def replay(checker: Checker, reference: PreparedReference, source: str, found: Equivalence) -> bool:
    for _, stimulus in found.counterexamples:
        interface = replace(reference.interface, module=reference.top)
        played = checker.simulator.simulate(
            SimulationJob(source=reference.source, interface=interface, stimulus=stimulus)
        )
        if played.trace is None:
            continue
        again = replace(reference, stimulus=stimulus, trace=played.trace)
        if not judge_simulation(checker.simulator, again, source).verdict.is_passed:
            return True
    return False


def examine(checker: Checker, prover: Prover, problem: Problem, mutants: int) -> list[Found]:
    try:
        reference = checker.prepare(problem)
    except BadReferenceError as error:
        sys.stderr.write(f"left out: {error}\n")
        return []
    found = []
    for what, source in list_candidates(checker, reference, problem, mutants):
        simulated = judge_simulation(checker.simulator, reference, source)
        verdict, trace = simulated.verdict, simulated.trace
        if not verdict.is_compiled:
            continue
        started = time.perf_counter()
        proved = prover.compare(reference, source, trace)
        seconds = time.perf_counter() - started
        found.append(
            Found(
                problem=problem.problem_id,
                what=what,
                simulated=None if trace is None else verdict.is_passed,
                proof=proved.result,
                is_replayed=replay(checker, reference, source, proved),
                reason=proved.reason,
                seconds=seconds,
            )
        )
    return found


def list_candidates(
    checker: Checker, reference: PreparedReference, problem: Problem, mutants: int
) -> Iterator[tuple[str, str]]:
    drawn = draw_mutants(checker.simulator, reference, problem, limit=mutants, seed=0) if mutants else ()
    texts = [("itself", problem.reference.text)]
    texts += [(f"line {item.line}: {item.before} -> {item.after}", item.source) for item in drawn]
    for what, text in texts:
        try:
            is_named = problem.reference_top == problem.top
            yield what, text if is_named else rename_module(text, problem.reference_top, problem.top)
        except RenameError:
            continue


def show(name: str, found: list[Found]) -> None:
    rows = []
    for label, chosen in (
        ("references against themselves", [item for item in found if item.what == "itself"]),
        ("mutants", [item for item in found if item.what != "itself"]),
    ):
        if not chosen:
            continue
        proofs = Counter(item.proof for item in chosen)
        shares = [f"{proofs[proof]} ({proofs[proof] / len(chosen):.1%})" for proof in Proof]
        times = [item.seconds for item in chosen]
        cost = f"{1000 * statistics.median(times):.0f} / {1000 * statistics.mean(times):.0f}"
        compared = [item for item in chosen if item.proof is not Proof.UNKNOWN and item.simulated is not None]
        agreed = sum(not item.disagreement for item in compared)
        rows.append([label, len(chosen), *shares, cost, f"{agreed} of {len(compared)}"])
    heads = ["", "candidates", *(str(proof) for proof in Proof), "ms, median / mean", "simulation agrees"]
    print(f"\n{name}\n{tabulate(rows, heads)}")
    only_proof = sum(item.proof is Proof.DIFFERENT and item.simulated is True for item in found)
    print(f"mutants that passed simulation and a replayed counterexample fails: {only_proof}")
    for item in found:
        if item.disagreement:
            print(f"  {item.problem}, {item.what}: {item.disagreement}")
        elif item.what == "itself" and item.proof is not Proof.EQUIVALENT:
            print(f"  {item.problem}, itself: {item.proof}: {item.reason}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=4, help="of each problem")
    parser.add_argument("--problems", nargs="*", default=[], help="only these")
    parser.add_argument("--suites", nargs="*", default=SUITES)
    parser.add_argument("--budget", type=float, default=2.0, help="CPU seconds of a proof")
    args = parser.parse_args()
    prover = Prover(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=2, budget_s=args.budget)
    bad = 0
    with Checker(CheckSettings(jobs=2, formal=FormalMode.OFF, no_cache=True)) as checker, ThreadPoolExecutor(2) as pool:
        for spec in args.suites:
            problems = [p for p in load_suite(spec).problems if not args.problems or p.problem_id in args.problems]
            found: list[Found] = []
            for number, part in enumerate(
                pool.map(lambda problem: examine(checker, prover, problem, args.mutants), problems), 1
            ):
                found += part
                sys.stderr.write(f"\r{number} of {len(problems)} problems ")
            show(spec, found)
            bad += sum(bool(item.disagreement) for item in found)
    prover.close()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
