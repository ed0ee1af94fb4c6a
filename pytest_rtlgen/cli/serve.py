"""``serve``: rewards over HTTP."""

import argparse
from dataclasses import replace

from pytest_rtlgen.cli.arguments import (
    Parser,
    add_options,
    read_options,
)
from pytest_rtlgen.config import Group
from pytest_rtlgen.evaluation.settings import make_check_settings
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.report.console import write_note
from pytest_rtlgen.training import REWARD_CHECK, Reward, RewardSettings, find_preset
from pytest_rtlgen.training.reward.options import RewardOptions, choose_depth, make_overlong
from pytest_rtlgen.training.reward.steps import DEFAULT_SEEDS
from pytest_rtlgen.training.server.serving import ServeSettings, read_conditions, run_server


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--reward",
        metavar="PRESET",
        default="equivalence",
        help="preset, or a mix such as salv=0.5 (default: %(default)s)",
    )
    parser.add_argument("--host", metavar="ADDRESS", default="127.0.0.1", help="where to listen (default: %(default)s)")
    parser.add_argument(
        "--port", metavar="N", type=int, default=8377, help="port; 0 is any free one (default: %(default)s)"
    )
    parser.add_argument(
        "--queue",
        metavar="N",
        type=int,
        default=1024,
        help="most samples waiting or being checked (default: %(default)s)",
    )
    parser.add_argument(
        "--seeds",
        metavar="N",
        type=int,
        default=DEFAULT_SEEDS,
        help="stimulus seeds that steps use in turn, from --stimulus-seed on (default: %(default)s)",
    )
    parser.add_argument("--max-parallel", metavar="N", type=int, help="most checks at once on this machine")
    parser.add_argument(
        "--prefill", metavar="TEXT", default="", help="what the chat template writes at the beginning of every answer"
    )
    _add_overlong(parser)
    parser.add_argument("--tls-certificate", metavar="FILE", help="PEM file; serve HTTPS")
    parser.add_argument("--tls-key", metavar="FILE", help="PEM file; by default the key is in the certificate's")
    add_options(parser, Group.CHECK, "jobs", "suite")


def _add_overlong(parser: Parser) -> None:
    parser.add_argument(
        "--overlong-max-length", metavar="N", type=int, help="tokens of the longest answer; goes with the next option"
    )
    parser.add_argument(
        "--overlong-buffer", metavar="N", type=int, help="last tokens of those, over which a penalty grows"
    )
    parser.add_argument(
        "--overlong-factor", metavar="X", type=float, default=1.0, help="the whole penalty (default: %(default)s)"
    )
    parser.add_argument(
        "--tokenizer", metavar="NAME", default="", help="counts tokens where a request does not say them"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or a signal ends it."""
    import os

    settings = ServeSettings(
        host=args.host,
        port=args.port,
        queue=args.queue,
        tls_certificate=args.tls_certificate,
        tls_key=args.tls_key,
    )
    read_conditions(settings, os.environ)  # before suites are loaded, which may take a while
    options = read_options(args, usual={"rtlgen_formal": REWARD_CHECK.formal})
    check = replace(make_check_settings(options), depth=choose_depth(options.formal))
    length = RewardOptions(
        overlong_max_length=args.overlong_max_length,
        overlong_buffer=args.overlong_buffer,
        overlong_factor=args.overlong_factor,
        tokenizer=args.tokenizer,
    )
    reward_settings = RewardSettings(
        preset=find_preset(args.reward),
        check=check,
        seeds=args.seeds,
        max_parallel=args.max_parallel,
        prefill=args.prefill,
        overlong=make_overlong(length),
    )
    problems = [problem for spec in options.suite for problem in load_suite(spec).problems]
    reward = Reward(problems=problems, settings=reward_settings)
    preset = reward_settings.preset.name
    run_server(
        reward,
        settings,
        lambda url: write_note(f"serving {preset} for {len(problems)} problems on {url}; end with Ctrl-C"),
    )
    return 0
