"""``prompts``: what a model would be asked, written to files."""

import argparse
from pathlib import Path

from pytest_rtlgen.cli.arguments import Parser, add_options, read_options
from pytest_rtlgen.cli.streams import write_out
from pytest_rtlgen.evaluation.settings import read_prompt_style
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.prompts.write import write_prompts


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("specs", metavar="SUITE", nargs="+", help="core:, folder, suite.toml or FORMAT:PATH")
    parser.add_argument(
        "--to", metavar="FOLDER", default=".rtlgen/prompts", help="where they go (default: %(default)s)"
    )
    add_options(parser, "prompt", "shots", "rules", "limit")


def run(args: argparse.Namespace) -> int:
    """Write the prompts of the suites, and print how many and where."""
    options = read_options(args)
    suites = [load_suite(spec) for spec in args.specs]
    style = read_prompt_style(options, suites)
    write_out(str(write_prompts(suites, style, Path(args.to), limit=options.limit)))
    return 0
