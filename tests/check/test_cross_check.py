"""A second simulator finds out what depends on the first, and holds nothing else against anyone."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from builders import COUNTER, problem
from support.verilator_runtime import lend_runtime

from pytest_rtlgen.check.cross_check import CrossCheck
from pytest_rtlgen.check.reference import PreparedReference, prepare_reference
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.simulators import Simulation, SimulationJob, Simulator, make_simulator
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox

pytestmark = pytest.mark.simulator
WRAP = "assign wrap = q == 4'd11;"
RENAMED = """\
module counter (input clk, input rst, input en, output reg [3:0] q, output wrap);
  wire [3:0] next = wrap ? 4'd0 : q + 4'd1;
  assign wrap = &{q[3], ~q[2], q[1:0]};
  always @(posedge clk) q <= rst ? 4'd0 : en ? next : q;
endmodule
"""
# Icarus takes X for false, so this is right there; the other simulators do not know.
OPTIMISTIC = COUNTER.replace(WRAP, "reg k; reg w; assign wrap = w; always @* if (k) w = 0; else w = q == 4'd11;")
# Verilator defines the one name, Yosys the other.
ELSEWHERE = "`ifdef VERILATOR\n`define ELSEWHERE\n`endif\n`ifdef SYNTHESIS\n`define ELSEWHERE\n`endif\n"
BY_SIMULATOR = ELSEWHERE + COUNTER.replace(
    WRAP, "wire last = q == 4'd11;\n`ifdef ELSEWHERE\nassign wrap = ~last;\n`else\nassign wrap = last;\n`endif"
)
BY_UNKNOWN = COUNTER.replace(WRAP, "reg k; assign wrap = (q == 4'd11) & (k === 1'bx);")


def prepare(text: str, icarus: Simulator) -> PreparedReference:
    """Return a reference that reads otherwise in other simulators, by what they predefine."""
    return replace(prepare_reference(problem(text.removeprefix(ELSEWHERE)), icarus, seed=0), source=text)


@pytest.fixture(scope="module")
def icarus() -> Iterator[Simulator]:
    simulator = make_simulator("icarus", sandbox=choose_sandbox(SandboxMode.AUTO), limits=Limits(), jobs=1)
    yield simulator
    simulator.close()


@pytest.fixture(scope="module", params=["yosys", pytest.param("verilator", marks=pytest.mark.slow)])
def check(request: pytest.FixtureRequest) -> Iterator[CrossCheck]:
    cross_check = CrossCheck(request.param, choose_sandbox(SandboxMode.AUTO), Limits())
    if request.param == "verilator":
        lend_runtime(cross_check._simulator, request.getfixturevalue("verilator_runtime"))
    yield cross_check
    cross_check.close()


@pytest.fixture(scope="module")
def reference(icarus: Simulator) -> PreparedReference:
    return prepare_reference(problem(), icarus, seed=0)


@pytest.mark.parametrize("source", [COUNTER, RENAMED, OPTIMISTIC], ids=["same", "renamed", "optimistic"])
def test_a_right_candidate_is_left_alone(
    check: CrossCheck, icarus: Simulator, reference: PreparedReference, source: str
) -> None:
    assert simulates_right(icarus, reference, source)
    result = check.examine(reference, source)
    assert (result.disagrees, result.note) == ((), "")
    assert [signal.name for signal in result.signals] == ["q", "wrap"]
    assert result.signals[0].checked > 100


def test_a_candidate_that_asks_for_the_simulator_is_found_out(
    check: CrossCheck, icarus: Simulator, reference: PreparedReference
) -> None:
    assert simulates_right(icarus, reference, BY_SIMULATOR)
    result = check.examine(reference, BY_SIMULATOR)
    assert result.disagrees == ("q", "wrap")
    wrap = result.signals[1]
    assert wrap.mismatches > 0
    assert wrap.first_mismatch_ns is not None
    assert (wrap.expected, wrap.actual) == ("0", "1")


def test_two_states_find_out_who_asks_for_x(icarus: Simulator, reference: PreparedReference, check: CrossCheck) -> None:
    assert simulates_right(icarus, reference, BY_UNKNOWN)
    expected = ("q", "wrap") if "Verilator" in check.version else ()
    assert check.examine(reference, BY_UNKNOWN).disagrees == expected


def test_a_refusal_is_a_note(check: CrossCheck, reference: PreparedReference) -> None:
    result = check.examine(reference, COUNTER.replace("q == 4'd11", "nothing == 4'd11"))
    assert (result.disagrees, result.signals) == ((), ())
    assert "cannot simulate the candidate (elaboration-error)" in result.note
    assert "nothing" in result.note


def test_outputs_on_which_the_reference_differs_there_are_left_out(check: CrossCheck, icarus: Simulator) -> None:
    odd = ELSEWHERE + COUNTER.replace("output wrap", "output wrap, output odd").replace(
        "endmodule", "`ifdef ELSEWHERE\nassign odd = 0;\n`else\nassign odd = 1;\n`endif\nendmodule"
    )
    reference = prepare(odd, icarus)
    wrong = odd.replace("4'd11", "4'd10").replace("odd = 1", "odd = en")
    result = check.examine(reference, wrong)
    assert result.disagrees == ("q", "wrap")
    assert result.note.endswith("where the reference itself differs: odd")


def test_a_reference_that_differs_everywhere_judges_nothing(check: CrossCheck, icarus: Simulator) -> None:
    result = check.examine(prepare(BY_SIMULATOR, icarus), COUNTER)
    assert (result.disagrees, result.signals) == ((), ())
    assert "where the reference itself differs: q, wrap" in result.note


def test_a_reference_that_is_refused_there_judges_nothing(check: CrossCheck, icarus: Simulator) -> None:
    body = "\n`ifdef ELSEWHERE\nmissing_module u (clk);\n`endif\nendmodule"
    reference = prepare(ELSEWHERE + COUNTER.replace("endmodule", body), icarus)
    result = check.examine(reference, COUNTER)
    assert (result.disagrees, result.signals) == ((), ())
    assert "cannot simulate the reference (elaboration-error)" in result.note


def test_each_reference_is_simulated_once(reference: PreparedReference, monkeypatch: pytest.MonkeyPatch) -> None:
    yosys = CrossCheck("yosys", choose_sandbox(SandboxMode.AUTO), Limits())
    simulated: list[str] = []
    simulate = yosys._simulator.simulate

    def count(job: SimulationJob) -> Simulation:
        simulated.append(job.source)
        return simulate(job)

    monkeypatch.setattr(yosys._simulator, "simulate", count)
    yosys.examine(reference, RENAMED)
    yosys.examine(reference, RENAMED)
    assert simulated == [COUNTER, RENAMED, RENAMED]


def test_an_unknown_simulator_is_refused() -> None:
    with pytest.raises(UsageError, match="--rtlgen-cross-check=vcs: unknown; choose one of yosys, verilator"):
        CrossCheck("vcs", choose_sandbox(SandboxMode.OFF), Limits())


def simulates_right(icarus: Simulator, reference: PreparedReference, source: str) -> bool:
    from pytest_rtlgen.check.compare import compare_traces

    job = SimulationJob(source=source, interface=reference.interface, stimulus=reference.stimulus)
    trace = icarus.simulate(job).trace
    return trace is not None and all(one.is_right for one in compare_traces(reference.trace, trace))
