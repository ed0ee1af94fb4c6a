"""Equivalence proved output by output, in a process that Yosys may crash."""
