"""Mutants of a reference's netlist, made by Yosys: single faults in cells' ports, written back as Verilog.

Run by ``list_netlist_mutants`` as ``python -m pytest_rtlgen.selfcheck.netlist_mutants TOP COUNT SEED`` in a folder that
holds ``reference.sv``, because an error in Yosys ends the process that it is in.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.simulators.inside_simulator.rtlgen_yosys import READ
from pytest_rtlgen.tools.process import Limits, run_program
from pytest_rtlgen.verilog.mutate import Mutant

_LIMITS = Limits(cpu_s=60, wall_s=180.0, memory_mib=4096, file_mib=64)
_PREPARE = ("proc", "flatten", "opt_expr -keepdc", "opt_clean", "memory_collect", "memory_map", "opt_clean", "uniquify")
_LINE = re.compile(r"reference\.sv:(\d+)")
_CHANGE = re.compile(r"-mode (\S+).*? -port \\?(\S+) -portbit (\d+)")


def list_netlist_mutants(source: SourceFile, top: str, *, limit: int, seed: int = 0) -> tuple[Mutant, ...]:
    """Return at most ``limit`` single faults of the netlist of ``source``, each a different text.

    Empty where Yosys does not read the reference, or a netlist would not be what the text says (memories apart, any
    design without delays is). The caller should see that the netlist itself still does what the reference does:
    ``Mutant.operator`` is ``netlist none`` for it, and it comes first.

    Raises:
        ToolError: no process can be started.
    """
    if limit < 1:  # Yosys takes 0 for as many as there are
        return ()
    with tempfile.TemporaryDirectory(prefix="rtlgen-") as name:
        folder = Path(name)
        (folder / "reference.sv").write_text(source.text, encoding="utf-8")
        argv = [sys.executable, "-m", "pytest_rtlgen.selfcheck.netlist_mutants", top, str(limit), str(seed)]
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[2])}
        run_program(argv, limits=_LIMITS, env=env, cwd=folder)
        return tuple(_read_mutants(folder))


def _read_mutants(folder: Path) -> list[Mutant]:
    """Return what the process wrote before its end; a text that was written twice counts once."""
    listed = folder / "mutants.txt"
    commands = ["", *(listed.read_text(encoding="utf-8").splitlines() if listed.exists() else ())]
    found: dict[str, Mutant] = {}
    for number, command in enumerate(commands):
        path = folder / f"{number}.v"
        if path.exists():
            text = path.read_text(encoding="utf-8")
            found.setdefault(text, _describe(command, text))
    return list(found.values())


def _describe(command: str, text: str) -> Mutant:
    line, change = _LINE.search(command), _CHANGE.search(command)
    mode, port, bit = change.groups() if change else ("none", "", "")
    return Mutant(
        operator=f"netlist {mode}",
        line=int(line[1]) if line else 0,
        before=f"{port}[{bit}]" if change else "",
        after=mode if change else "",
        source=text,
    )


def main(top: str, count: str, seed: str) -> None:
    """Write ``0.v``, the netlist, ``mutants.txt``, one ``mutate`` command a line, and ``N.v``, what the N-th makes."""
    from pyosys import libyosys

    os.dup2(os.open("yosys.log", os.O_WRONLY | os.O_CREAT), 1)
    design = libyosys.Design()
    design.run_pass(f"{READ} {top} reference.sv")
    for line in (f"hierarchy -top {top}", *_PREPARE):
        design.run_pass(line)
    design.run_pass("write_verilog -noattr 0.part")
    Path("0.part").rename("0.v")
    design.run_pass("design -save whole")
    design.run_pass(f"mutate -list {int(count)} -seed {int(seed) + 1} -o mutants.txt")
    for number, command in enumerate(Path("mutants.txt").read_text(encoding="utf-8").splitlines(), 1):
        design.run_pass("design -load whole")
        design.run_pass(command)
        design.run_pass(f"write_verilog -noattr {number}.part")
        Path(f"{number}.part").rename(f"{number}.v")


if __name__ == "__main__":
    main(*sys.argv[1:])
