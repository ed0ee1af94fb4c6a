"""The self-check of openings: a suite with one of each kind, and openings that are needless or too wide."""

from dataclasses import replace
from pathlib import Path

import pytest
from builders import problem
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Care, Openings
from pytest_rtlgen.report.selfcheck_text import render_openings
from pytest_rtlgen.selfcheck.openings import OpeningFinding, OpeningsFound, try_openings
from pytest_rtlgen.selfcheck.suite import SelfcheckRow, selfcheck_problem

pytestmark = pytest.mark.simulator

FOLDER = Path(__file__).parents[2] / "fixtures" / "openings"
NAMES = {
    "held_sum": "care of sum",
    "load_register": "power-up",
    "one_hot_next": "assume $onehot(state)",
    "rising_edge": "hold of a",
    "pipelined_scale": "latency of done",
    "toggle_count": "reset kind of rst_n",
    "warm_enough": "variant 1",
    "wrap_count": "parameters",
}
PROBLEMS = {problem.problem_id: problem for problem in load_suite(str(FOLDER)).problems}


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings())


def test_the_suite_has_an_opening_of_each_kind() -> None:
    assert PROBLEMS.keys() == NAMES.keys()


@pytest.mark.parametrize("problem_id", NAMES)
def test_each_opening_of_the_suite_is_needed_and_tight(checker: Checker, problem_id: str) -> None:
    row = selfcheck_problem(checker, PROBLEMS[problem_id])
    assert row.faults == ()
    found = row.openings
    assert found is not None
    (item,) = found.openings
    assert (item.name, item.is_needed) == (NAMES[problem_id], True)
    assert item.is_tight is not False
    assert found.failed + len(item.excused) == found.failed_without
    assert found.failed >= found.failed_without / 2


def test_a_needless_opening_and_one_that_is_too_wide_are_faults(checker: Checker) -> None:
    needless = Care(output="wrap", condition="1", place="here")
    task = problem(openings=Openings(care=(needless,), place="here"))
    found = try_openings(checker, task, mutants=0, seed=0)
    assert found is not None
    assert found.faults == ("care of wrap is not needed: no design passes thanks to it",)
    wide = replace(needless, condition="q > 15")
    found = try_openings(checker, replace(task, openings=Openings(care=(wide,))), mutants=0, seed=0)
    assert found is not None
    assert found.faults == ("care of wrap lets a design pass that is wrong elsewhere",)


def test_nothing_is_tried_where_nothing_is_open(checker: Checker) -> None:
    assert try_openings(checker, problem(), mutants=5, seed=0) is None


def test_the_report_names_each_opening_and_the_mutants_that_pass_thanks_to_it() -> None:
    items = (
        OpeningFinding(name="care of y", is_needed=True, is_tight=True, excused=("line 3, constant: 1 -> 0",)),
        OpeningFinding(name="variant 1", is_needed=False, is_tight=None, excused=()),
    )
    found = OpeningsFound(openings=items, mutants=12, failed=8, failed_without=9)
    assert render_openings([SelfcheckRow(suite="s", problem_id="p", openings=found)]) == [
        "p: 8 of 12 mutants fail with what is open, 9 without",
        "  care of y: needed, a design that is wrong elsewhere fails; 1 mutants pass thanks to it",
        "    line 3, constant: 1 -> 0",
        "  variant 1: NOT needed",
        "",
    ]
    assert render_openings([SelfcheckRow(suite="s", problem_id="p")]) == []
    assert found.faults == ("variant 1 is not needed: no design passes thanks to it",)
    assert replace(found, failed=0).faults[-1] == "with what is open, no mutant fails any more"
