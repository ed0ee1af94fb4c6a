"""A pass is looked at again: only what the simulator shows can take it away."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest
from builders import problem

from pytest_rtlgen.check.confirm import Confirmer, Simulated, judge_simulation
from pytest_rtlgen.check.cross_check import CrossCheck
from pytest_rtlgen.check.proof.prover import Prover
from pytest_rtlgen.check.reference import PreparedReference, prepare_reference
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import (
    Hazard,
    HazardKind,
    Isolation,
    Method,
    Proof,
    SandboxKind,
    Severity,
    Status,
    Trace,
    Verdict,
)
from pytest_rtlgen.simulators import Simulation, SimulationJob, Simulator, make_simulator
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox

pytestmark = pytest.mark.simulator

HEAD = "module m(input clk, input rst, input [15:0] code, output reg hit, output reg [7:0] n);\n"
REFERENCE = HEAD + (
    "always @(posedge clk) if (rst) begin hit <= 0; n <= 0; end\n"
    "else begin hit <= code == 16'h001c; n <= n + 1; end\nendmodule\n"
)
MAGIC = REFERENCE.replace("16'h001c", "16'h001c | code == 16'hbeef")
TWICE = MAGIC.replace("n + 1", "n + 1 + (code == 16'hf00d)")
AGED = REFERENCE.replace("always", "reg [15:0] age = 0; always @(posedge clk) age <= age + 1;\nalways")
REMEMBERS = AGED.replace("age + 1;", "code == 16'hbeef & age < 3 ? 16'h8000 : age < 3 ? age + 1 : age;").replace(
    "n + 1", "n + 1 + age[15]"
)
DELAYED = AGED.replace("n + 1", "#1 n + 1")
LATE = DELAYED.replace("== 16'h001c", "== 16'h001c | age > 120")
HANGS = DELAYED.replace("always @(posedge clk) if", "always @(posedge clk) if (age > 120) while (1); else if")
PROOF_NOTE = "found by proof: the shortest inputs that show it were replayed in the simulator"
SECOND_NOTE = "found under a second, longer stimulus, which the candidate could not be proved to make needless"


@pytest.fixture(scope="module")
def icarus() -> Iterator[Simulator]:
    limits = Limits(cpu_s=1, wall_s=10)
    simulator = make_simulator("icarus", sandbox=choose_sandbox(SandboxMode.AUTO), limits=limits, jobs=1)
    yield simulator
    simulator.close()


@pytest.fixture(scope="module")
def prover() -> Iterator[Prover]:
    made = Prover(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=1, budget_s=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def reference(icarus: Simulator) -> PreparedReference:
    return prepare_reference(problem(REFERENCE, "m"), icarus, seed=0, cycles=60)


@pytest.fixture(scope="module")
def longer(icarus: Simulator) -> PreparedReference:
    return prepare_reference(problem(REFERENCE, "m"), icarus, seed=-1, cycles=240)


def refuse() -> Iterable[PreparedReference]:
    raise BadReferenceError("m.sv: the reference does not run")


def never() -> Iterable[PreparedReference]:
    raise AssertionError("no second stimulus is needed")


def confirm(
    icarus: Simulator,
    reference: PreparedReference,
    source: str,
    prover: Prover | None,
    second: PreparedReference | None,
    cross_check: CrossCheck | None = None,
) -> Verdict:
    """Return what becomes of a candidate that passed; without ``second`` none may be asked for."""
    first = judge_simulation(icarus, reference, source)
    assert first.trace is not None
    assert first.verdict.is_passed
    return Confirmer(icarus, icarus, prover, cross_check).confirm(
        first, source=source, reference=reference, later=(lambda: [second]) if second else never
    )


def test_a_complete_proof_makes_the_second_stimulus_needless(
    icarus: Simulator, prover: Prover, reference: PreparedReference
) -> None:
    verdict = confirm(icarus, reference, REFERENCE.replace("n + 1", "1 + n"), prover, None)
    assert verdict.is_passed
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is Proof.EQUIVALENT


def test_a_counterexample_that_shows_fails_and_is_shown(
    icarus: Simulator, prover: Prover, reference: PreparedReference
) -> None:
    verdict = confirm(icarus, reference, MAGIC, prover, None)
    assert verdict.status is Status.MISMATCH
    hit, count = verdict.signals
    assert (hit.name, hit.expected, hit.actual, hit.mismatches > 0) == ("hit", "0", "1", True)
    assert (count.name, count.is_right) == ("n", True)
    assert verdict.equivalence is not None
    assert verdict.equivalence.outputs == (("hit", Proof.DIFFERENT), ("n", Proof.EQUIVALENT))
    assert [(note.tool, note.severity, note.message) for note in verdict.diagnostics] == [
        ("proof", Severity.NOTE, PROOF_NOTE)
    ]


def test_the_wave_shows_the_counterexample(icarus: Simulator, prover: Prover, reference: PreparedReference) -> None:
    verdict = confirm(icarus, reference, MAGIC, prover, None)
    assert verdict.wave is not None
    assert verdict.equivalence is not None
    ((_, stimulus),) = verdict.equivalence.counterexamples
    assert verdict.wave.mismatch_step < stimulus.steps < 30
    at = verdict.wave.mismatch_step - verdict.wave.first_step
    inputs = dict(verdict.wave.inputs)
    assert f"{0xBEEF:016b}" in inputs["code"][: at + 1]
    assert [want[at] + got[at] for name, want, got in verdict.wave.outputs if name == "hit"] == ["01"]


def test_every_output_with_a_counterexample_is_named(
    icarus: Simulator, prover: Prover, reference: PreparedReference
) -> None:
    verdict = confirm(icarus, reference, TWICE, prover, None)
    assert [(one.name, one.is_right) for one in verdict.signals] == [("hit", False), ("n", False)]
    assert verdict.credit == 0.0


def test_a_counterexample_that_does_not_show_fails_nobody(
    icarus: Simulator, prover: Prover, reference: PreparedReference, longer: PreparedReference
) -> None:
    verdict = confirm(icarus, reference, REMEMBERS, prover, longer)
    assert verdict.is_passed
    assert verdict.equivalence is not None
    assert verdict.equivalence.outputs == (("hit", Proof.EQUIVALENT), ("n", Proof.UNKNOWN))
    assert verdict.equivalence.counterexamples == ()
    assert verdict.equivalence.reason == "a counterexample did not show in the simulator"


def test_what_is_not_proved_meets_a_second_stimulus(
    icarus: Simulator, prover: Prover, reference: PreparedReference, longer: PreparedReference
) -> None:
    verdict = confirm(icarus, reference, LATE, prover, longer)
    assert verdict.status is Status.MISMATCH
    assert [(one.name, one.is_right) for one in verdict.signals] == [("hit", False), ("n", True)]
    assert [note.message for note in verdict.diagnostics] == [SECOND_NOTE]
    assert verdict.wave is not None
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is Proof.UNKNOWN
    assert "a delay" in verdict.equivalence.reason


def test_without_a_prover_the_second_stimulus_alone_decides(
    icarus: Simulator, reference: PreparedReference, longer: PreparedReference
) -> None:
    wrong = confirm(icarus, reference, LATE, None, longer)
    right = confirm(icarus, reference, DELAYED, None, longer)
    assert (wrong.status, wrong.equivalence) == (Status.MISMATCH, None)
    assert (right.status, right.equivalence, right.diagnostics) == (Status.PASSED, None, ())


def test_a_candidate_that_hangs_after_the_first_stimulus_fails(
    icarus: Simulator, reference: PreparedReference, longer: PreparedReference
) -> None:
    assert judge_simulation(icarus, longer, HANGS).verdict.status is Status.TIMEOUT
    assert confirm(icarus, reference, HANGS, None, longer).status is Status.TIMEOUT


class Timed:
    """A simulator whose time was up after some steps of a trace; nothing but the pace of an answer is made up."""

    name, version = "timed", "Timed 1"
    isolation = Isolation(sandbox=SandboxKind.NONE, is_network_cut=False, is_filesystem_private=False, has_limits=False)

    def __init__(self, start: Trace | None, duration_s: float) -> None:
        self._start, self._duration_s = start, duration_s

    def simulate(self, job: SimulationJob) -> Simulation:
        del job
        return Simulation(trace=None, start=self._start, status=Status.TIMEOUT, duration_s=self._duration_s)

    def close(self) -> None:
        """Nothing is open."""


def confirm_in_part(
    reference: PreparedReference, longer: PreparedReference, *, first_s: float, done: int | None, flip: bool = False
) -> Verdict:
    """Return what becomes of a pass that took ``first_s`` when the second stimulus ends after 10 s."""
    rows = longer.trace.rows[: (done or 0) * longer.trace.width]
    rows = rows[:-1] + (b"0" if rows[-1:] == b"1" else b"1") if flip else rows
    start = None if done is None else replace(longer.trace, rows=rows)
    timed = Timed(start, 10.0)
    verdict = Verdict(status=Status.PASSED, method=Method.SIMULATE)
    first = Simulated(verdict=verdict, trace=reference.trace, duration_s=first_s)
    confirmer = Confirmer(timed, timed, None, None)
    return confirmer.confirm(first, source=REFERENCE, reference=reference, later=lambda: [longer])


def test_a_slow_candidate_is_compared_as_far_as_it_came(
    reference: PreparedReference, longer: PreparedReference
) -> None:
    half = longer.stimulus.steps // 2
    right = confirm_in_part(reference, longer, first_s=5.0, done=half)
    assert right.is_passed
    (note,) = right.diagnostics
    part = f"{half} of {longer.stimulus.steps} steps within the time limit"
    assert note.message == f"the second, longer stimulus was simulated in part: {part}"
    wrong = confirm_in_part(reference, longer, first_s=5.0, done=half, flip=True)
    assert wrong.status is Status.MISMATCH
    assert wrong.wave is not None


def test_a_candidate_far_behind_its_pace_hangs(reference: PreparedReference, longer: PreparedReference) -> None:
    half = longer.stimulus.steps // 2
    assert confirm_in_part(reference, longer, first_s=0.1, done=half).status is Status.TIMEOUT
    assert confirm_in_part(reference, longer, first_s=5.0, done=0).status is Status.TIMEOUT


def test_a_simulator_that_shows_no_part_of_a_trace_fails_nobody(
    reference: PreparedReference, longer: PreparedReference
) -> None:
    assert confirm_in_part(reference, longer, first_s=5.0, done=None).is_passed


def test_nothing_is_proved_where_simulation_and_synthesis_may_differ(
    icarus: Simulator, prover: Prover, reference: PreparedReference, longer: PreparedReference
) -> None:
    hazard = Hazard(kind=HazardKind.TWO_DRIVERS, names=("hit",), line=2)
    confirmer = Confirmer(icarus, icarus, prover, None)
    first = judge_simulation(icarus, reference, REFERENCE)
    verdict = confirmer.confirm(first, source=REFERENCE, reference=reference, later=lambda: [longer], hazards=[hazard])
    assert verdict.is_passed
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is Proof.UNKNOWN
    assert verdict.equivalence.reason == "line 2: hit has two drivers, so simulation and synthesis may differ"


def test_a_reference_that_cannot_be_simulated_so_long_fails_nobody(
    icarus: Simulator, reference: PreparedReference
) -> None:
    first = judge_simulation(icarus, reference, DELAYED)
    assert first.trace is not None
    confirmer = Confirmer(icarus, icarus, None, None)
    assert confirmer.confirm(first, source=DELAYED, reference=reference, later=refuse).is_passed


@pytest.mark.parametrize(
    ("source", "status", "method"),
    [
        (REFERENCE.replace("n + 1", "n - 1"), Status.MISMATCH, "simulate"),
        (REFERENCE.replace("n + 1", "nowhere"), Status.ELABORATION_ERROR, "compile"),
        (REFERENCE.replace("endmodule", "initial $finish;\nendmodule"), Status.EARLY_FINISH, "simulate"),
    ],
    ids=["mismatch", "does not build", "ends early"],
)
def test_the_first_simulation_is_judged(
    icarus: Simulator, reference: PreparedReference, source: str, status: Status, method: str
) -> None:
    first = judge_simulation(icarus, reference, source)
    verdict = first.verdict
    assert (verdict.status, verdict.method) == (status, method)
    assert (first.trace is not None) == (status is Status.MISMATCH)
    assert (verdict.wave is not None) == (status is Status.MISMATCH)


RARELY = "module m(input [7:0] d, output y, output z);\nassign z = ^d; assign y = &d[7:3] ? 1'b1 : 1'bx;\nendmodule\n"


def test_an_output_that_is_hardly_ever_compared_is_warned_about(icarus: Simulator) -> None:
    reference = prepare_reference(problem(RARELY, "m"), icarus, seed=0, cycles=86)
    verdict = judge_simulation(icarus, reference, RARELY).verdict
    checked = verdict.signals[0].checked
    assert 0 < checked < 0.1 * reference.stimulus.steps
    assert verdict.is_passed
    (warning,) = verdict.diagnostics
    assert (warning.tool, warning.severity) == ("compare", Severity.WARNING)
    assert warning.message == (
        f"output y was compared in {checked} of {reference.stimulus.steps} steps only: "
        "the reference does not know it in the others"
    )


ELSEWHERE = HEAD + "`ifdef SYNTHESIS\nwire odd = code[0];\n`else\nwire odd = 0;\n`endif\n"
BY_SIMULATOR = ELSEWHERE + REFERENCE.removeprefix(HEAD).replace("n + 1", "n + 1 + odd")


@pytest.fixture(scope="module")
def yosys() -> Iterator[CrossCheck]:
    made = CrossCheck("yosys", choose_sandbox(SandboxMode.AUTO), Limits())
    yield made
    made.close()


def test_a_second_simulator_fails_who_depends_on_the_first(
    icarus: Simulator, reference: PreparedReference, longer: PreparedReference, yosys: CrossCheck
) -> None:
    verdict = confirm(icarus, reference, BY_SIMULATOR, None, longer, yosys)
    assert verdict.status is Status.MISMATCH
    assert [(one.name, one.is_right) for one in verdict.signals] == [("hit", True), ("n", False)]
    assert [(item.tool, item.severity, item.message) for item in verdict.diagnostics] == [
        ("cross-check", Severity.ERROR, "behaves otherwise in another simulator: n")
    ]


def test_what_a_second_simulator_cannot_simulate_is_a_note(
    icarus: Simulator, reference: PreparedReference, longer: PreparedReference, yosys: CrossCheck
) -> None:
    source = REFERENCE.replace("endmodule", "`ifdef SYNTHESIS\nmissing u(clk);\n`endif\nendmodule")
    verdict = confirm(icarus, reference, source, None, longer, yosys)
    assert verdict.is_passed
    (note,) = verdict.diagnostics
    assert (note.tool, note.severity) == ("cross-check", Severity.NOTE)
    assert "cannot simulate the candidate" in note.message


def test_a_second_simulator_grants_no_pass(
    icarus: Simulator, reference: PreparedReference, longer: PreparedReference, yosys: CrossCheck
) -> None:
    verdict = confirm(icarus, reference, LATE, None, longer, yosys)
    assert verdict.status is Status.MISMATCH
    assert not [item for item in verdict.diagnostics if item.tool == "cross-check"]


def test_an_x_that_only_the_reference_has_is_no_difference(icarus: Simulator, prover: Prover) -> None:
    free = REFERENCE.replace("hit <= code == 16'h001c", "hit <= code[15] ? 1'bx : code == 16'h001c")
    reference = prepare_reference(problem(free, "m"), icarus, seed=0, cycles=60)
    verdict = confirm(icarus, reference, REFERENCE, prover, None)
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is Proof.EQUIVALENT
    other = replace(reference, source=REFERENCE)
    assert prover.compare(other, free).result is Proof.DIFFERENT
