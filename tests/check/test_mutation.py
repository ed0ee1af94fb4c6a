"""The mutation score, netlist mutants, and the file that keeps the score beside a suite."""

from pathlib import Path

import pytest
from builders import COUNTER, problem
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import Proof
from pytest_rtlgen.selfcheck.mutation import Fate, MutationScore, Survivor, judge_mutant, measure_mutation
from pytest_rtlgen.selfcheck.mutation_file import (
    StoredMutation,
    list_changes,
    read_stored_mutation,
    store_score,
    write_stored_mutation,
)
from pytest_rtlgen.selfcheck.netlist_mutants import list_netlist_mutants


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(sandbox=SandboxMode.OFF, cycles=300))


def survivor(proof: Proof) -> Survivor:
    return Survivor(operator="constant", line=3, before="1", after='"2"', proof=proof)


SCORE = MutationScore(
    generated=6, invalid=1, killed=3, survivors=(survivor(Proof.DIFFERENT), survivor(Proof.EQUIVALENT)), seed=0
)


def stored(score: MutationScore = SCORE, mutants: int = 6) -> StoredMutation:
    return StoredMutation(mutants=mutants, seed=0, tools=(("pyslang", "12"),), scores=(store_score("p", score),))


def test_equivalent_and_unknown_mutants_do_not_count() -> None:
    assert SCORE.score == 3 / 4
    assert MutationScore(generated=0, invalid=0, killed=0, survivors=(), seed=0).score == 1.0


@pytest.mark.simulator
@pytest.mark.parametrize(
    ("before", "after", "fate"),
    [
        ("4'd11;", "4'd11 ;", Fate.SURVIVED),
        ("4'd11;", "4'd10;", Fate.KILLED),
        ("4'd11;", "nowhere;", Fate.INVALID),
        ("endmodule", "initial $finish; endmodule", Fate.KILLED),
    ],
)
def test_fates(checker: Checker, before: str, after: str, fate: Fate) -> None:
    reference = checker.prepare(problem())
    assert judge_mutant(checker.simulator, reference, COUNTER.replace(before, after)) is fate


@pytest.mark.simulator
def test_survivors_are_proved(checker: Checker) -> None:
    text = "module gate (input a, output y);\n  assign y = a | (a & 1'b1);\nendmodule\n"
    score = measure_mutation(checker, problem(text, "gate"), limit=12, prove=lambda _: Proof.EQUIVALENT)
    assert score.generated == score.invalid + score.killed + len(score.survivors) == 9
    assert score.survivors
    assert score.score == 1.0


def test_netlist_mutants_begin_with_the_netlist_itself() -> None:
    unchanged, *faulty = list_netlist_mutants(problem().reference, "counter", limit=4, seed=1)
    assert unchanged.operator == "netlist none"
    assert 1 <= len(faulty) <= 4
    assert all("module counter" in item.source and item.operator.startswith("netlist ") for item in faulty)


def test_no_netlist_mutant_is_made_where_none_is_requested() -> None:
    assert list_netlist_mutants(problem().reference, "counter", limit=0, seed=1) == ()


def test_a_stored_score_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "mutation.toml"
    write_stored_mutation(path, stored())
    assert read_stored_mutation(path) == stored()
    assert list_changes(stored(), stored()) == ()


def test_changes_are_told() -> None:
    now = MutationScore(generated=6, invalid=1, killed=4, survivors=(survivor(Proof.EQUIVALENT),), seed=0)
    (change,) = list_changes(stored(), stored(now))
    assert change.startswith("p: 4 of 5 killed, stored are 3 of 5 killed; no longer a survivor: different: line 3")
    (other,) = list_changes(stored(), stored(mutants=7))
    assert other.endswith("nothing is compared")


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mutation.toml"
    path.write_text("format = 1\n")
    with pytest.raises(SuiteError, match=r"mutation\.toml: not a file of mutation scores \('mutants'\); write it anew"):
        read_stored_mutation(path)
