"""A run's figures once more without the problems on the known-bad list. ``docs/reference/known-bad.md``."""

from collections.abc import Iterable
from dataclasses import replace

from pytest_rtlgen.known_bad import KnownBadList
from pytest_rtlgen.metrics import measure_group
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.records import Method, ProblemScore, SampleResult, Summary, SummaryRow


def add_without(summary: Summary, results: Iterable[SampleResult], known: KnownBadList) -> Summary:
    """Return ``summary`` with a row for each set of listed problems that is left out.

    First those whose description leaves open what is right, then all that are listed; a second row that would say the
    same is left away, as is one over no problem. ``results`` tell which scoring decided about which problem.
    """
    by_bench = {(row.key.suite, row.key.problem_id) for row in results if row.verdict.method == Method.TESTBENCH}

    def decided_by(score: ProblemScore) -> ScoringMode:
        return ScoringMode.BENCH if (score.suite, score.problem_id) in by_bench else ScoringMode.OURS

    ks = [k for k, _ in summary.total.function]
    rows: list[SummaryRow] = []
    for word, is_listed in (("with open texts", known.is_open), ("known bad", known.is_doubtful)):
        kept = [item for item in summary.problems if not is_listed(item.suite, item.problem_id, decided_by(item))]
        left_out = len(summary.problems) - len(kept)
        if kept and left_out and all(row.problems != len(kept) for row in rows):
            rows.append(measure_group(f"without {left_out} {word}", kept, ks))
    return replace(summary, without=tuple(rows))
