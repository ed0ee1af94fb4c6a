"""Where simulation and synthesis may read one design differently, found where the design is elaborated."""

from pytest_rtlgen.verilog.hazards.find import find_hazards, find_hazards_of
from pytest_rtlgen.verilog.hazards.undriven import find_undriven

__all__ = ["find_hazards", "find_hazards_of", "find_undriven"]
