"""Samples as the table of the page has them: a list for each column, so that 20,000 rows are searched at once."""

from collections.abc import Mapping, Sequence

from pytest_rtlgen.records import ProblemKey, SampleResult, Severity, Status
from pytest_rtlgen.report.plain_text import clip_text

_NOTE = 120
_NAMES = 6
"""Wrong outputs that a note names."""
_STATUSES = list(Status)


def describe_rows(samples: Sequence[SampleResult], places: Mapping[ProblemKey, int]) -> dict[str, object]:
    """Return the columns of the table; ``places`` numbers the problems.

    Equal notes are stored once, in ``notes``; ``note`` holds their places.
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
    }


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
