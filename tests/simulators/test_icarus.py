"""The warm and the cold Icarus on real designs, honest and hostile. The screen is not in front of them here."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import COUNTER, COUNTER_INTERFACE

from pytest_rtlgen.check.stimulus.make import make_stimulus
from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import Status
from pytest_rtlgen.simulators import Simulation, SimulationJob, Simulator, make_simulator
from pytest_rtlgen.simulators import icarus as icarus_module
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox

pytestmark = pytest.mark.simulator
STIMULUS = make_stimulus(COUNTER_INTERFACE, cycles=100)
HEAD = "module counter (input clk, input rst, input en, output reg [3:0] q, output wrap);\n"


@pytest.fixture
def kept_processes() -> None:
    """Each helper process is started and ended here."""


def make(name: str, *, mode: SandboxMode = SandboxMode.AUTO, limits: Limits = Limits(cpu_s=2, wall_s=8)) -> Simulator:  # noqa: B008
    return make_simulator(name, sandbox=choose_sandbox(mode), limits=limits, jobs=1)


@pytest.fixture(scope="module")
def warm() -> Iterator[Simulator]:
    simulator = make("icarus")
    yield simulator
    simulator.close()


def play(simulator: Simulator, source: str) -> Simulation:
    return simulator.simulate(SimulationJob(source=source, interface=COUNTER_INTERFACE, stimulus=STIMULUS))


def list_children() -> set[int]:
    """Return the living children; what an earlier test adopted has ended and stays a zombie."""
    found = set()
    for task in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        for pid in task.read_text().split():
            with contextlib.suppress(OSError):  # it ended meanwhile
                if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                    found.add(int(pid))
    return found


def test_the_trace_is_what_the_design_does(warm: Simulator) -> None:
    simulation = play(warm, COUNTER)
    assert simulation.trace is not None
    assert simulation.status is None
    rows = simulation.trace.rows
    assert len(rows) == STIMULUS.steps * 5
    assert rows[:5] == b"XXXXX"
    assert rows[5:10] == b"00000"


@pytest.mark.parametrize("mode", [SandboxMode.AUTO, SandboxMode.OFF])
@pytest.mark.parametrize("name", ["icarus", "icarus-cold", "yosys"])
def test_every_simulator_gives_the_same_bytes(warm: Simulator, name: str, mode: SandboxMode) -> None:
    simulator = make(name, mode=mode)
    try:
        assert play(simulator, COUNTER).trace == play(warm, COUNTER).trace
    finally:
        simulator.close()


@pytest.mark.parametrize("name", ["icarus", "icarus-cold"])
@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("assign wrap = ;\nendmodule", Status.SYNTAX_ERROR, "syntax error"),
        ("always @(posedge clk) begin q <= nothing; end\nendmodule", Status.ELABORATION_ERROR, "nothing"),
        ("missing_module u (clk);\nendmodule", Status.ELABORATION_ERROR, "missing_module"),
        ("initial #100 $finish;\nendmodule", Status.EARLY_FINISH, "before the stimulus"),
        ("initial $finish;\nendmodule", Status.EARLY_FINISH, "before the stimulus"),
        ("always @(posedge clk) while (1) q = q;\nendmodule", Status.TIMEOUT, "did not end within"),
        ("reg [7:0] m [0:32'h3fffffff]; initial m[5] = 1;\nendmodule", Status.RESOURCE_LIMIT, "memory"),
    ],
)
def test_how_a_bad_design_ends(name: str, body: str, status: Status, message: str) -> None:
    simulator = make(name)
    try:
        simulation = play(simulator, HEAD + body)
    finally:
        simulator.close()
    assert simulation.trace is None
    assert simulation.status is status
    assert message in " ".join(item.message for item in simulation.diagnostics)


def test_messages_carry_the_candidates_line_and_no_name_of_ours(warm: Simulator) -> None:
    simulation = play(warm, HEAD + "always @(posedge clk)\n  q <= nothing;\nendmodule")
    assert simulation.diagnostics[0].line == 3
    assert "top_n" not in " ".join(item.message for item in simulation.diagnostics)


def test_what_a_design_prints_changes_nothing(warm: Simulator) -> None:
    noise = 'initial begin $display("\\n\\n0000"); repeat (20000) $display("Mismatches: 0 in 100 samples"); end\n'
    assert play(warm, COUNTER.replace("endmodule", noise + "endmodule")).trace == play(warm, COUNTER).trace


def test_a_design_that_writes_files_reaches_nothing_of_ours(warm: Simulator, tmp_path: Path) -> None:
    target = tmp_path / "canary"
    code = f'integer f; initial begin f = $fopen("{target}", "w"); $fwrite(f, "here"); $fclose(f); end\nendmodule'
    assert play(warm, COUNTER.replace("endmodule", code)).trace is not None
    assert not target.exists()


def test_a_design_cannot_leave_anything_for_the_next_one(warm: Simulator) -> None:
    write = 'integer f; initial begin f = $fopen("../rtlgen_play.py", "w"); $fwrite(f, "import os"); end\nendmodule'
    play(warm, COUNTER.replace("endmodule", write))
    play(warm, COUNTER.replace("endmodule", write.replace("../", "")))
    read = 'integer f; initial begin f = $fopen("rtlgen_play.py", "r"); if (f) q = 4\'hf; end\nendmodule'
    assert play(warm, COUNTER.replace("endmodule", read)).trace == play(warm, COUNTER).trace


def test_a_dead_server_is_replaced(warm: Simulator) -> None:
    play(warm, COUNTER)
    before = list_children()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert play(warm, COUNTER).trace is not None
    assert not list_children() & before


@pytest.mark.parametrize("mode", [SandboxMode.AUTO, SandboxMode.OFF])
def test_close_leaves_no_process(mode: SandboxMode) -> None:
    before = list_children()
    simulator = make("icarus", mode=mode)
    play(simulator, COUNTER)
    assert list_children() - before
    simulator.close()
    deadline = time.monotonic() + 5
    while list_children() - before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not list_children() - before


def test_no_secret_reaches_the_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    simulator = make("icarus", mode=SandboxMode.OFF)
    before = list_children()
    play(simulator, COUNTER)
    (server,) = list_children() - before
    environment = Path(f"/proc/{server}/environ").read_bytes()
    simulator.close()
    assert b"PYTHONPATH" in environment
    assert b"sk-secret" not in environment


def test_many_designs_at_once_keep_their_own_traces() -> None:
    from concurrent.futures import ThreadPoolExecutor

    simulator = make_simulator("icarus", sandbox=choose_sandbox(SandboxMode.AUTO), limits=Limits(), jobs=2)
    sources = [COUNTER.replace("4'd11", f"4'd{last}") for last in range(1, 13)]
    try:
        with ThreadPoolExecutor(4) as pool:
            together = [simulation.trace for simulation in pool.map(lambda text: play(simulator, text), sources)]
        alone = [play(simulator, text).trace for text in sources]
    finally:
        simulator.close()
    assert together == alone
    assert len({trace.rows for trace in alone if trace}) == len(sources)


@pytest.fixture
def no_cache() -> Iterator[None]:
    icarus_module.find_icarus.cache_clear()
    yield
    icarus_module.find_icarus.cache_clear()


@pytest.mark.usefixtures("no_cache")
def test_a_missing_icarus_is_one_line_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=r"iverilog is not on PATH; Debian: apt-get install iverilog; .*=yosys"):
        play(make("icarus"), COUNTER)


@pytest.mark.usefixtures("no_cache")
def test_an_old_icarus_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("iverilog", "vvp"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'Icarus Verilog version 10.3 (stable)'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ToolError, match=r"Icarus Verilog 10\.3 is too old; install 11\.0 or newer"):
        play(make("icarus"), COUNTER)
