"""``synth``: what the passing candidates of a saved run come to as gates."""

import argparse
from pathlib import Path

from pytest_rtlgen.cli.arguments import Parser, add_options, read_options
from pytest_rtlgen.cli.streams import write_out
from pytest_rtlgen.evaluation.synthesis import FILE, estimate_ppa, synthesize_passes
from pytest_rtlgen.evaluation.watch import ConsoleWatcher
from pytest_rtlgen.report.console import write_note
from pytest_rtlgen.report.synthesis_text import render_ppa, render_synthesis
from pytest_rtlgen.storage import RunStore


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_path", metavar="RUN", help="folder of a run, such as .rtlgen/runs/RUN")
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="print every figure of every pass as one JSON document")
    forms.add_argument(
        "--ppa-estimate", action="store_true", help="print a PPA-style estimate too: area and depth beside references"
    )
    add_options(parser, "sandbox", "jobs")


def run(args: argparse.Namespace) -> int:
    """Synthesize every pass and its reference; all figures go into the run's folder."""
    store = RunStore.open(Path(args.run_path))
    rows = synthesize_passes(store, read_options(args), ConsoleWatcher())
    path = store.path / FILE
    if args.json:
        write_out(path.read_text(encoding="ascii").rstrip("\n"))
        return 0
    write_out(render_synthesis(rows))
    if args.ppa_estimate:
        write_out(render_ppa(estimate_ppa(store, rows)))
    write_note(f"all figures: {path}")
    return 0
