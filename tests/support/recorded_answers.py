"""The recorded answers to the core suite, and the verdicts that were written down by reading them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.records import Status, Verdict

RECORDINGS = Path(__file__).parents[2] / "fixtures" / "completions" / "core"
Finding = tuple[Status, list[str]]
"""A status, and the names of the wrong outputs where it is a mismatch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One row of an ``expected.toml``."""

    file: str
    expected: Finding


def read_expectations(name: str) -> list[Expectation]:
    """Return what is expected of each answer to the problem ``name``, by sample index."""
    rows = tomllib.loads((RECORDINGS / name / "expected.toml").read_text(encoding="utf-8"))["completion"]
    found = []
    for row in rows:
        status = Status(row["status"])
        outputs = row.get("wrong_outputs", []) if status is Status.MISMATCH else []
        found.append(Expectation(file=row["file"], expected=(status, sorted(outputs))))
    return found


def describe(verdict: Verdict) -> Finding:
    """Return the status and the wrong outputs of ``verdict``."""
    return verdict.status, sorted(signal.name for signal in verdict.signals if signal.mismatches)
