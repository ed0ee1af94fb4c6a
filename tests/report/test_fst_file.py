"""An FST file, read back by Surfer's reader, holds every value of the traces."""

import importlib
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from builders import given, interface, problem
from report.test_wave_file import HOSTILE, WIDE, list_scopes, make_waves
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.check.waves import Waves
from pytest_rtlgen.errors import StorageError, ToolError
from pytest_rtlgen.records import STEP_NS
from pytest_rtlgen.report.fst_file import write_fst
from pytest_rtlgen.report.wave_file import name_signals

SMALL = make_waves(interface("m", ("a", "input", 1), ("q", "output", 1)), "0 1", "0 1", "0 1")

_BITS = random.Random(5).choices("01", k=40_000)
LONG = make_waves(interface("m", ("a", "input", 1), ("q", "output", 1)), *[" ".join(_BITS)] * 3)


def read_file(path: Path, steps: int) -> dict[str, list[str]]:
    """Return each signal's value at the middle of each step, by its full name."""
    library: Any = importlib.import_module("pywellen")
    values = {}
    for variable in library.Waveform(str(path)).all_vars():
        signal, width = variable.signal, variable.bitwidth
        shown = (signal.value_at(step * STEP_NS + STEP_NS // 2) for step in range(steps))
        values[variable.full_name] = [spell(value, width) for value in shown]
    return values


def spell(value: object, width: int) -> str:
    return format(value, f"0{width}b") if isinstance(value, int) else str(value).upper()


def check_file(path: Path, waves: Waves) -> None:
    expected = {  # the reader takes [0] at the end of a name for a range
        f"{scope}.{name_signals(signals)[name].removesuffix('[0]')}": values
        for scope, signals in list_scopes(waves).items()
        for name, values in signals.items()
    }
    assert read_file(path, waves.stimulus.steps) == expected


@pytest.mark.simulator
def test_wide_values_keep_their_x_and_z(shared_checker: SharedChecker, tmp_path: Path) -> None:
    checker = shared_checker(CheckSettings())
    candidate, task = given(WIDE.replace("d[2:0]", "{d[2], 1'bx, d[0]}")), problem(WIDE, "m")
    waves = checker.simulate_again(candidate, task, checker.check(candidate, task))
    assert waves is not None
    write_fst(tmp_path / "wave.fst", waves)
    check_file(tmp_path / "wave.fst", waves)


def test_no_name_of_a_port_breaks_the_file(tmp_path: Path) -> None:
    count = len(HOSTILE)
    ports = [(name, direction, 1) for direction in ("input", "output") for name in HOSTILE]
    rows = f"{'0' * count} {'1' * count} {'01' * count}"[: 3 * count + 2]
    waves = make_waves(interface("m", *ports), rows, rows.replace("1", "X"), rows.replace("0", "Z"))
    write_fst(tmp_path / "wave.fst", waves)
    check_file(tmp_path / "wave.fst", waves)


def test_a_file_that_cannot_be_written_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written: Is a directory; give another file"):
        write_fst(tmp_path, SMALL)


FULL = """\
import resource, signal, sys
from pathlib import Path
from report.test_fst_file import LONG, write_fst
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # what is too long is then an error, as on a full disk
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write_fst(Path("wave.fst"), LONG)
"""


def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert "StorageError: wave.fst: could not be written to its end; make room, or give another file" in done.stderr


def test_without_the_library_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pylibfst", None)
    with pytest.raises(ToolError, match=r"pip install 'pytest-rtlgen\[fst\]', or write --vcd"):
        write_fst(tmp_path / "wave.fst", SMALL)
    assert not (tmp_path / "wave.fst").exists()
