"""``preferences``: pairs for signal-aware training out of a saved run."""

import argparse
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from pytest_rtlgen.cli.arguments import Parser, add_options, read_options
from pytest_rtlgen.cli.streams import write_out
from pytest_rtlgen.config import Options
from pytest_rtlgen.evaluation.settings import make_check_settings, read_prompt_style
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.prompts import PromptStyle
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.training.signals.export import export_preferences
from pytest_rtlgen.training.signals.preferences import PairSelection
from pytest_rtlgen.training.signals.second_reading import READINGS, SecondReading


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_path", metavar="RUN", help="folder of a run that was checked")
    parser.add_argument(
        "--out", dest="pairs", metavar="FILE", required=True, help="new file of JSON Lines, a pair a line"
    )
    parser.add_argument(
        "--cross-check", choices=READINGS, help="drop pairs whose slices this tool's data flow finds too small"
    )
    parser.add_argument(
        "--select",
        choices=[str(word) for word in PairSelection],
        default=str(PairSelection.BOTH),
        help="chosen answers that pass as a whole, only those that are right in part, or both (default: %(default)s)",
    )
    add_options(parser, "prompt", "shots", "rules", "suite", "sandbox", "jobs")


def run(args: argparse.Namespace) -> int:
    """Write the pairs of a run, and print how many there are and why others are not."""
    options = read_options(args)
    check = make_check_settings(options)
    with ExitStack() as stack:
        second = None
        if args.cross_check:
            second = stack.enter_context(SecondReading(sandbox=choose_sandbox(options.sandbox), jobs=check.jobs))
        report = export_preferences(
            Path(args.run_path),
            Path(args.pairs),
            style=_read_style(options) if args.rtlgen_prompt or args.rtlgen_shots or args.rtlgen_rules else None,
            check=check,
            second=second,
            selection=PairSelection(args.select),
        )
    problems = {(pair.suite, pair.problem_id) for pair in report.pairs}
    complete = sum(pair.is_complete for pair in report.pairs)
    write_out(f"{len(report.pairs)} pairs of {len(problems)} problems, {len(report.dropped)} dropped")
    write_out(f"  chosen answers: {complete} pass as a whole, {len(report.pairs) - complete} are right in part")
    if report.narrowed:
        write_out(f"  {report.narrowed} pairs lost some of their outputs: neither proved nor right a second time")
    for reason, count in Counter(pair.reason for pair in report.dropped).most_common():
        write_out(f"  {count} {reason}")
    if second is not None:
        write_out(str(second))
    return 0


def _read_style(options: Options) -> PromptStyle:
    """Return the style that the run asked with, which it names but does not hold."""
    suites = [load_suite(spec) for spec in options.suite]
    return read_prompt_style(options, suites)
