"""Verdicts as numbers."""
