"""Verdicts and summaries as text that people and programs read."""

from pytest_rtlgen.report.failure_text import render_samples, render_verdict
from pytest_rtlgen.report.json_report import render_run_json
from pytest_rtlgen.report.paper import compare_with_paper
from pytest_rtlgen.report.plain_text import clip_text, escape_controls
from pytest_rtlgen.report.side_by_side import SuiteSides, compare_sides
from pytest_rtlgen.report.sides_text import render_sides
from pytest_rtlgen.report.terminal import render_summary
from pytest_rtlgen.report.turns_text import describe_repair, render_turns
from pytest_rtlgen.report.without import add_without

__all__ = [
    "SuiteSides",
    "add_without",
    "clip_text",
    "compare_sides",
    "compare_with_paper",
    "describe_repair",
    "escape_controls",
    "render_run_json",
    "render_samples",
    "render_sides",
    "render_summary",
    "render_turns",
    "render_verdict",
]
