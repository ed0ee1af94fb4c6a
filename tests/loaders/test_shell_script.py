"""Shell scripts: what is split into commands, and what is refused because only a shell can tell what it does."""

import pytest

from pytest_rtlgen.loaders.shell_script import split_script, split_words


def test_words_are_split_and_nothing_is_expanded() -> None:
    assert split_words("sh -c \"a && b\" 'x y'\n z\\ w #v") == ("sh", "-c", "a && b", "x y", "z w", "#v")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a 'b c' --d=\"e f\"", [[("a", "b c", "--d=e f")]]),
        ("a && b; c", [[("a",), ("b",)], [("c",)]]),
        ("\na &&\n\n  b\n\nc;\n", [[("a",), ("b",)], [("c",)]]),
        ("a \\\n  b&&c", [[("a", "b"), ("c",)]]),
        ("a 'x; y'", [[("a", "x; y")]]),
        ("", []),
    ],
)
def test_lists_are_split(text: str, expected: list[list[tuple[str, ...]]]) -> None:
    assert split_script(text) == expected


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        *(("a || b", r"\|\|"), ("a | b", r"\|"), ("a & b", "&"), ("a > b", ">"), ("a 2>&1", ">&"), ("(a)", r"\(")),
        *(("a; ; b", ";"), ("; a", ";"), ("&& a", "&&"), ("a;; b", ";;"), ("a && ; b", ";")),
        *(
            ("a $B", r"\$"),
            ("a '$B'", r"\$"),
            ("a `b`", "`"),
            ("a b*", r"\*"),
            ("! a", "!"),
            ("{ a; }", "{"),
            ("a # b", "#"),
        ),
        *(('a "&&" b', '"&&"'), ("a \\; b", r"\\\\;")),
    ],
)
def test_what_needs_a_shell_is_named(text: str, odd: str) -> None:
    with pytest.raises(ValueError, match=rf"""has ['"]{odd}['"], which (?:only a shell can read|is not read here)"""):
        split_script(text)


def test_a_script_that_breaks_off_is_told() -> None:
    with pytest.raises(ValueError, match="ends in '&&'"):
        split_script("a &&")
    with pytest.raises(ValueError, match="cannot be split into words"):
        split_script("a 'b")
