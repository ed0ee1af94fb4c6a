"""``history``: pass@k of the finished runs in a folder, over time."""

import argparse
from pathlib import Path

from pytest_rtlgen.cli.arguments import Parser
from pytest_rtlgen.cli.streams import write_file, write_json, write_out
from pytest_rtlgen.evaluation.run_history import read_history
from pytest_rtlgen.report.console import write_note
from pytest_rtlgen.report.history import render_history, render_svg
from pytest_rtlgen.storage import encode


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "out", metavar="OUT", nargs="?", default=".rtlgen/runs", help="folder of runs (default: %(default)s)"
    )
    parser.add_argument("--k", type=int, default=1, metavar="K", help="of pass@k (default: %(default)s)")
    parser.add_argument("--suite", metavar="NAME", help="runs on the suite of this name only")
    parser.add_argument("--model", metavar="SPEC", help="runs of this model only")
    parser.add_argument("--svg", metavar="FILE", help="write the plot as a drawing too")
    parser.add_argument("--json", action="store_true", help="print the runs as one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print a line and an interval a run; runs that are left out are named on standard error."""
    history = read_history(Path(args.out), args.k, suite=args.suite, model=args.model)
    if args.svg:
        write_file(Path(args.svg), render_svg(history.rows))
    if args.json:
        write_json({"runs": encode(history.rows), "left_out": list(history.left_out)})
    else:
        write_out(render_history(history.rows))
    for line in history.left_out:
        write_note(line)
    return 0
