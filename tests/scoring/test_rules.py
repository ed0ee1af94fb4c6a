"""Every rule has a row of its own; what has none is an error, never another benchmark's rule."""

from typing import cast

import pytest

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.metrics import Counts
from pytest_rtlgen.records import BenchRule, Status
from pytest_rtlgen.scoring.rules import RULES, find_rule, find_testbench_rule

VERILOG_EVAL = "Mismatches: 0 in 20 samples"
RTLLM = "===========Your Design Passed==========="
COUNTS = (Counts(n=3, compiled=2, passed=1),)


def test_every_rule_has_a_row() -> None:
    assert set(RULES) == set(BenchRule)


@pytest.mark.parametrize(
    ("rule", "text", "status"),
    [
        (BenchRule.VERILOG_EVAL_V1, VERILOG_EVAL, Status.PASSED),
        (BenchRule.VERILOG_EVAL_V2, VERILOG_EVAL, Status.PASSED),
        (BenchRule.RTLLM, RTLLM, Status.PASSED),
        (BenchRule.VERILOG_EVAL_V1, RTLLM, None),
        (BenchRule.VERILOG_EVAL_V2, RTLLM, None),
        (BenchRule.RTLLM, VERILOG_EVAL, Status.MISMATCH),
    ],
)
def test_each_row_reads_its_own_words(rule: BenchRule, text: str, status: Status | None) -> None:
    assert find_testbench_rule(rule).read_score([text]).status is status


@pytest.mark.parametrize("rule", [rule for rule in BenchRule if rule not in {BenchRule.CVDP, BenchRule.COCOTB}])
def test_a_bench_that_prints_nothing_says_nothing(rule: BenchRule) -> None:
    assert find_testbench_rule(rule).read_score([]).status is None


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        (BenchRule.VERILOG_EVAL_V1, ("pass@1", pytest.approx(1 / 3))),
        (BenchRule.VERILOG_EVAL_V2, ("pass rate (per problem cut to whole %)", 0.33)),
        (BenchRule.RTLLM, ("syntax pass@1", pytest.approx(2 / 3))),
        (BenchRule.CVDP, ("pass@1", pytest.approx(1 / 3))),
    ],
)
def test_each_row_has_its_own_metric(rule: BenchRule, first: tuple[str, float]) -> None:
    name, found = find_rule(rule).measure(COUNTS)[0]
    assert (name, found.value) == first


def test_a_rule_without_a_row_is_an_error() -> None:
    with pytest.raises(SuiteError, match=r"no scoring rule 'other'; known are verilog-eval-v1, .*cvdp"):
        find_rule(cast("BenchRule", "other"))
    with pytest.raises(SuiteError, match="no scoring rule 'other'"):
        find_testbench_rule(cast("BenchRule", "other"))


def test_a_rule_of_harnesses_reads_no_testbench() -> None:
    with pytest.raises(SuiteError, match="'cvdp' is for cocotb harnesses, not for testbenches"):
        find_testbench_rule(BenchRule.CVDP)
