"""The summary table, literally."""

from dataclasses import fields, replace

from builders import summary_row

from pytest_rtlgen.records import COLUMNS, Status, Summary, SummaryRow
from pytest_rtlgen.report.terminal import render_summary

SUMMARY = Summary(
    total=summary_row("all", 30, (1, 0.612), (5, 0.8)),
    by_category=(summary_row("fsm", 10, (1, 0.5), (5, 0.7)), summary_row("memory", 20, (1, 0.668), (5, 0.85))),
    by_difficulty=(summary_row("easy", 30, (1, 0.612), (5, 0.8)),),
    statuses=((Status.PASSED, 90), (Status.MISMATCH, 60)),
    samples=150,
    prompt_tokens=12345,
    completion_tokens=1067890,
    generation_s=3725.0,
    check_s=12.34,
    problems=(),
)


def test_a_summary_reads_like_this() -> None:
    text = render_summary(SUMMARY, title="core: model m-1, n = 5", run_path=".rtlgen/runs/20261121T043005Z-ab12cd")
    assert (
        "\n" + text
        == """
core: model m-1, n = 5

            problems            syntax@1              pass@1              pass@5       outputs right
--------  ----------  ------------------  ------------------  ------------------  ------------------
all               30  0.900 [0.85, 0.95]  0.612 [0.51, 0.71]  0.800 [0.70, 0.90]  0.750 [0.70, 0.80]
category
  fsm             10  0.900 [0.85, 0.95]  0.500 [0.40, 0.60]  0.700 [0.60, 0.80]  0.750 [0.70, 0.80]
  memory          20  0.900 [0.85, 0.95]  0.668 [0.57, 0.77]  0.850 [0.75, 0.95]  0.750 [0.70, 0.80]

samples: 150 (90 passed, 60 mismatch)
tokens:  12,345 prompt, 1,067,890 completion
time:    1 h 02 min generation, 12.3 s check (sums over samples)
run:     .rtlgen/runs/20261121T043005Z-ab12cd"""
    )


def test_every_figure_of_a_row_is_a_column_of_the_table() -> None:
    assert [item.name for item in fields(SummaryRow)] == ["label", "problems", *(column.field for column in COLUMNS)]


def test_the_total_without_listed_problems_stands_below_it() -> None:
    rows = (summary_row("without 2 with open texts", 28, (1, 0.7), (5, 0.9)),)
    lines = render_summary(replace(SUMMARY, without=rows), title="t", run_path="r").splitlines()
    assert [line[:39] for line in lines[4:7]] == [
        "all                                  30",
        "  without 2 with open texts          28",
        "category",
    ]
    assert "0.700 [0.60, 0.80]  0.900 [0.80, 1.00]" in lines[5]


def test_excluded_problems_are_listed_with_their_reason() -> None:
    summary = replace(SUMMARY, excluded=(("core/fifo", "iverilog: not found"), ("core/cam", "dead\nendpoint")))
    lines = render_summary(summary, title="t", run_path="r").splitlines()
    place = lines.index("not judged, and in no figure: 2")
    assert lines[place + 1 : place + 3] == ["  core/fifo: iverilog: not found", "  core/cam: dead\\nendpoint"]


def test_several_difficulties_get_their_rows() -> None:
    summary = replace(SUMMARY, by_difficulty=(summary_row("easy", 12), summary_row("hard", 18)))
    labels = [line[:12].strip() for line in render_summary(summary, title="t", run_path="r").splitlines()]
    assert labels[labels.index("difficulty") :][:3] == ["difficulty", "easy", "hard"]


def test_minutes_are_written_as_such() -> None:
    text = render_summary(replace(SUMMARY, generation_s=59.94, check_s=61.2), title="t", run_path="r")
    assert "time:    59.9 s generation, 1 min 01 s check" in text


def test_no_foreign_text_reaches_the_terminal_raw() -> None:
    hostile = "\x1b]0;owned\x07\x9b2J"
    summary = replace(
        SUMMARY,
        by_category=(summary_row(hostile, 1), summary_row("b", 2)),
        excluded=((hostile, hostile),),
    )
    text = render_summary(summary, title=hostile, run_path=hostile)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert text.startswith("\\x1b]0;owned\\x07\\x9b2J\n")
