"""Slices of references, put to the proof: what lies outside of an output's spans must not matter to it.

Two proofs a design. *Deletion*: for each output, all statements, assignments, instances, functions and initial values
outside of its spans are taken out at once; the rest must build and the output must do the same, X included, in every
step of the reference's own stimulus; ``--prove`` has the prover say so too. *Mutation*: for each mutant, every output
with the whole change outside of its spans must do the same. Lines inside are sampled by the same mutants: how many
have a mutant that changes the output. Then the cost beside ``yosys -dump_ast1``, and the inputs that each slice
reaches beside those of Yosys' cones and of pyverilog's data flow, which must be among them.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_rtlgen.check import Checker, CheckSettings
from pytest_rtlgen.check.formal import FormalMode, Prover
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Problem, Proof, Trace
from pytest_rtlgen.simulators import SimulationJob, Simulator
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import SandboxMode, choose_sandbox
from pytest_rtlgen.verilog.mutate import list_mutants
from pytest_rtlgen.verilog.slicing import Span, slice_outputs, trace_outputs

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from support.keep_spans import keep_only  # noqa: E402

SHARED = ROOT.parent / "shared" / "benchmarks"
SUITES = (
    str(ROOT / "suites" / "core"),
    f"verilog-eval-v2:{SHARED / 'verilog-eval-v2'}",
    f"rtllm-v2:{SHARED / 'rtllm-v2'}",
    f"verilog-eval-v1-human:{SHARED / 'verilog-eval-v1'}",
)
YOSYS = """
import json, os, sys
from pyosys import libyosys as ys
top, outputs, path, front = sys.argv[1], sys.argv[2].split(","), sys.argv[3], sys.argv[4]
out = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
design = ys.Design()
design.run_pass(f"read_slang --top {top} {path}" if front == "slang" else f"read_verilog -sv {path}")
design.run_pass(f"hierarchy -top {top}; proc; flatten; memory -nomap")
inputs = [str(w.name)[1:] for w in design.top_module().wires_.values() if w.port_input]
found = {}
for output in outputs:
    design.run_pass(f"select -write cone.txt {top}/w:{output} %ci*")
    lines = {line.rpartition("/")[2] for line in open("cone.txt").read().split()}
    found[output] = [name for name in inputs if name in lines]
os.write(out, json.dumps(found).encode())
os._exit(0)
"""
PYVERILOG = """
import json, sys
import pyverilog.vparser.parser as parser
from pyverilog.dataflow.dataflow_analyzer import VerilogDataflowAnalyzer
one, make = [], parser.VerilogParser
parser.VerilogParser = lambda **options: one[0] if one else (one.append(make(**options)), one[0])[1]
def names(node, seen):
    if node is None or isinstance(node, (str, int, float, bool)):
        return
    if isinstance(node, (list, tuple)):
        for item in node: names(item, seen)
        return
    if id(node) in seen: return
    if type(node).__name__ == "DFTerminal":
        yield str(node.name)
    seen = seen | {id(node)}
    for value in vars(node).values() if hasattr(node, "__dict__") else ():
        yield from names(value, seen)
def flow(path, top):
    analyzer = VerilogDataflowAnalyzer([path], top, noreorder=True, nobind=False)
    analyzer.generate()
    reads = {}
    for name, binds in analyzer.getBinddict().items():
        for bind in binds:
            found = reads.setdefault(str(name), set())
            found |= set(names(bind.tree, frozenset()))
            for item in (bind.getClockName(), bind.getResetName()):
                if item: found.add(str(item))
    terms = analyzer.getTerms()
    kinds = {str(name): term.termtype for name, term in terms.items()}
    result = {}
    for name, types in kinds.items():
        if "Output" in types and name.count(".") == 1:
            seen, todo = set(), [name]
            while todo:
                item = todo.pop()
                if item not in seen:
                    seen.add(item)
                    todo += reads.get(item, ())
            result[name.partition(".")[2]] = sorted(x.partition(".")[2] for x in seen if x.count(".") == 1 and "Input" in kinds.get(x, ()))
    return result
for line in sys.stdin:
    path, top = json.loads(line)
    try:
        answer = {"inputs": flow(path, top)}
    except BaseException as error:
        answer = {"refused": f"{type(error).__name__}: {error}"[:80]}
    sys.stderr.flush()
    sys.__stdout__.write("rtlgen " + json.dumps(answer) + chr(10))
    sys.__stdout__.flush()
"""


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
    interface = replace(reference.wanted, module=reference.top)
    found = simulator.simulate(SimulationJob(source=source, interface=interface, stimulus=reference.stimulus))
    return found.trace, found.is_compiled


def test_deletion(checker: Checker, prover: Prover | None, problem: Problem, tally: Tally) -> None:
    reference = checker.prepare(problem)
    text = problem.reference.text
    plain, _ = play(checker.simulator, reference, text)
    for name, spans in slice_outputs(text, problem.reference_top).items():
        if plain is None or name not in {port.name for port in plain.outputs}:
            tally.deletions["not an output that is watched"] += 1
            continue
        cut = keep_only(text, spans)
        trace, is_compiled = play(checker.simulator, reference, cut)
        if trace is None:
            outcome = "does not run" if is_compiled else "does not build"
        else:
            outcome = "same" if cut_output(trace, name) == cut_output(plain, name) else "DIFFERENT"
        tally.deletions["nothing to delete" if cut == text else outcome] += 1
        if cut != text and outcome != "same":
            tally.faults.append(f"deletion: {problem.problem_id} {name}: {outcome}")
        elif cut != text and prover is not None:
            proofs = dict(
                prover.compare(replace(reference, wanted=replace(reference.wanted, module=reference.top)), cut).outputs
            )
            tally.deletions[f"proof: {proofs[name]}"] += 1
            if proofs[name] is Proof.DIFFERENT:
                tally.faults.append(f"deletion: {problem.problem_id} {name}: the prover says different")


def find_change(before: str, after: str) -> Span:
    """Return the stretch of ``before`` that ``after`` has otherwise."""
    first = len(os.path.commonprefix([before, after]))
    last = len(os.path.commonprefix([before[first:][::-1], after[first:][::-1]]))
    return Span(first, len(before) - last)


def is_outside(change: Span, spans: Sequence[Span]) -> bool:
    return not any(span.start <= change.stop and change.start <= span.stop for span in spans)


def test_mutants(checker: Checker, problem: Problem, tally: Tally, limit: int, seed: int) -> None:
    reference = checker.prepare(problem)
    text = problem.reference.text
    slices = slice_outputs(text, problem.reference_top)
    plain, _ = play(checker.simulator, reference, text)
    lines: dict[tuple[str, int], bool] = {}
    for mutant in list_mutants(problem.reference, problem.reference_top, limit=limit, seed=seed):
        trace, is_compiled = play(checker.simulator, reference, mutant.source)
        tally.mutants["run" if trace else "do not end" if is_compiled else "do not build"] += 1
        if trace is None or plain is None:
            continue
        change = find_change(text, mutant.source)
        for port in plain.outputs:
            is_same = cut_output(trace, port.name) == cut_output(plain, port.name)
            if is_outside(change, slices[port.name]):
                tally.pairs_outside += 1
                if not is_same:
                    tally.faults.append(
                        f"mutant: {problem.problem_id}:{mutant.line} {port.name}: {mutant.operator}: {mutant.before} -> {mutant.after}"
                    )
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


def measure_cost(problems: Sequence[Problem], rounds: int) -> None:
    """Print the CPU time of slicing beside that of ``yosys -dump_ast1``, as a process and in one that has started."""
    ours, theirs, warm = [], [], []
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
            ours.append(time_call(lambda text=text, top=top: slice_outputs(text, top), rounds))
            theirs.append(
                time_call(lambda argv=argv: subprocess.run(argv, stdout=subprocess.DEVNULL, check=True), rounds)
            )
            warm.append(time_in_process(path))
    ratios = sorted(yosys / own for own, yosys in zip(ours, theirs, strict=True))
    print(
        f"\ncost of {len(ours)} designs ({refused} that yosys does not read are left out), CPU ms a design, best of {rounds}"
    )
    for name, values in (("slice_outputs", ours), ("yosys -dump_ast1", theirs), ("pyosys, started and forked", warm)):
        print(
            f"  {name:<28} mean {statistics.mean(values):.2f}  median {statistics.median(values):.2f}  max {max(values):.1f}"
        )
    print(
        f"  yosys / ours: of the sums {sum(theirs) / sum(ours):.1f}, median {statistics.median(ratios):.1f}, least {ratios[0]:.1f}"
    )


def time_in_process(path: Path) -> float:
    """Return the CPU ms of ``read_verilog -dump_ast1`` in a fork of a process that has Yosys loaded."""
    from pyosys import libyosys

    libyosys.Design()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        libyosys.Design().run_pass(f"read_verilog -sv -dump_ast1 {path}")
        os._exit(0)
    os.waitpid(child, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def read_cones(problem: Problem, outputs: Sequence[str], front: str) -> Mapping[str, Sequence[str]] | None:
    """Return, by output, the inputs in its cone in the netlist; ``None`` where Yosys does not read the design."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "design.sv"
        path.write_text(problem.reference.text)
        argv = [sys.executable, "-c", YOSYS, problem.reference_top, ",".join(outputs), str(path), front]
        run = subprocess.run(argv, capture_output=True, check=False, timeout=60, cwd=folder)
    try:
        found: Mapping[str, Sequence[str]] = json.loads(run.stdout)
    except ValueError:
        return None
    return found


def compare_cones(problems: Sequence[Problem], faults: list[str]) -> None:
    counts: Counter[str] = Counter()
    for problem in problems:
        ours = trace_outputs(problem.reference.text, problem.reference_top)
        cones = read_cones(problem, list(ours), "slang") or read_cones(problem, list(ours), "verilog")
        counts["designs" if cones else "designs not read"] += 1
        for name, inputs in (cones or {}).items():
            missed = set(inputs) - ours[name]
            counts["outputs"] += 1
            counts["the same"] += ours[name] == set(inputs)
            counts["more in ours"] += ours[name] > set(inputs)
            if missed:
                faults.append(f"cone: {problem.problem_id} {name}: yosys also reaches {sorted(missed)}")
    print(f"\nYosys' cones: {dict(counts)}")


def compare_flows(problems: Sequence[Problem], faults: list[str]) -> None:
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        argv = [sys.executable, "-c", PYVERILOG]
        with subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder, text=True
        ) as child:
            for problem, answer in _ask_flows(child, problems, Path(folder) / "design.v"):
                if "refused" in answer:
                    counts["designs not read"] += 1
                    continue
                counts["designs"] += 1
                ours = trace_outputs(problem.reference.text, problem.reference_top)
                for name, inputs in answer["inputs"].items():
                    counts["outputs"] += 1
                    counts["the same"] += ours[name] == set(inputs)
                    counts["more in ours"] += ours[name] > set(inputs)
                    if set(inputs) - ours[name]:
                        faults.append(
                            f"flow: {problem.problem_id} {name}: pyverilog also reaches {sorted(set(inputs) - ours[name])}"
                        )
    print(f"pyverilog's data flow: {dict(counts)}")


def _ask_flows(
    child: "subprocess.Popen[str]", problems: Sequence[Problem], path: Path
) -> Iterator[tuple[Problem, dict[str, dict[str, list[str]]]]]:
    assert child.stdin is not None
    assert child.stdout is not None
    for problem in problems:
        path.write_text(problem.reference.text)
        child.stdin.write(json.dumps([str(path), problem.reference_top]) + "\n")
        child.stdin.flush()
        for line in child.stdout:
            if line.startswith("rtlgen "):
                yield problem, json.loads(line.removeprefix("rtlgen "))
                break
    child.stdin.close()


def show(name: str, tally: Tally) -> None:
    print(
        f"\n{name}: {tally.designs} designs, {tally.outputs} outputs; spans are {statistics.mean(tally.share or [0]):.0%} of the text"
    )
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
    args = parser.parse_args()
    every: list[Problem] = []
    faults: list[str] = []
    limits = Limits(cpu_s=10, wall_s=40.0, file_mib=64)
    prover = Prover(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=1, budget_s=1.0) if args.prove else None
    with Checker(CheckSettings(jobs=1, limits=limits, formal=FormalMode.OFF)) as checker:
        for spec in args.suites:
            problems = [
                item for item in load_suite(spec).problems if not args.problems or item.problem_id in args.problems
            ]
            problems = problems[:: args.every]
            every += problems
            tally = Tally()
            for problem in problems:
                examine(checker, prover, problem, tally, args)
            show(spec, tally)
            faults += tally.faults
    if prover is not None:
        prover.close()
    if "cones" in args.parts:
        compare_cones(every, faults)
    if "flows" in args.parts:
        compare_flows(every, faults)
    if "cost" in args.parts:
        measure_cost(every, args.rounds)
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
            test_deletion(checker, prover, problem, tally)
        if "mutants" in args.parts:
            test_mutants(checker, problem, tally, args.mutants, args.seed)
    except BadReferenceError as error:
        tally.deletions["reference refused"] += 1
        sys.stderr.write(f"{error}\n")


if __name__ == "__main__":
    sys.exit(main())
