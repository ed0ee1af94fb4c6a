"""``export-bench``: a self-checking testbench from a reference alone, in Verilog and for cocotb."""

import argparse
from pathlib import Path

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.check.single import make_problem
from pytest_rtlgen.cli.arguments import Parser, add_options, read_options
from pytest_rtlgen.cli.streams import read_text, show_name, write_out
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.evaluation.settings import make_check_settings
from pytest_rtlgen.training.testbench.export import render_testbench, write_testbench


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--reference", metavar="FILE", required=True, help="Verilog file; - is standard input")
    parser.add_argument("--out", dest="folder", metavar="DIR", required=True, help="folder to write the bench to")
    parser.add_argument("--top", metavar="NAME", help="module to test; by default the reference's top module")
    parser.add_argument(
        "--error-rate", metavar="E", default="0", help="share of checks that may mismatch (default: %(default)s)"
    )
    add_options(parser, "simulator", "sandbox", "check-timeout", "stimulus-seed", "cycles")


def run(args: argparse.Namespace) -> int:
    """Write the bench and name its files."""
    try:
        error_rate = float(args.error_rate)
    except ValueError as error:
        raise UsageError(f"--error-rate {args.error_rate}: must be a number of 0 or more and below 1") from error
    settings = make_check_settings(read_options(args), jobs=1)
    problem = make_problem(reference=read_text(args.reference), top=args.top, name=show_name(args.reference))
    with Checker(settings) as checker:
        bench = render_testbench(checker.prepare(problem), error_rate=error_rate)
    folder = Path(args.folder)
    write_testbench(bench, folder)
    write_out("\n".join(f"{folder / name}" for name, _ in bench.files))
    return 0
