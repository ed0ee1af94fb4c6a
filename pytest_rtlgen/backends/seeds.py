"""One seed per sample, derived from the run's."""

import hashlib

from pytest_rtlgen.records import SampleKey


def derive_seed(run_seed: int, key: SampleKey) -> int:
    """Return the first 31 bits of a SHA-256 over the run's seed and the sample's key, the same on any machine."""
    text = f"{run_seed}\n{key.suite}\n{key.problem_id}\n{key.index}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
