"""``--vcd`` and ``--fst``: the values of a check, simulated again, in a file that a waveform viewer opens."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.check.waves import Waves
from pytest_rtlgen.cli.arguments import Parser
from pytest_rtlgen.records import Candidate, Problem, Severity, Status, Tool, Verdict
from pytest_rtlgen.report.console import write_note
from pytest_rtlgen.report.fst_file import write_fst
from pytest_rtlgen.report.wave_file import write_vcd

WRITERS: Mapping[str, Callable[[Path, Waves], None]] = {"vcd": write_vcd, "fst": write_fst}
"""By the option's name."""


def add_wave_options(parser: Parser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--vcd", metavar="FILE", help="write inputs, expected and actual outputs, and where they differ, as a VCD file"
    )
    parser.add_argument("--fst", metavar="FILE", help="write the same as an FST file, which is smaller")


def list_wave_options(args: argparse.Namespace) -> dict[str, str]:
    """Return the files to be written, by the names of their options."""
    return {name: getattr(args, name) for name in WRITERS if getattr(args, name)}


def save_waves(
    paths: Mapping[str, str], checker: Checker, candidate: Candidate, problem: Problem, verdict: Verdict
) -> bool:
    """Write the waves under the inputs that decided ``verdict``; return whether there are any. A note says what is.

    ``paths`` are those of ``list_wave_options``.

    Raises:
        BadReferenceError: the problem's reference is no good.
        ToolError: the simulator is missing or broken, or a library is not installed.
        StorageError: a file cannot be written.
    """
    shown = ", ".join(paths.values())
    if not problem.has_reference:
        write_note(f"{shown}: not written: the benchmark withholds the reference of {problem.key}")
        return False
    waves = checker.simulate_again(candidate, problem, verdict)
    if waves is None:
        write_note(f"{shown}: not written: the candidate does not run ({verdict.status})")
        return False
    steps = waves.stimulus.steps
    for name, path in paths.items():
        WRITERS[name](Path(path), waves)
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
