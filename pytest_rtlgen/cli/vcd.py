"""``--vcd``: the values of a check, simulated again, in a file that a waveform viewer opens."""

from pathlib import Path

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.check.waves import Waves
from pytest_rtlgen.cli.arguments import Parser
from pytest_rtlgen.records import Candidate, Problem, Severity, Status, Tool, Verdict
from pytest_rtlgen.report.console import write_note
from pytest_rtlgen.report.wave_file import write_vcd


def add_vcd(parser: Parser) -> None:
    """Declare the option."""
    parser.add_argument(
        "--vcd", metavar="FILE", help="write inputs, expected and actual outputs, and where they differ, as a VCD file"
    )


def save_waves(path: str, checker: Checker, candidate: Candidate, problem: Problem, verdict: Verdict) -> bool:
    """Write the waves under the inputs that decided ``verdict``; return whether there are any. A note says what is.

    Raises:
        BadReferenceError: the problem's reference is no good.
        ToolError: the simulator is missing or broken.
        StorageError: the file cannot be written.
    """
    if not problem.has_reference:
        write_note(f"{path}: not written: the benchmark withholds the reference of {problem.key}")
        return False
    waves = checker.simulate_again(candidate, problem, verdict)
    if waves is None:
        write_note(f"{path}: not written: the candidate does not run ({verdict.status})")
        return False
    write_vcd(Path(path), waves)
    steps = waves.stimulus.steps
    write_note(f"{path}: {steps} step{'' if steps == 1 else 's'}{_explain(waves, verdict)}")
    return True


def _explain(waves: Waves, verdict: Verdict) -> str:
    """Return why the waves do not show what ``verdict`` says; empty where they do."""
    if verdict.status not in {Status.PASSED, Status.MISMATCH}:
        return f", as far as the candidate ran ({verdict.status})"
    if waves.is_wrong is not verdict.is_passed:
        return ""
    if any(item.tool is Tool.CROSS_CHECK and item.severity is Severity.ERROR for item in verdict.diagnostics):
        return "; no output differs in it, as it shows one simulator, and another one found the difference"
    return "; it does not show what the verdict says: other versions of the tools may have made that"
