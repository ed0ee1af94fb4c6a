"""``roundtrip``: training pairs out of designs, by way of a description that a second design is written after."""

import argparse
from dataclasses import replace
from pathlib import Path

from pytest_rtlgen.backends import Backend, make_backend
from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.cli.arguments import (
    Parser,
    add_options,
    read_options,
)
from pytest_rtlgen.cli.streams import write_out
from pytest_rtlgen.config import Group, Options
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.evaluation.accounts import Accounts
from pytest_rtlgen.evaluation.settings import make_backend_settings, make_check_settings
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.report.console import Progress, write_note
from pytest_rtlgen.training.roundtrip.corpus import read_corpus
from pytest_rtlgen.training.roundtrip.records import RoundTripSettings
from pytest_rtlgen.training.roundtrip.run import RoundTripModels, run_round_trip
from pytest_rtlgen.training.roundtrip.store import RoundTripHeader, RoundTripStore, lock_folder


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--corpus", metavar="PATH", required=True, help="folder of Verilog files, or a file of rows")
    parser.add_argument("--out", dest="folder", metavar="DIR", required=True, help="folder that it is journaled in")
    parser.add_argument("--describer", metavar="SPEC", help="model that describes; by default --model")
    parser.add_argument("--base-model", metavar="SPEC", help="model whose pass rate says how hard a pair is")
    parser.add_argument(
        "--base-n", metavar="N", type=int, default=4, help="answers of the base model (default: %(default)s)"
    )
    parser.add_argument(
        "--band", metavar="LOW:HIGH", default="0:0.75", help="base pass rates to keep (default: %(default)s)"
    )
    parser.add_argument(
        "--near", metavar="SHARE", type=float, default=0.8, help="likeness of duplicates (default: %(default)s)"
    )
    add_options(parser, Group.GENERATION, Group.SPENDING, "suite", "jobs", Group.CHECK)


def run(args: argparse.Namespace) -> int:
    """Go through the corpus, or on with it, and print what became of it."""
    options = read_options(args)
    if options.model is None:
        raise UsageError("roundtrip needs --model, which writes designs after descriptions")
    settings = _make_settings(args, options)
    items = read_corpus(Path(args.corpus))
    benchmarks = [problem for spec in options.suite for problem in load_suite(spec).problems]
    accounts = Accounts.open(options, warn=write_note)
    models = _make_models(args, options, accounts)
    progress = Progress()
    try:
        with lock_folder(Path(args.folder)), Checker(make_check_settings(options)) as checker:
            report = run_round_trip(
                items,
                models=models,
                checker=checker,
                store=RoundTripStore(Path(args.folder), _make_header(args, options, settings)),
                settings=settings,
                benchmarks=benchmarks,
                accounts=accounts,
                progress=progress.show,
            )
    finally:
        progress.clear()
    write_out(str(report))
    return 0


def _make_settings(args: argparse.Namespace, options: Options) -> RoundTripSettings:
    try:
        low, high = (float(end) for end in args.band.split(":"))
    except ValueError as error:
        raise UsageError(f"--band {args.band}: write two pass rates from 0 to 1, as 0:0.75") from error
    return RoundTripSettings(
        rewrites=options.sampling.n,
        base_samples=args.base_n,
        band=(low, high),
        near=args.near,
        sampling=options.sampling,
    )


def _make_models(args: argparse.Namespace, options: Options, accounts: Accounts) -> RoundTripModels:
    """Return the models, which share one cache and one account; equal names are one model, with its adapter."""
    asked = accounts.limit(make_backend_settings(options))
    model = str(options.model)
    rewriter = accounts.account(model, make_backend(model, asked))

    def make(spec: str) -> Backend:
        if spec == model:
            return rewriter
        return accounts.account(spec, make_backend(spec, replace(asked, lora=None)))

    return RoundTripModels(
        describer=make(args.describer or model),
        rewriter=rewriter,
        base=make(args.base_model) if args.base_model else None,
    )


def _make_header(args: argparse.Namespace, options: Options, settings: RoundTripSettings) -> RoundTripHeader:
    sampling = settings.sampling
    check = (options.simulator, options.stimulus_seed, options.cycles, options.formal, options.cross_check)
    return RoundTripHeader(
        describer=args.describer or str(options.model),
        model=str(options.model),
        base_model=args.base_model or "",
        sampling=f"{sampling.temperature} {sampling.top_p} {sampling.max_tokens} {sampling.seed}",
        style=settings.style,
        check=" ".join(map(str, check)),
        lora=options.lora or "",
        engine=" ".join(f"{key}={value}" for key, value in options.engine),
    )
