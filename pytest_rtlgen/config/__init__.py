"""Every option, declared once. Front ends declare ``OPTIONS``; the engine gets the checked, typed ``Options``.

Every pytest session loads this and what it imports; ``resolve`` is loaded only where an option is given.
"""

from pytest_rtlgen.config.option import Group, Option
from pytest_rtlgen.config.table import OPTIONS, Options

__all__ = ["OPTIONS", "Group", "Option", "Options"]
