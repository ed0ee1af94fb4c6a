"""Every simulator gives the same trace in every kind of sandbox, keeps designs inside, and leaves nothing behind."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import COUNTER, COUNTER_INTERFACE
from support.hostile_cases import list_descendants, wait_for_end

from pytest_rtlgen.check.stimulus.make import make_stimulus
from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import SandboxKind, Trace
from pytest_rtlgen.simulators import Simulation, SimulationJob, Simulator, make_simulator
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import ALL_KINDS, choose_sandbox, look_for_sandbox

pytestmark = pytest.mark.simulator
STIMULUS = make_stimulus(COUNTER_INTERFACE, cycles=60)
LIMITS = Limits(cpu_s=3, wall_s=10)


@pytest.fixture(params=ALL_KINDS)
def kind(request: pytest.FixtureRequest) -> SandboxKind:
    offer = look_for_sandbox(request.param)
    if offer.sandbox is None:
        pytest.skip(offer.reason)
    return offer.kind


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture(scope="module")
def expected() -> Trace | None:
    """Return the counter's trace without any sandbox."""
    simulator = make_simulator("icarus", sandbox=choose_sandbox(SandboxMode.OFF), limits=LIMITS, jobs=1)
    try:
        return play(simulator, COUNTER).trace
    finally:
        simulator.close()


def make(name: str, kind: SandboxKind) -> Simulator:
    return make_simulator(name, sandbox=choose_sandbox(SandboxMode.REQUIRED, kinds=(kind,)), limits=LIMITS, jobs=1)


def play(simulator: Simulator, source: str) -> Simulation:
    return simulator.simulate(SimulationJob(source=source, interface=COUNTER_INTERFACE, stimulus=STIMULUS))


def read_name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def with_body(text: str) -> str:
    return COUNTER.replace("endmodule", f"{text}\nendmodule")


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@pytest.mark.parametrize("name", ["icarus", "icarus-cold", "yosys"])
def test_the_same_trace_and_nothing_left(expected: Trace | None, kind: SandboxKind, name: str, temporary: Path) -> None:
    assert expected is not None
    before = list_descendants()
    simulator = make(name, kind)
    try:
        assert [play(simulator, COUNTER).trace for _ in range(2)] == [expected, expected]
        assert simulator.isolation.sandbox == kind
    finally:
        simulator.close()
    assert wait_for_end(before) == set()
    assert wait_for(lambda: not any(temporary.iterdir()))


def test_a_design_opens_nothing_outside_its_folder(kind: SandboxKind, tmp_path: Path, temporary: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("here")
    paths = (canary, Path("/etc/passwd"), Path("/proc/self/mem"), Path("/proc/self/environ"), temporary / "new")
    tries = "".join(
        f'f = $fopen("{path}", "{mode}"); if (f) bad = 1;\n' for path in paths for mode in ("r", "r+b", "w", "a")
    )
    inside = 'f = $fopen("own", "w"); if (!f) bad = 1;\n'
    body = f"integer f; reg bad = 0;\ninitial begin {tries}{inside} end\nalways @(negedge clk) if (bad) q = 4'hf;"
    simulator = make("icarus", kind)
    try:
        assert play(simulator, with_body(body)).trace == play(simulator, COUNTER).trace
    finally:
        simulator.close()
    assert canary.read_text() == "here"
    assert not (temporary / "new").exists()


def test_a_server_killed_in_the_middle_of_a_job_leaves_nothing(kind: SandboxKind, temporary: Path) -> None:
    """Each job leads a process group of its own, which a signal to the server's group does not reach."""
    from threading import Thread

    before = list_descendants()
    simulator = make("icarus", kind)
    play(simulator, COUNTER)
    idle = list_descendants()
    raised: list[str] = []

    def run() -> None:
        with pytest.raises(ToolError) as caught:
            play(simulator, with_body("always @(posedge clk) while (1) q = q;"))
        raised.append(str(caught.value))

    thread = Thread(target=run)
    thread.start()
    assert wait_for(lambda: any(read_name(pid) == "vvp" for pid in list_descendants() - idle))
    simulator.close()
    thread.join()
    assert raised == ["the simulator was closed while a design was waiting or running; begin it again"]
    assert wait_for_end(before) == set()
    assert wait_for(lambda: not any(temporary.iterdir()))
