"""Both scorings of a run, suite by suite: figures, ceilings, and every sample on which they disagree."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pytest_rtlgen.known_bad import KnownBadList, Scoring
from pytest_rtlgen.metrics import (
    Counts,
    Figures,
    measure_biased,
    measure_rtllm,
    measure_truncated,
    measure_unbiased,
)
from pytest_rtlgen.records import BenchRule, Problem, PublishedVerdict, SampleResult
from pytest_rtlgen.report.disagreement import Reason, describe_published, explain_disagreement, is_published_pass

_SIDES = (Scoring.OURS, Scoring.PUBLISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One sample on which the scorings differ."""

    suite: str
    problem_id: str
    index: int
    ours: str
    """Status of our verdict."""
    published: str
    """The benchmark's own word, else ``passed`` or ``failed``."""
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteSides:
    """One suite under both scorings."""

    suite: str
    problems: int
    """Problems that both figures are over; those of an unknown fate are left out."""
    samples: int
    ours: Figures
    """Unbiased pass@k by our verdicts; empty where only the benchmark judged."""
    ours_problems: int
    """Problems that ``ours`` is over."""
    published: Figures
    """The benchmark's metric by its own rule."""
    guarded: Figures
    """The same metric, by its bench out of the candidates' reach."""
    ours_ceiling: int
    """Problems whose reference can pass here."""
    published_ceiling: int
    ours_settled: Figures
    """``ours`` without the problems whose description leaves open what is right; empty where there are none."""
    published_settled: Figures
    open_problems: tuple[str, ...]
    """Problems left out of either of those."""
    unsatisfiable: tuple[str, ...]
    """Problems whose description cannot be met."""
    disagreements: tuple[Disagreement, ...]


def compare_sides(
    problems: Sequence[Problem], results: Iterable[SampleResult], known: KnownBadList, ks: Sequence[int] = (1,)
) -> tuple[SuiteSides, ...]:
    """Return one record a suite that has results of its benchmark's own scorer, in the order of ``problems``."""
    by_problem: defaultdict[tuple[str, str], list[SampleResult]] = defaultdict(list)
    for result in results:
        by_problem[result.key.suite, result.key.problem_id].append(result)
    suites: dict[str, list[Problem]] = {}
    for problem in problems:
        suites.setdefault(problem.suite, []).append(problem)
    found = {name for (name, _), rows in by_problem.items() if any(row.published for row in rows)}
    return tuple(_compare_suite(name, suites[name], by_problem, known, ks) for name in suites if name in found)


def _compare_suite(
    suite: str,
    problems: Sequence[Problem],
    by_problem: dict[tuple[str, str], list[SampleResult]],
    known: KnownBadList,
    ks: Sequence[int],
) -> SuiteSides:
    rows = {problem.problem_id: by_problem.get((suite, problem.problem_id), []) for problem in problems}
    n = max(map(len, rows.values()))
    published, guarded, ours = {}, {}, {}
    for problem_id, row in rows.items():
        said = [(result, result.published) for result in row if result.published is not None]
        if said:
            published[problem_id], guarded[problem_id] = _count(said, guarded=False), _count(said, guarded=True)
        elif known.is_impossible(suite, problem_id, Scoring.PUBLISHED):
            published[problem_id] = guarded[problem_id] = Counts(n=n, compiled=0, passed=0)
        own = [result for result in row if result.verdict.method != "testbench"]
        if own:
            passed = sum(result.verdict.is_passed for result in own)
            compiled = sum(result.is_compiled for result in own)
            ours[problem_id] = Counts(n=len(own), compiled=compiled, passed=passed)
    rule = next((problem.testbench.rule for problem in problems if problem.testbench is not None), None)
    ours_settled = _leave_out(suite, ours, known, Scoring.OURS)
    published_settled = _leave_out(suite, published, known, Scoring.PUBLISHED)
    return SuiteSides(
        suite=suite,
        problems=len(published),
        samples=sum(map(len, rows.values())),
        ours=measure_unbiased(tuple(ours.values()), ks) if ours else (),
        ours_problems=len(ours),
        published=_measure(rule, tuple(published.values())),
        guarded=_measure(rule, tuple(guarded.values())),
        ours_ceiling=_count_possible(suite, published, known, Scoring.OURS),
        published_ceiling=_count_possible(suite, published, known, Scoring.PUBLISHED),
        ours_settled=measure_unbiased(ours_settled, ks) if ours_settled else (),
        published_settled=_measure(rule, published_settled) if published_settled else (),
        open_problems=tuple(name for name in rows if any(known.is_open(suite, name, side) for side in _SIDES)),
        unsatisfiable=tuple(name for name in rows if known.is_unsatisfiable(suite, name)),
        disagreements=tuple(item for row in rows.values() for item in _list_disagreements(row, known)),
    )


def _count(said: Sequence[tuple[SampleResult, PublishedVerdict]], *, guarded: bool) -> Counts:
    compiled = [
        result.is_compiled if verdict.is_syntax_right is None else verdict.is_syntax_right for result, verdict in said
    ]
    passed = [verdict.is_passed if guarded else is_published_pass(verdict) for _, verdict in said]
    return Counts(n=len(said), compiled=sum(compiled), passed=sum(passed))


def _measure(rule: BenchRule | None, counts: Sequence[Counts]) -> Figures:
    """Return the metric of the benchmark whose rule it is; without a testbench that is CVDP."""
    if rule is BenchRule.VERILOG_EVAL_V2:
        return measure_truncated(counts)
    if rule is BenchRule.VERILOG_EVAL_V1:
        return measure_unbiased(counts)
    return measure_rtllm(counts) if rule is BenchRule.RTLLM else measure_biased(counts)


def _leave_out(suite: str, counts: Mapping[str, Counts], known: KnownBadList, scoring: Scoring) -> tuple[Counts, ...]:
    """Return the counts of the problems whose text settles what is right; empty where that is all of them."""
    kept = tuple(item for name, item in counts.items() if not known.is_open(suite, name, scoring))
    return kept if len(kept) < len(counts) else ()


def _count_possible(suite: str, problem_ids: Iterable[str], known: KnownBadList, scoring: Scoring) -> int:
    return sum(not known.is_impossible(suite, problem_id, scoring) for problem_id in problem_ids)


def _list_disagreements(row: Sequence[SampleResult], known: KnownBadList) -> Iterable[Disagreement]:
    for result in row:
        published = result.published
        if published is None or result.verdict.method == "testbench":
            continue
        key = result.key
        entries = known.of(key.suite, key.problem_id)
        found = explain_disagreement(result.verdict, published, entries)
        if found is not None:
            yield Disagreement(
                suite=key.suite,
                problem_id=key.problem_id,
                index=key.index,
                ours=str(result.verdict.status),
                published=describe_published(published),
                reason=found[0],
                detail=found[1],
            )
