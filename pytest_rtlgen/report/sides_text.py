"""Both scorings as tables for the terminal."""

from collections import Counter
from collections.abc import Iterable, Sequence

from pytest_rtlgen.metrics import Figures
from pytest_rtlgen.report.plain_text import clip_text
from pytest_rtlgen.report.side_by_side import Disagreement, SuiteSides

_LABEL = 40
_DETAIL = 80
_SHOWN = 20
"""Disagreements listed a suite; the JSON report has all."""


def render_sides(sides: Sequence[SuiteSides]) -> str:
    """Return one table of figures over all suites, and the disagreements of each."""
    from tabulate import tabulate

    rows = [row for suite in sides for row in _list_rows(suite)]
    table = tabulate(
        rows,
        headers=["scored by", "metric", "value", "ceiling"],
        tablefmt="simple",
        disable_numparse=True,
        colalign=("left", "left", "right", "right"),
        preserve_whitespace=True,
    )
    lines = [line.rstrip() for line in table.splitlines()]
    for suite in sides:
        lines += _render_disagreements(suite)
    return "\n".join(lines)


def _list_rows(sides: SuiteSides) -> Iterable[list[str]]:
    name = clip_text(sides.suite, _LABEL)
    yield [f"{name}: {sides.problems} problems, {sides.samples} samples", "", "", ""]
    over = "" if sides.ours_problems == sides.problems else f", {sides.ours_problems} problems"
    yield from _list_figures(f"  ours (reference, every output{over})", sides.ours, sides.ours_ceiling, sides.problems)
    yield from _list_without_open(sides.ours_without_open)
    yield from _list_figures("  as published", sides.published, sides.published_ceiling, sides.problems)
    yield from _list_without_open(sides.published_without_open)
    if sides.guarded != sides.published:
        yield from _list_figures("  its bench, guarded", sides.guarded, sides.published_ceiling, sides.problems)
    if sides.open_problems:
        yield [f"  text leaves it open: {clip_text(', '.join(sides.open_problems), _DETAIL)}", "", "", ""]
    if sides.unsatisfiable:
        yield [f"  description cannot be met: {clip_text(', '.join(sides.unsatisfiable), _DETAIL)}", "", "", ""]


def _list_figures(label: str, figures: Figures, ceiling: int, problems: int) -> Iterable[list[str]]:
    for place, (name, value) in enumerate(figures):
        yield [label if not place else "", name, str(value), f"{ceiling}/{problems}" if not place else ""]


def _list_without_open(figures: Figures) -> Iterable[list[str]]:
    """Yield the figures without the problems whose text leaves open what is right."""
    for place, (name, value) in enumerate(figures):
        yield ["    without open texts" if not place else "", name, str(value), ""]


def _render_disagreements(sides: SuiteSides) -> list[str]:
    if not sides.disagreements:
        return ["", f"{clip_text(sides.suite, _LABEL)}: the scorings agree on every sample"]
    counts = Counter(item.reason for item in sides.disagreements)
    classes = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    lines = ["", f"{clip_text(sides.suite, _LABEL)}: the scorings disagree on {len(sides.disagreements)}: {classes}"]
    lines += [_render_one(item) for item in sides.disagreements[:_SHOWN]]
    if len(sides.disagreements) > _SHOWN:
        lines.append(f"  ... and {len(sides.disagreements) - _SHOWN} more; the JSON report has all")
    return lines


def _render_one(item: Disagreement) -> str:
    name = f"{clip_text(item.problem_id, _LABEL)} sample {item.index}"
    detail = f": {clip_text(item.detail, _DETAIL)}" if item.detail else ""
    return f"  {name}: ours {item.ours}, published {clip_text(item.published, _LABEL)}: {item.reason}{detail}"
