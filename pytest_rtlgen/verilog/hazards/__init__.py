"""Where simulation and synthesis may read one design differently, found where the design is elaborated."""

from pytest_rtlgen.verilog.hazards.find import Structure, analyse, elaborate_top, find_hazards
from pytest_rtlgen.verilog.hazards.undriven import find_undriven

__all__ = ["Structure", "analyse", "elaborate_top", "find_hazards", "find_undriven"]
