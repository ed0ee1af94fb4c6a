"""What two runs of the same thing must share."""

from dataclasses import replace
from typing import cast

from pytest_rtlgen.records import Run
from pytest_rtlgen.storage import encode


def canonical_run(run: Run) -> dict[str, object]:
    """Return ``run`` without what may differ: no run id, start, latencies or durations."""
    samples = tuple(
        replace(
            sample,
            completion=replace(sample.completion, latency_s=0.0),
            verdict=replace(sample.verdict, duration_s=0.0),
            bench_verdict=sample.bench_verdict and replace(sample.bench_verdict, duration_s=0.0),
        )
        for sample in sorted(run.samples, key=lambda sample: sample.key)
    )
    return cast("dict[str, object]", encode(replace(run, run_id="", started_at="", samples=samples)))
