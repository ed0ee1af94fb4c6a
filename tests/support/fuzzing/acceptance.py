"""Whether Yosys and Icarus take a text: both must, or neither, for what is proved to be what is simulated."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from support.fuzzing.preprocessor_texts import TOP

from pytest_rtlgen.simulators.icarus import find_icarus

_LONGEST_S = 20.0
_READER = """
import os, sys
from pyosys import libyosys
for path in sys.argv[2:]:
    child = os.fork()
    if not child:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        design = libyosys.Design()
        design.run_pass(f"read_slang --top {sys.argv[1]} {path}")
        os._exit(0)
    print(int(os.waitpid(child, 0)[1] == 0), flush=True)
"""
"""Prints a line for each file: 1 if Yosys reads it. An error in Yosys ends its process, so each has one."""


def list_unlike(texts: Sequence[str]) -> tuple[tuple[int, bool], ...]:
    """Return (place among ``texts``, whether Yosys takes it) of those that only one of the two takes."""
    with tempfile.TemporaryDirectory(prefix="rtlgen-fuzz-") as name:
        paths = [Path(name) / f"{number}.sv" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, encoding="utf-8", newline="")
        yosys = _ask_yosys(paths)
        icarus = [_ask_icarus(path) for path in paths]
    return tuple((number, one) for number, (one, two) in enumerate(zip(yosys, icarus, strict=True)) if one != two)


def _ask_yosys(paths: Sequence[Path]) -> list[bool]:
    command = [sys.executable, "-c", _READER, TOP, *map(str, paths)]
    limit = _LONGEST_S * (1 + len(paths))
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=True)
    return [line == "1" for line in done.stdout.split()]


def _ask_icarus(path: Path) -> bool:
    command = [find_icarus().iverilog, "-g2012", "-t", "null", "-s", TOP, str(path)]
    return not subprocess.run(command, capture_output=True, timeout=_LONGEST_S, check=False).returncode
