"""What a bench's candidates need is made once, and a bench that is no good stays so."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_rtlgen.errors import BadReferenceError, ToolError
from pytest_rtlgen.scoring.base import PreparedBenches


def test_several_threads_get_what_one_of_them_made() -> None:
    made: list[str] = []
    barrier = threading.Barrier(4)

    def make(bench: str) -> str:
        made.append(bench)
        return f"made of {bench}"

    def find(bench: str) -> str:
        barrier.wait()
        return benches.find(bench)

    benches = PreparedBenches(make)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(find, ["a", "b", "a", "b"])) == {"made of a", "made of b"}
    assert sorted(made) == ["a", "b"]


def test_a_bench_that_is_no_good_is_tried_once_and_told_to_everyone() -> None:
    tried: list[str] = []

    def refuse(bench: str) -> str:
        tried.append(bench)
        raise BadReferenceError(f"{bench} is broken")

    benches = PreparedBenches(refuse)
    errors: list[BadReferenceError] = []
    for _ in range(2):
        with pytest.raises(BadReferenceError, match="a is broken") as caught:
            benches.find("a")
        errors.append(caught.value)
    assert tried == ["a"]
    assert errors[0] is not errors[1]


def test_a_missing_tool_is_no_fault_of_the_bench() -> None:
    answers = iter([ToolError("no simulator"), None])

    def make(bench: str) -> str:
        error = next(answers)
        if error is not None:
            raise error
        return bench

    benches = PreparedBenches(make)
    with pytest.raises(ToolError, match="no simulator"):
        benches.find("a")
    assert benches.find("a") == "a"
