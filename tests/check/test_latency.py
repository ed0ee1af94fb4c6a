"""Sequences under a valid output: compared member by member, whatever the cycle, within a bound."""

import pytest
from builders import interface, reset

from pytest_rtlgen.check.compare import compare_traces
from pytest_rtlgen.check.latency import count_compared, retime
from pytest_rtlgen.records import Interface, Latency, Stimulus, Trace

PORTS = (("clk", "input", 1), ("rst", "input", 1), ("ok", "output", 1), ("d", "output", 4))
DESIGN = interface("m", *PORTS, clocks=("clk",), resets=(reset("rst"),))
SUDDEN = interface("m", *PORTS, clocks=("clk",), resets=(reset("rst", kind="asynchronous"),))
OPEN = Latency(valid="ok", data=("d",), bound=2, place="here")


def make_stimulus(resets: str) -> Stimulus:
    """Return two rows a cycle: the clock low, then high."""
    rows = "".join(f"0{level}1{level}" for level in resets)
    return Stimulus(inputs=DESIGN.inputs, rows=rows.encode(), steps=2 * len(resets))


def make_trace(members: str) -> Trace:
    """Return what is shown in each cycle: a hexadecimal digit is a member, ``.`` none, ``x`` unknown."""
    cells = {".": "00000", "x": "X0000"}
    shown = (cells.get(member) or f"1{int(member, 16):04b}" for member in members)
    return Trace(outputs=DESIGN.outputs, rows="".join(2 * cell for cell in shown).encode())


def find_wrong(expected: str, actual: str, resets: str | None = None, design: Interface = DESIGN) -> dict[str, int]:
    """Return the mismatches of each output that has some."""
    want = make_trace(expected)
    shown = retime(OPEN, design, make_stimulus(resets or "0" * len(expected)), want, make_trace(actual))
    return {signal.name: signal.mismatches for signal in compare_traces(want, shown) if signal.mismatches}


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("..12.3......", "..12.3......"),
        ("..12.3......", "12.3........"),
        ("..12.3......", "....12.3...."),
        ("..12.3......", "..12...3...."),
        ("xx12.3......", "xxxx12.3...."),
        ("..12......34", "....12......"),
        ("..12........", "..12......34"),
    ],
    ids=["the same", "earlier", "later", "unevenly later", "unknown at first", "not yet at the end", "more at the end"],
)
def test_the_same_sequence_within_the_bound_is_right(expected: str, actual: str) -> None:
    assert find_wrong(expected, actual) == {}


@pytest.mark.parametrize(
    ("expected", "actual", "wrong"),
    [
        ("..12.3......", "............", {"ok": 3}),
        ("..12.3......", "..13.3......", {"d": 1}),
        ("..12.3......", "..21.3......", {"d": 2}),
        ("..12.3......", "..1..3......", {"d": 1, "ok": 1}),
        ("..12.3......", "..12.33.....", {"ok": 1}),
        ("..12.3......", "..1.....23..", {"ok": 2}),
        ("..12.3......", "xxxxxxxxxxxx", {"ok": 12}),
        ("xx12.3......", "xxxxx12.3xxx", {"ok": 7}),
        ("............", "1...........", {"ok": 1}),
        ("..1.........", "1.2.........", {"ok": 1}),
    ],
    ids=[
        *("never", "wrong", "order", "one missing", "one twice", "too late", "never known", "unknown later"),
        *("out of nothing", "one too many"),
    ],
)
def test_another_sequence_is_wrong(expected: str, actual: str, wrong: dict[str, int]) -> None:
    assert find_wrong(expected, actual) == wrong


def test_a_reset_ends_one_sequence_and_begins_another() -> None:
    resets = "000000100000"
    assert find_wrong(".1..23..4...", ".123.....4..", resets) == {}
    assert find_wrong(".1..2...4...", ".1..2...5...", resets) == {"d": 1}
    assert find_wrong(".12.....4...", ".1......4...", resets) == {"ok": 1}
    assert find_wrong(".1..23..4...", ".1..2..34...", resets) == {"d": 1, "ok": 1}


def test_a_pulse_between_edges_is_a_reset_only_where_that_does_not_wait() -> None:
    stimulus = make_stimulus("000000000000")
    rows = bytearray(stimulus.rows)
    rows[2 * 11 + 1] = ord("1")  # while the clock is high
    pulsed = Stimulus(inputs=stimulus.inputs, rows=bytes(rows), steps=stimulus.steps)
    want, got = make_trace("...12...3..."), make_trace("...1.....3..")
    for design, is_right in ((SUDDEN, True), (DESIGN, False)):
        shown = retime(OPEN, design, pulsed, want, got)
        assert (shown.rows == want.rows) is is_right


def test_a_shorter_trace_is_retimed_as_far_as_it_goes() -> None:
    want, got = make_trace("..12.3......"), make_trace("..12")
    shown = retime(OPEN, DESIGN, make_stimulus("0" * 12), want, got)
    assert shown.rows == want.rows[: len(got.rows)]


def test_other_outputs_stay_as_they_are() -> None:
    assert retime(None, DESIGN, make_stimulus("0"), make_trace("1"), make_trace("2")) == make_trace("2")


def test_members_that_may_be_missing_do_not_count() -> None:
    assert count_compared(OPEN, DESIGN, make_stimulus("0" * 12), make_trace("..12.3....45")) == 3
    assert count_compared(OPEN, DESIGN, make_stimulus("000010000000"), make_trace("..1..2......")) == 1
