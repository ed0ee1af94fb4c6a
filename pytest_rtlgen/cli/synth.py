"""``synth``: what the passing candidates of a saved run come to as gates."""

import argparse
from pathlib import Path

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.cli.arguments import Parser, add_options, read_options
from pytest_rtlgen.cli.streams import write_out
from pytest_rtlgen.evaluation.settings import make_check_settings
from pytest_rtlgen.evaluation.synthesis import FILE, synthesize_run
from pytest_rtlgen.evaluation.watch import ConsoleWatcher
from pytest_rtlgen.report.console import write_note
from pytest_rtlgen.report.synthesis_text import render_synthesis
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.synthesis.synthesizer import Synthesizer
from pytest_rtlgen.tools.sandbox import choose_sandbox


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_path", metavar="RUN", help="folder of a run, such as .rtlgen/runs/RUN")
    parser.add_argument("--json", action="store_true", help="print every figure of every pass as one JSON document")
    add_options(parser, "sandbox", "jobs")


def run(args: argparse.Namespace) -> int:
    """Synthesize every pass and its reference; all figures go into the run's folder."""
    store = RunStore.open(Path(args.run_path))
    settings = make_check_settings(read_options(args))
    with Checker(settings) as checker:
        synthesizer = Synthesizer(sandbox=choose_sandbox(settings.sandbox))
        rows = synthesize_run(store, checker, synthesizer, ConsoleWatcher())
    path = store.path / FILE
    if args.json:
        write_out(path.read_text(encoding="ascii").rstrip("\n"))
    else:
        write_out(render_synthesis(rows))
        write_note(f"all figures: {path}")
    return 0
