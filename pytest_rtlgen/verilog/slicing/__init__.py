"""Which stretches of a Verilog text drive each output: backward slices (``docs/explanation/signal-aware.md``)."""

from pytest_rtlgen.verilog.slicing.slices import Span, slice_outputs, trace_outputs

__all__ = ["Span", "slice_outputs", "trace_outputs"]
