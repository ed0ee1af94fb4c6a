"""The command line: one file a command. ``docs/reference/command-line.md`` is the contract."""

import os
import sys
import traceback
from collections.abc import Sequence
from io import TextIOWrapper

from pytest_rtlgen.cli.arguments import make_parser, parse_arguments
from pytest_rtlgen.cli.commands import COMMANDS
from pytest_rtlgen.cli.streams import OutputLostError
from pytest_rtlgen.errors import RtlgenError
from pytest_rtlgen.report.console import write_note

EXIT_ERROR = 2
"""The harness could not do what was asked."""
EXIT_DEFECT = 3
"""The harness has a defect."""
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141

__all__ = ["COMMANDS", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status; ``argv`` defaults to the process's own arguments.

    Without any argument the help goes to standard error.
    """
    given = sys.argv[1:] if argv is None else argv
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        if not given:
            make_parser(COMMANDS, given).print_help(sys.stderr)
            return EXIT_ERROR
        args = parse_arguments(COMMANDS, given)
        status: int = args.run(args)
    except OutputLostError as error:
        return _leave_stdout(error)
    except RtlgenError as error:
        write_note(f"error: {error}")
        return EXIT_ERROR
    except KeyboardInterrupt:
        write_note("interrupted")
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
    write_note(f"error: {error}")
    return EXIT_ERROR
