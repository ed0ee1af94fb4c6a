"""Near duplicates: found at their Jaccard index, and only those."""

import random

import pytest

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training.roundtrip.code_tokens import cut_shingles, list_tokens
from pytest_rtlgen.training.roundtrip.dedup import SHINGLE, find_near_duplicates, jaccard


def make_design(seed: int, lines: int = 40) -> list[str]:
    rng = random.Random(seed)
    names, operators = "abcdefgh", "+-&|^"

    def draw(line: int) -> str:
        return f"assign {rng.choice(names)}{line} = {rng.choice(names)} {rng.choice(operators)} {rng.randrange(9999)};"

    return [draw(line) for line in range(lines)]


def join(lines: list[str]) -> str:
    return "\n".join(["module m (input a);", *lines, "endmodule"])


def test_jaccard_by_hand() -> None:
    assert jaccard(frozenset({1, 2, 3}), frozenset({2, 3, 4, 5})) == 0.4
    assert jaccard(frozenset(), frozenset()) == 1.0


def test_layout_and_comments_are_no_difference_and_the_first_is_kept() -> None:
    lines = make_design(1)
    texts = {
        "first": join(lines),
        "other": join(make_design(2)),
        "same": "// copied\n" + join(lines).replace("\n", "\n\n "),
    }
    assert find_near_duplicates(texts) == {"same": ("first", 1.0)}


@pytest.mark.parametrize("changed", range(0, 20, 2))
def test_a_pair_is_found_exactly_when_its_jaccard_index_reaches_the_threshold(changed: int) -> None:
    lines, others = make_design(1), make_design(9)
    pair = {"a": join(lines), "b": join(lines[changed:] + others[:changed])}
    index = jaccard(*(cut_shingles(list_tokens(text), SHINGLE) for text in pair.values()))
    found = find_near_duplicates(pair, threshold=0.6)
    assert found == ({"b": ("a", index)} if index >= 0.6 else {})


def test_a_copy_of_a_copy_is_compared_with_the_kept_one() -> None:
    lines, others = make_design(1), make_design(9)
    chain = {str(step): join(lines[: 40 - step] + others[:step]) for step in (0, 3, 20)}
    assert list(find_near_duplicates(chain)) == ["3"]


def test_many_designs_none_alike() -> None:
    assert find_near_duplicates({str(seed): join(make_design(seed)) for seed in range(60)}) == {}


def test_empty_texts_are_alike() -> None:
    assert find_near_duplicates({"a": "", "b": "// only a comment"}) == {"b": ("a", 1.0)}


@pytest.mark.parametrize("threshold", [0.0, 1.1, -1.0])
def test_bad_thresholds(threshold: float) -> None:
    with pytest.raises(UsageError, match=f"threshold {threshold}: must be above 0 and at most 1"):
        find_near_duplicates({}, threshold=threshold)
