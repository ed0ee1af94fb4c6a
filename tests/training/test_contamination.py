"""Contamination against a real suite: renamed, embedded and quoted problems are found, others are not."""

import re
from pathlib import Path

import pytest
from builders import problem

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Problem
from pytest_rtlgen.training.roundtrip.contamination import ContaminationIndex, Match

CORE = load_suite(str(Path(__file__).parents[2] / "suites" / "core"))
LIFO = next(item for item in CORE.problems if item.problem_id == "lifo_stack_8")


@pytest.fixture(scope="module")
def index() -> ContaminationIndex:
    return ContaminationIndex(CORE.problems)


def rename_all(text: str) -> str:
    """Give each name of the reference's own a new one."""
    names = set(re.findall(r"\b[a-z]\w*_\w+\b|\bclk\b|\bpush\b|\bpop\b", text))
    return re.sub(r"\b\w+\b", lambda match: f"z_{match[0]}_z" if match[0] in names else match[0], text)


def test_a_reference_is_found_whatever_its_names_and_comments(index: ContaminationIndex) -> None:
    text = "// by someone else\n" + rename_all(LIFO.reference.text)
    assert text.count("z_") > 10
    assert index.match_code(text) == Match(problem="core/lifo_stack_8", how="structure", share=1.0)


def test_a_reference_inside_a_larger_file_is_found(index: ContaminationIndex) -> None:
    wrapped = LIFO.reference.text + "\nmodule other (input a, output y);\n  assign y = ~a;\nendmodule\n"
    found = index.match_code(wrapped)
    assert found == Match(problem="core/lifo_stack_8", how="code", share=1.0)
    assert str(found) == "code of core/lifo_stack_8 (100%)"


def test_each_description_is_found_when_it_is_quoted(index: ContaminationIndex) -> None:
    for item in CORE.problems:
        found = index.match_description(f"Please do this:\n{item.description.upper()}\nThanks.")
        assert found is not None
        assert found.share == 1.0
        assert found.how == "description"


def test_other_problems_of_the_same_suite_are_not_each_other() -> None:
    half = ContaminationIndex(CORE.problems[::2])
    for item in CORE.problems[1::2]:
        assert half.match_code(item.reference.text) is None, item.problem_id
        assert half.match_description(item.description) is None, item.problem_id


def test_short_texts_match_by_structure_only() -> None:
    index = ContaminationIndex([problem("module t(output y); assign y = 1; endmodule", "t")])
    assert index.match_code("module u (output q);\n assign q = 1;\nendmodule") == (
        Match(problem="test/t", how="structure", share=1.0)
    )
    assert index.match_code("module u (output q, r); assign q = 1; endmodule") is None
    assert index.match_description("Write module t.") is None


def test_a_problem_without_a_reference_counts_by_its_description() -> None:
    withheld: Problem = problem("", "t", description=" ".join(f"word{number}" for number in range(20)))
    index = ContaminationIndex([withheld])
    assert index.match_code("") is None
    assert index.match_description(withheld.description) is not None


@pytest.mark.parametrize("shares", [{"code": 0.0}, {"words": 1.5}])
def test_bad_shares(shares: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=r"contamination share (0\.0|1\.5): must be above 0"):
        ContaminationIndex([], **shares)
