"""``show``: one sample of a saved run: what was asked and answered, what was checked, and what came of it."""

import argparse
from pathlib import Path

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.cli.arguments import Parser, add_options
from pytest_rtlgen.cli.check_run import read_run_options
from pytest_rtlgen.cli.streams import write_out
from pytest_rtlgen.cli.wave_options import add_wave_options, list_wave_options, save_waves
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.evaluation.settings import make_check_settings
from pytest_rtlgen.evaluation.show import find_sample
from pytest_rtlgen.records import Problem, SampleResult
from pytest_rtlgen.report.console import find_width
from pytest_rtlgen.report.sample_text import render_sample
from pytest_rtlgen.storage import RunStore


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_path", metavar="RUN", help="folder of a run, such as .rtlgen/runs/RUN")
    parser.add_argument("problem", metavar="PROBLEM", help="SUITE/PROBLEM, or the problem alone where one suite has it")
    parser.add_argument("sample", metavar="SAMPLE", nargs="?", help="sample, from 0; by default the first failed one")
    parser.add_argument("--turn", metavar="N", help="answer of the repair loop, 0 the first; by default the last")
    add_wave_options(parser)
    add_options(parser, "sandbox", "check-timeout")


def run(args: argparse.Namespace) -> int:
    """Print one sample; with ``--vcd`` or ``--fst`` simulate it again and write its waves."""
    store = RunStore.open(Path(args.run_path))
    index, turn = _read_number("SAMPLE", args.sample), _read_number("--turn", args.turn)
    sample = find_sample(store, args.problem, index, turn)
    write_out(render_sample(sample, width=find_width()))
    files = list_wave_options(args)
    if not files:
        return 0
    if sample.result is None:
        raise UsageError(
            f"--{next(iter(files))}: the sample was not checked yet; check it with rtlgen check {store.path}"
        )
    return 0 if _save_waves(args, store, sample.problem, sample.result) else 1


def _read_number(name: str, text: str | None) -> int | None:
    if text is not None and not (text.isascii() and text.isdigit()):
        raise UsageError(f"{name} {text}: must be a whole number from 0")
    return None if text is None else int(text)


def _save_waves(args: argparse.Namespace, store: RunStore, problem: Problem, result: SampleResult) -> bool:
    settings = make_check_settings(read_run_options(args, store.header.settings), jobs=1)
    with Checker(settings) as checker:
        return save_waves(list_wave_options(args), checker, result.candidate, problem, result.verdict)
