"""Verdicts and summaries as text that people and programs read."""
