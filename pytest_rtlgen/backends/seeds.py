"""One seed a sample: requests that share a seed repeat each other's answers."""

import hashlib
import json

from pytest_rtlgen.records import SampleKey


def derive_seed(run_seed: int, key: SampleKey) -> int:
    """Return the seed of one sample, 0 … 2**31 - 1: the first 31 bits of a SHA-256 over the run's seed and the key."""
    text = json.dumps([run_seed, key.suite, key.problem_id, key.index])
    return int.from_bytes(hashlib.sha256(text.encode("ascii")).digest()[:4], "big") >> 1
