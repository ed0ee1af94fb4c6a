"""The fuzzer: its mutants are fixed by the seed, many and readable; its table counts what fooled which mode."""

import itertools
import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from benchmarks.fuzz import CORE, run
from builders import COUNTER, problem
from support.fuzzing.changes import Change, apply_change
from support.fuzzing.drivers import list_second_drivers
from support.fuzzing.facts import read_facts
from support.fuzzing.judging import Judgement, Judges
from support.fuzzing.mutants import KINDS, FuzzMutant, draw_mutants, list_mutants
from support.fuzzing.ordering import list_order_changes
from support.fuzzing.reporting import keep_case, list_fooled, render_report, tally
from support.fuzzing.sensitivity import list_sensitivity_changes
from support.fuzzing.unknowns import list_unknown_changes
from support.fuzzing.wrapping import wrap_module
from support.hostile_cases import load_cases

from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import SourceFile, Status
from pytest_rtlgen.verilog.interface import read_interface
from pytest_rtlgen.verilog.syntax import elaborate, parse_text

TEXT = """\
module t (input clk, input rst_n, input [3:0] a, input b, output reg [3:0] q, output y);
  wire [3:0] c = ~a;
  reg d;
  assign y = d & b;
  always @* d = c[0] ^ b;
  always @(posedge clk or negedge rst_n)
    if (!rst_n) q <= 4'd0;
    else q <= q + a;
endmodule
"""
SOURCE = SourceFile(name="t.sv", text=TEXT)


def rng() -> random.Random:
    return random.Random("test")


def texts(changes: Iterator[Change]) -> dict[str, list[str]]:
    """Return the changed texts by operator, blanks made one."""
    found: dict[str, list[str]] = {}
    for change in changes:
        found.setdefault(change.operator, []).append(" ".join(apply_change(change, TEXT).split()))
    return found


def test_facts_name_signals_assignments_and_processes() -> None:
    (module,) = read_facts(SOURCE, "t")
    assert {name: (signal.width, signal.is_net, signal.direction) for name, signal in module.signals.items()} == {
        "clk": (1, True, "input"),
        "rst_n": (1, True, "input"),
        "a": (4, True, "input"),
        "b": (1, True, "input"),
        "q": (4, False, "output"),
        "y": (1, True, "output"),
        "c": (4, True, ""),
        "d": (1, False, ""),
    }
    assert [(item.left, item.right, item.reads) for item in module.assignments] == [
        ("c", "~a", ("a",)),
        ("y", "d & b", ("d", "b")),
    ]
    comb, clocked = module.processes
    assert (comb.is_edge, comb.reads, comb.writes, comb.events) == (False, ("c", "b"), ("d",), ())
    assert (clocked.is_edge, clocked.reads, clocked.events) == (
        *(True, ("rst_n", "q", "a")),
        ("posedge clk", "negedge rst_n"),
    )
    assert module.clocks == ("clk", "rst_n")


@pytest.mark.parametrize(
    ("operator", "part"),
    [
        ("same assign again", "assign y = d & b; endmodule"),
        ("inverted assign", "assign c = ~(~a); endmodule"),
        ("assign with a mistake", "assign y = d | b; endmodule"),
        ("assign another value", "assign y = "),
        ("assign one bit", "assign c["),
        ("assign an input", "assign b = "),
        ("instance output", ".o(y)); endmodule module fz_buffer"),
        ("gate output", "buf fz_second (c[0], "),
        ("second always @*", "always @* d = "),
        ("second clocked always", "always @(posedge clk) q <= "),
    ],
)
def test_second_drivers_are_added_at_the_end(operator: str, part: str) -> None:
    assert any(part in text for text in texts(list_second_drivers(SOURCE, "t", rng()))[operator])


@pytest.mark.parametrize(
    ("operator", "part"),
    [
        ("lacks one", "always @(b) d = c[0] ^ b;"),
        ("lacks one", "reg y_fz; always @(d) y_fz = d & b; assign y = y_fz;"),
        ("never fires", "reg fz_never; reg [3:0] c; always @(fz_never) c = ~a;"),
        ("constant", "always @(1'b0 or 1'b1) d = c[0] ^ b;"),
        ("reads in a function", "assign y = fz_function(1'b0);"),
        ("reads in a task", "task fz_task; d = c[0] ^ b; endtask always @* fz_task;"),
        ("edge list lacks one", "always @(posedge clk) if (!rst_n)"),
        ("edge list: both edges", "always @(clk or negedge rst_n)"),
        ("edge list: one more, any edge", "always @(posedge clk or negedge rst_n or "),
    ],
)
def test_lists_leave_out_or_add(operator: str, part: str) -> None:
    assert any(part in text for text in texts(list_sensitivity_changes(SOURCE, "t", rng()))[operator])


@pytest.mark.parametrize(
    ("operator", "part"),
    [
        ("blocking in a clocked process", "if (!rst_n) q = 4'd0; else q = q + a;"),
        ("nonblocking in a combinational process", "always @* d <= c[0] ^ b;"),
        ("clock by nonblocking", "always @(clk) fz_clock <= clk; always @(posedge fz_clock or negedge rst_n)"),
        ("race, computed after", "else q <= fz_race; always @(posedge clk) fz_race = q + a;"),
    ],
)
def test_order_is_changed(operator: str, part: str) -> None:
    assert any(part in text for text in texts(list_order_changes(SOURCE, "t", rng()))[operator])


def test_unknown_values_invert_an_output() -> None:
    found = texts(list_unknown_changes(SOURCE, "t", rng()))
    wrapped = [text for name, (text,) in found.items() if ":" in name]
    assert len(wrapped) == 60
    assert all("_fz ^ {" in text and "fz_t" in text for text in wrapped)
    assert any("if (!rst_n) ; else q <= q + a;" in text for text in found["a register not reset"])


def test_a_wrapped_module_has_the_same_interface() -> None:
    wrapped = SourceFile(name="t.sv", text=wrap_module(SOURCE, "t", outputs={"y": "~{}"}))
    assert read_interface(wrapped, "t") == read_interface(SOURCE, "t")
    assert "assign y = ~y_fz;" in wrapped.text


def test_a_seed_fixes_the_mutants() -> None:
    def draw(seed: int) -> list[str]:
        return [mutant.source for mutant in itertools.islice(draw_mutants([problem()], list(KINDS), seed=seed), 60)]

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


@pytest.mark.parametrize("kind", KINDS)
def test_mutants_are_different_texts_that_elaborate(kind: str) -> None:
    mutants = list(itertools.islice(list_mutants(problem(), kind, seed=0), 40))
    assert len({mutant.source for mutant in mutants} | {COUNTER}) == len(mutants) + 1
    assert len({mutant.operator for mutant in mutants}) >= 6
    for mutant in mutants:
        _, root = elaborate(parse_text(mutant.source))
        assert "counter" in [instance.name for instance in root.topInstances]


def test_the_first_300_second_drivers_and_lists_cover_all_core_references() -> None:
    suite = load_suite(str(CORE))
    drawn = list(itertools.islice(draw_mutants(suite.problems, ["drivers", "sensitivity"], seed=0), 300))
    assert len(drawn) == 300
    assert {mutant.problem.problem_id for mutant in drawn} == {item.problem_id for item in suite.problems}
    assert len({mutant.operator for mutant in drawn}) > 40


def mutant(*, is_wrong: bool = False, number: int = 0, kind: str = "drivers") -> FuzzMutant:
    return FuzzMutant(
        problem=problem(cycles=40), kind=kind, operator="made up", number=number, source=COUNTER, is_wrong=is_wrong
    )


def statuses(confirm: Status, first: Status, off: Status) -> Mapping[FormalMode, Status]:
    return dict(zip((FormalMode.CONFIRM, FormalMode.FIRST, FormalMode.OFF), (confirm, first, off), strict=True))


P, M, E = Status.PASSED, Status.MISMATCH, Status.ELABORATION_ERROR


@pytest.mark.parametrize(
    ("judgement", "fooled", "is_right"),
    [
        (Judgement(mutant=mutant(), statuses=statuses(P, P, P), longer=P, other=P), "", True),
        (Judgement(mutant=mutant(), statuses=statuses(P, P, M), longer=M, other=P), "confirm first", False),
        (Judgement(mutant=mutant(), statuses=statuses(P, P, P), longer=P, other=M), "confirm first off", False),
        (Judgement(mutant=mutant(), statuses=statuses(P, M, M), longer=None, other=E), "", False),
        (Judgement(mutant=mutant(is_wrong=True), statuses=statuses(M, P, M), longer=P, other=P), "first", False),
        (Judgement(mutant=mutant(), statuses=statuses(M, M, M)), "", False),
    ],
)
def test_fooled_is_a_pass_that_a_judge_fails(judgement: Judgement, fooled: str, *, is_right: bool) -> None:
    assert " ".join(mode for mode in FormalMode if judgement.is_fooled(mode)) == " ".join(
        mode for mode in FormalMode if mode in fooled.split()
    )
    assert judgement.is_right is is_right


def test_a_pass_that_one_judge_cannot_read_is_unclear() -> None:
    judged = [Judgement(mutant=mutant(), statuses=statuses(P, M, M), longer=P, other=status) for status in (P, M, E)]
    assert [item.is_unclear for item in judged] == [False, False, True]
    assert not Judgement(mutant=mutant(), statuses=statuses(M, M, M)).is_unclear


FOUND = [
    Judgement(mutant=mutant(number=1), statuses=statuses(P, P, M), longer=M, other=P),
    Judgement(mutant=mutant(number=0), statuses=statuses(E, E, E)),
    Judgement(mutant=mutant(kind="order"), statuses={}, error="ToolError: gone"),
]


def test_the_table_counts_by_kind_and_names_what_fooled() -> None:
    counts = tally(FOUND[:2])
    assert (counts.mutants, counts.built, counts.passed[FormalMode.FIRST], counts.fooled[FormalMode.OFF]) == (
        2,
        1,
        1,
        0,
    )
    lines = render_report(FOUND).splitlines()
    assert lines[2].split() == ["drivers", "2", "1", "0", "1,", "0,", "1", "1,", "0,", "1", "0,", "0,", "0", "0", "0"]
    assert lines[-2].startswith("fooled  drivers-counter-1: made up (passed in confirm, first; longer mismatch")
    assert lines[-1] == "error   order-counter-0: ToolError: gone"


def test_a_kept_case_is_one_of_the_hostile_collection(tmp_path: Path) -> None:
    (item,) = list_fooled(FOUND)
    folder = keep_case(item, tmp_path)
    (case,) = load_cases(tmp_path)
    assert (case.folder, case.top, case.source("", "")) == (folder, "counter", COUNTER)
    assert Status.PASSED not in case.acceptable
    ours = Path(__file__).parents[1] / "fixtures" / "hostile" / "xz_conflicting_drivers" / "expect.json"
    expected = json.loads((folder / "expect.json").read_text())
    assert set(expected) == set(json.loads(ours.read_text()))
    assert expected["reset"] == {"name": "rst", "active": 1, "sync": True}


@pytest.mark.simulator
def test_the_judges_know_right_from_wrong() -> None:
    right = mutant()
    wrong = FuzzMutant(
        problem=right.problem,
        kind="drivers",
        operator="off by one",
        number=1,
        source=COUNTER.replace("q + 4'd1", "q + 4'd2"),
        is_wrong=False,
    )
    with Judges(jobs=1, doubt_cycles=40) as judges:
        judged, failed = run(judges, iter([right, wrong]), seconds=600, jobs=1)
    assert judged.statuses == statuses(P, P, P)
    assert judged.is_right
    assert failed.statuses == statuses(M, M, M)
    assert failed.longer is None
