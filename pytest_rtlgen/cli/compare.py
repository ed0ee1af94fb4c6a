"""``compare``: two saved runs over the problems that both have."""

import argparse

from pytest_rtlgen.cli.arguments import Parser, add_options, read_options
from pytest_rtlgen.cli.report import EXIT_NOT_MET, print_gates
from pytest_rtlgen.cli.streams import write_json, write_out
from pytest_rtlgen.config import OPTIONS
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.evaluation.compare import find_run, read_side, refuse_unlike
from pytest_rtlgen.report.comparison import compare_runs, count_fewest
from pytest_rtlgen.report.comparison_text import render_comparison
from pytest_rtlgen.report.gate import describe_gate, measure_limits
from pytest_rtlgen.storage import encode

_MANY = "999999"
"""An n that allows every k, before the runs are read."""


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("base", metavar="BASE", help="run to compare with: its folder, or its name below --out")
    parser.add_argument("new", metavar="NEW", help="run that is compared with it")
    parser.add_argument("--json", action="store_true", help="print the comparison as one JSON document")
    fail = next(option for option in OPTIONS if option.name == "compare-fail")
    parser.add_argument(
        "--fail", dest=fail.key, action="append", metavar=fail.metavar, help=fail.help.replace("%", "%%")
    )
    add_options(parser, "k", "unlike", "out")


def run(args: argparse.Namespace) -> int:
    """Print what changed from one run to the other, and fail if it fell by more than ``--fail`` allows."""
    out = read_options(args, rtlgen_n=_MANY, rtlgen_compare=args.base).out
    stores = [find_run(name, out) for name in (args.base, args.new)]
    if stores[0].header.run_id == stores[1].header.run_id:
        raise UsageError(f"{args.new}: the same run as {args.base}; give two runs")
    base, new = map(read_side, stores)
    options = read_options(args, rtlgen_n=str(count_fewest(base, new)), rtlgen_compare=args.base)
    refuse_unlike(stores[0], new.path, (new.settings, new.environment), options)
    comparison = compare_runs(base, new, options.k)
    gates = measure_limits(options.compare_fail, comparison)
    if args.json:
        write_json({"comparison": encode(comparison), "gates": [describe_gate(gate) for gate in gates]})
    else:
        write_out(render_comparison(comparison))
    print_gates(gates)
    return 0 if all(gate.is_met for gate in gates) else EXIT_NOT_MET
