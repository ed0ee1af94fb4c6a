"""A Python that was started by a path with ``..`` finds itself in the sandbox."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DESIGNS = {
    "r.sv": "module m(input clk, input a, output reg y);\n  always @(posedge clk) y <= ~a;\nendmodule\n",
    "c.sv": "module m(input clk, input a, output reg y);\n  always @(posedge clk) y <= ~a;\nendmodule\n",
}


@pytest.mark.simulator
def test_every_helper_starts(tmp_path: Path) -> None:
    roundabout = os.path.relpath(sys.executable, tmp_path)
    assert roundabout.startswith("..")
    for name, text in DESIGNS.items():
        (tmp_path / name).write_text(text)
    check = [roundabout, "-m", "pytest_rtlgen", "check", "--reference", "r.sv", "--candidate", "c.sv"]
    for more in ([], ["--simulator=yosys"]):
        done = subprocess.run([*check, *more], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "passed" in done.stdout
        assert "equivalent" in done.stdout
