"""What an executor is: where the answers of a run are checked."""

from dataclasses import dataclass
from typing import Protocol

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.records import Completion, Environment, Problem, SampleResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorSettings:
    """How answers are checked; plain data, so that it can be sent anywhere."""

    check: CheckSettings = CheckSettings()  # noqa: RUF009  frozen
    scoring: ScoringMode = ScoringMode.BOTH
    workers: int | None = None
    """Answers checked at once, as the user asked for; ``None``: as many as there are cores."""


class Executor(Protocol):
    """Checks one answer at a time a thread, in this process or anywhere else. Thread-safe.

    What is queued, stored and counted is none of its business: whoever calls it has exactly one result of an answer,
    or an exception that says nothing about the model.
    """

    @property
    def workers(self) -> int:
        """How many answers are checked at once: so many threads call ``check``.

        Raises:
            ToolError: what does the checks cannot be reached.
        """

    def describe(self) -> Environment:
        """Return the versions that its verdicts depend on, the same for every verdict.

        The tools name the simulator: ``("simulator", "Icarus Verilog 12.0")``.

        Raises:
            ToolError: the simulator is missing.
        """

    def check(self, problem: Problem, completion: Completion) -> SampleResult:
        """Return the result of one answer.

        Raises:
            BadReferenceError: the problem's reference is no good.
            SuiteError: there is neither a reference nor a bench to judge by.
            ToolError: the simulator is missing or broken, or whoever checked was lost too often.
        """

    def close(self) -> None:
        """End every process; the next check starts afresh."""
