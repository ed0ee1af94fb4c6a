"""Scoring as the benchmark does: which scorer, when it decides, and benches that fail their own reference."""

from collections.abc import Iterator

import pytest
from builders import problem
from support.checkers import SharedChecker
from support.small_bench import FORGED, IMPATIENT, REFERENCE, RIGHT, WRONG, small_problem

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.evaluation.judge import check_completion
from pytest_rtlgen.known_bad import Kind
from pytest_rtlgen.records import Candidate, Completion, PublishedVerdict, SampleKey, SourceFile, Status
from pytest_rtlgen.scoring.scorer import PublishedScorer, ScoringMode, adopt_published, find_known_bad

WITHHELD = SourceFile(name="withheld", text="")


def answer(source: str) -> Candidate:
    return Candidate(source=source, rule="given")


def completion(text: str) -> Completion:
    key = SampleKey(suite="verilog-eval-v2", problem_id="Prob900_xor", index=0)
    return Completion(key=key, text=text, model="m")


@pytest.fixture(scope="module")
def scorer() -> Iterator[PublishedScorer]:
    with PublishedScorer(CheckSettings(cycles=40)) as made:
        yield made


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(cycles=40))


@pytest.mark.simulator
@pytest.mark.parametrize(
    ("source", "status", "published"),
    [(RIGHT, "passed", True), (WRONG, "mismatch", False), (FORGED, "rejected", True)],
)
def test_a_testbench_scores_guarded_and_as_published(
    scorer: PublishedScorer, source: str, status: str, published: bool
) -> None:
    verdict = scorer.score(answer(source), small_problem())
    assert verdict is not None
    assert (verdict.status, verdict.published) == (Status(status), published)


@pytest.mark.simulator
def test_a_bench_that_fails_its_reference_scores_as_published_and_says_so(scorer: PublishedScorer) -> None:
    verdict = scorer.score(answer(RIGHT), small_problem(bench=IMPATIENT))
    assert verdict is not None
    assert (verdict.is_passed, verdict.published) == (False, False)
    assert "does not pass its own reference" in verdict.diagnostics[0].message


def test_a_problem_without_a_scorer_of_its_own_has_no_published_verdict(scorer: PublishedScorer) -> None:
    assert scorer.score(answer(RIGHT), problem()) is None


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
    changes = ({} if has_reference else {"reference": WITHHELD}) | ({} if has_bench else {"testbench": None})
    assert PublishedScorer(mode=ScoringMode(mode)).decides(small_problem(**changes)) is decides


def test_ours_alone_does_not_ask_the_benchmark() -> None:
    assert PublishedScorer(mode=ScoringMode.OURS).score(answer(RIGHT), small_problem()) is None


@pytest.mark.simulator
def test_both_verdicts_are_in_the_result(checker: Checker, scorer: PublishedScorer) -> None:
    result = check_completion(checker, small_problem(), completion(f"```verilog\n{WRONG}```"), scorer=scorer)
    assert (result.verdict.status, result.verdict.method) == (Status.MISMATCH, "simulate")
    assert result.published is not None
    assert result.published.status is Status.MISMATCH


@pytest.mark.simulator
def test_without_a_reference_the_verdict_is_the_benchmarks(checker: Checker, scorer: PublishedScorer) -> None:
    withheld = small_problem(reference=WITHHELD)
    result = check_completion(checker, withheld, completion(f"```verilog\n{RIGHT}```"), scorer=scorer)
    assert (result.verdict.status, result.verdict.method) == (Status.PASSED, "testbench")
    assert result.is_compiled


def test_nothing_to_judge_by_is_the_suites_fault(checker: Checker, scorer: PublishedScorer) -> None:
    nothing = small_problem(reference=WITHHELD, testbench=None)
    with pytest.raises(SuiteError, match=r"verilog-eval-v2/Prob900_xor: neither a reference nor a testbench"):
        check_completion(checker, nothing, completion("x"), scorer=scorer)


@pytest.mark.simulator
def test_a_body_gets_its_header_back(checker: Checker) -> None:
    header = RIGHT.partition("\n")[0]
    result = check_completion(checker, small_problem(header=header), completion("  assign y = a ^ b;\nendmodule\n"))
    assert result.verdict.is_passed


def test_an_adopted_verdict_keeps_what_was_said() -> None:
    said = PublishedVerdict(status=Status.TIMEOUT, duration_s=2.0)
    verdict = adopt_published(said)
    assert (verdict.status, verdict.method, verdict.duration_s, verdict.signals) == ("timeout", "testbench", 2.0, ())


@pytest.mark.parametrize(("simulator", "version"), [("icarus", "Icarus Verilog 11.0"), ("icarus-cold", "x 11.0")])
def test_the_list_is_that_of_the_simulator(simulator: str, version: str) -> None:
    (entry,) = find_known_bad(simulator, version).of("verilog-eval-v2", "Prob151_review2015_fsm")
    assert entry.kind is Kind.REFUSES_REFERENCE


def test_reference_and_answer_are_the_same_design() -> None:
    assert REFERENCE.replace("RefModule", "TopModule") == RIGHT
