"""The stages in order: load → generate → extract → check → score. Each function below is one stage over a whole run."""

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from pytest_rtlgen.backends import Backend, GenerationRequest
from pytest_rtlgen.backends.spending.accounted import AccountedBackend
from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.extract.files import extract_files, join_files
from pytest_rtlgen.prompts import PromptStyle, render_prompt
from pytest_rtlgen.records import Candidate, Completion, Environment, Problem, SampleKey, SampleResult, SamplingParams
from pytest_rtlgen.scoring.scorer import PublishedScorer, adopt_published
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.tools.versions import read_package_version

_RECORDED_PACKAGES = ("cocotb", "pyslang", "pyosys", "numpy", "pytest")

Progress = Callable[[int, int], None]
"""Called with (completions that are there, completions wanted)."""


def list_missing(
    problems: Sequence[Problem], *, n: int, have: Iterable[SampleKey], style: str | PromptStyle
) -> tuple[GenerationRequest, ...]:
    """Return what a backend still has to answer so that every problem that can be judged has samples 0 … n-1."""
    known = set(have)
    requests = []
    for problem in problems:
        keys = [SampleKey(suite=problem.suite, problem_id=problem.problem_id, index=index) for index in range(n)]
        indices = tuple(key.index for key in keys if key not in known)
        if indices and not problem.unjudged:
            requests.append(GenerationRequest(problem=problem, prompt=render_prompt(problem, style), indices=indices))
    return tuple(requests)


def generate_completions(
    problems: Sequence[Problem],
    *,
    backend: Backend,
    sampling: SamplingParams,
    store: RunStore,
    style: str | PromptStyle,
    progress: Progress | None = None,
) -> None:
    """Ask for every completion that ``store`` lacks; each is on disk before the next is counted.

    Raises:
        BackendError: the model failed; what had arrived is stored.
        StorageError: a completion could not be written.
    """
    have = store.read_completions()
    requests = list_missing(problems, n=sampling.n, have=have, style=style)
    missing = sum(len(request.indices) for request in requests)
    total = sum(not problem.unjudged for problem in problems) * sampling.n
    arrived = total - missing

    def deliver(*completions: Completion) -> None:
        nonlocal arrived
        store.append_completion(*completions)
        arrived += len(completions)
        if progress is not None:
            progress(arrived, total)

    if isinstance(backend, AccountedBackend):
        backend.note(have.values())
    if requests:
        backend.generate(requests, sampling, deliver)


def check_completion(
    checker: Checker, problem: Problem, completion: Completion, *, scorer: PublishedScorer | None = None
) -> SampleResult:
    """Extract the candidate of one completion, check it, and have ``scorer`` score it as its benchmark does.

    The verdict is the benchmark's own where there is no reference to compare with, or where ``scorer`` is to decide.

    Raises:
        BadReferenceError: the problem's reference is no good.
        SuiteError: there is neither a reference nor a scorer of the benchmark's own.
        ToolError: the simulator is missing or broken.
    """
    candidate = _extract(problem, completion)
    if scorer is None or not scorer.decides(problem):
        verdict = checker.check(candidate, problem)
        published = scorer.score(candidate, problem) if scorer is not None else None
        return SampleResult(completion=completion, candidate=candidate, verdict=verdict, published=published)
    published = scorer.score(candidate, problem)
    if published is None:
        raise SuiteError(f"{problem.suite}/{problem.problem_id}: neither a reference nor a testbench to judge by")
    verdict = adopt_published(published)
    return SampleResult(completion=completion, candidate=candidate, verdict=verdict, published=published)


def _extract(problem: Problem, completion: Completion) -> Candidate:
    """Return the candidate of one completion; an answer of several files as one text."""
    text, reason = completion.text, completion.finish_reason
    targets = problem.harness.targets if problem.harness is not None else ()
    if len(targets) > 1:
        files = extract_files(text, targets, problem.top, finish_reason=reason)
        return Candidate(source=join_files(files), rule="files" if files else "none")
    return extract_candidate(text, top=problem.top, header=problem.header or None, finish_reason=reason)


def check_completions(
    checker: Checker,
    work: Sequence[tuple[Problem, Completion]],
    *,
    store: RunStore | None = None,
    scorer: PublishedScorer | None = None,
) -> Iterator[SampleResult]:
    """Yield the results of ``work`` in its order, several checked at a time; each is stored before it is yielded."""

    def check(pair: tuple[Problem, Completion]) -> SampleResult:
        result = check_completion(checker, *pair, scorer=scorer)
        if store is not None:
            store.append_result(result)
        return result

    with ThreadPoolExecutor(checker.settings.jobs, thread_name_prefix="rtlgen-check") as pool:
        yield from pool.map(check, work)


def describe_environment(checker: Checker, harness: str) -> Environment:
    """Return the versions that a verdict depends on.

    Raises:
        ToolError: the simulator is missing.
    """
    versions: Mapping[str, str | None] = {name: read_package_version(name) for name in _RECORDED_PACKAGES}
    tools = [("simulator", checker.simulator.version), *((name, found) for name, found in versions.items() if found)]
    return Environment(
        harness=harness, python=platform.python_version(), platform=platform.platform(), tools=tuple(tools)
    )
