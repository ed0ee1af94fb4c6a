"""Random texts for preprocessors, and what must hold of a canonical text: seeds, validity, faults found."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from support.fuzzing.acceptance import list_unlike
from support.fuzzing.preprocessor_checks import (
    Fault,
    leave_out_switched,
    list_differences,
    read_raw,
    read_text,
    run_preprocessor,
)
from support.fuzzing.preprocessor_run import TextsFound, draw_text, fuzz_texts, render_texts
from support.fuzzing.preprocessor_texts import write_text

from pytest_rtlgen.records import Status

PLAIN = "module m (input a, output y);\n  assign y = ~a;\nendmodule\n"
RAW = """\
`define NOT(x) (~x)
`ifdef SYNTHESIS
module m (input a, output y);
`else
module other (input a, output y);
`endif
  // synthesis translate_off
  initial $display("no");
  // synthesis translate_on
  assign y = `NOT(
    a);
endmodule
"""
CANONICAL = """\


module m (input a, output y);






  assign y = (~a)
                 ;
endmodule
"""


@dataclass(frozen=True)
class Made:
    text: str
    status: Status | None = None


REFUSED = Made("", Status.SYNTAX_ERROR)


def faults(raw: str, canonise: Callable[[str], str]) -> list[Fault]:
    return [item.fault for item in list_differences(raw, lambda source: Made(canonise(source)))]


def test_a_seed_fixes_the_texts() -> None:
    assert draw_text(3, seed=1) == draw_text(3, seed=1)
    assert len({draw_text(number, seed=seed) for number in range(20) for seed in range(2)}) == 40


def test_undamaged_texts_are_nearly_all_valid() -> None:
    texts = [write_text(random.Random(f"valid {number}"), is_damaged=False) for number in range(60)]
    assert sum(not read_raw(text).errors for text in texts) >= 54


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            r"`define\s+\w+\(",
            r"`define\s+\w+ ",
            r"\w = [abc][,)]",
            r"\\\r?\n",
            r"`undef",
            r"`elsif",
            r"`ifdef __ICARUS__",
        ),
        *(r"SYNTHESIS", r"translate_off", r"`__LINE__", '`"', '`\\\\`"', r"``", r"\(\*", r"`timescale", r"`resetall"),
        *(
            r"`default_nettype",
            r"\\[^\s\w]\S* ",
            r"\t",
            r"\f",
            r"\r\n",
            r'"[^"\n]*//',
            r"`\w+\s*\n\s*\(",
            r"/\*[^*]*\n",
        ),
        *(r"`celldefine", r"\\a\) [^\n]*\)"),
    ],
)
def test_texts_hold_everything_that_readers_differ_in(pattern: str) -> None:
    assert any(re.search(pattern, draw_text(number, seed=0)) for number in range(300))


@pytest.mark.simulator
def test_nothing_is_held_against_a_right_canonical_text() -> None:
    texts = {RAW: CANONICAL, CANONICAL: CANONICAL}
    assert faults(RAW, texts.__getitem__) == []
    assert faults(PLAIN, lambda text: text) == []


@pytest.mark.simulator
@pytest.mark.parametrize(
    ("raw", "text", "fault"),
    [
        (RAW, CANONICAL.replace("~a", "a"), Fault.TOKENS),
        (RAW, CANONICAL.replace(")\n                 ;", ");\n"), Fault.LINES),
        (RAW, CANONICAL.lstrip("\n"), Fault.LINES),
        (RAW, "`define X 1\n" + CANONICAL[1:], Fault.LEFT_OVER),
        (PLAIN, PLAIN.replace("~a", "`X").replace("module m", "`define X ~a\nmodule m"), Fault.LEFT_OVER),
        (PLAIN, PLAIN.replace("~a", '~a`define X"'), Fault.LEFT_OVER),
        (r"module m; wire \a+b , c; endmodule", r"module m; wire c , c; endmodule", Fault.TOKENS),
        (r"module m; wire \a+b , \b+a ; endmodule", r"module m; wire d , d ; endmodule", Fault.TOKENS),
        (
            r"module m; wire \a+b ; assign \a+b = 1; endmodule",
            "module m; wire d ; assign e = 1; endmodule",
            Fault.TOKENS,
        ),
    ],
)
def test_wrong_texts_are_found_out(raw: str, text: str, fault: Fault) -> None:
    assert fault in faults(raw, lambda _: text)


@pytest.mark.simulator
def test_a_text_that_changes_when_read_again_is_found_out() -> None:
    changed = {PLAIN: PLAIN.replace("~a", " ~a"), PLAIN.replace("~a", " ~a"): PLAIN.replace("~a", "a")}
    assert faults(PLAIN, changed.__getitem__) == [Fault.AGAIN]


def test_only_a_refused_text_that_slang_reads_is_a_difference() -> None:
    assert list(list_differences("module m (", lambda _: REFUSED)) == []
    assert [item.fault for item in list_differences(PLAIN, lambda _: REFUSED)] == [Fault.REFUSED]
    assert list(list_differences(PLAIN, lambda _: Made("", Status.REJECTED))) == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a // synthesis translate_off\nb\n// synthesis translate_on\nc", "a c"),
        ("a /* synopsys translate_off */ b /* synopsys translate_on */ c", "a c"),
        ("a // translate_off\nb", "a"),
        ('a "// translate_off" b', 'a "// translate_off" b'),
        ("a \\// translate_off b", "a \\// translate_off b"),
        ("a // no translate_official\nb", "a // no translate_official b"),
        ('a "\\"/* translate_off */" b', 'a "\\"/* translate_off */" b'),
    ],
)
def test_what_is_switched_off_is_left_out(text: str, kept: str) -> None:
    left = leave_out_switched(text)
    assert " ".join(left.split()) == kept
    assert left.count("\n") == text.count("\n")


def test_tokens_know_the_line_of_a_macros_use() -> None:
    tokens = read_text("`define P a +\\\n b\nwire x =\n `P ;").tokens
    assert [(token.value, token.line) for token in tokens] == [
        *(("wire", 3), ("x", 3), ("=", 3)),
        *(("a", 4), ("+", 4), ("b", 4), (";", 4)),
    ]


@pytest.mark.simulator
def test_icarus_preprocessor_is_asked() -> None:
    expanded = run_preprocessor("`define X 7\nwire [`X:0] a;\n")
    assert expanded is not None
    assert "[7:0]" in expanded
    assert run_preprocessor("`ifdef X\n") is None


@pytest.mark.simulator
def test_only_one_of_two_tools_takes_it() -> None:
    is_number_of_bits = PLAIN.replace("~a", "{2, a}")
    assert list_unlike([PLAIN, "module m ("]) == ()
    assert list_unlike([PLAIN, is_number_of_bits]) == ((1, True),)


@pytest.mark.simulator
def test_a_run_counts_and_shows() -> None:
    found = fuzz_texts(lambda _: REFUSED, seed=0, most=20, seconds=600)
    assert (found.texts, found.statuses, len(found.differences)) == (20, ((Status.SYNTAX_ERROR, 20),), found.valid)
    assert render_texts(found).splitlines()[:2] == [
        f"20 texts, {found.valid} of them valid: 20 syntax-error; {found.valid} differences",
        f"  {found.valid:5} {Fault.REFUSED}",
    ]
    nothing = TextsFound(texts=0, valid=0, statuses=(), differences=())
    assert fuzz_texts(lambda _: REFUSED, seed=0, most=20, seconds=0) == nothing
