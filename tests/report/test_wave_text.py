"""A block a wrong output, folded to the width, and what is told of outputs that are wrong elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rtlgen.records import SignalVerdict, WaveWindow
from pytest_rtlgen.report.wave_text import render_waves


def wrong(name: str, first_ns: float) -> SignalVerdict:
    return SignalVerdict(name=name, checked=9, mismatches=1, first_mismatch_ns=first_ns, expected="1", actual="0")


WAVE = WaveWindow(
    first_step=0,
    mismatch_step=1,
    step_ns=10.0,
    inputs=(("a", ("0", "1", "1")),),
    outputs=(
        ("right", ("0", "1", "0"), ("0", "1", "0")),
        ("bad", ("0", "1", "1"), ("0", "0", "1")),
        ("far", ("0", "0", "0"), ("0", "0", "0")),
        ("open", ("X", "X", "1"), ("0", "1", "1")),
    ),
)


def test_each_wrong_output_has_its_block_and_one_that_is_wrong_elsewhere_its_time() -> None:
    assert (
        "\n" + render_waves(WAVE, [wrong("bad", 10), wrong("far", 25810)], width=80)
        == """
bad: first wrong at 10 ns
ns        0 |10| 20
a         0 | 1|  1
expected  0 | 1|  1
got       0 | 0|  1

far: first wrong at 25810 ns, not drawn here"""
    )


def test_an_output_whose_time_is_of_other_inputs_is_marked_where_it_differs() -> None:
    assert "bad: first wrong at 10 ns" in render_waves(WAVE, [wrong("bad", 20)], width=80)


def test_without_verdicts_on_outputs_those_that_differ_are_drawn() -> None:
    text = render_waves(WAVE, [], width=80)
    assert [line for line in text.splitlines() if "first wrong" in line] == ["bad: first wrong at 10 ns"]


def test_a_block_that_is_too_wide_goes_on_below_itself() -> None:
    values = tuple(f"{step:032b}" for step in range(10))
    others = tuple(f"{step + (step == 6):032b}" for step in range(10))
    wave = WaveWindow(
        first_step=100, mismatch_step=106, step_ns=10.0, inputs=(("code", values),), outputs=(("q", values, others),)
    )
    assert (
        "\n" + render_waves(wave, [wrong("q", 1060)], width=60)
        == """
q[31:0]: first wrong at 1060 ns
ns              1000      1010      1020      1030
code[31:0]  00000000  00000001  00000002  00000003
expected    00000000  00000001  00000002  00000003
got         00000000  00000001  00000002  00000003

ns              1040      1050 |    1060|     1070
code[31:0]  00000004  00000005 |00000006| 00000007
expected    00000004  00000005 |00000006| 00000007
got         00000004  00000005 |00000007| 00000007

ns              1080      1090
code[31:0]  00000008  00000009
expected    00000008  00000009
got         00000008  00000009"""
    )


@given(
    st.lists(st.integers(1, 80), min_size=1, max_size=8),
    st.integers(1, 12),
    st.integers(60, 200),
    st.text("ab_", min_size=1, max_size=40),
)
def test_no_line_is_wider_than_the_terminal(widths: list[int], steps: int, width: int, name: str) -> None:
    ports = [(f"{name}{place}", bits) for place, bits in enumerate(widths)]
    zeros = [(port, ("0" * bits,) * steps) for port, bits in ports]
    outputs = tuple((port, values, ("1" * len(values[0]),) * steps) for port, values in zeros)
    wave = WaveWindow(first_step=99_990, mismatch_step=99_990, step_ns=10.0, inputs=tuple(zeros), outputs=outputs)
    signals = [wrong(port, 999_900.0) for port, _ in ports]
    assert max(map(len, render_waves(wave, signals, width=width).splitlines())) <= width


@pytest.mark.parametrize("count", [1, 30])
def test_a_wave_without_inputs_and_one_with_many(count: int) -> None:
    inputs = tuple((f"in{place}", ("0", "1")) for place in range(count - 1))
    wave = WaveWindow(
        first_step=0, mismatch_step=0, step_ns=10.0, inputs=inputs, outputs=(("q", ("0", "0"), ("1", "0")),)
    )
    text = render_waves(wave, [wrong("q", 0)], width=80)
    assert text.endswith("... and 5 more inputs" if count == 30 else "got      |1|  0")
