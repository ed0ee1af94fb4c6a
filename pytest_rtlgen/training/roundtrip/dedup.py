"""Near duplicates among designs: MinHash finds the pairs to look at, the Jaccard index of their shingles decides.

Source: Broder, "On the resemblance and containment of documents", 1997. Pure and deterministic.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training.roundtrip.code_tokens import cut_shingles, list_tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHINGLE = 5
"""Tokens of one shingle."""
_BANDS = 32
_ROWS = 4
"""32 bands of 4 hashes: a pair at 0.8 is missed once in ten million, one at 0.5 looked at most of the time."""
_SEED = 20250521


def jaccard(left: frozenset[int], right: frozenset[int]) -> float:
    """Return the share of what is in either that is in both; two empty sets are alike."""
    either = len(left | right)
    return len(left & right) / either if either else 1.0


class Likeness(NamedTuple):
    """How alike a design is to an earlier one."""

    name: str
    """The earlier one's."""
    jaccard: float


def find_near_duplicates(sources: Mapping[str, str], *, threshold: float = 0.8) -> dict[str, Likeness]:
    """Return, by name, each design that is alike to an earlier kept one.

    ``sources`` are Verilog texts by name; the first of a family is kept. Names and numbers count, layout does not.

    Raises:
        UsageError: ``threshold`` is not above 0 and at most 1.
    """
    if not 0 < threshold <= 1:
        raise UsageError(f"near-duplicate threshold {threshold}: must be above 0 and at most 1")
    kept: dict[str, frozenset[int]] = {}
    buckets: dict[tuple[int, bytes], list[str]] = defaultdict(list)
    found: dict[str, Likeness] = {}
    for name, source in sources.items():
        shingles = cut_shingles(list_tokens(source), SHINGLE)
        keys = [(band, row.tobytes()) for band, row in enumerate(_sign(shingles).reshape(_BANDS, _ROWS))]
        others = dict.fromkeys(other for key in keys for other in buckets[key])
        best = max(((jaccard(shingles, kept[other]), other) for other in others), default=(0.0, ""))
        if best[0] >= threshold:
            found[name] = Likeness(best[1], best[0])
            continue
        kept[name] = shingles
        for key in keys:
            buckets[key].append(name)
    return found


def _sign(shingles: frozenset[int]) -> "NDArray[np.uint64]":
    """Return the smallest of the shingles under each of 128 hash functions."""
    import numpy as np

    rng = np.random.default_rng(_SEED)
    factors = rng.integers(1, 2**63, size=_BANDS * _ROWS, dtype=np.uint64) | np.uint64(1)
    masks = rng.integers(0, 2**63, size=_BANDS * _ROWS, dtype=np.uint64)
    values = np.fromiter(shingles, dtype=np.uint64, count=len(shingles))
    hashed = (values[:, None] ^ masks[None, :]) * factors[None, :]
    smallest: NDArray[np.uint64] = (hashed >> np.uint64(17)).min(axis=0)
    return smallest
