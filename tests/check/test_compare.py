"""The comparison rule, as a table and on small traces."""

import pytest
from builders import port

from pytest_rtlgen.check.compare import compare_known, compare_traces, cut_wave
from pytest_rtlgen.records import Stimulus, Trace


def trace(rows: str, *widths: int) -> Trace:
    names = "pqrs"
    return Trace(
        outputs=tuple(port(name, "output", width) for name, width in zip(names, widths, strict=False)),
        rows=rows.encode(),
    )


# The whole rule: reference bit, candidate bit, whether it counts as checked, whether it is a mismatch.
RULE = [
    *[("0", got, True, got != "0") for got in "01XZ"],
    *[("1", got, True, got != "1") for got in "01XZ"],
    *[("X", got, False, False) for got in "01XZ"],
    *[("Z", got, True, got != "Z") for got in "01XZ"],
]


@pytest.mark.parametrize(("want", "got", "is_checked", "is_mismatch"), RULE)
def test_one_bit(want: str, got: str, is_checked: bool, is_mismatch: bool) -> None:
    (verdict,) = compare_traces(trace(want, 1), trace(got, 1))
    assert (verdict.checked, verdict.mismatches) == (int(is_checked), int(is_mismatch))
    assert verdict.is_right == (is_checked and not is_mismatch)


@pytest.mark.parametrize(("want", "got"), [(want, got) for want, got, _, _ in RULE])
def test_where_only_known_bits_count_nothing_else_is_wrong(want: str, got: str) -> None:
    (verdict,) = compare_known(trace(want, 1), trace(got, 1))
    is_known = {want, got} <= {"0", "1"}
    assert (verdict.checked, verdict.mismatches) == (int(is_known), int(is_known and want != got))


def test_each_output_is_judged_on_its_own() -> None:
    first, second = compare_traces(trace("00110110", 2, 2), trace("00010110", 2, 2))
    assert (first.name, first.mismatches, first.is_right) == ("p", 0, True)
    assert (second.name, second.mismatches, second.expected, second.actual) == ("q", 1, "11", "01")


def test_the_first_mismatch_is_reported_in_nanoseconds() -> None:
    (verdict,) = compare_traces(trace("0101", 1), trace("0110", 1))
    assert (verdict.first_mismatch_ns, verdict.mismatches, verdict.checked) == (20.0, 2, 4)


def test_a_reference_x_masks_its_own_bit_only() -> None:
    (verdict,) = compare_traces(trace("X1", 2), trace("00", 2))
    assert (verdict.checked, verdict.mismatches, verdict.expected, verdict.actual) == (1, 1, "X1", "00")


def test_an_output_that_was_never_known_is_not_right() -> None:
    (verdict,) = compare_traces(trace("XXX", 1), trace("010", 1))
    assert not verdict.is_right


def test_the_wave_shows_the_steps_around_the_first_mismatch() -> None:
    stimulus = Stimulus(inputs=(port("a", "input", 2),), rows=b"00011011" * 5, steps=20)
    want, got = trace("0" * 20, 1), trace("0" * 12 + "1" + "0" * 7, 1)
    wave = cut_wave(stimulus, want, got, compare_traces(want, got))
    assert wave is not None
    assert (wave.first_step, wave.mismatch_step) == (6, 12)
    assert wave.inputs == (("a", ("10", "11", "00", "01", "10", "11", "00", "01", "10", "11")),)
    assert wave.outputs == (("p", tuple("0" * 10), tuple("0000001000")),)


def test_equal_traces_have_no_wave() -> None:
    stimulus = Stimulus(inputs=(port("a", "input"),), rows=b"01", steps=2)
    same = trace("01", 1)
    assert cut_wave(stimulus, same, same, compare_traces(same, same)) is None
