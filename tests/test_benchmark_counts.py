"""All published benchmarks together: how many problems, in which order, how fast."""

import hashlib
import time
from pathlib import Path

import pytest

from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.loaders.catalogue import find_benchmark

SHARED = Path(__file__).parents[2] / "shared" / "benchmarks"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the published benchmarks are not at {SHARED}")

PUBLISHED = {
    "verilog-eval-v2": (156, "ecf5c746dda8e736"),
    "verilog-eval-v2-complete": (156, "ecf5c746dda8e736"),
    "verilog-eval-v1-machine": (143, "a08f0f2fe2796997"),
    "verilog-eval-v1-human": (156, "6e74c0ff65ae680a"),
    "rtllm-v1.1": (29, "50f91b01d2798ad9"),
    "rtllm-v2": (50, "bc6d8ac76098db0c"),
}
"""(problems, start of the SHA-256 of their ids, one a line, in order) by suite."""


def locate(prefix: str) -> str:
    benchmark = find_benchmark(prefix)
    assert benchmark is not None
    return f"{prefix}:{benchmark.locate(SHARED)}"


@pytest.mark.parametrize("prefix", PUBLISHED)
def test_counts_ids_and_order(prefix: str) -> None:
    suite = load_suite(locate(prefix))
    ids = "\n".join(problem.problem_id for problem in suite.problems)
    assert (len(suite.problems), hashlib.sha256(ids.encode()).hexdigest()[:16]) == PUBLISHED[prefix]
    assert suite.name == prefix
    assert {problem.suite for problem in suite.problems} == {prefix}


@pytest.mark.parametrize("prefix", PUBLISHED)
def test_every_problem_brings_its_own_testbench(prefix: str) -> None:
    for problem in load_suite(locate(prefix)).problems:
        assert problem.testbench is not None
        assert (problem.testbench.top, problem.testbench.reference) == (problem.top, problem.reference)
        assert problem.description.strip()
        assert bool(problem.header) == prefix.endswith(("-complete", "-machine", "-human"))


def test_all_of_them_load_in_under_three_seconds() -> None:
    start = time.process_time()
    for prefix in (*PUBLISHED, "cvdp"):
        load_suite(locate(prefix))
    assert time.process_time() - start < 3


def test_categories_of_rtllm_are_its_folders() -> None:
    categories = [problem.category for problem in load_suite(locate("rtllm-v2")).problems]
    assert categories.count("Control/Finite State Machine") == 2
    kinds = [category.partition("/")[0] for category in categories]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "Arithmetic": 19,
        "Control": 6,
        "Memory": 5,
        "Miscellaneous": 20,
    }


@pytest.mark.parametrize(
    ("prefix", "problem_id", "top", "reference_top", "data"),
    [
        ("rtllm-v2", "adder_pipe_64bit", "adder_pipe_64bit", "verified_adder_64bit", []),
        ("rtllm-v1.1", "multi_pipe_4bit", "multi_pipe_4bit", "verified_multi_pipe", []),
        ("rtllm-v2", "freq_divbyeven", "freq_divbyeven", "freq_divbyeven", []),
        ("rtllm-v2", "fixed_point_substractor", "fixed_point_subtractor", "fixed_point_subtractor", []),
        ("rtllm-v2", "multi_booth_8bit", "multi_booth_8bit", "verified_multi_booth_8bit", ["test_data.dat"]),
        ("rtllm-v2", "asyn_fifo", "asyn_fifo", "verified_asyn_fifo", ["wfull.txt", "rempty.txt", "tdata.txt"]),
    ],
)
def test_odd_names_of_rtllm(prefix: str, problem_id: str, top: str, reference_top: str, data: list[str]) -> None:
    problem = next(item for item in load_suite(locate(prefix)).problems if item.problem_id == problem_id)
    assert problem.testbench is not None
    assert (problem.top, problem.reference_top) == (top, reference_top)
    assert [file.name for file in problem.testbench.data] == data
