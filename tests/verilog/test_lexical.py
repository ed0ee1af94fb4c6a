"""Comments, and what only looks like one."""

import random
import re
from pathlib import Path

import pytest

from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.verilog.canonical import read_canonical
from pytest_rtlgen.verilog.lexical import (
    COMMENT,
    UNCLOSED_COMMENT,
    blank_comments,
    find_comments,
    join_tokens,
)
from pytest_rtlgen.verilog.syntax import parse_text, walk_tokens


@pytest.mark.parametrize(
    ("text", "blanked"),
    [
        ("a // b\nc", "a     \nc"),
        ("a /* b\nc */ d", "a     \n     d"),
        ("a /**/ b /*/ c */", "a      b         "),
        ("// a /* b\nc */", "         \nc */"),
        ("/* a // b */ c", "             c"),
        ('"a // b" // c', '"a // b"     '),
        ('"a \\" // b" c', '"a \\" // b" c'),
        ('"a \\\n// b" c', '"a \\\n// b" c'),
        ('"a\n// b"\nc', '"a\n     \nc'),
        ("\\a//b c // d", "\\a//b c     "),
        ("a /* b\nc", "a /* b\nc"),
        ("a / / b", "a / / b"),
    ],
)
def test_comments_are_blanked_and_nothing_else(text: str, blanked: str) -> None:
    assert blank_comments(text) == blanked


def test_comments_are_found_in_order() -> None:
    found = find_comments('a // b\n"/* c */" /* d */ \\e//f /*g')
    assert [comment[0] for comment in found] == ["// b", "/* d */"]


def test_a_comment_that_is_not_closed_goes_to_the_end() -> None:
    skipped = re.compile(f"{COMMENT}|{UNCLOSED_COMMENT}")
    assert skipped.findall("/* a */ b /* c // d\ne") == ["/* a */", "/* c // d\ne"]
    assert skipped.findall("/* " * 50_000) == ["/* " * 50_000]  # read once


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("assign y=a+b;", "assign\n\n y = a\n+ b ;"),
        ("f(a,b[3:0]);", "f ( a , b [ 3 : 0 ] ) ;"),
        ("y <= {2{a}};", "y<={2{a}};".replace("<=", " <= ")),
        ("always @(posedge clk) q <= d;", "always @ ( posedge clk )\n  q <= d;"),
    ],
)
def test_layout_changes_no_tokens(text: str, other: str) -> None:
    assert join_tokens(text) == join_tokens(other)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ('"a b"', '"a  b"'),
        ('"a" "b"', '"a b"'),
        ('"a;b"', '"a" ; "b"'),
        ("\\a+b ;", "\\a +b ;"),
        ("\\a ;", "\\a; ;"),
        ("\\a ;", "a ;"),
        ("4'd10", "4'd1 0"),
        ("4'd10", "4'hA"),
        ("4'd2", "4'sd2"),
        ("4'b1?0:1", "4'b1 ? 0:1"),
        ("12", "1 2"),
        ("1e-5", "1e - 5"),
        ("1.5", "1 .5"),
        ("8'h1e-5", "8'h 1e-5"),
        ("a <= b", "a < = b"),
        ("a && b", "a & & b"),
        ("a >>> b", "a >> > b"),
        ("a -> b", "a - > b"),
        ("f(.*)", "f(. *)"),
        ("(* a *) b", "( * a * ) b"),
        ("@(*)", "@( * )"),
        ("'{1, 2}", "' {1, 2}"),
        ("4'(a)", "4' (a)"),
        ("[*3]", "[ *3]"),
        ("a::b", "a: :b"),
        ("ab", "a b"),
        ("`default_nettype none", "`default_nettype wire"),
        ("a\u00e9", "a \u00e9"),
        ("a \\ b", "a b"),
        ('a " b', "a b"),
    ],
)
def test_what_may_be_read_otherwise_has_other_tokens(text: str, other: str) -> None:
    assert join_tokens(text) != join_tokens(other)


def list_slang_tokens(text: str) -> list[str]:
    found: list[str] = []
    walk_tokens(parse_text(text).tree.root, lambda token: found.append(str(token.rawText)))
    return found


def test_texts_of_the_same_tokens_have_the_same_tokens_for_slang() -> None:
    rng = random.Random(16)
    core = load_suite(str(Path(__file__).parents[2] / "suites" / "core")).problems
    same = 0
    for problem in core:
        text = read_canonical(problem.reference.text).text
        for _ in range(20):
            place, other = rng.randrange(len(text)), text
            if text[place].isspace():
                other = text[:place] + text[place:].lstrip()
            else:
                other = text[:place] + rng.choice(" \n") + text[place:]
            if join_tokens(text) == join_tokens(other):
                same += 1
                assert list_slang_tokens(text) == list_slang_tokens(other), other[place - 20 : place + 20]
    assert same > 5 * len(core)
