"""``selfcheck``: whether a suite tells right designs from wrong ones."""

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_rtlgen.cli.arguments import (
    CHECK_OPTIONS,
    Command,
    Parser,
    add_options,
    count_jobs,
    make_check_settings,
    read_options,
)
from pytest_rtlgen.cli.streams import Progress, write_out

if TYPE_CHECKING:
    from pytest_rtlgen.check.selfcheck import SelfcheckRow

_FINDING = 160


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("suite", metavar="SUITE", help="folder, suite.toml, or verilog-eval-v2:PATH")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_options(parser, *CHECK_OPTIONS, "jobs", "limit")


def run(args: argparse.Namespace) -> int:
    """Check every problem of a suite with its own reference and with modules that do nothing."""
    from pytest_rtlgen.check import Checker
    from pytest_rtlgen.check.selfcheck import selfcheck_suite
    from pytest_rtlgen.loaders import load_suite
    from pytest_rtlgen.storage import encode

    options = read_options(args)
    suite = load_suite(args.suite)
    problems = suite.problems[: options.limit]
    progress = Progress()
    rows: list[SelfcheckRow] = []
    with Checker(make_check_settings(options, jobs=count_jobs(options))) as checker:
        for row in selfcheck_suite(checker, problems):
            rows.append(row)
            progress.show(f"{len(rows)}/{len(problems)} problems")
    progress.clear()
    ok = sum(row.is_ok for row in rows)
    if args.json:
        problems_json = [{**encode(row), "is_ok": row.is_ok} for row in rows]  # type: ignore[dict-item]
        write_out(json.dumps({"suite": suite.name, "ok": ok, "faulty": len(rows) - ok, "problems": problems_json}))
    else:
        write_out(render_rows(rows))
        write_out(f"\n{suite.name}: {len(rows)} problems, {ok} ok, {len(rows) - ok} faulty")
    return 0 if ok == len(rows) else 1


def render_rows(rows: Sequence["SelfcheckRow"]) -> str:
    """Return one line a problem: ok or what is wrong, checked share of the output bits, seconds."""
    from pytest_rtlgen.report import clip_text

    cells = [("problem", "checked", "seconds", "finding")]
    cells += [
        (
            row.problem_id,
            "" if row.checked_share is None else f"{row.checked_share:.1%}",
            f"{row.duration_s:.2f}",
            clip_text("; ".join((*(row.faults or ("ok",)), *row.notes)), _FINDING),
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(3)]
    rule = ("-" * widths[0], "-" * widths[1], "-" * widths[2], "-" * len("finding"))
    lines = [cells[0], rule, *cells[1:]]
    return "\n".join(
        f"{name:<{widths[0]}}  {share:>{widths[1]}}  {seconds:>{widths[2]}}  {finding}"
        for name, share, seconds, finding in lines
    )


COMMAND = Command(
    name="selfcheck",
    help="check a suite: each reference passes against itself, modules that do nothing fail",
    add_arguments=add_arguments,
    run=run,
)
