"""``check``: the answers of a run, one candidate against its reference, or a stream of them."""

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.check.single import make_problem
from pytest_rtlgen.cli.arguments import (
    PROGRAM,
    Parser,
    add_options,
    read_options,
)
from pytest_rtlgen.cli.check_many import check_many
from pytest_rtlgen.cli.check_run import check_run
from pytest_rtlgen.cli.streams import STDIN, read_text, show_name, write_json, write_out
from pytest_rtlgen.cli.wave_options import add_wave_options, list_wave_options, save_waves
from pytest_rtlgen.config import Group
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.evaluation.settings import make_check_settings
from pytest_rtlgen.records import Candidate, Problem
from pytest_rtlgen.report.console import find_width, write_note
from pytest_rtlgen.report.failure_text import render_verdict
from pytest_rtlgen.storage import encode
from pytest_rtlgen.verilog.design_file import list_beside

_DESIGN_SUFFIXES = frozenset({".v", ".sv", ".vh", ".svh"})
_PAIR = 2
"""Paths of a reference and a candidate."""


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("paths", metavar="RUN", nargs="*", help="folder of a run whose answers are to be checked")
    parser.add_argument("--reference", metavar="FILE", help="Verilog file to check against; - is standard input")
    parser.add_argument("--candidate", metavar="FILE", help="Verilog file to check; - is standard input")
    parser.add_argument("--top", metavar="NAME", help="module to check; by default the reference's top module")
    parser.add_argument("--json", action="store_true", help="print the verdict, or the run, as one JSON object")
    parser.add_argument("--show-text", action="store_true", help="print the candidate as every tool reads it")
    add_wave_options(parser)
    parser.add_argument("--jsonl", metavar="IN", help="check every line of this JSON Lines file; - is standard input")
    parser.add_argument("--out", dest="results", metavar="OUT", help="file that --jsonl appends its verdicts to")
    of_runs = ("suite", "prices", "require", "html", "hide-references")
    add_options(parser, Group.CHECK, "jobs", "executor", "late-budget", *of_runs)


def run(args: argparse.Namespace) -> int:
    """Check the answers of a run, one candidate, or with ``--jsonl`` a stream of them."""
    if args.paths:
        args.run_path = _find_run(args.paths)
        return _check_run(args)
    if any((args.rtlgen_suite, args.rtlgen_prices, args.rtlgen_executor, args.rtlgen_require, args.rtlgen_html)):
        raise UsageError("--suite, --prices, --executor, --require and --html belong to a RUN: check RUN --suite SPEC")
    if args.jsonl is None:
        return _check_one(args)

    if args.reference or args.candidate or args.json or list_wave_options(args):
        raise UsageError(
            "--jsonl holds references and candidates; leave out --reference, --candidate, --json, --vcd and --fst"
        )
    if args.results is None:
        raise UsageError("--jsonl needs --out FILE, which the verdicts are appended to")
    options = read_options(args)
    settings = make_check_settings(options)
    return check_many(args.jsonl, args.results, settings=settings, top=args.top)


def _find_run(paths: Sequence[str]) -> str:
    """Return the folder of the run; files of a design are refused with the command that checks them."""
    if len(paths) == 1 and (Path(paths[0]).is_dir() or Path(paths[0]).suffix not in _DESIGN_SUFFIXES):
        return paths[0]
    *references, candidate = paths
    reference = shlex.quote(references[0]) if references else "REFERENCE"
    what = f"{', '.join(paths)}: not a run" if len(paths) <= _PAIR else f"{len(paths)} paths: check takes one run"
    raise UsageError(
        f"{what}; to check a candidate write: {PROGRAM} check --reference {reference} --candidate "
        f"{shlex.quote(candidate)}"
    )


def _check_run(args: argparse.Namespace) -> int:
    for name, path in list_wave_options(args).items():
        raise UsageError(
            f"--{name} is about one candidate; of a run: {PROGRAM} show RUN PROBLEM --{name} {shlex.quote(path)}"
        )
    if args.reference or args.candidate or args.top or args.jsonl or args.results:
        raise UsageError("a RUN has its own references and answers; leave out the other files and --top")
    return check_run(args)


def _check_one(args: argparse.Namespace) -> int:
    if args.reference is None or args.candidate is None:
        raise UsageError("check needs RUN, or --reference FILE and --candidate FILE, or --jsonl IN and --out OUT")
    if args.show_text and (args.json or list_wave_options(args)):
        raise UsageError("--show-text prints no verdict; leave out --json, --vcd and --fst")
    if args.results is not None:
        raise UsageError("--out belongs to --jsonl; one verdict is printed, so redirect it")
    if args.reference == args.candidate == STDIN:
        raise UsageError("only one of --reference and --candidate can be standard input")
    settings = make_check_settings(read_options(args), jobs=1)
    reference, candidate = read_text(args.reference), read_text(args.candidate)

    beside = () if args.reference == STDIN else list_beside(Path(args.reference), reference)
    problem = make_problem(reference=reference, top=args.top, name=show_name(args.reference), given=beside)
    with Checker(settings) as checker:
        if args.show_text:
            return _show_text(checker, candidate, problem)
        given = Candidate(source=candidate, rule="given")
        verdict = checker.check(given, problem)
        if args.json:
            write_json(cast("dict[str, object]", encode(verdict)))
        else:
            write_out(render_verdict(verdict, width=find_width()))
        if files := list_wave_options(args):
            save_waves(files, checker, given, problem, verdict)
    return 0 if verdict.is_passed else 1


def _show_text(checker: Checker, candidate: str, problem: Problem) -> int:
    """Print the canonical text; what was left out, or why nothing can be compiled, goes to standard error."""
    screening = checker.screen(candidate, problem)
    write_out(screening.source.rstrip("\n"))
    for item in screening.diagnostics:
        place = "" if item.line is None else f"line {item.line}: "
        write_note(f"{item.severity}: {place}{item.message}")
    return 0 if screening.status is None else 1
