"""What ``tests/conftest.py`` gives every test: checkers that are started once."""

from collections.abc import Callable

from pytest_rtlgen.check.checker import Checker, CheckSettings

SharedChecker = Callable[[CheckSettings], Checker]
"""Returns the session's only checker with these settings: do not close or change it."""
