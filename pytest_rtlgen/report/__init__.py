"""Verdicts and summaries as text that people and programs read."""

from pytest_rtlgen.report.failure_text import render_samples, render_verdict
from pytest_rtlgen.report.json_report import render_run_json
from pytest_rtlgen.report.plain_text import clip_text, escape_controls
from pytest_rtlgen.report.terminal import render_summary

__all__ = ["clip_text", "escape_controls", "render_run_json", "render_samples", "render_summary", "render_verdict"]
