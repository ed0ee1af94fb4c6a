"""Both scorings of a run, suite by suite: figures, ceilings, and every sample on which they disagree."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.known_bad import KnownBadList
from pytest_rtlgen.metrics import Counts, Figures, measure_unbiased
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.records import BenchVerdict, Method, Problem, SampleResult
from pytest_rtlgen.report.disagreement import Reason, describe_bench_verdict, explain_disagreement
from pytest_rtlgen.scoring.rules import find_rule

_SIDES = (ScoringMode.OURS, ScoringMode.BENCH)


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
    ours_without_open: Figures
    """``ours`` without the problems whose description leaves open what is right; empty where there are none."""
    published_without_open: Figures
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
    found = {name for (name, _), rows in by_problem.items() if any(row.bench_verdict for row in rows)}
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
        judged = [(result, result.bench_verdict) for result in row if result.bench_verdict is not None]
        if judged:
            published[problem_id], guarded[problem_id] = _count(judged, guarded=False), _count(judged, guarded=True)
        elif known.is_impossible(suite, problem_id, ScoringMode.BENCH):
            published[problem_id] = guarded[problem_id] = Counts(n=n, compiled=0, passed=0)
        checked = [result for result in row if result.verdict.method != Method.TESTBENCH]
        if checked:
            passed = sum(result.verdict.is_passed for result in checked)
            compiled = sum(result.is_compiled for result in checked)
            ours[problem_id] = Counts(n=len(checked), compiled=compiled, passed=passed)
    measure = _find_measure(suite, problems)
    ours_without_open = _leave_out(suite, ours, known, ScoringMode.OURS)
    published_without_open = _leave_out(suite, published, known, ScoringMode.BENCH)
    return SuiteSides(
        suite=suite,
        problems=len(published),
        samples=sum(map(len, rows.values())),
        ours=measure_unbiased(tuple(ours.values()), ks) if ours else (),
        ours_problems=len(ours),
        published=measure(tuple(published.values())),
        guarded=measure(tuple(guarded.values())),
        ours_ceiling=_count_possible(suite, published, known, ScoringMode.OURS),
        published_ceiling=_count_possible(suite, published, known, ScoringMode.BENCH),
        ours_without_open=measure_unbiased(ours_without_open, ks) if ours_without_open else (),
        published_without_open=measure(published_without_open) if published_without_open else (),
        open_problems=tuple(name for name in rows if any(known.is_open(suite, name, side) for side in _SIDES)),
        unsatisfiable=tuple(name for name in rows if known.is_unsatisfiable(suite, name)),
        disagreements=tuple(item for row in rows.values() for item in _list_disagreements(row, known)),
    )


def _count(judged: Sequence[tuple[SampleResult, BenchVerdict]], *, guarded: bool) -> Counts:
    compiled = [
        result.is_compiled if verdict.is_syntax_right is None else verdict.is_syntax_right for result, verdict in judged
    ]
    passed = [verdict.is_passed if guarded else verdict.is_counted_as_passed for _, verdict in judged]
    return Counts(n=len(judged), compiled=sum(compiled), passed=sum(passed))


def _find_measure(suite: str, problems: Iterable[Problem]) -> Callable[[Sequence[Counts]], Figures]:
    """Return the metric of the benchmark."""
    bench = next((problem.bench for problem in problems if problem.bench is not None), None)
    if bench is None:
        raise SuiteError(f"{suite}: the run has verdicts of a bench, but no problem has one; is it another suite?")
    return find_rule(bench.rule).measure


def _leave_out(
    suite: str, counts: Mapping[str, Counts], known: KnownBadList, scoring: ScoringMode
) -> tuple[Counts, ...]:
    """Return the counts of the problems whose text settles what is right; empty where that is all of them."""
    kept = tuple(item for name, item in counts.items() if not known.is_open(suite, name, scoring))
    return kept if len(kept) < len(counts) else ()


def _count_possible(suite: str, problem_ids: Iterable[str], known: KnownBadList, scoring: ScoringMode) -> int:
    return sum(not known.is_impossible(suite, problem_id, scoring) for problem_id in problem_ids)


def _list_disagreements(row: Sequence[SampleResult], known: KnownBadList) -> Iterable[Disagreement]:
    for result in row:
        published = result.bench_verdict
        if published is None or result.verdict.method == Method.TESTBENCH:
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
                published=describe_bench_verdict(published),
                reason=found.reason,
                detail=found.evidence,
            )
