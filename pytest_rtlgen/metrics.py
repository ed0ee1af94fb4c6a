"""What a run's verdicts amount to: unbiased pass@k with intervals, by category and by difficulty."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import (
    Difficulty,
    Estimate,
    Problem,
    ProblemScore,
    SampleResult,
    Status,
    Summary,
    SummaryRow,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

RESAMPLES = 4000
"""Bootstrap resamples an interval; the limits of a 95 % interval then carry about 100 resamples a side."""
_UNSEEN = 0.5
"""Problems added at either end of what a problem can have: Jeffreys' prior of a share."""
_BLOCK = 1_000_000
"""Most drawn weights held at once, which bounds memory."""


def estimate_pass_at_k(n: int, c: int, k: int) -> float:
    """Return the unbiased chance that one of ``k`` samples or more is right, given that ``c`` of ``n`` are.

    It is ``1 - C(n-c, k) / C(n, k)`` as a product, so that no factorial is formed.

    >>> round(estimate_pass_at_k(n=10, c=3, k=5), 4)  # 1 - 21/252
    0.9167

    Raises:
        UsageError: the numbers cannot be counts of samples, or ``k`` is larger than ``n``.

    Source: Chen et al. 2021, "Evaluating Large Language Models Trained on Code", equation 1 and figure 3.
    """
    if k < 1:
        raise UsageError(f"pass@{k}: k must be 1 or more")
    if k > n:
        raise UsageError(f"pass@{k} needs at least {k} samples, got n = {n}; lower k or generate more samples")
    if not 0 <= c <= n:
        raise UsageError(f"pass@{k}: {c} right samples of n = {n} is no count; c must lie in 0 ... n")
    import numpy as np

    if n - c < k:
        return 1.0
    return float(1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the samples of one problem came to."""

    n: int
    compiled: int
    passed: int


Figures = tuple[tuple[str, Estimate], ...]
"""(name, value with its interval)."""


def measure_truncated(counts: Sequence[Counts]) -> Figures:
    """Return VerilogEval v2's pass rate: the mean over problems of the passed samples, each cut to whole per cent.

    Source: ``scripts/sv-iv-analyze`` of github.com/NVlabs/verilog-eval.
    """
    return (("pass rate (per problem cut to whole %)", _average([int(c.passed / c.n * 100) / 100 for c in counts])),)


def measure_unbiased(counts: Sequence[Counts], ks: Sequence[int] = (1, 5, 10)) -> Figures:
    """Return the mean of the unbiased pass@k for each of ``ks`` that the problem with the fewest samples allows.

    Source: ``estimate_pass_at_k`` in ``verilog_eval/evaluation.py``, release 1.0.0 of github.com/NVlabs/verilog-eval.
    """
    least = min(c.n for c in counts)
    return tuple(
        (f"pass@{k}", _average([estimate_pass_at_k(c.n, c.passed, k) for c in counts])) for k in ks if k <= least
    )


def measure_rtllm(counts: Sequence[Counts]) -> Figures:
    """Return RTLLM's figures: syntax and function, each as the share of samples and as "any of n".

    Source: ``auto_run.py`` of github.com/hkust-zhiyao/RTLLM, without the constant 0 that it adds to its pass@k.
    """
    return (
        ("syntax pass@1", _average([c.compiled / c.n for c in counts])),
        ("function pass@1", _average([c.passed / c.n for c in counts])),
        ("syntax, any of n", _average([c.compiled > 0 for c in counts])),
        ("function, any of n", _average([c.passed > 0 for c in counts])),
    )


def measure_biased(counts: Sequence[Counts], ks: Sequence[int] = (1, 5)) -> Figures:
    """Return CVDP's pass@k, the mean of ``1 - (1 - c/n)^k``, which lies below the unbiased one for k above 1.

    Source: ``run_reporter.py`` of github.com/NVlabs/cvdp_benchmark.
    """
    least = min(c.n for c in counts)
    return tuple(
        (f"biased pass@{k}" if k > 1 else "pass@1", _average([1 - (1 - c.passed / c.n) ** k for c in counts]))
        for k in ks
        if k <= least
    )


def bootstrap_interval(
    values: Sequence[float], *, seed: int, resamples: int = RESAMPLES, span: tuple[float, float] = (0.0, 1.0)
) -> Estimate:
    """Return the mean of ``values``, one a problem, with its 95 % interval by a Bayesian bootstrap over problems.

    Each resample weighs the problems at random, and beside them half an unseen problem at either end of ``span``, the
    least and the greatest value that a problem can have. So the interval has a width where all values are equal, and
    of values that are 0 or 1 it is the Jeffreys interval of a share. It holds the mean, and the same values with the
    same seed give the same interval.

    >>> bootstrap_interval([1.0] * 20, seed=0).high
    1.0

    Raises:
        UsageError: there is no value, or ``resamples`` is below 1.

    Source: Rubin 1981, "The Bayesian Bootstrap"; Brown, Cai and DasGupta 2001, "Interval Estimation for a Binomial
    Proportion", sections 3.1.2 and 4.1.2.
    """
    if not values:
        raise UsageError("an interval needs at least one problem")
    if resamples < 1:
        raise UsageError(f"resamples must be 1 or more, got {resamples}")
    import numpy as np

    array = np.asarray(values, dtype=np.float64)
    low, high = np.quantile(_resampled_means(array, span, seed, resamples), (0.025, 0.975))
    mean = float(array.mean())
    return Estimate(value=mean, low=min(float(low), mean), high=max(float(high), mean))


def estimate_mcnemar_p(fell: int, rose: int) -> float:
    """Return the two-sided p-value of an exact McNemar test: how likely a split at least as uneven is by chance.

    ``fell`` and ``rose`` count the pairs that changed, which is all that the test looks at: of two runs, the problems
    that did worse and better. Problems are independent of each other and samples of one problem are not, so that this
    is no test for samples.

    >>> estimate_mcnemar_p(1, 8)  # 2 (1 + 9) / 2**9
    0.0390625

    Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages".
    """
    pairs = fell + rose
    as_uneven = sum(comb(pairs, count) for count in range(min(fell, rose) + 1))
    return min(1.0, as_uneven / (1 << pairs) * 2)


def summarize(
    problems: Sequence[Problem],
    results: Sequence[SampleResult],
    ks: Sequence[int],
    *,
    excluded: Sequence[tuple[str, str]] = (),
    seed: int = 0,
) -> Summary:
    """Return the summary of a run; ``results`` holds one record a checked sample, in any order.

    ``excluded`` names the problems that the harness could not judge, as (``suite/problem_id``, reason). Such a problem
    leaves every figure, results that it has included; the summary lists it.

    >>> from pytest_rtlgen.records import Completion, SampleKey, SampleResult
    >>> problem = load_suite("suites/core").problems[0]
    >>> keys = [SampleKey(suite="core", problem_id=problem.problem_id, index=index) for index in (0, 1)]
    >>> results = [
    ...     SampleResult(
    ...         completion=Completion(key=key, text=problem.reference.text, model="mine"),
    ...         candidate=Candidate(source=problem.reference.text, rule="given"),
    ...         verdict=Verdict(status=status, method=Method.SIMULATE),
    ...     )
    ...     for key, status in zip(keys, (Status.PASSED, Status.MISMATCH))
    ... ]
    >>> [(k, estimate.value) for k, estimate in summarize([problem], results, [1]).total.function]
    [(1, 0.5)]

    Raises:
        UsageError: a ``k`` exceeds a problem's samples, a problem has no result and is not excluded, or ``results`` or
            ``excluded`` do not fit ``problems``.
    """
    left_out = _excluded_labels(problems, excluded)
    groups = _group_results(problems, results)
    kept = [problem for problem in problems if str(problem.key) not in left_out]
    rows = [groups.get(str(problem.key), ()) for problem in kept]
    scores = tuple(_score(problem, row) for problem, row in zip(kept, rows, strict=True))
    checked = _checked_ks(scores, ks)
    samples = [result for row in rows for result in row]
    statuses = Counter(result.verdict.status for result in samples)
    passes = [result.verdict for result in samples if result.verdict.is_passed]
    has_proofs = any(verdict.equivalence is not None for verdict in passes)
    proved = [float(verdict.is_proved) for verdict in passes] if has_proofs else []
    return Summary(
        total=_row("all", scores, checked, seed=seed),
        by_category=_rows(scores, checked, seed, sorted({score.category for score in scores}), lambda s: s.category),
        by_difficulty=_rows(scores, checked, seed, list(Difficulty), lambda s: s.difficulty),
        statuses=tuple(sorted(statuses.items(), key=lambda item: (-item[1], list(Status).index(item[0])))),
        samples=len(samples),
        prompt_tokens=sum(result.completion.usage.prompt or 0 for result in samples),
        completion_tokens=sum(result.completion.usage.completion or 0 for result in samples),
        generation_s=sum(result.completion.latency_s for result in samples),
        check_s=sum(result.verdict.duration_s for result in samples),
        problems=scores,
        excluded=tuple(excluded),
        proved=int(sum(proved)) if proved else None,
        proved_share=bootstrap_interval(proved, seed=seed) if proved else None,
    )


def measure_group(label: str, scores: Sequence[ProblemScore], ks: Sequence[int]) -> SummaryRow:
    """Return the figures of some of a run's problems, with the intervals that a summary's own rows have.

    Raises:
        UsageError: there is no score, or a ``k`` exceeds a problem's samples.
    """
    return _row(label, scores, tuple(ks), seed=0)


def _resampled_means(
    array: "npt.NDArray[np.float64]", span: tuple[float, float], seed: int, resamples: int
) -> "npt.NDArray[np.float64]":
    import numpy as np

    seen, unseen = np.random.default_rng(seed), np.random.default_rng((seed, 1))
    rows = max(1, _BLOCK // array.size)
    blocks = []
    for start in range(0, resamples, rows):
        count = min(rows, resamples - start)
        weights = seen.standard_exponential((count, array.size))
        added = unseen.standard_gamma(_UNSEEN, (count, 2))
        sums = (weights * array).sum(axis=1) + (added * span).sum(axis=1)
        blocks.append(sums / (weights.sum(axis=1) + added.sum(axis=1)))
    return np.concatenate(blocks)


def _average(values: Sequence[float]) -> Estimate:
    return bootstrap_interval(values, seed=0)


def _excluded_labels(problems: Sequence[Problem], excluded: Sequence[tuple[str, str]]) -> set[str]:
    known = {str(problem.key) for problem in problems}
    labels = {label for label, _ in excluded}
    for label in sorted(labels - known):
        raise UsageError(f"excluded problem {label!r} is not in the run; write it as suite/problem_id")
    if labels == known:
        raise UsageError("no problem is left to summarize: every one is excluded, or there is none")
    return labels


def _group_results(problems: Sequence[Problem], results: Sequence[SampleResult]) -> dict[str, tuple[SampleResult, ...]]:
    known = {str(problem.key) for problem in problems}
    if len(known) != len(problems):
        raise UsageError("the same problem is listed twice; give each suite once")
    groups: defaultdict[str, list[SampleResult]] = defaultdict(list)
    seen = set()
    for result in results:
        label = str(result.key.problem)
        if label not in known:
            raise UsageError(
                f"a result belongs to {label!r}, which is not among the problems; summarize it with its suite"
            )
        if result.key in seen:
            raise UsageError(f"sample {result.key.index} of {label!r} has two results; keep one")
        seen.add(result.key)
        groups[label].append(result)
    return {label: tuple(rows) for label, rows in groups.items()}


def _score(problem: Problem, rows: Sequence[SampleResult]) -> ProblemScore:
    if not rows:
        label = str(problem.key)
        raise UsageError(f"problem {label!r} has no result; check it, or exclude it with a reason")
    return ProblemScore(
        suite=problem.suite,
        problem_id=problem.problem_id,
        category=problem.category,
        difficulty=problem.difficulty,
        n=len(rows),
        compiled=sum(row.is_compiled for row in rows),
        passed=sum(row.verdict.is_passed for row in rows),
        credit=sum(row.verdict.credit for row in rows) / len(rows),
    )


def _checked_ks(scores: Sequence[ProblemScore], ks: Sequence[int]) -> tuple[int, ...]:
    checked = tuple(sorted(set(ks)))
    for k in checked:
        for score in scores:
            if k > score.n:
                label = f"{score.suite}/{score.problem_id}"
                raise UsageError(
                    f"pass@{k} needs {k} checked samples of every problem, but {label!r} has n = {score.n}; "
                    "lower --rtlgen-k or generate more samples"
                )
    return checked


def _rows(
    scores: Sequence[ProblemScore],
    ks: tuple[int, ...],
    seed: int,
    labels: Sequence[str],
    label_of: Callable[[ProblemScore], str],
) -> tuple[SummaryRow, ...]:
    groups = ((label, [score for score in scores if label_of(score) == label]) for label in labels)
    return tuple(_row(str(label), group, ks, seed=seed) for label, group in groups if group)


def _row(label: str, scores: Sequence[ProblemScore], ks: tuple[int, ...], *, seed: int) -> SummaryRow:
    def at_each_k(count_of: Callable[[ProblemScore], int]) -> tuple[tuple[int, Estimate], ...]:
        return tuple(
            (k, bootstrap_interval([estimate_pass_at_k(s.n, count_of(s), k) for s in scores], seed=seed)) for k in ks
        )

    return SummaryRow(
        label=label,
        problems=len(scores),
        syntax=at_each_k(lambda score: score.compiled),
        function=at_each_k(lambda score: score.passed),
        credit=bootstrap_interval([score.credit for score in scores], seed=seed),
    )
