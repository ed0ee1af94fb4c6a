"""What the first view of the page shows: cards, groups, curves, lengths, and the outputs that are wrong most often."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from pytest_rtlgen.metrics import measure_group
from pytest_rtlgen.records import Estimate, ProblemKey, ProblemScore, SampleResult, Summary, SummaryRow
from pytest_rtlgen.report.budget_curve import draw_curve
from pytest_rtlgen.report.failure_text import REASONS
from pytest_rtlgen.report.terminal import list_figures

_CURVE = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 1000)
"""k that a curve has a point at."""
_BANDS = 8
"""Bands of equal count that answers are sorted into by their length."""

Json = dict[str, object]


def describe_summary(summary: Summary) -> Json:
    """Return cards, groups and statuses."""
    groups = (("without", summary.without), ("category", summary.by_category), ("difficulty", summary.by_difficulty))
    return {
        "cards": [_describe_figure(name, estimate) for name, estimate in list_figures(summary.total)],
        "problems": summary.total.problems,
        "samples": summary.samples,
        "groups": [{"name": name, "rows": [_describe_row(row) for row in rows]} for name, rows in groups if rows],
        "statuses": [[str(status), count, REASONS[status]] for status, count in summary.statuses],
        "excluded": [list(item) for item in summary.excluded],
    }


def describe_curves(summary: Summary) -> Json:
    """Return pass@k and syntax@k for every k that all problems allow, and the turns of the repair loop."""
    least = min(score.n for score in summary.problems)
    ks = sorted({k for k in _CURVE if k < least} | {least})
    row = measure_group("all", summary.problems, ks)
    return {
        "curve": [
            {"name": name, "points": [_describe_point(k, estimate) for k, estimate in points]}
            for name, points in (("pass@k", row.function), ("syntax@k", row.syntax))
        ],
        "turns": [
            {
                "turn": turn.turn,
                "asked": turn.asked,
                "passed": turn.passed,
                "tokens": turn.completion_tokens + turn.reflector_completion_tokens,
                "points": [_describe_point(k, estimate) for k, estimate in turn.function],
            }
            for turn in summary.turns
        ],
    }


def describe_lengths(samples: Sequence[SampleResult]) -> Json:
    """Return how many pass of the short and of the long answers, and pass@1 under smaller response budgets.

    Lengths are tokens where the server counted them all, else characters; budgets need tokens.
    """
    tokens = [sample.completion.usage.completion for sample in samples]
    known = [count for count in tokens if count is not None]
    has_tokens = len(known) == len(tokens)
    lengths = known if has_tokens else [len(sample.completion.text) for sample in samples]
    order = sorted(range(len(samples)), key=lengths.__getitem__)
    bands = []
    for band in _cut(order, _BANDS):
        passed = sum(samples[place].verdict.is_passed for place in band)
        bands.append([lengths[band[0]], lengths[band[-1]], len(band), passed])
    budgets = sorted({band[1] for band in bands}) if has_tokens else []
    points = draw_curve(samples, budgets, name="") if len(budgets) > 1 else ()
    return {
        "unit": "completion tokens" if has_tokens else "characters of the answer",
        "bands": bands,
        "budgets": [[point.budget, point.pass_at_1.value, point.truncated] for point in points],
    }


def describe_outputs(samples: Sequence[SampleResult], places: Mapping[ProblemKey, int]) -> list[Json]:
    """Return for each problem of which an output was wrong how often each of its outputs was, the worst problem first.

    Only samples whose outputs were compared count.
    """
    found: defaultdict[ProblemKey, dict[str, list[int]]] = defaultdict(dict)
    for sample in samples:
        for signal in sample.verdict.signals:
            counts = found[sample.key.problem].setdefault(signal.name, [0, 0])
            counts[0] += not signal.is_right
            counts[1] += 1
    worst = {key: max(wrong / total for wrong, total in outputs.values()) for key, outputs in found.items()}
    listed = sorted((key for key in found if worst[key]), key=lambda key: (-worst[key], places[key]))
    return [
        {"problem": places[key], "outputs": [[name, *counts] for name, counts in found[key].items()]} for key in listed
    ]


def describe_problem(score: ProblemScore, title: str) -> Json:
    """Return a row of the list of problems."""
    return {
        "suite": score.suite,
        "id": score.problem_id,
        "title": title,
        "category": score.category,
        "difficulty": str(score.difficulty),
        "n": score.n,
        "passed": score.passed,
    }


def _describe_row(row: SummaryRow) -> Json:
    figures = [_describe_figure(name, estimate) for name, estimate in list_figures(row)]
    return {"label": row.label, "problems": row.problems, "figures": figures}


def _describe_figure(name: str, estimate: Estimate) -> Json:
    return {"name": name, "value": estimate.value, "low": estimate.low, "high": estimate.high, "text": str(estimate)}


def _describe_point(x: int, estimate: Estimate) -> list[float]:
    return [x, estimate.value, estimate.low, estimate.high]


def _cut(order: Sequence[int], bands: int) -> Iterator[Sequence[int]]:
    """Yield ``order`` in at most ``bands`` parts of about the same length."""
    count = min(bands, len(order))
    ends = [len(order) * band // count for band in range(count + 1)]
    return (order[start:end] for start, end in pairwise(ends))
