"""The suite's own check, the stubs, and the references that a checker remembers."""

import threading
import time
from collections.abc import Iterator

import pytest
from builders import COUNTER, COUNTER_INTERFACE, interface, problem
from support.small_bench import BROKEN, IMPATIENT, LENIENT, small_problem

from pytest_rtlgen.check import checker as checker_module
from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.errors import BadReferenceError, ToolError
from pytest_rtlgen.known_bad import Kind, KnownBad, KnownBadList
from pytest_rtlgen.modes import SandboxMode, ScoringMode
from pytest_rtlgen.records import Candidate, Problem, Stimulus, Trace
from pytest_rtlgen.scoring.scorer import BenchScorer
from pytest_rtlgen.selfcheck.stubs import make_forgers, make_stubs
from pytest_rtlgen.selfcheck.suite import selfcheck_problem, selfcheck_suite

GATE = "module gate (input a, output y);\n  assign y = {};\nendmodule\n"


@pytest.fixture(scope="module")
def checker() -> Iterator[Checker]:
    with Checker(CheckSettings(sandbox=SandboxMode.OFF, jobs=2, cycles=60)) as made:
        yield made


def gate(expression: str) -> Problem:
    return problem(GATE.format(expression), "gate")


def test_stubs_have_the_interface_and_nothing_else() -> None:
    odd = interface("top", ("a", "input", 1), ("bus[0]", "output", 3))
    undriven, low, high, unknown = make_stubs(odd)
    assert undriven.source == "module \\top (\n  input wire \\a ,\n  output wire [2:0] \\bus[0] \n);\nendmodule\n"
    assert [stub.outputs for stub in (undriven, low, high, unknown)] == ["undriven", "0", "1", "X"]
    assert "  assign \\bus[0] = {3{1'b0}};\n" in low.source
    assert "{3{1'b1}}" in high.source
    assert "{3{1'bx}}" in unknown.source


@pytest.mark.simulator
def test_every_stub_is_a_design_that_runs_and_fails(checker: Checker) -> None:
    for stub in make_stubs(COUNTER_INTERFACE):
        verdict = checker.check(Candidate(source=stub.source, rule="stub"), problem())
        assert verdict.status == "mismatch", f"{stub.outputs}: {verdict.diagnostics}"


@pytest.mark.simulator
def test_a_sound_problem(checker: Checker) -> None:
    row = selfcheck_problem(checker, problem())
    assert (row.suite, row.problem_id, row.is_ok, row.faults, row.notes) == ("test", "counter", True, (), ())
    assert row.checked_share is not None
    assert 0.9 < row.checked_share <= 1.0
    assert row.duration_s > 0


@pytest.mark.simulator
@pytest.mark.parametrize(
    ("expression", "passing"),
    [
        ("a & ~a", "a module that holds every output at 0 passes: the reference never shows anything else"),
        ("a | ~a", "a module that holds every output at 1 passes: the reference never shows anything else"),
    ],
)
def test_a_reference_that_a_stub_equals(checker: Checker, expression: str, passing: str) -> None:
    assert selfcheck_problem(checker, gate(expression)).faults == (passing,)


@pytest.mark.simulator
def test_the_reference_is_tried_under_the_expected_name(checker: Checker) -> None:
    text = "// RefModule\nmodule RefModule (input a, output y);\n  assign y = a;\nendmodule\n"
    renamed = problem(text, "TopModule", reference_top="RefModule")
    assert selfcheck_problem(checker, renamed).faults == ()


@pytest.mark.simulator
def test_an_output_that_is_never_known_is_noted(checker: Checker) -> None:
    text = "module half (input a, output y, output z);\n  assign y = a;\n  assign z = 1'bx;\nendmodule\n"
    row = selfcheck_problem(checker, problem(text, "half"))
    assert (row.faults, row.notes, row.checked_share) == ((), ("output z is never known",), 0.5)


@pytest.mark.simulator
def test_a_reference_that_the_screen_refuses_is_a_fault(checker: Checker) -> None:
    text = 'module gate (input a, output y);\n  initial $system("true");\n  assign y = a;\nendmodule\n'
    row = selfcheck_problem(checker, problem(text, "gate"))
    assert not row.is_ok


@pytest.mark.simulator
def test_one_bad_reference_leaves_the_other_rows(checker: Checker) -> None:
    rows = list(selfcheck_suite(checker, [gate("a"), gate("(a"), gate("~a")]))
    assert [row.is_ok for row in rows] == [True, False, True]
    assert rows[1].faults[0].startswith("gate.sv:2: ")
    assert rows[1].checked_share is None


class CountingPreparation:
    """Stands in for ``prepare_accepted``: slow, counted, and bad or broken where asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls: list[str] = []
        self.error = error

    def __call__(self, problem: Problem, *_: object, **__: object) -> PreparedReference:
        self.calls.append(problem.reference.text)
        time.sleep(0.05)
        if self.error is not None:
            raise self.error
        empty = Stimulus(inputs=(), rows=b"", steps=0)
        return PreparedReference(
            interface=COUNTER_INTERFACE, stimulus=empty, trace=Trace(outputs=(), rows=b""), source="", top=""
        )


UNKEPT = CheckSettings(no_cache=True)
"""What is made by a stand-in must not be kept for others."""


def prepare_in_threads(checker: Checker, problems: list[Problem]) -> list[object]:
    """Return what each thread got or the error it met."""
    found: list[object] = [None] * len(problems)

    def work(place: int) -> None:
        try:
            found[place] = checker.prepare(problems[place])
        except (BadReferenceError, ToolError) as error:
            found[place] = error

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(problems))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_threads_prepare_a_reference_once(monkeypatch: pytest.MonkeyPatch) -> None:
    preparation = CountingPreparation()
    monkeypatch.setattr(checker_module, "prepare_accepted", preparation)
    equal = [problem(COUNTER + "// same")] * 4 + [problem(COUNTER + "// other")] * 4
    found = prepare_in_threads(Checker(UNKEPT), equal)
    assert sorted(preparation.calls) == [COUNTER + "// other", COUNTER + "// same"]
    assert len({id(item) for item in found}) == 2


def test_a_bad_reference_is_tried_once_and_says_the_same_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    preparation = CountingPreparation(BadReferenceError("counter.sv:3: no"))
    monkeypatch.setattr(checker_module, "prepare_accepted", preparation)
    checker = Checker(UNKEPT)
    found = prepare_in_threads(checker, [problem()] * 3)
    assert [str(item) for item in found] == ["counter.sv:3: no"] * 3
    assert len({id(item) for item in found}) == 3, "an exception that is raised again grows"
    with pytest.raises(BadReferenceError, match=r"counter\.sv:3: no"):
        checker.check(Candidate(source=COUNTER, rule="given"), problem())
    assert len(preparation.calls) == 1


def test_a_harness_that_failed_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    preparation = CountingPreparation(ToolError("iverilog is not on PATH"))
    monkeypatch.setattr(checker_module, "prepare_accepted", preparation)
    checker = Checker(UNKEPT)
    assert {str(item) for item in prepare_in_threads(checker, [problem()] * 3)} == {"iverilog is not on PATH"}
    preparation.error = None
    assert checker.prepare(problem()).interface == COUNTER_INTERFACE


def test_only_the_references_used_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    preparation = CountingPreparation()
    monkeypatch.setattr(checker_module, "prepare_accepted", preparation)
    monkeypatch.setattr(checker_module, "KEPT_REFERENCES", 2)
    checker = Checker(UNKEPT)
    one, two, three = (problem(COUNTER + f"// {number}") for number in "123")
    for item in (one, two, one, three, one, two):
        checker.prepare(item)
    assert [text[-1] for text in preparation.calls] == ["1", "2", "3", "2"]


KNOWN = KnownBadList(
    by_problem={
        ("verilog-eval-v2", name): (
            KnownBad(
                suite="verilog-eval-v2",
                problem_id=name,
                scoring=ScoringMode.BENCH,
                kind=kind,
                evidence="seen",
                found="run: x",
            ),
        )
        for name, kind in (("impatient", Kind.WATCHDOG), ("lenient", Kind.ACCEPTS_ANYTHING))
    }
)


@pytest.fixture(scope="module")
def scorer() -> Iterator[BenchScorer]:
    with BenchScorer(CheckSettings(cycles=60)) as made:
        yield made


@pytest.mark.simulator
def test_an_honest_bench_fails_every_idle_module_guarded_and_is_fooled_as_published(
    checker: Checker, scorer: BenchScorer
) -> None:
    row = selfcheck_problem(checker, small_problem(), scorer=scorer)
    assert (row.faults, row.notes, row.is_reference_right) == ((), (), True)
    bench = row.bench
    assert bench is not None
    assert (bench.status, bench.published, bench.tried, bench.passing) == ("passed", True, 7, ())
    assert bench.fooled == ("forged by printing that it passed", "forged by instantiating the reference")


@pytest.mark.simulator
@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("impatient", IMPATIENT, "its own testbench does not pass the reference (timeout, T): "),
        ("lenient", LENIENT, "its own testbench passes a module with every output undriven"),
    ],
)
def test_a_bad_bench_is_a_fault_unless_it_is_known(
    checker: Checker, scorer: BenchScorer, name: str, text: str, fault: str
) -> None:
    benched = small_problem(name, text)
    found = selfcheck_problem(checker, benched, scorer=scorer)
    excused = selfcheck_problem(checker, benched, scorer=scorer, known=KNOWN)
    assert found.faults[0].startswith(fault)
    assert excused.faults == ()
    assert excused.notes[0].startswith("known (")
    assert len(excused.notes) == len(found.faults)


@pytest.mark.simulator
def test_a_bench_that_the_simulator_refuses_is_a_fault(checker: Checker, scorer: BenchScorer) -> None:
    row = selfcheck_problem(checker, small_problem("broken", BROKEN), scorer=scorer)
    (fault,) = row.faults
    assert fault.startswith("its own testbench does not pass the reference (elaboration-error")
    assert row.bench is not None
    assert (row.bench.tried, row.is_reference_right) == (0, True)


def test_what_cannot_be_judged_is_skipped(checker: Checker, scorer: BenchScorer) -> None:
    row = selfcheck_problem(checker, small_problem(unjudged="it needs VCS"), scorer=scorer)
    assert (row.faults, row.notes, row.is_reference_right, row.bench) == ((), ("skipped: it needs VCS",), None, None)


def test_forgers_end_print_and_instantiate() -> None:
    ends, prints, takes = make_forgers(interface("top", ("a", "input", 1), ("y", "output", 1)), "RefModule")
    head = "module \\top (\n  input wire \\a ,\n  output wire \\y \n);\n"
    assert ends.source == f"{head}  initial $finish;\nendmodule\n"
    assert '$display("===========Your Design Passed===========");' in prints.source
    assert takes.source == f"{head}  \\RefModule forged (.\\a (\\a ), .\\y (\\y ));\nendmodule\n"
    assert len(make_forgers(interface("top", ("y", "output", 1)), "top")) == 2
