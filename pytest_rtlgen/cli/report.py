"""``report``: the summary of a saved run, computed anew from its results."""

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

from pytest_rtlgen.cli.arguments import Parser, add_options, read_options
from pytest_rtlgen.cli.streams import write_out
from pytest_rtlgen.evaluation.compare import read_excluded
from pytest_rtlgen.evaluation.judge import Judged
from pytest_rtlgen.evaluation.results import count_fewest, report_run, write_html
from pytest_rtlgen.report.console import write_note
from pytest_rtlgen.report.gate import AnyGate, render_annotation
from pytest_rtlgen.report.run_report import RunReport
from pytest_rtlgen.storage import RunStore

EXIT_NOT_MET = 1
"""A gate is not met."""


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_path", metavar="RUN", help="folder of a run, such as .rtlgen/runs/RUN")
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="print the run and its summary as one JSON document")
    forms.add_argument("--csv", action="store_true", help="print every figure with its interval, a line each")
    forms.add_argument("--markdown", action="store_true", help="print the table and the gates as Markdown")
    add_options(parser, "k", "prices", "preset", "require", "html", "hide-references")


def run(args: argparse.Namespace) -> int:
    """Print the summary of the run in a folder, and fail unless its gates are met."""
    store = RunStore.open(Path(args.run_path))
    saved, excluded = store.read_run(), read_excluded(store)
    options = read_options(args, rtlgen_n=str(count_fewest(store, saved, excluded)))
    left_out = Judged(checked=0, there_before=0, known_bad=excluded, failed={})
    report = report_run(store, options, judged=left_out, run=saved)
    write_html(store, report, options)
    if args.csv or args.markdown:
        write_out((report.to_csv() if args.csv else report.to_markdown()).rstrip("\n"))
        print_notes(report)
    else:
        print_report(report, as_json=args.json)
    return read_status(report)


def read_status(report: RunReport) -> int:
    """Return the exit status: no gate holds of a run that is incomplete."""
    return 0 if report.is_good and (report.is_complete or not report.gates) else EXIT_NOT_MET


def print_report(report: RunReport, *, as_json: bool) -> None:
    """Print what pytest prints at the end of a run, or one JSON document, then what is missing and its gates."""
    if as_json:
        write_out(report.to_json().rstrip("\n"))
    else:
        write_out(str(report))
    print_notes(report)


def print_notes(report: RunReport) -> None:
    """Name on standard error what is missing in the run, and its gates."""
    for note in report.list_notes():
        write_note(note, is_bad=bool(report.gates))
    print_gates(report.gates)
    if report.page is not None:
        write_note(f"open {report.page}")


def print_gates(gates: Iterable[AnyGate]) -> None:
    """Name each gate on standard error, with what was measured."""
    for gate in gates:
        write_note(str(gate), is_bad=not gate.is_met)
        annotation = render_annotation(gate, os.environ)
        if annotation is not None:
            write_note(annotation)
