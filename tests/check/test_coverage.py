"""What a trace reaches: values and changes of small registers, levels and constants of wide ones."""

import pytest
from builders import port

from pytest_rtlgen.check.coverage import list_reached
from pytest_rtlgen.records import Trace


def trace(rows: list[str], *widths: int) -> Trace:
    names = "pqrs"
    return Trace(
        outputs=tuple(port(name, "output", width) for name, width in zip(names, widths, strict=False)),
        rows="".join(rows).encode(),
    )


def test_a_register_of_three_bits_shows_values_and_changes() -> None:
    assert list_reached(trace(["000", "011", "011", "000"], 3)) == {
        *(("p", 0), ("p", 3)),
        *(("p", 0, 3, "change"), ("p", 3, 3, "change"), ("p", 3, 0, "change")),
    }


@pytest.mark.parametrize(("width", "last"), [(4, "1111"), (5, "11111")])
def test_up_to_five_bits_every_value_counts_and_no_change(width: int, last: str) -> None:
    zero = "0" * width
    assert list_reached(trace([zero, last, zero], width)) == {("p", 0), ("p", (1 << width) - 1)}


def test_of_six_bits_each_level_counts_and_no_value() -> None:
    levels = {("p", bit, 0) for bit in range(6)}
    assert list_reached(trace(["000000", "000001", "000000"], 6)) == levels | {("p", 5, 1)}


def test_a_wide_register_shows_the_constants_that_it_takes() -> None:
    levels = {("p", bit, level) for bit in range(8) for level in (0, 1)}
    rows = ["00000000", "11111111", "00001010"]
    assert list_reached(trace(rows, 8), constants={10, 11}) == levels | {("p", 10)}


def test_of_more_bits_than_a_number_holds_only_levels_count() -> None:
    rows = ["0" * 64, "1" + "0" * 63]
    assert list_reached(trace(rows, 64), constants={0, 1 << 63}) == {("p", bit, 0) for bit in range(64)} | {("p", 0, 1)}


def test_a_small_register_takes_no_constants_twice() -> None:
    assert list_reached(trace(["01", "01"], 2), constants={1}) == {("p", 1), ("p", 1, 1, "change")}


@pytest.mark.parametrize("unknown", ["X1", "Z1", "1X", "XX"])
def test_unknown_values_count_for_nothing(unknown: str) -> None:
    assert list_reached(trace([unknown, unknown], 2)) == set()


def test_outputs_are_told_apart() -> None:
    assert list_reached(trace(["010", "011"], 1, 2)) == {
        *(("p", 0), ("p", 0, 0, "change")),
        *(("q", 2), ("q", 3), ("q", 2, 3, "change")),
    }


def test_only_steps_from_the_first_one_on_count() -> None:
    rows = ["0000", "0001", "0010"]
    assert list_reached(trace(rows, 4), 1) == {("p", 1), ("p", 2)}
    assert list_reached(trace(rows, 4), 3) == set()
