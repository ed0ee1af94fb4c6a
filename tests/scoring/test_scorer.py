"""Scoring as the benchmark does: which scorer, when it decides, and benches that fail their own reference."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import given, problem
from support.checkers import SharedChecker
from support.small_bench import FORGED, IMPATIENT, REFERENCE, RIGHT, WRONG, small_problem

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import BadReferenceError, SuiteError
from pytest_rtlgen.evaluation.executors.local import check_completion
from pytest_rtlgen.known_bad import Kind
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.records import BenchVerdict, Completion, SampleKey, SourceFile, Status
from pytest_rtlgen.scoring.scorer import BenchScorer, adopt_bench_verdict, find_known_bad

ROOT = Path(__file__).parents[2]
WITHHELD = SourceFile(name="withheld", text="")


def completion(text: str) -> Completion:
    key = SampleKey(suite="verilog-eval-v2", problem_id="Prob900_xor", index=0)
    return Completion(key=key, text=text, model="m")


@pytest.fixture(scope="module")
def scorer() -> Iterator[BenchScorer]:
    with BenchScorer(CheckSettings(cycles=40)) as made:
        yield made


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(cycles=40))


@pytest.mark.simulator
@pytest.mark.parametrize(
    ("source", "status", "unguarded"),
    [(RIGHT, "passed", True), (WRONG, "mismatch", False), (FORGED, "rejected", True)],
)
def test_a_testbench_scores_guarded_and_unguarded(
    scorer: BenchScorer, source: str, status: str, unguarded: bool
) -> None:
    verdict = scorer.score(given(source), small_problem())
    assert verdict is not None
    assert (verdict.status, verdict.is_passed_unguarded) == (Status(status), unguarded)


@pytest.mark.simulator
def test_a_bench_that_fails_its_reference_scores_as_its_authors_do_and_says_so(scorer: BenchScorer) -> None:
    verdict = scorer.score(given(RIGHT), small_problem(bench=IMPATIENT))
    assert verdict is not None
    assert (verdict.is_passed, verdict.is_passed_unguarded) == (False, False)
    assert "does not pass its own reference" in verdict.diagnostics[0].message


def test_a_problem_without_a_bench_has_no_bench_verdict(scorer: BenchScorer) -> None:
    assert scorer.score(given(RIGHT), problem()) is None


@pytest.mark.parametrize(
    ("mode", "has_reference", "has_bench", "decides"),
    [
        ("both", True, True, False),
        ("both", False, True, True),
        ("ours", True, True, False),
        ("ours", False, True, True),
        ("published", True, True, True),
        ("published", True, False, False),
    ],
)
def test_when_the_benchmark_decides(mode: str, has_reference: bool, has_bench: bool, decides: bool) -> None:
    changes: dict[str, Any] = ({} if has_reference else {"reference": WITHHELD}) | (
        {} if has_bench else {"testbench": None}
    )
    assert BenchScorer(mode=ScoringMode(mode)).decides(small_problem(**changes)) is decides


def test_ours_alone_does_not_ask_the_benchmark() -> None:
    assert BenchScorer(mode=ScoringMode.OURS).score(given(RIGHT), small_problem()) is None


@pytest.mark.simulator
def test_both_verdicts_are_in_the_result(checker: Checker, scorer: BenchScorer) -> None:
    result = check_completion(checker, small_problem(), completion(f"```verilog\n{WRONG}```"), scorer=scorer)
    assert (result.verdict.status, result.verdict.method) == (Status.MISMATCH, "simulate")
    assert result.bench_verdict is not None
    assert result.bench_verdict.status is Status.MISMATCH


@pytest.mark.simulator
def test_without_a_reference_the_verdict_is_the_benchmarks(checker: Checker, scorer: BenchScorer) -> None:
    withheld = small_problem(reference=WITHHELD)
    result = check_completion(checker, withheld, completion(f"```verilog\n{RIGHT}```"), scorer=scorer)
    assert (result.verdict.status, result.verdict.method) == (Status.PASSED, "testbench")
    assert result.is_compiled


def test_nothing_to_judge_by_is_the_suites_fault(checker: Checker, scorer: BenchScorer) -> None:
    nothing = small_problem(reference=WITHHELD, testbench=None)
    with pytest.raises(SuiteError, match=r"verilog-eval-v2/Prob900_xor: neither a reference nor a testbench"):
        check_completion(checker, nothing, completion("x"), scorer=scorer)


@pytest.mark.simulator
def test_a_body_gets_its_header_back(checker: Checker) -> None:
    header = RIGHT.partition("\n")[0]
    result = check_completion(checker, small_problem(header=header), completion("  assign y = a ^ b;\nendmodule\n"))
    assert result.verdict.is_passed


def test_an_adopted_verdict_keeps_status_and_duration() -> None:
    bench_verdict = BenchVerdict(status=Status.TIMEOUT, duration_s=2.0)
    verdict = adopt_bench_verdict(bench_verdict)
    assert (verdict.status, verdict.method, verdict.duration_s, verdict.signals) == ("timeout", "testbench", 2.0, ())


@pytest.mark.parametrize(("simulator", "version"), [("icarus", "Icarus Verilog 11.0"), ("icarus-cold", "x 11.0")])
def test_the_list_is_that_of_the_simulator(simulator: str, version: str) -> None:
    (entry,) = find_known_bad(simulator, version).of("verilog-eval-v2", "Prob151_review2015_fsm")
    assert entry.kind is Kind.REFUSES_REFERENCE


HARNESSES = {
    problem.problem_id: problem for problem in load_suite(f"cvdp:{ROOT / 'fixtures' / 'benchmarks' / 'cvdp'}").problems
}
PAIR = HARNESSES["cvdp_copilot_tiny_pair_0003"]


def answer_pair(*, wrong: bool = False) -> Completion:
    assert PAIR.harness is not None
    texts = {file.name: file.text.replace("^", "&") if wrong else file.text for file in PAIR.harness.solution}
    return completion(json.dumps({"code": [texts]}))


@pytest.mark.simulator
@pytest.mark.parametrize(("wrong", "status"), [(False, Status.PASSED), (True, Status.MISMATCH)])
def test_an_answer_of_several_files_is_scored_as_files(
    checker: Checker, scorer: BenchScorer, wrong: bool, status: Status
) -> None:
    result = check_completion(checker, PAIR, answer_pair(wrong=wrong), scorer=scorer)
    assert (result.candidate.source, result.candidate.rule) == ("", "files")
    assert [file.name for file in result.candidate.files] == ["rtl/tiny_half.sv", "rtl/tiny_full.sv"]
    assert (result.verdict.status, result.verdict.method) == (status, "testbench")


def test_an_answer_without_the_files_holds_no_code(checker: Checker, scorer: BenchScorer) -> None:
    result = check_completion(checker, PAIR, completion("I cannot."), scorer=scorer)
    assert (result.candidate.files, result.candidate.rule) == ((), "none")
    assert result.verdict.status is Status.NO_CODE


@pytest.mark.simulator
def test_a_harness_of_a_run_that_an_earlier_version_saved_is_read_again(scorer: BenchScorer) -> None:
    (problem,) = [item for name, item in HARNESSES.items() if name.endswith("adder_0001")]
    assert problem.harness is not None
    saved = replace(problem.harness, commands=(), notes=(), top="", sources=(), timeout_s=60.0)
    (solution,) = saved.solution
    for source, status in ((solution.text, Status.PASSED), (solution.text.replace("+", "-"), Status.MISMATCH)):
        verdict = scorer.score(given(source), replace(problem, harness=saved))
        assert verdict is not None
        assert verdict.status is status
    unread = replace(saved, files=(), solution=())
    with pytest.raises(BadReferenceError, match="names no command that runs a test"):
        scorer.score(given(solution.text), replace(problem, harness=unread))


def test_reference_and_answer_are_the_same_design() -> None:
    assert REFERENCE.replace("RefModule", "TopModule") == RIGHT
