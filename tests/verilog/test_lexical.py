"""Comments, and what only looks like one."""

import re

import pytest

from pytest_rtlgen.verilog.lexical import COMMENT, UNCLOSED_COMMENT, blank_comments, find_comments


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
