"""Designs as gates: figures that can be counted by hand, and why there are none."""

import shutil
from pathlib import Path

import pytest

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.synthesis.synthesizer import GateFigures, Synthesizer, measure_area
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox

pytestmark = pytest.mark.simulator
HEAD = "module top (input clk, input rst_n, input en, input a, input b, output reg q);\n"
DESIGNS = {
    "a gate": ("always @* q = ~(a & b);", GateFigures(cells=1, flip_flops=0, latches=0, depth=1, area=1.0)),
    "two gates": ("always @* q = ~(~(a & b) & en);", None),
    "a flip-flop": ("always @(posedge clk) q <= a;", GateFigures(cells=1, flip_flops=1, latches=0, depth=0, area=4.0)),
    "with a reset": (
        "always @(posedge clk or negedge rst_n) if (!rst_n) q <= 0; else q <= a;",
        GateFigures(cells=1, flip_flops=1, latches=0, depth=0, area=5.0),
    ),
    "with an enable": (
        "always @(posedge clk) if (en) q <= a;",
        GateFigures(cells=1, flip_flops=1, latches=0, depth=0, area=7.0),
    ),
    "a latch": ("always @* if (en) q = a;", GateFigures(cells=1, flip_flops=0, latches=1, depth=0, area=2.5)),
    "nothing": ("always @* q = 1;", GateFigures(cells=0, flip_flops=0, latches=0, depth=0, area=0.0)),
}


def make(mode: SandboxMode = SandboxMode.AUTO, **limits: int) -> Synthesizer:
    return Synthesizer(sandbox=choose_sandbox(mode), limits=Limits(**{"cpu_s": 30, "wall_s": 120, **limits}))


@pytest.mark.parametrize("name", DESIGNS)
def test_a_design_comes_to_what_can_be_counted(name: str) -> None:
    body, figures = DESIGNS[name]
    found = make().synthesize(f"{HEAD}{body}\nendmodule\n", "top")
    assert found.reason == ""
    assert figures is None or found.figures == figures
    if name == "two gates":
        assert found.figures is not None
        assert (found.figures.depth, found.figures.flip_flops) == (2, 0)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("absent u (a, q);", "design.sv:2: ERROR: unknown module 'absent'"),
        ("initial #5 q = 1;", "unsynthesizable timing control"),
    ],
)
def test_what_is_no_circuit_has_a_reason(body: str, reason: str) -> None:
    found = make().synthesize(f"{HEAD}{body}\nendmodule\n", "top")
    assert found.figures is None
    assert reason in found.reason


def test_what_takes_too_long_is_given_up() -> None:
    memory = (
        "module top (input clk, input [13:0] i, output reg q);\n  reg [31:0] m [0:16383];\n"
        "  always @(posedge clk) begin m[i] <= m[i + 3] + 1; q <= m[i * 5]; end\nendmodule\n"
    )
    assert make(cpu_s=2).synthesize(memory, "top").reason == "synthesis took more than 2 s"


def test_it_leaves_nothing_and_needs_no_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    body, figures = DESIGNS["a gate"]
    assert make(SandboxMode.OFF).synthesize(f"{HEAD}{body}\nendmodule\n", "top").figures == figures
    assert list(tmp_path.iterdir()) == []


def test_without_pyosys_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_rtlgen.simulators.yosys_sim.read_package_version", lambda _: None)
    with pytest.raises(ToolError, match="pip install pyosys"):
        make().synthesize("module top; endmodule", "top")


@pytest.mark.parametrize(
    ("cell", "area"),
    [
        ("$_SDFF_PP0_", 5.5),  # the flip-flop and an AND
        ("$_SDFFE_PP0P_", 8.5),
        ("$_DFFE_PN0P_", 8.0),
        ("$_DFFSR_PPP_", 5.0),
        ("$_ALDFF_PP_", 5.0),
        ("$_DLATCH_PN0_", 3.5),
        ("$_SR_PP_", 2.0),
        ("$_XOR_", 3.0),
    ],
)
def test_the_area_of_a_cell(cell: str, area: float) -> None:
    assert measure_area({cell: 1}) == area


def test_there_is_no_shell_trick_in_a_name() -> None:
    assert shutil.which("sh")
    found = make().synthesize("module \\$(touch${IFS}x) (output y); assign y = 1; endmodule\n", "$(touch${IFS}x)")
    assert found.figures is None
