"""A benchmark's own scorer for one problem, and what it says of a candidate."""

from dataclasses import dataclass
from enum import StrEnum

from pytest_rtlgen.records.source import SourceFile
from pytest_rtlgen.records.verdict import Diagnostic, Status


class BenchRule(StrEnum):
    """Whose text rule a testbench follows."""

    VERILOG_EVAL_V1 = "verilog-eval-v1"
    VERILOG_EVAL_V2 = "verilog-eval-v2"
    RTLLM = "rtllm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Testbench:
    """A benchmark's testbench for one problem, all of it trusted text."""

    __test__ = False  # its name makes pytest look for tests in it

    rule: BenchRule
    bench: SourceFile
    bench_top: str
    top: str
    """Name of the module that the bench instantiates and a candidate defines."""
    reference: SourceFile
    """A design that passes the bench; candidates must have its ports and reach its number of samples."""
    reference_top: str
    companions: tuple[SourceFile, ...] = ()
    """What else is compiled with the bench, e.g. VerilogEval's ``RefModule``."""
    data: tuple[SourceFile, ...] = ()
    """Files that the bench reads while it runs, under their names."""
    timescale: str = "1ns/1ns"
    """For texts without one of their own; candidates always have this one."""
    timeout_s: float = 30.0
    """CPU seconds of each program that is run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CocotbHarness:
    """A benchmark's cocotb tests for one problem, all of it trusted text."""

    files: tuple[SourceFile, ...]
    """Tests and their settings, under their paths in the work folder, such as ``src/test_runner.py``."""
    context: tuple[SourceFile, ...] = ()
    """What the work folder holds before the candidate's files are put there, under their paths."""
    targets: tuple[str, ...]
    """Paths of the files that a candidate writes."""
    solution: tuple[SourceFile, ...] = ()
    """The published solution, under the targets' paths; empty where the benchmark withholds it."""
    timeout_s: float = 120.0
    """Wall-clock seconds of the whole run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputMismatches:
    """What a bench counted for one output."""

    name: str
    mismatches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedVerdict:
    """What a benchmark's own testbench or harness found out about one candidate."""

    status: Status
    """From values and lines out of the candidate's reach."""
    published: bool | None = None
    """Whether the benchmark's unguarded text rule passes it; ``None``: not asked, or no sandbox to try it in."""
    code: str = ""
    """The benchmark's own word or letter for the outcome, such as VerilogEval's ``R``; empty: not asked."""
    is_syntax_right: bool | None = None
    """Whether the benchmark counts it as compiled; ``None``: not asked."""
    samples: int = 0
    """Samples that the bench compared; 0 where it does not say."""
    mismatches: int = 0
    outputs: tuple[OutputMismatches, ...] = ()
    """Per output, where the bench reports them."""
    diagnostics: tuple[Diagnostic, ...] = ()
    duration_s: float = 0.0

    @property
    def is_passed(self) -> bool:
        """Whether the testbench passed it."""
        return self.status is Status.PASSED
