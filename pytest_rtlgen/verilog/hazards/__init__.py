"""Where simulation and synthesis may read one design differently, found where the design is elaborated."""

from pytest_rtlgen.verilog.hazards.find import find_hazards

__all__ = ["find_hazards"]
