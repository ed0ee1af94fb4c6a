"""A summary as a table for the terminal."""

import textwrap
from collections.abc import Iterator, Sequence

from pytest_rtlgen.records import COLUMNS, Estimate, Summary, SummaryRow
from pytest_rtlgen.report.plain_text import clip_text, escape_controls
from pytest_rtlgen.report.spending import Spending, render_spending

_LABEL = 40
_REASON = 100
_MINUTE_S = 60


def render_summary(
    summary: Summary, *, title: str, run_path: str, spending: Spending | None = None, width: int | None = None
) -> str:
    """Return the summary as text of several lines, without a newline at the end.

    One row for all problems, one without those on the known-bad list, one a category, one a difficulty where there are
    several; then statuses, excluded problems, tokens, cost, time and where the run is kept. Figures are means with
    their 95 % interval. In ``width`` columns, where it is given, a table that is wider is set as several, one below the
    other. Tokens are those of ``spending``, without it those of the samples that were judged.
    """
    lines = [escape_controls(title), "", *_render_tables(summary, width), ""]
    samples = f"samples: {summary.samples} ({_render_statuses(summary)})"
    lines += textwrap.wrap(samples, width or len(samples), subsequent_indent=" " * len("samples: "))
    if summary.proved is not None:
        lines.append(f"proved:  {summary.proved} of {summary.passed} passes")
    if summary.excluded:
        lines.append(f"not judged, and in no figure: {len(summary.excluded)}")
        lines += [f"  {clip_text(label, _LABEL)}: {clip_text(reason, _REASON)}" for label, reason in summary.excluded]
    if spending is None:
        lines.append(f"tokens:  {summary.prompt_tokens:,} prompt, {summary.completion_tokens:,} completion")
    else:
        lines += render_spending(spending)
    times = f"{_render_time(summary.generation_s)} generation, {_render_time(summary.check_s)} check"
    lines.append(f"time:    {times} (sums over samples)")
    lines.append(f"run:     {escape_controls(run_path)}")
    return "\n".join(lines)


def _render_tables(summary: Summary, width: int | None) -> list[str]:
    """Return as many tables as are needed, with blank lines between them."""
    headers = ["", "problems", *(heading for heading, _ in list_figures(summary.total))]
    rows = [_render_row(summary.total), *(_render_row(row, indent="  ") for row in summary.without)]
    rows += _render_group("category", summary.by_category)
    rows += _render_group("difficulty", summary.by_difficulty)
    lines: list[str] = []
    for size in range(len(headers) - 1, 0, -1):
        cuts = [[_cut(row, start, size) for row in (headers, *rows)] for start in range(1, len(headers), size)]
        tables = [_render_table(head, body) for head, *body in cuts]
        lines = "\n\n".join("\n".join(table) for table in tables).splitlines()
        if width is None or max(map(len, lines)) <= width:
            break
    return lines


def _cut(cells: list[str], start: int, size: int) -> list[str]:
    return [*cells[:1], *cells[start : start + size]]


def _render_table(headers: list[str], rows: list[list[str]]) -> list[str]:
    from tabulate import tabulate

    table = tabulate(
        rows,
        headers=headers,
        tablefmt="simple",
        disable_numparse=True,
        colalign=("left", *["right"] * (len(headers) - 1)),
        preserve_whitespace=True,
    )
    return [line.rstrip() for line in table.splitlines()]


def _render_group(name: str, rows: Sequence[SummaryRow]) -> list[list[str]]:
    """Return a group's rows under its name; a group of one row would only repeat the total."""
    if len(rows) <= 1:
        return []
    return [[name], *(_render_row(row, indent="  ") for row in rows)]


def _render_row(row: SummaryRow, indent: str = "") -> list[str]:
    estimates = [str(estimate) for _, estimate in list_figures(row)]
    return [indent + clip_text(row.label, _LABEL), str(row.problems), *estimates]


def list_figures(row: SummaryRow) -> Iterator[tuple[str, Estimate]]:
    """Yield (heading, estimate) from left to right."""
    for column in COLUMNS:
        figure = column.read(row)
        if isinstance(figure, Estimate):
            yield column.heading, figure
        else:
            yield from ((column.heading.format(k=k), estimate) for k, estimate in figure)


def _render_statuses(summary: Summary) -> str:
    return ", ".join(f"{count} {status}" for status, count in summary.statuses) or "none"


def _render_time(seconds: float) -> str:
    if seconds < _MINUTE_S:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE_S)
    hours, minutes = divmod(minutes, _MINUTE_S)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
