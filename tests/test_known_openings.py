"""What published problems leave open: every entry fits its problem, right answers pass, wrong ones fail as before."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.known_bad import load_known_openings
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.openings import list_accepted
from pytest_rtlgen.records import Candidate, Openings, Problem, Status, Suite
from pytest_rtlgen.selfcheck.openings import try_openings
from pytest_rtlgen.verilog.rename import rename_module

SHARED = Path(__file__).parents[2] / "shared" / "benchmarks"
ANSWERS = SHARED / "correctbench" / "HDLBits_data_RTL_4o_20.jsonl"
MUTANTS = SHARED / "correctbench" / "HDLBits_data_mutants.jsonl"
FOLDERS = {
    "rtllm-v1.1": "rtllm-v1.1",
    "rtllm-v2": "rtllm-v2",
    "verilog-eval-v1-human": "verilog-eval-v1",
    "verilog-eval-v1-machine": "verilog-eval-v1",
    "verilog-eval-v2": "verilog-eval-v2",
    "verilog-eval-v2-complete": "verilog-eval-v2",
}
HUMAN = "verilog-eval-v1-human"
NEEDS = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the benchmarks in ../shared")
TRIED = [
    (HUMAN, "bugs_mux2"),
    (HUMAN, "mt2015_muxdff"),
    (HUMAN, "m2014_q4d"),
    (HUMAN, "m2014_q6"),
    (HUMAN, "fsm3onehot"),
    ("rtllm-v2", "LFSR"),
    ("rtllm-v2", "width_8to16"),
    ("rtllm-v2", "edge_detect"),
    ("rtllm-v2", "multi_pipe_8bit"),
]
"""An entry or two of each kind; ``selfcheck`` tries all of them, in minutes."""


@cache
def load(suite: str) -> Suite:
    return load_suite(f"{suite}:{SHARED / FOLDERS[suite]}")


def find(suite: str, problem_id: str) -> Problem:
    return next(problem for problem in load(suite).problems if problem.problem_id == problem_id)


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings())


def passes(checker: Checker, source: str, problem: Problem) -> bool:
    return checker.check(Candidate(source=source, rule="given"), problem).is_passed


def show(text: str, problem: Problem) -> str:
    """Return an accepted design's text as an answer gives it: under the module's wanted name."""
    return text if problem.reference_top == problem.top else rename_module(text, problem.reference_top, problem.top)


@NEEDS
@pytest.mark.parametrize("suite", FOLDERS)
def test_every_entry_fits_its_problem(suite: str) -> None:
    known = load_known_openings(suite)
    problems = {problem.problem_id: problem for problem in load(suite).problems}
    assert known
    assert known.keys() <= problems.keys()
    for problem_id in known:
        problem = problems[problem_id]
        openings = problem.openings
        accepted = list_accepted(problem)
        assert len(accepted) == (1 + len(openings.variants)) * (1 + bool(openings.reset_kind)), problem_id
        assert openings != Openings(place=openings.place), problem_id


@NEEDS
def test_the_digest_of_the_files_stays_that_of_the_benchmark() -> None:
    for suite in FOLDERS:
        assert load(suite).files_digest != load(suite).digest


@NEEDS
@pytest.mark.simulator
@pytest.mark.slow
@pytest.mark.parametrize(("suite", "problem_id"), TRIED)
def test_each_opening_is_needed_and_lets_nothing_else_pass(checker: Checker, suite: str, problem_id: str) -> None:
    problem = find(suite, problem_id)
    plain = replace(problem, openings=Openings())
    for accepted in list_accepted(problem):
        text = show(accepted.problem.reference.text, problem)
        assert passes(checker, text, problem), accepted.name
        assert passes(checker, text, plain) is (accepted.name == ""), accepted.name
    found = try_openings(checker, problem, mutants=12, seed=0)
    assert found is not None
    assert found.faults == ()
    assert found.failed >= found.failed_without - 2, found
    assert found.failed > found.mutants // 2


def read_texts(path: Path, key: str, problem_id: str) -> list[str]:
    rows = (json.loads(line) for line in path.read_text().splitlines())
    return next(list(dict.fromkeys(row[key])) for row in rows if row["task_id"] == problem_id)


@NEEDS
@pytest.mark.simulator
@pytest.mark.slow
@pytest.mark.parametrize(
    ("problem_id", "answers"),
    [("bugs_mux2", 6), ("mt2015_muxdff", 10), ("m2014_q4d", 13), ("fsm_onehot", 3)],
)
def test_real_answers_that_the_text_allows_pass(checker: Checker, problem_id: str, answers: int) -> None:
    problem = find(HUMAN, problem_id)
    texts = read_texts(ANSWERS, "llmgen_RTL", problem_id)
    failing = [text for text in texts if not passes(checker, text, replace(problem, openings=Openings()))]
    assert sum(passes(checker, text, problem) for text in failing) == answers


@NEEDS
@pytest.mark.simulator
def test_of_a_model_s_mutants_only_those_pass_that_change_what_is_open(checker: Checker) -> None:
    texts = read_texts(MUTANTS, "mutants", "bugs_mux2")
    problem = find(HUMAN, "bugs_mux2")
    closed = replace(problem, openings=Openings())
    more = [text for text in texts if passes(checker, text, problem) and not passes(checker, text, closed)]
    assert len(more) == 2
    assert all("sel ? b : a" in text or "(~sel) ? a : b" in text for text in more)


@NEEDS
@pytest.mark.simulator
def test_a_default_of_a_width_that_is_not_told_needs_no_entry(checker: Checker) -> None:
    problem = find("rtllm-v2", "fixed_point_adder")
    assert problem.openings == Openings()
    other = problem.reference.text.replace("N = 32", "N = 16").replace("Q = 15", "Q = 8")
    assert other != problem.reference.text
    assert passes(checker, other, problem)
    assert not passes(checker, other.replace("b[N-2:0] - a[N-2:0]", "a[N-2:0] - b[N-2:0]"), problem)


@NEEDS
@pytest.mark.simulator
def test_a_candidate_must_match_one_accepted_design_whole(checker: Checker) -> None:
    problem = find("rtllm-v2", "barrel_shifter")
    mixed = (
        "module barrel_shifter(input [7:0] in, input [2:0] ctrl, output [7:0] out);\n"
        "assign out = ctrl[0] ? in << ctrl : in >> ctrl;\nendmodule\n"
    )
    verdict = checker.check(Candidate(source=mixed, rule="given"), problem)
    assert verdict.status is Status.MISMATCH
    assert passes(checker, mixed.replace("ctrl[0] ? in << ctrl : in >> ctrl", "in << ctrl"), problem)
