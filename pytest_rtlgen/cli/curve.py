"""``curve``: pass@1 of a saved run against the response budget, by truncation, as papers draw test-time scaling."""

import argparse
from pathlib import Path

from pytest_rtlgen.cli.arguments import Parser
from pytest_rtlgen.cli.streams import write_json, write_out
from pytest_rtlgen.config.values import read_ks
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.report.budget_curve import draw_curve
from pytest_rtlgen.storage import RunStore, encode

BUDGETS = "4096,8192,12288,16384"


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_path", metavar="RUN", help="folder of a run, such as .rtlgen/runs/RUN")
    parser.add_argument("--budgets", metavar="N,N", default=BUDGETS, help="tokens of one answer (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the curve of the run in a folder."""
    from tabulate import tabulate

    try:
        budgets = read_ks(args.budgets)
    except ValueError as error:
        raise UsageError(f"--budgets={args.budgets}: must be {error}") from error
    saved = RunStore.open(Path(args.run_path)).read_run()
    limit = saved.settings.sampling.max_tokens
    if limit is not None and limit < max(budgets):
        raise UsageError(
            f"--budgets={args.budgets}: {args.run_path} was sampled with at most {limit} tokens an answer; "
            "name no budget above that"
        )
    points = draw_curve(saved.samples, budgets, name=args.run_path)
    if args.json:
        write_json({"run": args.run_path, "curve": encode(points)})
    else:
        table = [(f"{p.budget:,}", p.truncated, str(p.pass_at_1)) for p in points]
        write_out(tabulate(table, headers=("budget", "truncated", "pass@1"), disable_numparse=True))
    return 0
