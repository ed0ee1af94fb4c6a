"""What holds for every test here: the end of a run lists what was skipped, and only listed reasons may skip."""

from support.skips import pytest_sessionfinish, pytest_terminal_summary

__all__ = ["pytest_sessionfinish", "pytest_terminal_summary"]
