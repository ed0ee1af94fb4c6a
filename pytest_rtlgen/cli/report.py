"""``report``: the summary of a saved run, computed anew from its results."""

import argparse
from pathlib import Path

from pytest_rtlgen.cli.arguments import Parser, add_options, read_options
from pytest_rtlgen.cli.streams import write_out
from pytest_rtlgen.evaluation.judge import Judged
from pytest_rtlgen.evaluation.results import count_fewest, read_excluded, report_run, write_html
from pytest_rtlgen.report.console import write_note
from pytest_rtlgen.report.run_report import RunReport
from pytest_rtlgen.storage import RunStore


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_path", metavar="RUN", help="folder of a run, such as .rtlgen/runs/RUN")
    parser.add_argument("--json", action="store_true", help="print the run and its summary as one JSON document")
    add_options(parser, "k", "prices", "preset", "html", "hide-references")


def run(args: argparse.Namespace) -> int:
    """Print the summary of the run in a folder."""
    store = RunStore.open(Path(args.run_path))
    saved, excluded = store.read_run(), read_excluded(store)
    options = read_options(args, rtlgen_n=str(count_fewest(store, saved, excluded)))
    left_out = Judged(checked=0, there_before=0, known_bad=excluded, failed={})
    report = report_run(store, options, judged=left_out, run=saved)
    write_html(store, report, options)
    print_report(report, as_json=args.json)
    return 0


def print_report(report: RunReport, *, as_json: bool) -> None:
    """Print what pytest prints at the end of a run, or one JSON document, and name what is missing in the run."""
    if as_json:
        write_out(report.to_json().rstrip("\n"))
    else:
        write_out(str(report))
    for note in report.list_notes():
        write_note(note)
    if report.page is not None:
        write_note(f"open {report.page}")
