"""Figures as CSV and as Markdown."""

import csv
import io
from dataclasses import replace

from report.test_terminal import SUMMARY

from pytest_rtlgen.config.values import read_requirement
from pytest_rtlgen.records import Estimate
from pytest_rtlgen.report.exports import render_csv, render_markdown
from pytest_rtlgen.report.gate import Gate

MEASURED = Estimate(value=0.612, low=0.51, high=0.71)


def test_every_figure_of_every_group_is_a_line_of_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(render_csv(SUMMARY))))
    assert [(row["group"], row["label"]) for row in rows[::4]] == [
        *(("all", "all"), ("category", "fsm"), ("category", "memory"), ("difficulty", "easy"))
    ]
    assert [row["figure"] for row in rows[:4]] == ["syntax@1", "pass@1", "pass@5", "outputs right"]
    estimate = SUMMARY.by_category[0].function[0][1]
    found = [float(rows[5][name]) for name in ("value", "low", "high")]
    assert (rows[5]["problems"], found) == ("10", [estimate.value, estimate.low, estimate.high])


def test_markdown_reads_like_this() -> None:
    gates = [Gate(requirement=read_requirement(text), measured=MEASURED) for text in ("pass@1>=0.6", "pass@1.low>=0.6")]
    text = render_markdown(replace(SUMMARY, by_difficulty=()), "openai:m  n=5", gates)
    assert (
        "\n" + text
        == """
### openai:m  n=5

|  | problems | syntax@1 | pass@1 | pass@5 | outputs right |
| --- | ---: | ---: | ---: | ---: | ---: |
| all | 30 | 0.900 [0.85, 0.95] | 0.612 [0.51, 0.71] | 0.800 [0.70, 0.90] | 0.750 [0.70, 0.80] |
| category: fsm | 10 | 0.900 [0.85, 0.95] | 0.500 [0.40, 0.60] | 0.700 [0.60, 0.80] | 0.750 [0.70, 0.80] |
| category: memory | 20 | 0.900 [0.85, 0.95] | 0.668 [0.57, 0.77] | 0.850 [0.75, 0.95] | 0.750 [0.70, 0.80] |

- required pass@1>=0.6: met, measured 0.6120 [0.5100, 0.7100]
- **required pass@1.low>=0.6: NOT met, measured 0.6120 [0.5100, 0.7100]**
"""
    )


def test_a_name_is_no_markup() -> None:
    row = replace(SUMMARY.total, label="a|b <script> `x` [l](u)")
    text = render_markdown(replace(SUMMARY, by_category=(row,), by_difficulty=()), "m <b>\n# x")
    assert "category: a&#124;b &#60;script&#62; &#96;x&#96; &#91;l&#93;(u)" in text
    assert text.startswith("### m &#60;b&#62;&#92;n# x\n")
