"""What the record of a run amounts to, by what stands in it."""

from dataclasses import replace

import pytest

from pytest_rtlgen.errors import BadReferenceError, ToolError
from pytest_rtlgen.records import Status
from pytest_rtlgen.scoring.harness_run import (
    BrokenFile,
    BuildRecord,
    CocotbRecord,
    HarnessRecord,
    HarnessRun,
    SimulationRecord,
    TestRecord,
)
from pytest_rtlgen.scoring.harness_verdict import judge_runs, passes_commands
from pytest_rtlgen.tools.process import Limits, ProcessResult

LIMITS = Limits(wall_s=9, file_mib=1)
RIGHT = CocotbRecord(name="right", fault="", message="", is_skipped=False)
WRONG = CocotbRecord(name="wrong", fault="AssertionError", message="got 3\nmore", is_skipped=False)
ENDED = CocotbRecord(name="ended", fault="SimFailure", message="", is_skipped=False)
LATE = CocotbRecord(name="late", fault="SimTimeoutError", message="", is_skipped=False)
SKIPPED = replace(RIGHT, is_skipped=True)
FAILED = TestRecord(id="t.py::test_it", outcome="failed", message="AssertionError: 12 cells\nwhere")
DONE = ProcessResult(exit_code=0, is_timeout=False, output="", stdout=b"", duration_s=1.0)


def simulate(*tests: CocotbRecord) -> SimulationRecord:
    return SimulationRecord(tests=tests, ending="", log="")


def lose(ending: str, log: str = "") -> SimulationRecord:
    return SimulationRecord(tests=None, ending=ending, log=log)


def record(*simulations: SimulationRecord, **changes: object) -> HarnessRecord:
    passed = TestRecord(id="t.py::test_it", outcome="passed", message="")
    fields: dict[str, object] = {"exit_code": 0, "broken": (), "tests": (passed,), "builds": (), "log_bytes": 9}
    return HarnessRecord(**{**fields, "simulations": simulations, **changes})  # type: ignore[arg-type]


def run(found: HarnessRecord | None, **changes: object) -> HarnessRun:
    code = 1 if found is None else found.exit_code
    return HarnessRun(done=replace(DONE, exit_code=code, **changes), record=found)  # type: ignore[arg-type]


def build(log: str) -> HarnessRecord:
    return record(exit_code=1, tests=(FAILED,), builds=(BuildRecord(failed=True, log=log),))


@pytest.mark.parametrize(
    ("found", "status", "message"),
    [
        (record(simulate(RIGHT)), Status.PASSED, ""),
        (record(), Status.PASSED, ""),
        (record(simulate(RIGHT), simulate()), Status.EARLY_FINISH, "no cocotb test ran"),
        (record(simulate(SKIPPED)), Status.EARLY_FINISH, "no cocotb test ran"),
        (record(simulate(RIGHT, WRONG), exit_code=1), Status.MISMATCH, "wrong: got 3"),
        (record(simulate(WRONG, ENDED), exit_code=1), Status.EARLY_FINISH, "wrong: got 3"),
        (record(simulate(LATE), exit_code=1), Status.TIMEOUT, "late: SimTimeoutError"),
        (record(simulate(RIGHT), exit_code=1, tests=(FAILED,)), Status.MISMATCH, "test_it: AssertionError: 12 cells"),
        (record(lose("RuntimeError: return code: -24"), exit_code=1), Status.TIMEOUT, "all the CPU time"),
        (record(lose("RuntimeError: return code: -25"), exit_code=1), Status.RESOURCE_LIMIT, "wrote more"),
        (record(lose("RuntimeError: return code: -6", "bad_alloc"), exit_code=1), Status.RESOURCE_LIMIT, "memory"),
        (record(lose("RuntimeError: return code: -11"), exit_code=1), Status.RUNTIME_ERROR, "killed by signal 11"),
        (record(lose("SystemExit: 0"), exit_code=1), Status.EARLY_FINISH, "left no results (SystemExit: 0)"),
        (record(simulate(RIGHT), log_bytes=1 << 20), Status.RESOURCE_LIMIT, "printed more than 1 MiB"),
        (build("/code/rtl/a.sv:3: syntax error\n"), Status.SYNTAX_ERROR, "a.sv: syntax error"),
        (build("/code/rtl/a.sv:7: error: Unknown module type: b\n"), Status.ELABORATION_ERROR, "a.sv: error: Unknown"),
    ],
)
def test_what_a_record_amounts_to(found: HarnessRecord, status: Status, message: str) -> None:
    verdict = judge_runs([run(found)], LIMITS, least_tests=0)
    assert verdict.status is status
    assert message in (verdict.diagnostics[0].message if verdict.diagnostics else "")
    assert verdict.is_passed_unguarded is (found.exit_code == 0)


def test_a_refused_design_is_told_with_its_line() -> None:
    verdict = judge_runs([run(build("/code/rtl/a.sv:7: error: Unknown module type: b\n"))], LIMITS, least_tests=0)
    assert (verdict.diagnostics[0].file, verdict.diagnostics[0].line) == ("a.sv", 7)


def test_every_command_must_pass() -> None:
    runs = [run(record(simulate(RIGHT))), run(record(exit_code=1, tests=(FAILED,)))]
    assert not passes_commands(runs)
    assert judge_runs(runs, LIMITS, least_tests=0).status is Status.MISMATCH


def test_tests_of_all_simulations_count() -> None:
    runs = [run(record(simulate(RIGHT), simulate(RIGHT, SKIPPED)))]
    assert judge_runs(runs, LIMITS, least_tests=2).status is Status.PASSED
    assert judge_runs(runs, LIMITS, least_tests=3).status is Status.EARLY_FINISH


def test_a_run_that_was_killed_for_its_time_is_a_time_out() -> None:
    verdict = judge_runs([run(None, is_timeout=True)], LIMITS, least_tests=0)
    assert (verdict.status, verdict.diagnostics[0].message) == (Status.TIMEOUT, "the harness did not end within 9 s")


@pytest.mark.parametrize(
    ("found", "kind", "message"),
    [
        (
            run(record(exit_code=2, broken=(BrokenFile(reason="E\nSyntaxError: x"),), tests=())),
            BadReferenceError,
            "loaded: SyntaxError: x",
        ),
        (run(record(exit_code=5, tests=())), BadReferenceError, r"ran no test \(exit status 5\)"),
        (run(None, output="bwrap: no room\n"), ToolError, "the harness cannot be started: bwrap: no room"),
    ],
)
def test_a_broken_harness_raises(found: HarnessRun, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        judge_runs([found], LIMITS, least_tests=0)
