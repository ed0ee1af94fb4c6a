"""Problems of published benchmarks that cannot be judged, or are judged wrongly, with evidence; data in TOML."""

from pytest_rtlgen.known_bad.entries import Kind, KnownBad, KnownBadList, KnownOpening
from pytest_rtlgen.known_bad.read import load_known_bad, load_known_openings, read_known_bad, read_known_openings

__all__ = [
    "Kind",
    "KnownBad",
    "KnownBadList",
    "KnownOpening",
    "load_known_bad",
    "load_known_openings",
    "read_known_bad",
    "read_known_openings",
]
