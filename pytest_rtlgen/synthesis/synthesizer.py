"""Synthesize one design to generic gates, isolated, and read what it came to.

Area is an estimate in gate equivalents: transistors of a static CMOS cell, four of which are a NAND of two inputs.
Source of the counts: Yosys, ``passes/cmds/stat.cc`` (``cmos_gate_costs``). Flip-flops with an enable, a set or a reset,
of which it counts none, have those of the gates that would stand before a plain one.
"""

import json
import re
import signal
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.simulators.inside_simulator.rtlgen_yosys import READ
from pytest_rtlgen.simulators.yosys_sim import run_pyosys
from pytest_rtlgen.tools.process import Limits, ProcessResult
from pytest_rtlgen.tools.sandbox import Sandbox

_PROGRAM = Path(__file__).with_name("inside") / "rtlgen_synth.py"
_LOG = "last.log"
"""What ``rtlgen_synth.py`` has Yosys write of the command in progress."""
_STATISTICS, _DEPTH = "statistics.json", "depth.log"
_LIMITS = Limits(cpu_s=60, wall_s=180, memory_mib=4096)
"""For designs with memories of many bits, each of which becomes a flip-flop."""
_GATES = {
    "BUF": 4,
    "NOT": 2,
    "NAND": 4,
    "NOR": 4,
    "AND": 6,
    "OR": 6,
    "ANDNOT": 6,
    "ORNOT": 6,
    "XOR": 12,
    "XNOR": 12,
    "MUX": 12,
    "NMUX": 10,
    "AOI3": 6,
    "OAI3": 6,
    "AOI4": 8,
    "OAI4": 8,
    "TBUF": 8,
    "SR": 8,
}
_FLIP_FLOP, _LATCH = 16, 10
_ENABLE, _SYNCHRONOUS, _ASYNCHRONOUS = _GATES["MUX"], _GATES["AND"], 4
_IN_A_GATE = _GATES["NAND"]
_LENGTH = re.compile(r"\(length=(\d+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFigures:
    """What a design came to."""

    cells: int
    """Gates, flip-flops and latches."""
    flip_flops: int
    latches: int
    depth: int
    """Gates on the longest path between two flip-flops or ports."""
    area: float
    """Gate equivalents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesized:
    """The figures of a design, or why there are none."""

    figures: GateFigures | None = None
    reason: str = ""


class Synthesizer:
    """Starts one process with pyosys for every design. Thread-safe."""

    def __init__(self, *, sandbox: Sandbox, limits: Limits = _LIMITS) -> None:
        self._sandbox = sandbox
        self._limits = limits

    def synthesize(self, text: str, top: str) -> Synthesized:
        """Return what the module ``top`` of a screened ``text`` comes to, flattened.

        Raises:
            ToolError: pyosys is missing.
        """
        with tempfile.TemporaryDirectory(prefix="rtlgen-") as name:
            folder = Path(name)
            (folder / "job.json").write_text(json.dumps(_list_commands(top)), encoding="ascii")
            (folder / "design.sv").write_bytes(text.encode("utf-8", "replace"))
            done = run_pyosys(_PROGRAM, folder, sandbox=self._sandbox, limits=self._limits)
            if done.exit_code == 0 and not done.is_timeout:
                return Synthesized(figures=_read_figures(folder))
            log = folder / _LOG
            said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        return Synthesized(reason=_explain(done, said, self._limits))


def measure_area(cells: Mapping[str, int]) -> float:
    """Return the gate equivalents of cells of Yosys' gate library, by type.

    >>> measure_area({"$_NAND_": 3, "$_DFF_P_": 1})
    7.0
    """
    return sum(_count_transistors(kind) * count for kind, count in cells.items()) / _IN_A_GATE


def _count_transistors(kind: str) -> int:
    name, _, pins = kind.strip("$_").partition("_")
    if "DFF" not in name and "LATCH" not in name:
        return _GATES.get(name, 0)
    count = _LATCH if "DFF" not in name else _FLIP_FLOP
    count += _ENABLE if name.endswith("E") else 0
    count += _SYNCHRONOUS if name.startswith("SD") else 0
    is_set = name.endswith("SR") or name.startswith("AL") or (not name.startswith("SD") and any(map(str.isdigit, pins)))
    return count + (_ASYNCHRONOUS if is_set else 0)


def _list_commands(top: str) -> list[str]:
    return [
        f"{READ} {top} design.sv",
        f"synth -flatten -top {top}",
        "opt_clean -purge",
        f"tee -q -o {_STATISTICS} stat -json",
        f"tee -q -o {_DEPTH} ltp -noff",
    ]


def _read_figures(folder: Path) -> GateFigures:
    found = json.loads((folder / _STATISTICS).read_text(encoding="utf-8"))["design"]
    cells: Mapping[str, int] = {kind: count for kind, count in found["num_cells_by_type"].items() if kind[0] == "$"}
    lengths = _LENGTH.findall((folder / _DEPTH).read_text(encoding="utf-8"))
    return GateFigures(
        cells=sum(cells.values()),
        flip_flops=sum(count for kind, count in cells.items() if "DFF" in kind),
        latches=sum(count for kind, count in cells.items() if "LATCH" in kind or kind.startswith("$_SR_")),
        depth=max(map(int, lengths), default=0),
        area=measure_area(cells),
    )


def _explain(done: ProcessResult, said: str, limits: Limits) -> str:
    if done.is_timeout or done.exit_code == -signal.SIGXCPU:
        return f"synthesis took more than {limits.cpu_s} s"
    lines = [line.strip() for line in f"{said}\n{done.output}".splitlines() if "error" in line.lower()]
    return lines[0] if lines else f"Yosys ended with exit status {done.exit_code}"
