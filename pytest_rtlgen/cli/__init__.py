"""The command line: one file a command. ``docs/reference/command-line.md`` is the contract."""

import os
import sys
import traceback
from collections.abc import Sequence
from io import TextIOWrapper

from pytest_rtlgen.cli import (
    best_of,
    check,
    curve,
    doctor,
    export_bench,
    extract,
    generate,
    preferences,
    prompts,
    report,
    rescore,
    roundtrip,
    selfcheck,
    serve,
    suites,
)
from pytest_rtlgen.cli.arguments import Command, make_parser
from pytest_rtlgen.cli.streams import OutputLostError, say
from pytest_rtlgen.errors import RtlgenError

COMMANDS: tuple[Command, ...] = (
    check.COMMAND,
    extract.COMMAND,
    selfcheck.COMMAND,
    export_bench.COMMAND,
    generate.COMMAND,
    rescore.COMMAND,
    prompts.COMMAND,
    report.COMMAND,
    best_of.COMMAND,
    curve.COMMAND,
    roundtrip.COMMAND,
    preferences.COMMAND,
    suites.COMMAND,
    serve.COMMAND,
    doctor.COMMAND,
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
        args = make_parser(COMMANDS).parse_args(argv)
        status: int = args.run(args)
    except RtlgenError as error:
        say(f"error: {error}")
        return EXIT_ERROR
    except KeyboardInterrupt:
        say("interrupted")
        return EXIT_INTERRUPTED
    except OutputLostError as error:
        return _leave_stdout(error)
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
