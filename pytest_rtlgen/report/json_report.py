"""A run as one JSON document for other programs."""

import json
from collections.abc import Sequence
from typing import cast

from pytest_rtlgen.records import COLUMNS, Estimate, Run, SampleResult, Summary, SummaryRow, TurnRow
from pytest_rtlgen.report.comparison import Comparison
from pytest_rtlgen.report.gate import AnyGate, describe_gate
from pytest_rtlgen.report.side_by_side import SuiteSides
from pytest_rtlgen.report.spending import Spending
from pytest_rtlgen.storage import encode
from pytest_rtlgen.version import SCHEMA_VERSION


def render_run_json(
    run: Run,
    summary: Summary,
    sides: Sequence[SuiteSides] = (),
    *,
    spending: Spending | None = None,
    gates: Sequence[AnyGate] = (),
    comparison: Comparison | None = None,
) -> str:
    """Return the run and its summary as indented JSON in ASCII with a newline at the end.

    Of a sample that was repaired, ``samples`` has the last answer and ``repairs`` every turn after the first.
    ``sides`` are both scorings of the suites whose benchmark brings its own, ``spending`` is what all completions took,
    ``null`` where nobody added it up; ``gates`` are those that were asked for. Keys keep their order and samples are
    sorted by key. Answers and candidates stay out: the run's folder holds them.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "run": {
            "run_id": run.run_id,
            "started_at": run.started_at,
            "settings": encode(run.settings),
            "environment": encode(run.environment),
        },
        "summary": _describe_summary(summary),
        "comparison": encode(comparison),
        "gates": [describe_gate(gate) for gate in gates],
        "spending": encode(spending),
        "scorings": [_describe_sides(item) for item in sides],
        "samples": [_describe_sample(sample) for sample in sorted(run.samples, key=lambda sample: sample.key)],
        "repairs": [encode(turn) for turn in run.repairs],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _describe_summary(summary: Summary) -> dict[str, object]:
    return {
        "total": _describe_row(summary.total),
        "without": [_describe_row(row) for row in summary.without],
        "by_category": [_describe_row(row) for row in summary.by_category],
        "by_difficulty": [_describe_row(row) for row in summary.by_difficulty],
        "statuses": {str(status): count for status, count in summary.statuses},
        "samples": summary.samples,
        "passed": summary.passed,
        "proved": summary.proved,
        "proved_share": encode(summary.proved_share),
        "prompt_tokens": summary.prompt_tokens,
        "completion_tokens": summary.completion_tokens,
        "generation_s": summary.generation_s,
        "check_s": summary.check_s,
        "problems": [encode(score) for score in summary.problems],
        "excluded": [{"problem": label, "reason": reason} for label, reason in summary.excluded],
        "turns": [_describe_turn(row) for row in summary.turns],
    }


def _describe_turn(row: TurnRow) -> dict[str, object]:
    return {**cast("dict[str, object]", encode(row)), "function": _describe_figure(row.function)}


def _describe_sides(sides: SuiteSides) -> dict[str, object]:
    names = ("ours", "published", "guarded", "ours_without_open", "published_without_open")
    figures = {name: {key: encode(value) for key, value in getattr(sides, name)} for name in names}
    return {**cast("dict[str, object]", encode(sides)), **figures}


def _describe_row(row: SummaryRow) -> dict[str, object]:
    figures = {column.field: _describe_figure(column.read(row)) for column in COLUMNS}
    return {"label": row.label, "problems": row.problems, **figures}


def _describe_figure(figure: Estimate | tuple[tuple[int, Estimate], ...]) -> object:
    if isinstance(figure, Estimate):
        return encode(figure)
    return {str(k): encode(estimate) for k, estimate in figure}


def _describe_sample(sample: SampleResult) -> dict[str, object]:
    completion, verdict = sample.completion, sample.verdict
    return {
        "suite": sample.key.suite,
        "problem_id": sample.key.problem_id,
        "index": sample.key.index,
        "status": str(verdict.status),
        "credit": verdict.credit,
        "method": verdict.method,
        "rule": sample.candidate.rule,
        "finish_reason": str(completion.finish_reason),
        "model": completion.model,
        "seed": completion.seed,
        "usage": encode(completion.usage),
        "latency_s": completion.latency_s,
        "duration_s": verdict.duration_s,
        "simulator": verdict.simulator,
        "isolation": encode(verdict.isolation),
        "signals": [
            {**cast("dict[str, object]", encode(signal)), "is_right": signal.is_right} for signal in verdict.signals
        ],
        "diagnostics": [encode(diagnostic) for diagnostic in verdict.diagnostics],
        "published": encode(sample.bench_verdict),
    }
