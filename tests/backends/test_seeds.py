"""Seeds of samples."""

import hashlib

from pytest_rtlgen.backends import derive_seed
from pytest_rtlgen.records import SampleKey


def key(index: int = 0, suite: str = "core", problem_id: str = "counter") -> SampleKey:
    return SampleKey(suite=suite, problem_id=problem_id, index=index)


def test_a_seed_is_31_bits_of_a_hash_over_run_seed_suite_problem_and_index() -> None:
    digest = hashlib.sha256(b"7\ncore\ncounter\n0").hexdigest()
    assert derive_seed(7, key()) == int(digest, 16) >> (256 - 31)


def test_every_part_counts() -> None:
    seeds = [
        derive_seed(0, key()),
        derive_seed(1, key()),
        derive_seed(0, key(1)),
        derive_seed(0, key(suite="other")),
        derive_seed(0, key(problem_id="fifo")),
    ]
    assert len(set(seeds)) == 5
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_samples_of_a_run_differ() -> None:
    assert (
        len({derive_seed(0, key(index, problem_id=f"p{place}")) for place in range(50) for index in range(20)}) == 1000
    )
