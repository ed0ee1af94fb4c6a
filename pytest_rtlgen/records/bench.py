"""A benchmark's bench for one problem, and what it finds out about a candidate."""

from dataclasses import dataclass
from enum import StrEnum

from pytest_rtlgen.records.source import SourceFile
from pytest_rtlgen.records.verdict import Diagnostic, Status

HARNESS_FOLDER = "/code/rundir"
"""Where a harness's commands start, as its container names it."""


class BenchRule(StrEnum):
    """Whose rules a bench is read and counted by."""

    VERILOG_EVAL_V1 = "verilog-eval-v1"
    VERILOG_EVAL_V2 = "verilog-eval-v2"
    RTLLM = "rtllm"
    CVDP = "cvdp"
    COCOTB = "cocotb"
    """A user's own bench."""


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
    """For texts that have none; candidates always have this one."""
    timeout_s: float = 30.0
    """CPU seconds of each program that is run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HarnessCommand:
    """One Python program that a harness runs."""

    module: str = ""
    """Module to run, as ``pytest``; empty: ``script`` is run."""
    script: str = ""
    arguments: tuple[str, ...] = ()
    folder: str = HARNESS_FOLDER
    """Where it starts, as the container names it."""
    settings: tuple[tuple[str, str], ...] = ()
    """Environment variables that it starts with."""
    needs_last: bool = False
    """Whether it runs only where the command before it ended with exit status 0."""
    decides: bool = True
    """Whether its exit status counts; a shell forgets that of a list which another follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CocotbHarness:
    """A benchmark's or a user's cocotb tests for one problem, all of it trusted text."""

    rule: BenchRule = BenchRule.CVDP
    files: tuple[SourceFile, ...]
    """Tests and their settings, under their paths in the work folder, such as ``src/test_runner.py``."""
    context: tuple[SourceFile, ...] = ()
    """What the work folder holds before the candidate's files are put there, under their paths."""
    targets: tuple[str, ...]
    """Paths of the files that a candidate writes."""
    solution: tuple[SourceFile, ...] = ()
    """The published solution, under the targets' paths; empty where the benchmark withholds it."""
    commands: tuple[HarnessCommand, ...] = ()
    """What it runs, in order."""
    notes: tuple[str, ...] = ()
    """What is otherwise here than the harness asks for."""
    top: str = ""
    """Name of the module that its tests simulate; empty: it does not tell."""
    sources: tuple[str, ...] = ()
    """Paths of the files that it compiles, in order; empty: it does not tell."""
    timeout_s: float = 120.0
    """Wall-clock seconds of the whole run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputMismatches:
    """What a bench counted for one output."""

    name: str
    mismatches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchVerdict:
    """What a benchmark's testbench or harness found out about one candidate."""

    status: Status
    """From values and lines out of the candidate's reach."""
    is_passed_unguarded: bool | None = None
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
        """Whether the bench passed it, out of its reach."""
        return self.status is Status.PASSED

    @property
    def is_counted_as_passed(self) -> bool:
        """Whether the benchmark's authors would pass it; where that was not tried, whether the guarded bench does."""
        return self.is_passed if self.is_passed_unguarded is None else self.is_passed_unguarded
