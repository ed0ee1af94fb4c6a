"""What Verilog text alone tells, read with pyslang: interface, clocks and resets, constants, and what must not be run."""
