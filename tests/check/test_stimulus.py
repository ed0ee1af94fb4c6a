"""Properties of the input sequence that every check relies on."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from builders import COUNTER_INTERFACE, interface, reset

from pytest_rtlgen.check.stimulus.make import DEFAULT_CYCLES, make_stimulus
from pytest_rtlgen.records import Clock, ClockEdge, Interface, Stimulus

ASYNC = replace(COUNTER_INTERFACE, resets=(reset("rst", "low", "asynchronous"),))
TWO_CLOCKS = interface(
    "m", ("clk_a", "input", 1), ("clk_b", "input", 1), ("d", "input", 8), ("q", "output", 8), clocks=("clk_a", "clk_b")
)


def steps(stimulus: Stimulus) -> Iterator[dict[str, int]]:
    for start in range(0, len(stimulus.rows), stimulus.width):
        at, row = start, {}
        for item in stimulus.inputs:
            row[item.name] = int(stimulus.rows[at : at + item.width], 2)
            at += item.width
        yield row


def test_the_same_seed_gives_the_same_rows_and_another_seed_does_not() -> None:
    first = make_stimulus(COUNTER_INTERFACE, seed=3)
    assert make_stimulus(COUNTER_INTERFACE, seed=3) == first
    assert make_stimulus(COUNTER_INTERFACE, seed=4).rows != first.rows


def test_a_default_check_has_two_thousand_steps_or_more() -> None:
    assert make_stimulus(COUNTER_INTERFACE).steps >= 3 * DEFAULT_CYCLES >= 2000


@pytest.mark.parametrize("design", [COUNTER_INTERFACE, ASYNC, TWO_CLOCKS], ids=["one", "async", "two"])
def test_inputs_never_move_with_a_clock_and_clocks_never_together(design: Interface) -> None:
    clocks = {clock.port for clock in design.clocks}
    rows = list(steps(make_stimulus(design)))
    for before, after in pairwise(rows):
        moved = {name for name in after if before[name] != after[name]}
        assert not moved & clocks or len(moved) == 1


def test_the_run_begins_in_reset_through_several_clock_edges() -> None:
    rows = list(steps(make_stimulus(COUNTER_INTERFACE)))
    released = next(i for i, row in enumerate(rows) if not row["rst"])
    edges = sum(1 for a, b in pairwise(rows[:released]) if (a["clk"], b["clk"]) == (0, 1))
    assert edges >= 3


def test_resets_come_again_in_mid_run() -> None:
    rows = list(steps(make_stimulus(COUNTER_INTERFACE)))
    assert sum(1 for a, b in pairwise(rows) if (a["rst"], b["rst"]) == (0, 1)) >= 3


def test_an_asynchronous_reset_also_comes_and_goes_between_clock_edges() -> None:
    rows = list(steps(make_stimulus(ASYNC)))
    pulses = [
        i
        for i in range(1, len(rows) - 1)
        if not rows[i]["rst"]
        and rows[i - 1]["rst"]
        and rows[i + 1]["rst"]
        and rows[i - 1]["clk"] == rows[i]["clk"] == rows[i + 1]["clk"]
    ]
    assert pulses


def test_a_falling_edge_clock_rests_high() -> None:
    design = replace(COUNTER_INTERFACE, clocks=(Clock(port="clk", edge=ClockEdge.FALLING),))
    assert next(steps(make_stimulus(design)))["clk"] == 1


def test_few_input_bits_are_tried_exhaustively() -> None:
    design = interface("m", ("a", "input", 3), ("b", "input", 5), ("y", "output", 8))
    seen = {(row["a"], row["b"]) for row in steps(make_stimulus(design))}
    assert len(seen) == 256


def test_mined_constants_are_tried_often() -> None:
    design = interface("m", ("clk", "input", 1), ("code", "input", 16), ("y", "output", 1), clocks=("clk",))
    plain = [row["code"] for row in steps(make_stimulus(design))]
    mined = [row["code"] for row in steps(make_stimulus(design, hints={"code": (0x1C, 0x23)}))]
    assert plain.count(0x1C) < 20 < mined.count(0x1C)
    assert mined.count(0x23) > 20


@pytest.mark.parametrize("seed", range(5))
def test_every_bit_of_every_input_takes_both_values(seed: int) -> None:
    design = interface(
        "m", ("clk", "input", 1), ("w", "input", 40), ("en", "input", 1), ("y", "output", 1), clocks=("clk",)
    )
    rows = list(steps(make_stimulus(design, seed=seed)))
    ones = zeros = 0
    for row in rows:
        ones |= row["w"]
        zeros |= ~row["w"]
    assert ones == (1 << 40) - 1
    assert zeros & ones == ones
    assert {row["en"] for row in rows} == {0, 1}


def test_both_clocks_run() -> None:
    rows = list(steps(make_stimulus(TWO_CLOCKS)))
    for clock in ("clk_a", "clk_b"):
        assert sum(1 for a, b in pairwise(rows) if (a[clock], b[clock]) == (0, 1)) > 200
