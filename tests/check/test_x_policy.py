"""X from end to end: what simulation and proof each make of every pair of bits (the bare rule: ``test_compare.py``)."""

from collections.abc import Iterator

import pytest
from builders import problem
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.proof.prover import Prover
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import Candidate, Proof, Status, Verdict
from pytest_rtlgen.tools.sandbox import choose_sandbox

pytestmark = pytest.mark.simulator

BIT = "module m(input [1:0] s, output y, output k);\nassign k = s[0];\nassign y = s == 1 ? 1'b{} : s[1];\nendmodule\n"
EQUIVALENT, DIFFERENT, UNKNOWN = Proof.EQUIVALENT, Proof.DIFFERENT, Proof.UNKNOWN

# The reference's bit, the candidate's, whether it passes, what a proof says of it: Z is not modelled.
RULE = [
    ("0", "0", True, EQUIVALENT),
    ("0", "1", False, DIFFERENT),
    ("0", "x", False, DIFFERENT),
    ("0", "z", False, UNKNOWN),
    ("1", "0", False, DIFFERENT),
    ("1", "1", True, EQUIVALENT),
    ("1", "x", False, DIFFERENT),
    ("1", "z", False, UNKNOWN),
    ("x", "0", True, EQUIVALENT),
    ("x", "1", True, EQUIVALENT),
    ("x", "x", True, EQUIVALENT),
    ("x", "z", True, UNKNOWN),
    ("z", "0", False, UNKNOWN),
    ("z", "1", False, UNKNOWN),
    ("z", "x", False, UNKNOWN),
    ("z", "z", True, UNKNOWN),
]


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(cycles=20))


@pytest.fixture(scope="module")
def prover() -> Iterator[Prover]:
    made = Prover(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=1, budget_s=1)
    yield made
    made.close()


def check(checker: Checker, reference: str, candidate: str) -> Verdict:
    return checker.check(Candidate(source=candidate, rule="given"), problem(reference, "m"))


@pytest.mark.parametrize(("want", "got", "passes", "proof"), RULE)
def test_simulation_and_proof_follow_one_rule(
    checker: Checker, prover: Prover, want: str, got: str, passes: bool, proof: Proof
) -> None:
    verdict = check(checker, BIT.format(want), BIT.format(got))
    assert verdict.status is (Status.PASSED if passes else Status.MISMATCH)
    assert [signal.is_right for signal in verdict.signals] == [passes, True]
    found = dict(prover.compare(checker.prepare(problem(BIT.format(want), "m")), BIT.format(got)).outputs)
    assert found["y"] is proof


@pytest.mark.parametrize(("want", "checked"), [("0", "all"), ("x", "known"), ("z", "all")])
def test_the_steps_that_were_compared_are_counted(checker: Checker, want: str, checked: str) -> None:
    reference = checker.prepare(problem(BIT.format(want), "m"))
    y, k = check(checker, BIT.format(want), BIT.format(want)).signals
    rows = reference.stimulus.rows
    free = sum(rows[at : at + 2] == b"01" for at in range(0, len(rows), 2))
    assert k.checked == reference.stimulus.steps
    assert y.checked == (k.checked if checked == "all" else k.checked - free)
    assert 0 < free < k.checked


HEAD = "module m(input clk, input load, input d, output reg q, output k);\nassign k = d;\n"
STORE = HEAD + "always @(posedge clk) if (load) q <= d;\nendmodule\n"


@pytest.mark.parametrize("value", ["0", "1", "x"])
def test_power_up_is_free_until_the_reference_is_known(checker: Checker, value: str) -> None:
    verdict = check(checker, STORE, STORE.replace("always", f"initial q = 1'b{value};\nalways"))
    assert verdict.is_passed
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is EQUIVALENT
    q, k = verdict.signals
    assert 0 < q.checked < k.checked


def test_a_known_power_up_value_is_not_free(checker: Checker) -> None:
    verdict = check(checker, STORE.replace("always", "initial q = 0;\nalways"), STORE)
    assert [(one.name, one.is_right) for one in verdict.signals] == [("q", False), ("k", True)]
    assert (verdict.signals[0].expected, verdict.signals[0].actual) == ("0", "X")
    assert verdict.signals[0].first_mismatch_ns == 0.0


def test_a_reference_that_is_never_known_judges_nobody(checker: Checker) -> None:
    never = "module m(input d, output y);\nassign y = 1'bx;\nendmodule\n"
    with pytest.raises(BadReferenceError, match="no output of the reference is ever known"):
        check(checker, never, never)


def test_a_reference_that_drives_no_output_is_incomplete(checker: Checker) -> None:
    shell = "module m(input d, output y, output [3:0] z);\n// the rest is elsewhere\nendmodule\n"
    with pytest.raises(BadReferenceError, match="nothing drives an output of the reference"):
        check(checker, shell, shell)
