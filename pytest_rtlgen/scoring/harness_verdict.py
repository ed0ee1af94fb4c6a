"""What the runs of a harness amount to."""

import re
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pytest_rtlgen.errors import BadReferenceError, ToolError
from pytest_rtlgen.records import BenchVerdict, Diagnostic, Severity, Status, Tool
from pytest_rtlgen.scoring.harness_run import HarnessRecord, HarnessRun, SimulationRecord
from pytest_rtlgen.scoring.workplace import explain_end
from pytest_rtlgen.tools.process import Limits

_TESTS_FAILED = 1
"""pytest's exit status for failed tests; what is above it, the harness itself has to answer for."""
_STATUSES = {"SimFailure": Status.EARLY_FINISH, "SimTimeoutError": Status.TIMEOUT}
"""By the class of what ended a cocotb test: the design ended the simulation, or a test gave up waiting."""
_KILLED = re.compile(r"(?:return code:|terminated with error) -(\d+)")
_OUT_OF_MEMORY = re.compile(r"bad_alloc|out of memory", re.IGNORECASE)
_SYNTAX = re.compile(r"syntax error|error: (?:invalid module item|malformed statement)")
_RAISED = re.compile(r"^\w*(?:Error|Exception): .+$", re.MULTILINE)
_REFUSED = re.compile(r"^\S*?([^/\s:]+):(\d+): ((?:syntax )?error\b.*)$", re.MULTILINE)
_MOST_DIAGNOSTICS = 10
_MOST_LINES = 3


def passes_commands(runs: Sequence[HarnessRun]) -> bool:
    """Return whether every command ended in time with exit status 0, which is all that CVDP asks."""
    return all(run.done.exit_code == 0 and not run.done.is_timeout for run in runs)


def count_tests(runs: Sequence[HarnessRun]) -> int:
    """Return how many cocotb tests ran, in all simulations."""
    return sum(_count(simulation) for record in _list_records(runs) for simulation in record.simulations)


def judge_runs(runs: Sequence[HarnessRun], limits: Limits, *, least_tests: int) -> BenchVerdict:
    """Return the verdict on the candidate that was run; fewer than ``least_tests`` cocotb tests are no pass.

    Raises:
        BadReferenceError: the harness could not be loaded, or holds no test.
        ToolError: the harness did not start.
    """
    is_passed = passes_commands(runs)
    for run in runs:
        found = _judge_run(run, limits)
        if found is not None:
            return _conclude(*found, is_passed_unguarded=is_passed)
    ran = count_tests(runs)
    empty = any(not _count(simulation) for record in _list_records(runs) for simulation in record.simulations)
    if ran < least_tests or empty:
        message = (
            f"{ran} cocotb tests ran; with the published solution, {least_tests}"
            if least_tests
            else "no cocotb test ran"
        )
        return _conclude(Status.EARLY_FINISH, [_diagnose(message)], is_passed_unguarded=is_passed)
    return BenchVerdict(status=Status.PASSED, is_passed_unguarded=is_passed, samples=ran)


def _judge_run(run: HarnessRun, limits: Limits) -> tuple[Status, list[Diagnostic]] | None:
    """Return status and reasons of a command that did not pass; ``None``: it passed."""
    record = run.record
    if run.done.is_timeout:
        return Status.TIMEOUT, [_diagnose(f"the harness did not end within {limits.wall_s:g} s")]
    if record is not None and record.log_bytes >= limits.file_mib << 20:
        return Status.RESOURCE_LIMIT, [_diagnose(f"the simulation printed more than {limits.file_mib} MiB")]
    if record is None:
        return _explain_death(run, limits)
    _refuse_broken(record)
    if record.exit_code == 0:
        return None
    return _judge_build(record, run) or _judge_simulations(record, run) or _judge_tests(record)


def _explain_death(run: HarnessRun, limits: Limits) -> tuple[Status, list[Diagnostic]]:
    """Return why a harness was killed before it could tell what happened."""
    status, reason = explain_end(run.done, limits, is_compiled=True)
    if status is Status.EARLY_FINISH:
        raise ToolError(f"the harness cannot be started: {_last_line(run.done.output)}")
    return status, [_diagnose(reason)]


def _refuse_broken(record: HarnessRecord) -> None:
    if record.broken:
        raise BadReferenceError(f"the harness cannot be loaded: {_last_line(record.broken[0].reason)}")
    if record.exit_code > _TESTS_FAILED and not record.tests:
        raise BadReferenceError(f"the harness ran no test (exit status {record.exit_code}); is its command right?")


def _judge_build(record: HarnessRecord, run: HarnessRun) -> tuple[Status, list[Diagnostic]] | None:
    build = next((build for build in record.builds if build.failed), None)
    if build is None:
        return None
    log = build.log or run.done.output
    status = Status.SYNTAX_ERROR if _SYNTAX.search(log) else Status.ELABORATION_ERROR
    found = [_quote(*item) for item in _REFUSED.findall(log)]
    return status, [*found[:_MOST_DIAGNOSTICS], _diagnose("the simulator's compiler refused the design")]


def _judge_simulations(record: HarnessRecord, run: HarnessRun) -> tuple[Status, list[Diagnostic]] | None:
    faults = [
        (test.name, test.fault, test.message)
        for simulation in record.simulations
        for test in simulation.tests or ()
        if test.fault
    ]
    if faults:
        status = next((_STATUSES[fault] for _, fault, _ in faults if fault in _STATUSES), Status.MISMATCH)
        return status, [_diagnose(f"{name}: {_first_lines(text) or fault}") for name, fault, text in faults]
    lost = next((simulation for simulation in record.simulations if simulation.tests is None), None)
    return None if lost is None else _explain_loss(lost, run)


def _explain_loss(lost: SimulationRecord, run: HarnessRun) -> tuple[Status, list[Diagnostic]]:
    """Return why a simulation left no results."""
    killed = _KILLED.search(lost.ending)
    number = int(killed[1]) if killed else 0
    if number == signal.SIGXCPU:
        return Status.TIMEOUT, [_diagnose("the simulation used all the CPU time that it may")]
    if number == signal.SIGXFSZ:
        return Status.RESOURCE_LIMIT, [_diagnose("the simulation wrote more than it may")]
    if _OUT_OF_MEMORY.search(lost.log or run.done.output):
        return Status.RESOURCE_LIMIT, [_diagnose("the simulation ran out of memory")]
    if number:
        return Status.RUNTIME_ERROR, [_diagnose(f"the simulator was killed by signal {number}")]
    raised = _RAISED.findall(lost.log or run.done.output)
    reason = lost.ending or (raised[-1] if raised else "no reason given")
    return Status.EARLY_FINISH, [_diagnose(f"the simulation left no results ({reason})")]


def _judge_tests(record: HarnessRecord) -> tuple[Status, list[Diagnostic]]:
    failed = [test for test in record.tests if test.outcome == "failed"]
    diagnostics = [_diagnose(f"{test.id.rpartition('::')[2]}: {_first_lines(test.message)}") for test in failed]
    return Status.MISMATCH, diagnostics or [_diagnose(f"the harness ended with exit status {record.exit_code}")]


def _count(simulation: SimulationRecord) -> int:
    return sum(not test.is_skipped for test in simulation.tests or ())


def _list_records(runs: Sequence[HarnessRun]) -> Iterator[HarnessRecord]:
    return (run.record for run in runs if run.record is not None)


def _conclude(status: Status, diagnostics: Sequence[Diagnostic], *, is_passed_unguarded: bool) -> BenchVerdict:
    found = tuple(diagnostics[:_MOST_DIAGNOSTICS])
    return BenchVerdict(status=status, is_passed_unguarded=is_passed_unguarded, diagnostics=found)


def _quote(file: str, line: str, what: str) -> Diagnostic:
    return replace(_diagnose(f"{file}: {what}"), line=int(line), file=file)


def _diagnose(message: str) -> Diagnostic:
    return Diagnostic(tool=Tool.HARNESS, severity=Severity.ERROR, message=message)


def _first_lines(text: str) -> str:
    """Return what an assertion says, and, where it says something of its own, the values that follow."""
    return "; ".join(line.strip() for line in text.strip().splitlines()[:_MOST_LINES])


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]
