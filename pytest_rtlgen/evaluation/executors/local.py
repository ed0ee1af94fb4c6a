"""Answers checked by this process: its threads, and the simulators that it starts."""

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.evaluation.executors.base import ExecutorSettings
from pytest_rtlgen.evaluation.open_run import describe_environment
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.extract.files import extract_files
from pytest_rtlgen.records import BenchRule, Candidate, Completion, Environment, Problem, SampleResult
from pytest_rtlgen.scoring.scorer import BenchScorer, adopt_bench_verdict


class LocalExecutor:
    """The checker and the benchmarks' own scorers, in this process."""

    def __init__(self, settings: ExecutorSettings) -> None:
        """Start nothing yet.

        Raises:
            ToolError: isolation is required and cannot be had.
        """
        self.workers = settings.check.jobs
        self._checker = Checker(settings.check)
        self._scorer = BenchScorer(settings.check, settings.scoring, self._checker.reader)

    def describe(self) -> Environment:
        """Return the versions that verdicts depend on here."""
        return describe_environment(self._checker)

    def check(self, problem: Problem, completion: Completion) -> SampleResult:
        """Return the result of one answer."""
        return check_completion(self._checker, problem, completion, scorer=self._scorer)

    def close(self) -> None:
        """End every process."""
        self._checker.close()
        self._scorer.close()


def check_completion(
    checker: Checker, problem: Problem, completion: Completion, *, scorer: BenchScorer | None = None
) -> SampleResult:
    """Extract the candidate of one completion, check it, and have ``scorer`` score it as its benchmark does.

    The verdict is the benchmark's own where there is no reference to compare with, or where ``scorer`` is to decide.

    Raises:
        BadReferenceError: the problem's reference is no good.
        SuiteError: there is neither a reference nor a scorer of the benchmark's own.
        ToolError: the simulator is missing or broken.
    """
    candidate = extract_answer(problem, completion)
    if scorer is None or not scorer.decides(problem):
        verdict = checker.check(candidate, problem)
        bench_verdict = scorer.score(candidate, problem) if scorer is not None else None
        return SampleResult(completion=completion, candidate=candidate, verdict=verdict, bench_verdict=bench_verdict)
    bench_verdict = scorer.score(candidate, problem)
    if bench_verdict is None:
        raise SuiteError(f"{problem.key}: neither a reference nor a testbench to judge by")
    verdict = adopt_bench_verdict(bench_verdict)
    is_published = problem.bench is not None and problem.bench.rule is not BenchRule.COCOTB
    return SampleResult(
        completion=completion,
        candidate=candidate,
        verdict=verdict,
        bench_verdict=bench_verdict if is_published else None,
    )


def extract_answer(problem: Problem, completion: Completion) -> Candidate:
    """Return the candidate of one completion."""
    text, reason = completion.text, completion.finish_reason
    targets = problem.harness.targets if problem.harness is not None else ()
    if len(targets) > 1:
        files = extract_files(text, targets, problem.top, finish_reason=reason)
        return Candidate(source="", files=files, rule="files" if files else "none")
    return extract_candidate(text, top=problem.top, header=problem.header or None, finish_reason=reason)
