"""What other tools say an output depends on: Yosys' cones in the netlist, pyverilog's data flow."""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.records import Problem
from pytest_rtlgen.verilog.slicing import trace_outputs

YOSYS = """
import json, os, sys
from pyosys import libyosys as ys
top, outputs, path, front = sys.argv[1], sys.argv[2].split(","), sys.argv[3], sys.argv[4]
out = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
design = ys.Design()
design.run_pass(f"read_slang --top {top} {path}" if front == "slang" else f"read_verilog -sv {path}")
design.run_pass(f"hierarchy -top {top}; proc; flatten; memory")
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
        for item in node: yield from names(item, seen)
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
            inputs = [x for x in seen if x.count(".") == 1 and "Input" in kinds.get(x, ())]
            result[name.partition(".")[2]] = [x.partition(".")[2] for x in inputs]
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


def compare_cones(problems: Sequence[Problem], faults: list[str]) -> Counter[str]:
    """Return how our inputs compare with those in Yosys' cones, and add to ``faults`` what only those have."""
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
    return counts


def compare_flows(problems: Sequence[Problem], faults: list[str]) -> Counter[str]:
    """Return how our inputs compare with pyverilog's; what only it reaches is a fault where Yosys' cone has it too."""
    counts: Counter[str] = Counter()
    argv = [sys.executable, "-c", PYVERILOG]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(argv, cwd=folder, text=True, **pipes) as child,
    ):
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
                more = set(inputs) - ours[name]
                if more:
                    cone = read_cones(problem, [name], "slang") or read_cones(problem, [name], "verilog") or {}
                    counts["more in pyverilog's alone"] += not more & set(cone.get(name, more))
                    if more & set(cone.get(name, more)):
                        faults.append(f"flow: {problem.problem_id} {name}: pyverilog also reaches {sorted(more)}")
    return counts


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
        else:
            raise ToolError("pyverilog's process has ended; is it installed? pip install -e '.[dev]'")
    child.stdin.close()
