"""What a slice reaches beside what other tools say: Yosys' cones in the netlist, pyverilog's data flow.

Every sixth design of the core suite; ``tests/benchmarks/slicing.py`` compares some 430.
"""

from pathlib import Path

import pytest
from support.foreign_slices import compare_cones, compare_flows

from pytest_rtlgen.loaders import load_suite

PROBLEMS = load_suite(str(Path(__file__).parents[2] / "suites" / "core")).problems[::6]


def test_all_that_is_in_yosys_cone_of_an_output_is_in_ours() -> None:
    faults: list[str] = []
    counts = compare_cones(PROBLEMS, faults)
    assert faults == []
    assert counts["designs"] == len(PROBLEMS)
    assert counts["outputs"] >= counts["designs"]


@pytest.mark.simulator
def test_all_that_pyverilog_finds_to_flow_to_an_output_is_in_ours() -> None:
    faults: list[str] = []
    counts = compare_flows(PROBLEMS, faults)
    assert faults == []
    assert counts["designs"] >= len(PROBLEMS) // 2, "it reads Verilog-2005 alone, but most designs are that"
