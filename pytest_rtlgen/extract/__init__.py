"""Completion text to Candidate. Every step is linear in the length of the text, whatever it holds."""

from pytest_rtlgen.extract.candidate import extract_candidate

__all__ = ["extract_candidate"]
