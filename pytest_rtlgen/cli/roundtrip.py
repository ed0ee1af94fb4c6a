"""``roundtrip``: two training sets out of designs, by way of descriptions that second designs are written after."""

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
from pytest_rtlgen.records import SamplingParams
from pytest_rtlgen.report.console import Progress, write_note
from pytest_rtlgen.training.roundtrip.corpus import read_corpus
from pytest_rtlgen.training.roundtrip.records import RoundTripSettings
from pytest_rtlgen.training.roundtrip.run import RoundTripModels, run_round_trip
from pytest_rtlgen.training.roundtrip.sampling import read_sampling, render_sampling
from pytest_rtlgen.training.roundtrip.store import RoundTripHeader, RoundTripStore, lock_folder

_STAGES = {"describe": "describer", "base": "base models", "start": "start model"}
"""Whose sampling may differ from that of the model that writes designs."""


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--corpus", metavar="PATH", required=True, help="folder of Verilog files, or a file of rows")
    parser.add_argument("--out", dest="folder", metavar="DIR", required=True, help="folder that it is journaled in")
    parser.add_argument("--describer", metavar="SPEC", help="model that describes; by default --model")
    add = parser.add_argument
    add(
        "--base-model",
        dest="base_models",
        metavar="SPEC",
        action="append",
        help="model that should not solve a problem yet; may be given several times",
    )
    add("--base-n", metavar="N", type=int, default=4, help="answers of each base model (default: %(default)s)")
    add("--start-model", metavar="SPEC", help="model that reinforcement learning starts from")
    add("--start-n", metavar="N", type=int, default=4, help="answers of the start model (default: %(default)s)")
    add(
        "--distil-most",
        metavar="RATE",
        type=float,
        default=0.0,
        help="most base pass rate to distil (default: %(default)s)",
    )
    add("--band", metavar="LOW:HIGH", default="0:0.75", help="best base pass rate for RL (default: %(default)s)")
    add(
        "--start-band",
        metavar="LOW:HIGH",
        default="0:0.75",
        help="start pass rate of the same set (default: %(default)s)",
    )
    add("--rl-share", metavar="SHARE", type=float, default=0.1, help="of what both sets allow (default: %(default)s)")
    add("--near", metavar="SHARE", type=float, default=0.8, help="likeness of duplicates (default: %(default)s)")
    add(
        "--rouge-l", metavar="SHARE", type=float, default=0.5, help="most Rouge-L to a benchmark (default: %(default)s)"
    )
    for stage, who in _STAGES.items():
        add(f"--{stage}-sampling", metavar="KEY=VALUE,...", help=f"sampling of the {who}, where it differs")
    add_options(parser, Group.GENERATION, Group.SPENDING, "suite", "jobs", Group.CHECK)


def run(args: argparse.Namespace) -> int:
    """Go through the corpus, or on with it, and print what became of it."""
    options = read_options(args)
    if options.model is None:
        raise UsageError("roundtrip needs --model, which writes designs after descriptions")
    settings = _make_settings(args, options)
    args.base_models = tuple(args.base_models or ())
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
    return RoundTripSettings(
        rewrites=options.sampling.n,
        base_samples=args.base_n,
        start_samples=args.start_n,
        distil_most=args.distil_most,
        band=_read_band("--band", args.band),
        start_band=_read_band("--start-band", args.start_band),
        rl_share=args.rl_share,
        near=args.near,
        rouge=args.rouge_l,
        sampling=options.sampling,
        describe_sampling=_read_sampling(args, "describe", options),
        base_sampling=_read_sampling(args, "base", options),
        start_sampling=_read_sampling(args, "start", options),
    )


def _read_band(option: str, text: str) -> tuple[float, float]:
    try:
        low, high = (float(end) for end in text.split(":"))
    except ValueError as error:
        raise UsageError(f"{option} {text}: write two pass rates from 0 to 1, as 0:0.75") from error
    return low, high


def _read_sampling(args: argparse.Namespace, stage: str, options: Options) -> SamplingParams | None:
    text = getattr(args, f"{stage}_sampling")
    try:
        return None if text is None else read_sampling(text, options.sampling)
    except UsageError as error:
        raise UsageError(f"--{stage}-sampling {error}") from error


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
        bases=tuple(map(make, args.base_models)),
        start=make(args.start_model) if args.start_model else None,
    )


def _make_header(args: argparse.Namespace, options: Options, settings: RoundTripSettings) -> RoundTripHeader:
    check = (options.simulator, options.stimulus_seed, options.cycles, options.formal, options.cross_check)
    samplings = {
        f"{stage}_sampling": "" if found is None or found == settings.sampling else render_sampling(found)
        for stage in _STAGES
        for found in [getattr(settings, f"{stage}_sampling")]
    }
    return RoundTripHeader(
        describer=args.describer or str(options.model),
        model=str(options.model),
        base_models=args.base_models,
        sampling=render_sampling(settings.sampling),
        style=settings.style,
        check=" ".join(map(str, check)),
        lora=options.lora or "",
        engine=" ".join(f"{key}={value}" for key, value in options.engine),
        start_model=args.start_model or "",
        **samplings,
    )
