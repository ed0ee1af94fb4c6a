"""The reproducers of ../shared/reviews/agreement-cases: each is judged as their table says it should be."""

from pathlib import Path

import pytest
from builders import problem
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.records import Candidate, Diagnostic, Problem, Proof, Severity, Status, Tool, Verdict
from pytest_rtlgen.verilog.interface import list_modules
from pytest_rtlgen.verilog.syntax import parse_text

CASES = Path(__file__).parents[3] / "shared" / "reviews" / "agreement-cases"
PASSED = (
    ("undriven_reference", "cand.v", "ref.v"),
    ("late_parameter", "cand.v", "ref.v"),
    ("late_parameter", "cand_nonansi.v", "ref.v"),
    ("default_parameter", "cand.v", "ref.v"),
    ("guard_finish", "cand.v", "ref.v"),
)
"""(folder, candidate, reference): right, and proved to be."""
MISMATCHED = (
    ("multi_driver", "cand.v", "ref.v"),
    ("multi_driver", "cand_clocked.v", "ref_clocked.v"),
    ("deep_counter", "cand.v", "ref.v"),
)
pytestmark = pytest.mark.simulator


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings())


def pose(reference: Path) -> Problem:
    text = reference.read_text(encoding="utf-8")
    (top,) = list_modules(parse_text(text))
    return problem(text, top)


def check(checker: Checker, folder: str, candidate: str, reference: str) -> Verdict:
    if not CASES.is_dir():
        pytest.skip(f"{CASES} does not exist")
    source = (CASES / folder / candidate).read_text(encoding="utf-8")
    return checker.check(Candidate(source=source, rule="test"), pose(CASES / folder / reference))


@pytest.mark.parametrize("case", PASSED, ids="-".join)
def test_what_meets_its_description_passes(checker: Checker, case: tuple[str, str, str]) -> None:
    verdict = check(checker, *case)
    assert verdict.status is Status.PASSED, verdict.diagnostics
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is Proof.EQUIVALENT, verdict.equivalence.reason


@pytest.mark.parametrize("case", MISMATCHED, ids="-".join)
def test_what_is_wrong_fails(checker: Checker, case: tuple[str, str, str]) -> None:
    assert check(checker, *case).status is Status.MISMATCH


def test_one_register_in_two_processes_is_named_with_both_lines(checker: Checker) -> None:
    verdict = check(checker, "two_processes", "cand.v", "ref.v")
    message = "q is set by two processes, which no synthesis takes (lines 2 and 3)"
    warning = Diagnostic(tool=Tool.SCREEN, severity=Severity.WARNING, message=message, line=3)
    assert warning in verdict.diagnostics
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is Proof.UNKNOWN
    assert verdict.equivalence.reason == f"line 3: {message}, so simulation and synthesis may differ"
