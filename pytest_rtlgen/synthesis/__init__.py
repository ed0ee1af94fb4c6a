"""What a design costs as gates: cells, depth, flip-flops, latches and an area, by Yosys and ABC."""
