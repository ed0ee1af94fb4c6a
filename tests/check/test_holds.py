"""Slow inputs: a change that comes too early is put off."""

from itertools import pairwise

from builders import interface

from pytest_rtlgen.check.holds import hold_inputs
from pytest_rtlgen.check.stimulus.make import make_stimulus
from pytest_rtlgen.records import Hold, Stimulus

DESIGN = interface("m", ("clk", "input", 1), ("a", "input", 1), ("q", "output", 1), clocks=("clk",))


def play(clock: str, a: str, cycles: int) -> str:
    """Return what ``a`` is in each row after it was slowed down."""
    rows = "".join(map("".join, zip(clock, a, strict=True))).encode()
    stimulus = Stimulus(inputs=DESIGN.inputs, rows=rows, steps=len(clock))
    return hold_inputs(stimulus, (Hold(port="a", cycles=cycles, place="here"),), DESIGN).rows.decode()[1::2]


def test_a_change_waits_for_as_many_edges_and_for_a_row_in_which_no_clock_moves() -> None:
    clock = "001100110011001100"
    assert play(clock, "010001000100010001", 2) == "011111100000000001"
    assert play(clock, "111111000000000000", 3) == "111111100000000000"
    assert play(clock, "000000000000000000", 2) == "000000000000000000"


def test_no_two_changes_come_within_the_cycles_of_a_whole_stimulus() -> None:
    stimulus = hold_inputs(make_stimulus(DESIGN), (Hold(port="a", cycles=4, place="here"),), DESIGN)
    rows = [stimulus.rows[at : at + 2] for at in range(0, len(stimulus.rows), 2)]
    edges, last, changes = 0, -4, 0
    for before, after in pairwise(rows):
        is_moving = before[:1] != after[:1]
        edges += is_moving and after[:1] == b"1"
        if before[1:] != after[1:]:
            assert not is_moving
            assert edges - last >= 4
            last, changes = edges, changes + 1
    assert changes > 20
