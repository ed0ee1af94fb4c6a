"""A run's figures for other programs and pages: CSV, and Markdown for a pull request or a job's summary."""

import csv
import io
from collections.abc import Iterable, Iterator

from pytest_rtlgen.records import Summary, SummaryRow
from pytest_rtlgen.report.gate import AnyGate
from pytest_rtlgen.report.plain_text import escape_controls
from pytest_rtlgen.report.terminal import list_figures

_HEAD = ("group", "label", "problems", "figure", "value", "low", "high")


def render_csv(summary: Summary) -> str:
    """Return one line a figure, after a line of headings: its group of problems, value and interval."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(_HEAD)
    for group, row in _list_rows(summary):
        for figure, found in list_figures(row):
            lines.writerow((group, row.label, row.problems, figure, found.value, found.low, found.high))
    return text.getvalue()


def render_markdown(summary: Summary, title: str, gates: Iterable[AnyGate] = ()) -> str:
    """Return the table of a run and its gates under a heading."""
    headings = [heading for heading, _ in list_figures(summary.total)]
    rule = _join(["---", *["---:"] * (len(headings) + 1)])
    lines = [f"### {_escape(title)}", "", _join(["", "problems", *headings]), rule]
    for group, row in _list_rows(summary):
        name = _escape(row.label if group in {"all", "without"} else f"{group}: {row.label}")
        lines.append(_join([name, str(row.problems), *(str(found) for _, found in list_figures(row))]))
    lines += ["", *(f"- {gate}" if gate.is_met else f"- **{gate}**" for gate in gates)]
    return "\n".join(lines).rstrip() + "\n"


def _join(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _list_rows(summary: Summary) -> Iterator[tuple[str, SummaryRow]]:
    yield "all", summary.total
    groups = {"without": summary.without, "category": summary.by_category, "difficulty": summary.by_difficulty}
    yield from ((name, row) for name, rows in groups.items() for row in rows)


def _escape(text: str) -> str:
    """Return ``text`` without what Markdown or HTML takes as markup: names come from suites and models."""
    return "".join(f"&#{ord(letter)};" if letter in "&<>`*_|[]\\" else letter for letter in escape_controls(text))
