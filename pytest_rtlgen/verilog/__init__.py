"""What Verilog text alone tells, read with pyslang: interface, clocks, constants, and what must not be run."""
