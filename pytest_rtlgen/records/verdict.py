"""What a check drives, observes and concludes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from pytest_rtlgen.records.finding import Finding, FindingKind
from pytest_rtlgen.records.ports import Port, count_bits


class Status(StrEnum):
    """The outcome of one check. No member blames the harness: that is an exception.

    >>> Status("syntax-error") is Status.SYNTAX_ERROR
    True
    """

    PASSED = "passed"
    NO_CODE = "no-code"
    TRUNCATED = "truncated"
    SYNTAX_ERROR = "syntax-error"
    ELABORATION_ERROR = "elaboration-error"
    INTERFACE_MISMATCH = "interface-mismatch"
    REJECTED = "rejected"
    """Screened out: it reaches outside itself, or uses what no circuit has, such as the simulator's time."""
    MISMATCH = "mismatch"
    RUNTIME_ERROR = "runtime-error"
    EARLY_FINISH = "early-finish"
    TIMEOUT = "timeout"
    RESOURCE_LIMIT = "resource-limit"


class Severity(StrEnum):
    """Weight of a diagnostic."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_UNCOMPILED = {
    *(Status.NO_CODE, Status.TRUNCATED, Status.SYNTAX_ERROR),
    *(Status.ELABORATION_ERROR, Status.INTERFACE_MISMATCH, Status.REJECTED),
}
"""Statuses that a bench's verdict has where the candidate did not get through the compiler."""


class Method(StrEnum):
    """The last stage that looked at a candidate.

    >>> Verdict(status=Status.SYNTAX_ERROR, method=Method.SCREEN).is_compiled
    False
    """

    EXTRACT = "extract"
    SCREEN = "screen"
    COMPILE = "compile"
    SIMULATE = "simulate"
    PROVE = "prove"
    TESTBENCH = "testbench"
    """The benchmark's or the user's own testbench or harness, and nothing of ours."""


class Tool(StrEnum):
    """Who says what a diagnostic holds."""

    EXTRACT = "extract"
    PYSLANG = "pyslang"
    SCREEN = "screen"
    IVERILOG = "iverilog"
    VERILATOR = "verilator"
    YOSYS = "yosys"
    SIMULATOR = "simulator"
    """How the simulation ended, whatever simulated it."""
    COMPARE = "compare"
    PROOF = "proof"
    CROSS_CHECK = "cross-check"
    TESTBENCH = "testbench"
    HARNESS = "harness"
    """A benchmark's cocotb harness."""


class SandboxKind(StrEnum):
    """What is around a program."""

    BUBBLEWRAP = "bubblewrap"
    LANDLOCK = "landlock+seccomp"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One message about a candidate."""

    tool: Tool
    """Who says it."""
    severity: Severity
    message: str
    line: int | None = None
    """Line of the candidate, from 1."""
    file: str = ""
    """Name of the file that ``line`` is in, as ``tool`` has it; empty: the candidate's only one, or not known."""
    kind: FindingKind | None = None
    """Why the candidate is refused; ``None``: it says something else, or is of before there were kinds."""

    @classmethod
    def of(cls, finding: Finding, *, tool: Tool = Tool.SCREEN) -> Self:
        """Return the error that ``finding`` is."""
        error = Severity.ERROR
        return cls(tool=tool, severity=error, message=finding.message, line=finding.line, kind=finding.kind)


STEP_NS = 10
"""Simulated length of one step of a stimulus, in ns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stimulus:
    """What drives a design: one row a step, every input in every row, clocks included.

    A step lasts ``STEP_NS``; its inputs apply at its start and outputs are observed just before its end.
    """

    inputs: tuple[Port, ...]
    """Column order: the first port comes first in a row."""
    rows: bytes
    """``01`` characters, ``steps * width`` of them, row after row, each port most significant bit first."""
    steps: int
    """Number of rows; kept apart because a design without inputs has rows of no width."""
    seed: int = 0

    @property
    def width(self) -> int:
        """Bits of one row."""
        return count_bits(self.inputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a design answered: one row a step, four-state."""

    outputs: tuple[Port, ...]
    """Column order: the first port comes first in a row."""
    rows: bytes
    """``01XZ`` characters, ``steps * width`` of them, row after row, each port most significant bit first."""

    @property
    def width(self) -> int:
        """Characters of one row."""
        return count_bits(self.outputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalVerdict:
    """How one output compared with the reference.

    >>> SignalVerdict(name="sum", checked=100, mismatches=3, expected="101", actual="001").is_right
    False
    """

    name: str
    checked: int
    """Steps at which the reference had at least one known bit here."""
    mismatches: int
    """Steps at which a known bit differed."""
    first_mismatch_ns: float | None = None
    """Simulated time of the first mismatch."""
    expected: str | None = None
    """Reference value there, binary, most significant bit first."""
    actual: str | None = None
    """Candidate value there, likewise."""

    @property
    def is_right(self) -> bool:
        """Whether the output was compared and never differed."""
        return self.checked > 0 and self.mismatches == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveWindow:
    """Values around the first mismatch, for people to read."""

    first_step: int
    """Step of the first column."""
    mismatch_step: int
    """Step of the first mismatch."""
    step_ns: float
    inputs: tuple[tuple[str, tuple[str, ...]], ...]
    """(port, one value a step)."""
    outputs: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    """(port, expected, got)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """What was in force around the candidate."""

    sandbox: SandboxKind
    is_network_cut: bool
    is_filesystem_private: bool
    has_limits: bool


class Proof(StrEnum):
    """What a proof found out about one output, for every input sequence of any length."""

    EQUIVALENT = "equivalent"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """What was tried to be proved about a candidate."""

    outputs: tuple[tuple[str, Proof], ...]
    """One an output, in declared order."""
    reason: str = ""
    """Why something is unknown."""
    counterexamples: tuple[tuple[str, Stimulus], ...] = ()
    """By output: inputs, from power-up, under which it differs."""
    is_out_of_time: bool = False
    """Whether something is unknown because the solver's time was up: more of it may tell."""

    @property
    def result(self) -> Proof:
        """``different`` if any output is, ``equivalent`` if all are."""
        found = {proof for _, proof in self.outputs}
        if Proof.DIFFERENT in found:
            return Proof.DIFFERENT
        return Proof.EQUIVALENT if found == {Proof.EQUIVALENT} else Proof.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check found out about one candidate.

    >>> signals = (
    ...     SignalVerdict(name="sum", checked=100, mismatches=3),
    ...     SignalVerdict(name="carry", checked=100, mismatches=0),
    ... )
    >>> verdict = Verdict(status=Status.MISMATCH, method=Method.SIMULATE, signals=signals)
    >>> verdict.is_passed, verdict.credit
    (False, 0.5)
    """

    status: Status
    method: Method
    """The last stage that looked at it."""
    signals: tuple[SignalVerdict, ...] = ()
    """One an output, in declared order; empty when nothing was simulated."""
    diagnostics: tuple[Diagnostic, ...] = ()
    wave: WaveWindow | None = None
    isolation: Isolation | None = None
    """``None`` when nothing of the candidate was run."""
    equivalence: Equivalence | None = None
    """``None`` when no proof was tried."""
    simulator: str = ""
    """Simulator with version; empty when none was started."""
    duration_s: float = 0.0

    @property
    def is_passed(self) -> bool:
        """Whether the candidate did what the reference does."""
        return self.status is Status.PASSED

    @property
    def is_proved(self) -> bool:
        """Whether it passed and is proved to do what the reference does."""
        return self.is_passed and self.equivalence is not None and self.equivalence.result is Proof.EQUIVALENT

    @property
    def is_compiled(self) -> bool:
        """Whether the candidate got through the compiler ("syntax" in pass@k tables)."""
        if self.method is Method.TESTBENCH:
            return self.status not in _UNCOMPILED
        return self.method in {Method.SIMULATE, Method.PROVE}

    @property
    def credit(self) -> float:
        """Share of outputs that are right, 0.0 … 1.0."""
        if self.status is Status.PASSED:
            return 1.0
        if self.status is not Status.MISMATCH or not self.signals:
            return 0.0
        return sum(signal.is_right for signal in self.signals) / len(self.signals)
