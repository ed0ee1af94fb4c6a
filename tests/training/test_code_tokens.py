"""What makes two designs the same text, and the same structure."""

import pytest

from pytest_rtlgen.training.roundtrip.code_tokens import (
    cut_shingles,
    digest_structure,
    hide_names,
    list_tokens,
    list_words,
)

ADDER = "module add (input [3:0] a, b, output [4:0] s);\n  assign s = a + b;\nendmodule\n"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("assign y=a&~b; // why", ("assign", "y", "=", "a", "&", "~", "b", ";")),
        ("a /* x\ny */ <<< 2", ("a", "<<<", "2")),
        ("4'b1111 4'hF 4 'd15", ("4'15", "4'15", "4'15")),
        ("8'b1x?0", ("8'b1x?0",)),
        ("1_000", ("1000",)),
        ('`timescale 1ns/1ps\n`FOO $display("a//b")', ("`FOO", "$display", "(", '"a//b"', ")")),
        ("\\odd+name a", ("\\odd+name", "a")),
        ("", ()),
        ("/* never closed", ()),
    ],
)
def test_tokens(text: str, tokens: tuple[str, ...]) -> None:
    assert list_tokens(text) == tokens


def test_names_become_the_number_of_their_first_use() -> None:
    assert hide_names(("assign", "y", "=", "a", "&", "y", "$time", "3")) == (
        *("assign", "#0", "=", "#1", "&", "#0", "$time", "3"),
    )


def test_structure_bears_other_names_and_layout_and_nothing_else() -> None:
    renamed = ADDER.replace("add ", "plus\n").replace(" a,", " left /* operand */,").replace("= a", "= left")
    assert digest_structure(renamed) == digest_structure(ADDER)
    for other in (ADDER.replace("+", "-"), ADDER.replace("[4:0]", "[3:0]"), ADDER.replace("a + b", "a + a")):
        assert digest_structure(other) != digest_structure(ADDER)


def test_shingles() -> None:
    assert len(cut_shingles("abcdef", 3)) == 4
    assert cut_shingles("ab", 3) == cut_shingles("ab", 9)
    assert len(cut_shingles((), 3)) == 1
    assert cut_shingles("abc", 3) < cut_shingles("abcd", 3)


def test_words() -> None:
    assert list_words("An 8-bit Adder (module `add8`), please.") == (
        "an",
        "8",
        "bit",
        "adder",
        "module",
        "add8",
        "please",
    )


def test_odd_bytes_are_tokens_too() -> None:
    assert list_tokens("é\ud800") == ("é", "\ud800")
    assert digest_structure("\ud800")
