"""One verdict as text, literally, and what hostile or huge verdicts cannot do to it."""

from dataclasses import replace
from pathlib import Path

import pytest
from builders import given as given_candidate
from builders import problem
from hypothesis import given
from hypothesis import strategies as st

from pytest_rtlgen.records import (
    Completion,
    Diagnostic,
    Method,
    SampleKey,
    SampleResult,
    Severity,
    SignalVerdict,
    Status,
    Tool,
    Verdict,
    WaveWindow,
)
from pytest_rtlgen.report.failure_text import render_samples, render_verdict
from pytest_rtlgen.report.plain_text import clip_text, escape_controls

MISMATCH = Verdict(
    status=Status.MISMATCH,
    method=Method.SIMULATE,
    signals=(
        SignalVerdict(name="q", checked=700, mismatches=0),
        SignalVerdict(name="tc", checked=700, mismatches=58, first_mismatch_ns=130.0, expected="1", actual="X"),
        SignalVerdict(
            name="count",
            checked=690,
            mismatches=3,
            first_mismatch_ns=140.0,
            expected="00011111",
            actual="0001111Z",
        ),
        SignalVerdict(name="spare", checked=0, mismatches=0),
    ),
    diagnostics=(
        Diagnostic(tool=Tool.IVERILOG, severity=Severity.WARNING, message="implicit wire 'w'", line=4),
        Diagnostic(tool=Tool.COMPARE, severity=Severity.NOTE, message="2 outputs are wrong"),
    ),
    wave=WaveWindow(
        first_step=11,
        mismatch_step=13,
        step_ns=10.0,
        inputs=(("clk", ("1", "0", "1", "0")), ("d", ("00000001", "11111111", "11111111", "10100101"))),
        outputs=(
            ("tc", ("0", "0", "1", "1"), ("0", "0", "X", "1")),
            (
                "count",
                ("00000000", "00000000", "XXXXXXXX", "00011111"),
                ("ZZZZZZZZ", "00000000", "00000000", "0001111Z"),
            ),
        ),
    ),
)


def test_a_mismatch_reads_like_this() -> None:
    assert (
        "\n" + render_verdict(MISMATCH)
        == """
mismatch: outputs differ from the reference

output                   checked    mismatches    first at ns    expected    got
--------  -----------  ---------  ------------  -------------  ----------  -----
q         ok                 700             0
tc        wrong              700            58            130           1      x
count     wrong              690             3            140       8'h1f  8'h1x
spare     never known          0             0

iverilog warning: line 4: implicit wire 'w'
compare note: 2 outputs are wrong

tc: first wrong at 130 ns
ns        110  120 |130| 140
clk         1    0 |  1|   0
d[7:0]     01   ff | ff|  a5
expected    0    0 |  1|   1
got         0    0 |  x|   1

count[7:0]: first wrong at 140 ns
ns        110  120  130 |140|
clk         1    0    1 |  0|
d[7:0]     01   ff   ff | a5|
expected   00   00   xx | 1f|
got        zz   00   00 | 1x|"""
    )


def test_a_verdict_without_simulation_is_its_messages() -> None:
    verdict = Verdict(
        status=Status.SYNTAX_ERROR,
        method=Method.SCREEN,
        diagnostics=(Diagnostic(tool=Tool.PYSLANG, severity=Severity.ERROR, message="expected ';'", line=7),),
    )
    assert render_verdict(verdict) == (
        "syntax-error: the Verilog does not parse\n\npyslang error: line 7: expected ';'"
    )


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_its_reason(status: Status) -> None:
    text = render_verdict(Verdict(status=status, method=Method.SIMULATE))
    assert text.startswith(f"{status}: ")
    assert len(text) > len(status) + 10


def make_result(index: int, verdict: Verdict) -> SampleResult:
    key = SampleKey(suite="test", problem_id="counter", index=index)
    completion = Completion(key=key, text="", model="m")
    return SampleResult(completion=completion, candidate=given_candidate(""), verdict=verdict)


def a_wrong_output(expected: str, actual: str) -> Verdict:
    signal = SignalVerdict(name="q", checked=9, mismatches=1, first_mismatch_ns=0.0, expected=expected, actual=actual)
    return Verdict(status=Status.MISMATCH, method=Method.SIMULATE, signals=(signal,))


@pytest.mark.parametrize(
    ("expected", "actual", "shown"),
    [
        ("0", "Z", ["0", "z"]),
        ("10", "01", ["2'h2", "2'h1"]),
        ("11111", "00000", ["5'h1f", "5'h00"]),
        ("ZZZZZ", "1ZZZZ", ["5'hzz", "5'h1z"]),
        ("0X01", "1X01", ["4'b0x01", "4'b1x01"]),  # both would be x in hexadecimal
        ("0000000X", "00000001", ["8'h0x", "8'h01"]),
        ("0" * 256, "0" * 255 + "1", ["256'h.." + "0" * 20, "256'h.." + "0" * 19 + "1"]),
        ("1" + "0" * 255, "0" * 256, ["256'h8" + "0" * 19 + "..", "256'h" + "0" * 20 + ".."]),
    ],
)
def test_values_are_shown_so_that_they_compare(expected: str, actual: str, shown: list[str]) -> None:
    row = render_verdict(a_wrong_output(expected, actual), width=120).splitlines()[-1]
    assert row.split()[-2:] == shown


def test_a_wide_difference_is_kept_in_sight_in_the_wave() -> None:
    same, other = "0" * 64 + "1" * 64, "0" * 64 + "1" * 63 + "0"
    wave = WaveWindow(
        first_step=0, mismatch_step=0, step_ns=10.0, inputs=(), outputs=(("q", (same, same), (other, same)),)
    )
    lines = render_verdict(replace(MISMATCH, signals=(), diagnostics=(), wave=wave)).splitlines()
    assert lines[2:] == [
        "q[127:0]: first wrong at 0 ns",
        "ns       |       0|       10",
        "expected |..ffffff| 000000..",
        "got      |..fffffe| 000000..",
    ]


HOSTILE = "\x1b[2J\x1b]0;x\x07\r\n\u202e\x9b\ud800" * 2000


def test_a_hostile_or_huge_verdict_stays_short_and_printable() -> None:
    values = tuple("01XZ"[step % 4] * 5000 for step in range(400))
    others = tuple("10ZX"[step % 4] * 5000 for step in range(400))
    verdict = Verdict(
        status=Status.MISMATCH,
        method=Method.SIMULATE,
        signals=tuple(
            SignalVerdict(
                name=HOSTILE if number == 1 else f"{HOSTILE}{number}",
                checked=1,
                mismatches=number % 2,
                first_mismatch_ns=1e300,
                expected="1" * 100_000,
                actual="0" * 100_000,
            )
            for number in range(500)
        ),
        diagnostics=(Diagnostic(tool=Tool.SIMULATOR, severity=Severity.ERROR, message=HOSTILE, line=10**9),) * 500,
        wave=WaveWindow(
            first_step=5,
            mismatch_step=300,
            step_ns=10.0,
            inputs=((HOSTILE, values),) * 100,
            outputs=((HOSTILE, values, others),) * 100,
        ),
    )
    text = render_verdict(verdict)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert len(text) < 30_000
    assert "... and 468 more outputs" in text
    assert "... and 490 more messages" in text
    assert "... and 76 more inputs" in text
    assert "... and 99 more outputs that are wrong in these steps" in text
    assert "... and 241 more outputs that are wrong at other times" in text
    assert text.count("  wrong  ") == 32  # right outputs give way to wrong ones


def test_a_failed_problem_ends_with_the_command_that_shows_each_candidate() -> None:
    task = problem()
    passed = replace(MISMATCH, status=Status.PASSED, signals=(), diagnostics=(), wave=None)
    results = [make_result(index, verdict) for index, verdict in enumerate((passed, replace(MISMATCH, wave=None)))]
    text = render_samples(task, results, run_path=Path("my runs/a\x1b"))
    assert text.endswith(
        "\n\nthe candidate is in my runs/a\\x1b; to see it:\n  rtlgen show 'my runs/a\\x1b' test/counter 1"
    )
    assert text.count("rtlgen show") == 1


def test_the_table_of_outputs_is_cut_to_the_width() -> None:
    signal = replace(
        a_wrong_output("1" * 200, "0" * 200).signals[0],
        name="a_name_of_thirty_characters_ab",
        checked=2100,
        mismatches=2100,
    )
    verdict = Verdict(status=Status.MISMATCH, method=Method.SIMULATE, signals=(signal,))
    assert max(map(len, render_verdict(verdict, width=80).splitlines())) <= 80
    assert signal.name in render_verdict(verdict, width=140)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢", "plain é 漢"),
        ("a\tb\nc", "a\\tb\\nc"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b\x7f\x00", "\\x9b\\x7f\\x00"),
        ("\u202e\u2028", "\\u202e\\u2028"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_is_not_printable_is_spelt_out(text: str, shown: str) -> None:
    assert escape_controls(text) == shown


@given(st.text(), st.integers(3, 40))
def test_clipped_text_is_printable_and_short(text: str, most: int) -> None:
    shown = clip_text(text, most)
    assert len(shown) <= most
    assert shown.isprintable()
    assert shown == escape_controls(text) or shown.endswith("...")
