"""Samples as the table of the page has them: a list for each column, so that 20,000 rows are searched at once."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pytest_rtlgen.records import ProblemKey, SampleKey, SampleResult, Severity, Status
from pytest_rtlgen.report.plain_text import clip_text
from pytest_rtlgen.synthesis.rows import Ratio, SampleSynthesis

_NOTE = 120
_NAMES = 6
"""Wrong outputs that a note names."""
_STATUSES = list(Status)


def describe_rows(
    samples: Sequence[SampleResult],
    places: Mapping[ProblemKey, int],
    gates: Mapping[SampleKey, SampleSynthesis] = MappingProxyType({}),
) -> dict[str, object]:
    """Return the columns of the table; ``places`` numbers the problems.

    Equal notes are stored once, in ``notes``; ``note`` holds their places. ``gates`` are the passes that were
    synthesized; where there are none, their columns are ``None``.
    """
    notes: dict[str, int] = {}
    return {
        "problem": [places[sample.key.problem] for sample in samples],
        "index": [sample.key.index for sample in samples],
        "status": [_STATUSES.index(sample.verdict.status) for sample in samples],
        "credit": [round(sample.verdict.credit, 3) for sample in samples],
        "tokens": [sample.completion.usage.completion for sample in samples],
        "note": [notes.setdefault(describe_failure(sample), len(notes)) for sample in samples],
        "notes": list(notes),
        "area": [_round(gates.get(sample.key), Ratio.AREA) for sample in samples] if gates else None,
        "depth": [_round(gates.get(sample.key), Ratio.DEPTH) for sample in samples] if gates else None,
    }


def _round(sample: SampleSynthesis | None, ratio: Ratio) -> float | None:
    value = None if sample is None else sample.find_ratio(ratio)
    return None if value is None else round(value, 3)


def describe_failure(sample: SampleResult) -> str:
    """Return what is wrong in a few words: the outputs, else the first error; empty where nothing is."""
    verdict = sample.verdict
    wrong = [signal.name for signal in verdict.signals if not signal.is_right]
    if verdict.is_passed:
        return ""
    if wrong and verdict.status is Status.MISMATCH:
        more = f" and {len(wrong) - _NAMES} more" if len(wrong) > _NAMES else ""
        return clip_text(", ".join(wrong[:_NAMES]), _NOTE) + more
    bench = sample.bench_verdict.diagnostics if sample.bench_verdict else ()
    errors = [item for item in (*verdict.diagnostics, *bench) if item.severity is Severity.ERROR]
    if not errors:
        return ""
    place = "" if errors[0].line is None else f"line {errors[0].line}: "
    return clip_text(place + errors[0].message, _NOTE)
