"""Guards: length, duplicates, references known by heart."""

from dataclasses import replace
from typing import Any

import builders
import pytest

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.training import Guards, OnMemorised, RewardResult
from pytest_rtlgen.training.reward.guards import digest_code, digest_references, find_duplicates, list_raw_tokens

EARNED = RewardResult(value=0.8, parts={"passed": 1.0})


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("assign y = a;", "assign  y=a ; // same", True),
        ("assign y = a;", "/* x\n*/assign y\n=\ta;", True),
        ("assign y = a;", "assign y = b;", False),
        ("assign y = a;", "assigny = a;", False),
        ("x = 8'hff;", "x = 8'hfe;", False),
        ('$display("a // b");', '$display("a // c");', False),
        ('$display("a");', '$display("a"); // "', True),
        ("\\a//b = c;", "\\a = c;", False),
        ("y = a; /* never closed", "y = a;", True),
        ("", "  // nothing\n", True),
    ],
)
def test_layout_and_comments_do_not_tell_texts_apart(one: str, other: str, is_same: bool) -> None:
    assert (digest_code(one) == digest_code(other)) is is_same


def test_tokens_of_a_long_hostile_text_come_quickly() -> None:
    assert len(list_raw_tokens('"' * 100_000 + "/*" * 50_000)) < 100_001


def test_equal_answers_are_all_duplicates_and_nothing_equals_nothing() -> None:
    assert find_duplicates(["a", "b", "a", None, None, "a"]) == [True, False, True, False, False, True]


@pytest.mark.parametrize(
    ("guards", "is_duplicate", "is_memorised", "value"),
    [
        (Guards(), True, True, 0.8),
        (Guards(duplicate_factor=0.5), True, False, 0.4),
        (Guards(duplicate_factor=0.5), False, False, 0.8),
        (Guards(on_memorised=OnMemorised.ZERO), False, True, 0.0),
        (Guards(on_memorised=OnMemorised.ZERO), False, False, 0.8),
        (Guards(on_memorised=OnMemorised.SKIP), False, True, None),
        (Guards(on_memorised=OnMemorised.SKIP, duplicate_factor=0.5), True, True, None),
    ],
)
def test_what_guards_do_to_a_reward(
    guards: Guards, is_duplicate: bool, is_memorised: bool, value: float | None
) -> None:
    found = guards.apply(EARNED, is_duplicate=is_duplicate, is_memorised=is_memorised)
    assert found.value == value
    flags = {"duplicate": float(is_duplicate), "memorised": float(is_memorised)}
    assert found.parts == {"passed": 1.0, **flags}
    assert (found.reason == "the candidate is a reference, word for word") is (
        is_memorised and guards.on_memorised is not OnMemorised.FLAG
    )


def test_a_reference_is_known_under_the_name_that_is_asked_for() -> None:
    renamed = replace(
        builders.problem(),
        reference=SourceFile(name="ref.sv", text=builders.COUNTER.replace("module counter", "module RefModule")),
        reference_top="RefModule",
    )
    assert digest_references([renamed], min_tokens=40) == {digest_code(builders.COUNTER)}


def test_a_reference_that_can_hardly_be_written_otherwise_is_no_sign() -> None:
    short = builders.problem("module inv(input a, output y); assign y = ~a; endmodule", top="inv")
    assert digest_references([short], min_tokens=40) == frozenset()
    assert len(digest_references([short], min_tokens=10)) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"duplicate_factor": 1.5}, "duplicate_factor is 1.5; use a number from 0 to 1"),
        ({"duplicate_factor": -0.1}, "duplicate_factor is -0.1"),
        ({"max_characters": 0}, "max_characters is 0; use 1 or more"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Guards(**changes)
