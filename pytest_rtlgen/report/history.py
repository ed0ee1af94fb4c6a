"""Saved runs over time: a table and a plot of pass@k for the terminal, and a drawing as SVG."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tabulate import tabulate

from pytest_rtlgen.records import Estimate
from pytest_rtlgen.report.plain_text import clip_text, escape_controls

_NAME, _MODEL, _SUITE, _SUITES = 24, 16, 8, 70
_COLUMNS = 51
"""Of the plot, for 0 … 1."""
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 320, 48, 16, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One finished run."""

    run: str
    """Name of its folder."""
    started_at: str
    """ISO 8601, UTC."""
    suites: tuple[tuple[str, str], ...]
    """(name, digest)."""
    model: str
    n: int
    k: int
    pass_at_k: Estimate


def render_history(rows: Sequence[HistoryRow]) -> str:
    """Return a line a run, then the intervals on one scale; where suites differ, a line says so.

    >>> score = Estimate(value=0.5, low=0.4, high=0.6)
    >>> row = HistoryRow(run="a", started_at="2026-11-30", suites=(), model="m", n=1, k=1, pass_at_k=score)
    >>> print(render_history([row]).splitlines()[-1])
    a  |                    [----o----]                    |
    """
    if not rows:
        return "no finished run"
    is_one = len({row.suites for row in rows}) == 1
    name_width = max(len(_name(row)) for row in rows)
    cells = [
        (
            _name(row),
            row.started_at[:10],
            *(() if is_one else (clip_text(_list_suites(row), _SUITE),)),
            clip_text(row.model, _MODEL if is_one else _MODEL - _SUITE),
            str(row.n),
            str(row.pass_at_k),
        )
        for row in rows
    ]
    title = f"pass@{rows[0].k}"
    head = ("run", "started", *(() if is_one else ("suite",)), "model", "n", title)
    table = tabulate(
        cells, headers=head, disable_numparse=True, colalign=(*["left"] * (len(head) - 2), "right", "right")
    )
    bars = [f"{_name(row):<{name_width}}  {_render_bar(row.pass_at_k)}" for row in rows]
    notes = [] if is_one else ["", "the suites, or their digests, differ: not all of these compare"]
    lines = [f"suite: {clip_text(_list_suites(rows[0]), _SUITES)}", ""] if is_one else []
    return "\n".join([*lines, table, "", f"{title:<{name_width}}  {_render_scale()}", *bars, *notes])


def _list_suites(row: HistoryRow) -> str:
    return "+".join(name for name, _ in row.suites) or "none"


def _name(row: HistoryRow) -> str:
    return clip_text(row.run, _NAME)


def _render_scale() -> str:
    marks = "".join(f"{number / 5:<{_COLUMNS // 5}.1f}" for number in range(5))
    return f" {marks}1.0"


def _render_bar(score: Estimate) -> str:
    low, value, high = (round(share * (_COLUMNS - 1)) for share in (score.low, score.value, score.high))
    line = [" "] * _COLUMNS
    line[low : high + 1] = ["-"] * (high + 1 - low)
    line[low], line[high], line[value] = "[", "]", "o"
    return f"|{''.join(line)}|"


def render_svg(rows: Sequence[HistoryRow]) -> str:
    """Return a drawing with a point a run, in order of time, and its interval; it needs no other file."""
    label = f"pass@{rows[0].k} of {len(rows)} runs" if rows else "no run"
    look = 'font-family="sans-serif" font-size="11" fill="currentColor" stroke="currentColor"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}"'
    return "\n".join([f"{head} {look}>", *_draw_scale(), *_draw_points(rows), "</svg>"]) + "\n"


def _draw_scale() -> Iterator[str]:
    for number in range(6):
        y = _find_y(number / 5)
        yield f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH}" y2="{y:.1f}" stroke-opacity="0.2"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" stroke="none">{number / 5:.1f}</text>'


def _draw_points(rows: Sequence[HistoryRow]) -> Iterator[str]:
    step = (_WIDTH - _LEFT) / max(1, len(rows))
    places = [(_LEFT + step * (index + 0.5), row) for index, row in enumerate(rows)]
    path = " ".join(f"{x:.1f},{_find_y(row.pass_at_k.value):.1f}" for x, row in places)
    yield f'<polyline points="{path}" fill="none" stroke-opacity="0.5"/>'
    for x, row in places:
        score = row.pass_at_k
        title = escape(escape_controls(f"{row.run}: {row.model}, n={row.n}, {row.started_at}: {score}"))
        low, value, high = map(_find_y, (score.low, score.value, score.high))
        yield f"<g><title>{title}</title>"
        yield f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}" stroke-width="2"/>'
        yield f'<circle cx="{x:.1f}" cy="{value:.1f}" r="4"/>'
        name = escape(_name(row))
        y = _HEIGHT - _BOTTOM + 14
        yield f'<text x="{x:.1f}" y="{y}" transform="rotate(20 {x:.1f} {y})" stroke="none">{name}</text></g>'


def _find_y(share: float) -> float:
    return _TOP + (1 - share) * (_HEIGHT - _TOP - _BOTTOM)
