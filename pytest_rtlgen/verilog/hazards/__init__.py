"""Where simulation and synthesis may read one design differently, found where the design is elaborated."""

from pytest_rtlgen.verilog.hazards.find import Structure, analyse, find_hazards
from pytest_rtlgen.verilog.hazards.undriven import find_undriven

__all__ = ["Structure", "analyse", "find_hazards", "find_undriven"]
