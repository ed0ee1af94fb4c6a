"""The command line: one file a command. ``docs/reference/command-line.md`` is the contract."""

import os
import sys
import traceback
from collections.abc import Sequence
from io import TextIOWrapper

from pytest_rtlgen.cli.arguments import Command, make_parser
from pytest_rtlgen.cli.streams import OutputLostError
from pytest_rtlgen.errors import RtlgenError
from pytest_rtlgen.report.console import say

COMMANDS: tuple[Command, ...] = (
    Command(
        name="check",
        module="check",
        help="check the answers of a run, or a candidate against a reference, output by output",
    ),
    Command(name="extract", module="extract", help="print the Verilog in a model's answer, read from standard input"),
    Command(
        name="selfcheck",
        module="selfcheck",
        help="check a suite: each reference passes against itself, modules that do nothing fail",
    ),
    Command(
        name="export-bench",
        module="export_bench",
        help="write a self-checking testbench made from a reference alone",
    ),
    Command(name="generate", module="generate", help="ask a model for completions, and check nothing"),
    Command(
        name="rescore",
        module="rescore",
        help="check the answers of a run again with other settings, into a new run, and say which verdicts changed",
    ),
    Command(name="prompts", module="prompts", help="write what a model would be asked, and ask none"),
    Command(name="report", module="report", help="print the summary of a saved run"),
    Command(name="best-of", module="best_of", help="print the best of several saved runs (optimistic)"),
    Command(name="curve", module="curve", help="print pass@1 of a saved run against the response budget"),
    Command(
        name="roundtrip",
        module="roundtrip",
        help="make training pairs: code, a description, code again, kept when both do the same",
    ),
    Command(
        name="preferences",
        module="preferences",
        help="make preference pairs out of a saved run, with the text that drives each differing output",
    ),
    Command(name="suites", module="suites", help="list, explain, fetch and check published benchmarks"),
    Command(name="serve", module="serve", help="serve rewards over HTTP to trainers"),
    Command(name="doctor", module="doctor", help="say what this machine offers and what is missing"),
)
EXIT_ERROR = 2
"""The harness could not do what was asked."""
EXIT_DEFECT = 3
"""The harness has a defect."""
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141

__all__ = ["COMMANDS", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status; ``argv`` defaults to the process's own arguments."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        args = make_parser(COMMANDS, sys.argv[1:] if argv is None else argv).parse_args(argv)
        status: int = args.run(args)
    except OutputLostError as error:
        return _leave_stdout(error)
    except RtlgenError as error:
        say(f"error: {error}")
        return EXIT_ERROR
    except KeyboardInterrupt:
        say("interrupted")
        return EXIT_INTERRUPTED
    except Exception:  # noqa: BLE001  the status must not be 1, which is a verdict
        sys.stderr.write(traceback.format_exc())
        return EXIT_DEFECT
    return status


def _leave_stdout(error: OutputLostError) -> int:
    """Return the exit status, and let nothing more fail on a standard output that takes nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error.__cause__, BrokenPipeError):
        return EXIT_BROKEN_PIPE
    say(f"error: {error}")
    return EXIT_ERROR
