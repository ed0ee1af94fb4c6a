"""What passing candidates come to as gates, as text."""

from collections.abc import Iterator, Sequence

from tabulate import tabulate

from pytest_rtlgen.records import Estimate
from pytest_rtlgen.report.plain_text import clip_text
from pytest_rtlgen.synthesis.rows import Ratio, SynthesisRow, find_median

_HEAD = ("problem", "passes", "area", "to ref.", "depth", "to ref.", "latches")
_NAME, _REASON = 22, 100


def render_synthesis(rows: Sequence[SynthesisRow]) -> str:
    """Return a line a problem: the reference's area and depth, and the medians of the passes in these; then the whole.

    What cannot be synthesized, and latches that the reference does not have, are named below.
    """
    if not any(row.samples for row in rows):
        return "no pass to synthesize"
    table = tabulate([_list_cells(row) for row in rows], headers=_HEAD, disable_numparse=True, colalign=_ALIGNED)
    return "\n".join([table, "", *_list_findings(rows), sum_up(rows)])


def sum_up(rows: Sequence[SynthesisRow]) -> str:
    """Return the whole in one line."""
    passes = sum(len(row.samples) for row in rows)
    ratios = ", ".join(f"{ratio} {_render(find_median(rows, ratio))}" for ratio in Ratio)
    return f"{passes} passes of {len(rows)} problems; median to the reference: {ratios}"


def render_ppa(estimate: Estimate | None) -> str:
    """Return the line of the PPA-style estimate."""
    if estimate is None:
        return "PPA-style estimate: no problem has a reference that can be synthesized"
    return f"PPA-style estimate: {estimate}\n(area and depth, no power; 1: as the references, 0: nothing passes)"


_ALIGNED = ("left", *("right" for _ in _HEAD[1:]))


def _list_cells(row: SynthesisRow) -> list[str]:
    figures = row.reference.figures
    found = [sample.synthesized.figures for sample in row.samples]
    return [
        clip_text(row.problem_id, _NAME),
        str(len(row.samples)),
        "-" if figures is None else f"{figures.area:g}",
        _render(find_median([row], Ratio.AREA)),
        "-" if figures is None else str(figures.depth),
        _render(find_median([row], Ratio.DEPTH)),
        str(max((one.latches for one in found if one is not None), default=0)),
    ]


def _list_findings(rows: Sequence[SynthesisRow]) -> Iterator[str]:
    for row in rows:
        if row.reference.figures is None:
            yield f"{row.problem_id}: the reference is not synthesized: {clip_text(row.reference.reason, _REASON)}"
        latches = row.reference.figures.latches if row.reference.figures is not None else 0
        for sample in row.samples:
            figures = sample.synthesized.figures
            name = f"{row.problem_id} sample {sample.index}"
            if figures is None:
                yield f"{name}: not synthesized: {clip_text(sample.synthesized.reason, _REASON)}"
            elif figures.latches > latches:
                yield f"{name}: {figures.latches} latches, the reference {latches}"


def _render(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}"
