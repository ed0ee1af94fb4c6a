"""Simulate a stimulus in Yosys, in the current folder: no Icarus, no cocotb, everything from PyPI.

An error in Yosys ends this process, which is why it runs on its own. Exit status 0 with a trace file: it ran.
The file ``stage`` exists once the design has been read.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

READ = "read_slang --allow-use-before-declare -Wno-index-oob -Wno-range-oob --top"
"""Yosys' command that reads a design as simulators do, with parameters declared below the ports that they size, and X
for what is read beyond the ends of a vector; the top and the file follow."""


def main() -> None:
    """Read the design, simulate ``stimulus``, write the trace under the job's nonce."""
    from pyosys import libyosys

    job = json.loads(Path("job.json").read_text(encoding="ascii"))
    Path("stimulus.yw").write_text(
        render_witness(job["inputs"], Path("stimulus").read_text(encoding="ascii")), encoding="ascii"
    )
    design = libyosys.Design()
    for command in (f"{READ} {job['top']} candidate.sv", "proc"):
        design.run_pass(command)
    Path("stage").write_text("simulate", encoding="ascii")
    design.run_pass("tee -q -o sim.log sim -r stimulus.yw -vcd trace.vcd")
    nonce = os.environ["RTLGEN_NONCE"]
    with Path("trace.vcd").open(encoding="ascii") as vcd:
        rows = "".join(read_rows(vcd, job["outputs"], job["steps"]))
    Path(f"trace-{nonce}").write_text(f"{nonce}\n{rows}\n{nonce}", encoding="ascii")


def render_witness(inputs: list[list[Any]], rows: str) -> str:
    """Return ``rows`` as a Yosys witness trace; its bit strings begin with the last signal.

    Source: https://yosyshq.readthedocs.io/projects/yosys (Yosys Witness Format).
    """
    width = sum(size for _, size in inputs)
    steps = []
    for start in range(0, len(rows), width or 1):
        parts, at = [], start
        for _, size in inputs:
            parts.append(rows[at : at + size])
            at += size
        steps.append({"bits": "".join(reversed(parts))})
    signals = [{"path": ["\\" + name], "offset": 0, "width": size, "init_only": False} for name, size in inputs]
    return json.dumps(
        {"format": "Yosys Witness Trace", "generator": "", "clocks": [], "signals": signals, "steps": steps}
    )


def read_rows(vcd: Iterator[str], outputs: list[list[Any]], steps: int) -> Iterator[str]:
    """Yield the outputs of each step, four-state, from a VCD whose step ``i`` is at time ``10 * i``."""
    names = dict.fromkeys((name for name, _ in outputs), "")
    codes: dict[str, list[str]] = {}
    depth = 0
    for line in vcd:
        words = line.split()
        if words[0] == "$scope":
            depth += 1
        elif words[0] == "$upscope":
            depth -= 1
        elif words[0] == "$var" and depth == 1 and words[4] in names:
            codes.setdefault(words[3], []).append(words[4])
        elif words[0] == "$enddefinitions":
            break
    values = {name: "X" * size for name, size in outputs}
    step = 0
    for line in vcd:
        if line.startswith("#"):
            until = min(int(line[1:]) // 10, steps)
            yield "".join(values.values()) * (until - step)
            step = until
        else:
            bits, _, code = line[1:].rstrip().partition(" ")
            for name in codes.get(code, ()):
                values[name] = bits.upper()
    yield "".join(values.values()) * (steps - step)


if __name__ == "__main__":
    main()
