"""The text rules by which benchmarks score: what a bench's own words amount to.

Source: ``analyze_result`` in ``scripts/sv-iv-analyze`` of github.com/NVlabs/verilog-eval; ``auto_run.py`` of
github.com/hkust-zhiyao/RTLLM ("Pass" or "pass" anywhere in the output).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_rtlgen.records import BenchRule, OutputMismatches, Status

_TOTAL = re.compile(r"^Mismatches: (\d+) in (\d+) samples$", re.MULTILINE)
_OUTPUT = re.compile(r"^Hint: Output '([^'\n]*)' has (?:no|(\d+)) mismatches\.", re.MULTILINE)
_FATAL_PHRASES = (
    "syntax error",
    "error: This assignment requires an explicit cast",
    "error: Sized numeric constant must have a size greater than zero",
    "warning: always_comb process has no sensitivities",
    "found no sensitivities so it will never trigger",
    "is declared here as wire",
    "Unknown module type",
    "Unable to bind wire/reg/memory `clk'",
    "TIMEOUT",
)
"""Any of them in the log fails the candidate, whatever else stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchScore:
    """What a bench said about one run."""

    status: Status | None
    """``passed``, ``mismatch`` or ``timeout``; ``None``: the bench reached no conclusion."""
    samples: int = 0
    """Samples that were compared; 0 where the bench does not say."""
    mismatches: int = 0
    outputs: tuple[OutputMismatches, ...] = ()


def read_score(said: Sequence[str], rule: BenchRule) -> BenchScore:
    """Return what the bench's own prints ``said``, one text a print, amount to."""
    if rule is BenchRule.RTLLM:
        return BenchScore(status=_judge_words("\n".join(said)) if said else None)
    text = "\n".join(said)
    outputs = tuple(OutputMismatches(name=name, mismatches=int(count or 0)) for name, count in _OUTPUT.findall(text))
    totals = _TOTAL.findall(text)
    if "TIMEOUT" in text:
        return BenchScore(status=Status.TIMEOUT, outputs=outputs)
    if len(totals) != 1:
        return BenchScore(status=None, outputs=outputs)
    mismatches, samples = map(int, totals[0])
    status = Status.MISMATCH if mismatches else Status.PASSED
    return BenchScore(status=status, samples=samples, mismatches=mismatches, outputs=outputs)


def passes_published(log: str, rule: BenchRule) -> bool:
    """Return whether ``log``, compiler and simulator merged, passes as the benchmark's authors score it.

    A candidate may print whatever this looks for: it tells what others would have reported, and decides nothing.
    """
    if rule is BenchRule.RTLLM:
        return _judge_words(log) is Status.PASSED
    if "error" in log or any(phrase in log for phrase in _FATAL_PHRASES):
        return False
    return any(int(mismatches) == 0 for mismatches, _ in _TOTAL.findall(log))


def _judge_words(text: str) -> Status:
    return Status.PASSED if "Pass" in text or "pass" in text else Status.MISMATCH
