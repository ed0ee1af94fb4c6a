"""The checker: a candidate and its problem in, a Verdict out."""

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.single import check_source

__all__ = ["CheckSettings", "Checker", "check_source"]
