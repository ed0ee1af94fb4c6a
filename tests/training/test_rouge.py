"""Rouge-L as its paper defines it, and an index that finds what a comparison with each text would find."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rtlgen.training.roundtrip.rouge import RougeIndex, list_rouge_words, measure_lcs, measure_rouge_l

WORDS = st.lists(st.sampled_from("abcde"), max_size=80)


def fill_table(left: list[str], right: list[str]) -> int:
    """Return the length of the longest common subsequence by the textbook's table."""
    row = [0] * (len(right) + 1)
    for one in left:
        before = row
        row = [0]
        for place, other in enumerate(right):
            row.append(before[place] + 1 if one == other else max(before[place + 1], row[place]))
    return row[-1]


@given(left=WORDS, right=WORDS)
def test_the_common_subsequence_is_that_of_the_table(left: list[str], right: list[str]) -> None:
    assert measure_lcs(left, right) == fill_table(left, right) == measure_lcs(right, left)


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [  # Lin 2004, section 3.1: S2 and S3 against S1, "police killed the gunman"; S4 has one of two sequences of two
        ("police kill the gunman", 3 / 4),
        ("the gunman kill police", 2 / 4),
        ("the gunman police killed", 2 / 4),
        ("police killed the gunman", 1.0),
        ("", 0.0),
    ],
)
def test_the_examples_of_the_paper(candidate: str, expected: float) -> None:
    assert measure_rouge_l(["police", "killed", "the", "gunman"], candidate.split()) == expected


def test_words_are_letters_and_digits_in_lower_case() -> None:
    assert list_rouge_words("Module `Counter_4`: 8'hFF!") == ("module", "counter", "4", "8", "hff")
    assert list_rouge_words("—") == ()


@given(texts=st.lists(WORDS, max_size=6), text=WORDS, limit=st.sampled_from([0.0, 0.3, 0.5, 0.8, 1.0]))
def test_the_index_finds_the_most_alike_above_the_limit(texts: list[list[str]], text: list[str], limit: float) -> None:
    index = RougeIndex()
    for number, other in enumerate(texts):
        index.add(str(number), " ".join(other))
    shares = [measure_rouge_l(text, other) for other in texts]
    found = index.find_above(" ".join(text), limit)
    assert (found.share if found else limit) == max([limit, *shares])
    assert found is None or shares[int(found.name)] == found.share


def test_half_alike_is_not_above_a_half() -> None:
    index = RougeIndex()
    index.add("bench/lfsr", "a b c d")
    words = ["a b x y", "a b c x"]
    assert [index.find_above(text, 0.5) and share for text, share in zip(words, (0.5, 0.75), strict=True)] == [
        None,
        0.75,
    ]


def test_the_whole_range_of_lengths() -> None:
    for left, right in itertools.product((0, 1, 63, 64, 65, 200), repeat=2):
        assert measure_lcs(["a"] * left, ["a"] * right) == min(left, right)
