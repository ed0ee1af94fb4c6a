"""Slices of references, put to the proof: what lies outside of an output's spans must not matter to it.

Two proofs a design. *Deletion*: for each output, all statements, assignments, instances, functions and initial values
outside of its spans are taken out at once; the rest must build and the output must do the same, X included, in every
step of the reference's own stimulus; ``--prove`` has the prover say so too. *Mutation*: for each mutant, every output
with the whole change outside of its spans must do the same. Lines inside are sampled by the same mutants: how many
have a mutant that changes the output. Then the cost beside ``yosys -dump_ast1``, and the inputs that each slice
reaches beside those of Yosys' cones and of pyverilog's data flow, which must be among them.
"""

import argparse
import contextlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.proof.prover import Prover
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import FormalMode, SandboxMode
from pytest_rtlgen.records import Problem, Proof, SourceFile, Trace
from pytest_rtlgen.simulators import SimulationJob, Simulator
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.verilog.interface import read_interface
from pytest_rtlgen.verilog.mutate import list_mutants
from pytest_rtlgen.verilog.slicing import Span, slice_outputs

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from support.foreign_slices import compare_cones, compare_flows  # noqa: E402
from support.keep_spans import keep_only  # noqa: E402

SHARED = ROOT.parent / "shared" / "benchmarks"
COMPLETIONS = str(ROOT / "fixtures" / "completions" / "core")
SUITES = (
    str(ROOT / "suites" / "core"),
    f"verilog-eval-v2:{SHARED / 'verilog-eval-v2'}",
    f"rtllm-v2:{SHARED / 'rtllm-v2'}",
    COMPLETIONS,
)


@dataclass
class Tally:
    """What was found, over all designs."""

    designs: int = 0
    outputs: int = 0
    deletions: Counter[str] = field(default_factory=Counter)
    mutants: Counter[str] = field(default_factory=Counter)
    pairs_outside: int = 0
    inside: Counter[str] = field(default_factory=Counter)
    share: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def cut_output(trace: Trace, name: str) -> list[bytes]:
    """Return the values of one output, step by step."""
    at = 0
    for port in trace.outputs:
        if port.name == name:
            return [trace.rows[row + at : row + at + port.width] for row in range(0, len(trace.rows), trace.width)]
        at += port.width
    raise KeyError(name)


def play(simulator: Simulator, reference: PreparedReference, source: str) -> tuple[Trace | None, bool]:
    """Return the trace, and whether the text builds."""
    interface = replace(reference.interface, module=reference.top)
    found = simulator.simulate(SimulationJob(source=source, interface=interface, stimulus=reference.stimulus))
    return found.trace, found.is_compiled


def examine_deletion(checker: Checker, prover: Prover | None, problem: Problem, tally: Tally) -> None:
    reference = checker.prepare(problem)
    text = problem.reference.text
    plain = reference.trace
    for name, spans in slice_outputs(text, problem.reference_top).items():
        if name not in {port.name for port in plain.outputs}:
            tally.deletions["not an output that is watched"] += 1
            continue
        cut = keep_only(text, spans)
        if cut == text:
            tally.deletions["nothing to delete"] += 1
            continue
        trace, is_compiled = play(checker.simulator, reference, cut)
        if trace is None:
            outcome = "does not run" if is_compiled else "does not build"
        else:
            outcome = "same" if cut_output(trace, name) == cut_output(plain, name) else "DIFFERENT"
        tally.deletions[outcome] += 1
        if outcome != "same":
            tally.faults.append(f"deletion: {problem.problem_id} {name}: {outcome}")
        elif prover is not None:
            named = replace(reference.interface, module=reference.top)
            proofs = dict(prover.compare(replace(reference, interface=named), cut).outputs)
            tally.deletions[f"proof: {proofs[name]}"] += 1
            if proofs[name] is Proof.DIFFERENT:
                tally.faults.append(f"deletion: {problem.problem_id} {name}: the prover says different")


def find_change(before: str, after: str) -> Span:
    """Return the stretch of ``before`` that ``after`` has otherwise."""
    first = count_same(before, after)
    last = count_same(before[first:][::-1], after[first:][::-1])
    return Span(first, len(before) - last)


def count_same(one: str, other: str) -> int:
    """Return how many characters two texts begin alike with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def is_outside(change: Span, spans: Sequence[Span]) -> bool:
    return not any(span.start <= change.stop and change.start <= span.stop for span in spans)


def examine_mutants(checker: Checker, problem: Problem, tally: Tally, limit: int, seed: int) -> None:
    reference = checker.prepare(problem)
    text = problem.reference.text
    slices = slice_outputs(text, problem.reference_top)
    plain = reference.trace
    lines: dict[tuple[str, int], bool] = {}
    for mutant in list_mutants(problem.reference, problem.reference_top, limit=limit, seed=seed):
        trace, is_compiled = play(checker.simulator, reference, mutant.source)
        tally.mutants["run" if trace else "do not end" if is_compiled else "do not build"] += 1
        if trace is None:
            continue
        change = find_change(text, mutant.source)
        for port in plain.outputs:
            is_same = cut_output(trace, port.name) == cut_output(plain, port.name)
            if is_outside(change, slices[port.name]):
                tally.pairs_outside += 1
                if not is_same:
                    what = f"{mutant.operator}: {mutant.before} -> {mutant.after}"
                    tally.faults.append(f"mutant: {problem.problem_id}:{mutant.line} {port.name}: {what}")
            else:
                key = (port.name, mutant.line)
                lines[key] = lines.get(key, False) or not is_same
    tally.inside.update("line matters" if found else "no mutant shows it" for found in lines.values())


def time_call(call: Callable[[], object], rounds: int) -> float:
    """Return the least CPU time of this process and its children, in ms."""
    best = float("inf")
    for _ in range(rounds):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.process_time()
        call()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = min(best, 1e3 * (time.process_time() - started + spent))
    return best


def measure_cost(label: str, problems: Sequence[Problem], rounds: int) -> None:
    """Print the CPU time of slicing beside that of ``yosys -dump_ast1``, with and without the start of its process."""
    ours, theirs, starts, warm = [], [], [], []
    refused = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "design.sv"
        for problem in problems:
            text, top = problem.reference.text, problem.reference_top
            path.write_text(text)
            argv = ["yosys", "-q", "-p", f"read_verilog -sv -dump_ast1 {path}"]
            if subprocess.run(argv, capture_output=True, check=False).returncode:
                refused += 1
                continue
            ours.append(time_call(partial(slice_outputs, text, top), rounds))
            theirs.append(time_call(partial(subprocess.run, argv, stdout=subprocess.DEVNULL, check=True), rounds))
            starts.append(time_call(partial(subprocess.run, ["yosys", "-q", "-p", ""], check=True), rounds))
            warm.append(time_in_process(path, rounds))
    ratios = sorted(yosys / our_s for our_s, yosys in zip(ours, theirs, strict=True))
    print(
        f"\ncost of {len(ours)} {label}, {refused} that yosys does not read left out; CPU ms a design, best of {rounds}"
    )
    names = ("slice_outputs", "yosys -dump_ast1, a process", "yosys, start and end alone", "-dump_ast1 in process")
    for name, values in zip(names, (ours, theirs, starts, warm), strict=True):
        middle = statistics.median(values)
        print(f"  {name:<28} mean {statistics.mean(values):.2f}  median {middle:.2f}  max {max(values):.1f}")
    total = sum(theirs) / sum(ours)
    print(f"  yosys / ours: of the sums {total:.1f}, median {statistics.median(ratios):.1f}, least {ratios[0]:.1f}")
    print(f"  without any process start: {sum(warm) / sum(ours):.1f}")


def time_in_process(path: Path, rounds: int) -> float:
    """Return the least CPU ms of ``read_verilog -dump_ast1`` in a Yosys that runs already: no start, no fork."""
    from pyosys import libyosys

    libyosys.Design()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        best = min(_time_read(libyosys.Design(), path) for _ in range(rounds))
        os.write(writer, str(best).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        return float(answer.read())


def _time_read(design: Any, path: Path) -> float:
    started = time.process_time()
    design.run_pass(f"read_verilog -sv -dump_ast1 {path}")
    return 1e3 * (time.process_time() - started)


def load_designs(spec: str) -> list[Problem]:
    """Return the problems of a suite; for the recorded completions, each that builds as a problem of its own."""
    if spec != COMPLETIONS:
        return list(load_suite(spec).problems)
    found = []
    for problem in load_suite(str(ROOT / "suites" / "core")).problems:
        for path in sorted((Path(COMPLETIONS) / problem.problem_id).glob("*.md")):
            candidate = extract_candidate(path.read_text(encoding="utf-8"), top=problem.top)
            source = SourceFile(name=path.name, text=candidate.source)
            made = replace(problem, problem_id=f"{problem.problem_id}/{path.stem}", reference=source)
            made = replace(made, reference_top=problem.top)
            with contextlib.suppress(BadReferenceError):
                read_interface(source, problem.top)
                found.append(made)
    return found


def show(name: str, tally: Tally) -> None:
    share = statistics.mean(tally.share or [0])
    print(f"\n{name}: {tally.designs} designs, {tally.outputs} outputs; spans are {share:.0%} of the text")
    print(f"  deletion: {dict(tally.deletions)}")
    print(f"  mutants: {dict(tally.mutants)}; {tally.pairs_outside} times wholly outside of an output's spans")
    print(f"  lines inside, for each output: {dict(tally.inside)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suites", nargs="*", default=SUITES)
    parser.add_argument("--every", type=int, default=1, help="only every so manieth design")
    parser.add_argument("--problems", nargs="*", default=[])
    parser.add_argument("--parts", nargs="*", default=["deletion", "mutants", "cost", "cones", "flows"])
    parser.add_argument("--mutants", type=int, default=24, help="of each design")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--prove", action="store_true", help="also prove each deletion")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cycles", type=int, default=None, help="of each stimulus; without it, as long as it helps")
    args = parser.parse_args()
    every: list[Problem] = []
    groups: dict[str, list[Problem]] = {"references": [], "recorded answers": []}
    faults: list[str] = []
    limits = Limits(cpu_s=10, wall_s=40.0, file_mib=64)
    prover = Prover(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=1, budget_s=1.0) if args.prove else None
    with Checker(
        CheckSettings(jobs=1, limits=limits, formal=FormalMode.OFF, cycles=args.cycles, no_cache=True)
    ) as checker:
        for spec in args.suites:
            problems = [item for item in load_designs(spec) if not args.problems or item.problem_id in args.problems]
            problems = problems[:: args.every]
            every += problems
            groups["recorded answers" if spec == COMPLETIONS else "references"] += problems
            tally = Tally()
            for problem in problems:
                examine(checker, prover, problem, tally, args)
                sys.stderr.write(f"{spec}: {tally.designs} of {len(problems)}, {len(tally.faults)} faults\n")
            show(spec, tally)
            sys.stdout.flush()
            faults += tally.faults
    if prover is not None:
        prover.close()
    if "cones" in args.parts:
        print(f"\nYosys' cones: {dict(compare_cones(every, faults))}")
    if "flows" in args.parts:
        print(f"pyverilog's data flow: {dict(compare_flows(every, faults))}")
    if "cost" in args.parts:
        for name, problems in groups.items():
            if problems:
                measure_cost(name, problems, args.rounds)
    print(f"\n{len(faults)} faults")
    for fault in faults:
        print(f"  {fault}")
    return 1 if faults else 0


def examine(checker: Checker, prover: Prover | None, problem: Problem, tally: Tally, args: argparse.Namespace) -> None:
    text = problem.reference.text
    slices = slice_outputs(text, problem.reference_top)
    tally.designs += 1
    tally.outputs += len(slices)
    tally.share += [sum(span.stop - span.start for span in spans) / len(text) for spans in slices.values()]
    try:
        if "deletion" in args.parts:
            examine_deletion(checker, prover, problem, tally)
        if "mutants" in args.parts:
            examine_mutants(checker, problem, tally, args.mutants, args.seed)
    except BadReferenceError as error:
        tally.deletions["reference refused"] += 1
        sys.stderr.write(f"{error}\n")


if __name__ == "__main__":
    sys.exit(main())
