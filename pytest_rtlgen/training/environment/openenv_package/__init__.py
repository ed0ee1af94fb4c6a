"""An OpenEnv package: Verilog to write, with tools, and a sealed verdict. ``rtlgen environment`` copies this folder."""

from .client import RtlEnv
from .models import RtlAction, RtlObservation, RtlState

__all__ = ["RtlAction", "RtlEnv", "RtlObservation", "RtlState"]
