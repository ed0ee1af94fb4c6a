"""What other tools say an output depends on: Yosys' cones in the netlist, pyverilog's data flow."""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import Problem
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.training.signals.second_reading import SecondReading
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
    with SecondReading(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=1) as second:
        for problem in problems:
            found = second.read(problem.reference.text, problem.reference_top)
            counts["designs not read" if found is None else "designs"] += 1
            if found is None:
                continue
            for name, inputs in found.theirs.items():
                ours, theirs = set(found.ours[name]), set(inputs)
                counts["outputs"] += 1
                counts["the same"] += ours == theirs
                counts["more in ours"] += ours > theirs
                more = theirs - ours
                if more:
                    cone = read_cones(problem, [name], "slang") or read_cones(problem, [name], "verilog") or {}
                    counts["more in pyverilog's alone"] += not more & set(cone.get(name, more))
                    if more & set(cone.get(name, more)):
                        faults.append(f"flow: {problem.problem_id} {name}: pyverilog also reaches {sorted(more)}")
    return counts
