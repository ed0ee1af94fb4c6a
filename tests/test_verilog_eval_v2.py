"""The real VerilogEval v2 spec-to-RTL, from its own untouched files, with the references as the model."""

from pathlib import Path

import pytest
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import Candidate, Problem, Verdict
from pytest_rtlgen.simulators.icarus import find_icarus

FOLDER = Path(__file__).parents[2] / "shared" / "benchmarks" / "verilog-eval-v2"
pytestmark = [
    pytest.mark.simulator,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"VerilogEval v2 is not at {FOLDER}"),
]
PROBLEMS = load_suite(f"verilog-eval-v2:{FOLDER}").problems if FOLDER.is_dir() else ()

UNCOMPILABLE_ON_11 = {"Prob151_review2015_fsm", "Prob156_review2015_fancytimer"}
"""Icarus 11 refuses their casts to an enumeration, so the second simulator judges."""


@pytest.fixture(scope="module")
def simulating(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(formal=FormalMode.OFF))


@pytest.fixture(scope="module")
def proving(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings())


def check_itself(checker: Checker, problem: Problem) -> Verdict:
    text = problem.reference.text.replace("RefModule", "TopModule")
    return checker.check(Candidate(source=text, rule="given"), problem)


def test_there_are_156_problems() -> None:
    assert len(PROBLEMS) == 156


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.problem_id)
def test_every_reference_passes(simulating: Checker, problem: Problem) -> None:
    verdict = check_itself(simulating, problem)
    assert verdict.is_passed, verdict.diagnostics
    is_elsewhere = find_icarus().version == "11.0" and problem.problem_id in UNCOMPILABLE_ON_11
    assert ("Yosys" in verdict.simulator) == is_elsewhere


@pytest.mark.parametrize("problem", PROBLEMS[::8], ids=lambda problem: problem.problem_id)
def test_no_proof_says_that_a_reference_differs_from_itself(proving: Checker, problem: Problem) -> None:
    verdict = check_itself(proving, problem)
    assert verdict.is_passed, verdict.diagnostics
    assert verdict.equivalence is not None
