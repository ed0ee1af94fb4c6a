"""How each benchmark scores: one row a rule. A benchmark with a bench of its own is added here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.metrics import (
    Counts,
    Figures,
    measure_biased,
    measure_rtllm,
    measure_truncated,
    measure_unbiased,
)
from pytest_rtlgen.records import BenchRule, Testbench
from pytest_rtlgen.scoring.printed import BenchScore, read_rtllm_score, read_verilog_eval_score
from pytest_rtlgen.scoring.unguarded import UnguardedOutcome, run_rtllm, run_verilog_eval_v1, run_verilog_eval_v2
from pytest_rtlgen.scoring.workplace import Workplace


@dataclass(frozen=True, slots=True, kw_only=True)
class TestbenchRule:
    """How a benchmark's testbenches are read and run."""

    __test__ = False  # its name makes pytest look for tests in it

    read_score: Callable[[Sequence[str]], BenchScore]
    """What a bench's own prints, one text a print, amount to."""
    run_unguarded: Callable[[str, Testbench, Workplace], UnguardedOutcome]
    """What its authors would report of a candidate's text, found out in a folder that holds the bench's data files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringRule:
    """How one benchmark scores."""

    measure: Callable[[Sequence[Counts]], Figures]
    """Its metric, over what the samples of each problem came to."""
    testbench: TestbenchRule | None = None
    """``None``: its benches are cocotb harnesses, whose tests report what they found (``harness_verdict.py``)."""


RULES: Mapping[BenchRule, ScoringRule] = {
    BenchRule.VERILOG_EVAL_V1: ScoringRule(
        measure=measure_unbiased,
        testbench=TestbenchRule(read_score=read_verilog_eval_score, run_unguarded=run_verilog_eval_v1),
    ),
    BenchRule.VERILOG_EVAL_V2: ScoringRule(
        measure=measure_truncated,
        testbench=TestbenchRule(read_score=read_verilog_eval_score, run_unguarded=run_verilog_eval_v2),
    ),
    BenchRule.RTLLM: ScoringRule(
        measure=measure_rtllm, testbench=TestbenchRule(read_score=read_rtllm_score, run_unguarded=run_rtllm)
    ),
    BenchRule.CVDP: ScoringRule(measure=measure_biased),
    BenchRule.COCOTB: ScoringRule(measure=measure_unbiased),
}


def find_rule(rule: BenchRule) -> ScoringRule:
    """Return the row of ``rule``.

    Raises:
        SuiteError: it has none.
    """
    found = RULES.get(rule)
    if found is None:
        raise SuiteError(f"no scoring rule {str(rule)!r}; known are {', '.join(RULES)}")
    return found


def find_testbench_rule(rule: BenchRule) -> TestbenchRule:
    """Return how testbenches of ``rule`` are read and run.

    Raises:
        SuiteError: it has no row, or is one of cocotb harnesses.
    """
    found = find_rule(rule).testbench
    if found is None:
        raise SuiteError(f"the scoring rule {str(rule)!r} is for cocotb harnesses, not for testbenches")
    return found
