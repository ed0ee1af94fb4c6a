"""Every option, declared once. Front ends declare ``OPTIONS``; the engine gets the checked, typed ``Options``."""

from pytest_rtlgen.config.option import Group, Option
from pytest_rtlgen.config.reference import render_option_reference
from pytest_rtlgen.config.resolve import read_environment, resolve_call, resolve_options
from pytest_rtlgen.config.table import OPTIONS, Options
from pytest_rtlgen.config.values import Requirement

__all__ = [
    "OPTIONS",
    "Group",
    "Option",
    "Options",
    "Requirement",
    "read_environment",
    "render_option_reference",
    "resolve_call",
    "resolve_options",
]
