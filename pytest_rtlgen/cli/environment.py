"""``environment``: the environment as a package that a hub takes."""

import argparse
from pathlib import Path

from pytest_rtlgen.cli.arguments import Parser
from pytest_rtlgen.cli.streams import write_out
from pytest_rtlgen.training.environment.folders import PACKAGES, write_package


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="DIR", help="folder to write the package to; new or empty")
    parser.add_argument(
        "--for", dest="kind", metavar="KIND", required=True, help=f"who takes it: {', '.join(PACKAGES)}"
    )


def run(args: argparse.Namespace) -> int:
    """Write the package and tell what to do with it."""
    folder = Path(args.folder)
    package = write_package(args.kind, folder)
    write_out(f"{folder}: written. Next:  {package.next_step.format(folder=folder)}")
    return 0
