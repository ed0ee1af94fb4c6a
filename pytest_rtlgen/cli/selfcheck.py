"""``selfcheck``: whether a suite tells right designs from wrong ones."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.cli.arguments import (
    Parser,
    add_options,
    read_options,
)
from pytest_rtlgen.cli.streams import write_file, write_out
from pytest_rtlgen.config import Group
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.evaluation.settings import make_check_settings
from pytest_rtlgen.loaders import complete_spec, load_suite
from pytest_rtlgen.package_data import is_packaged
from pytest_rtlgen.report.console import Pace, Progress
from pytest_rtlgen.report.selfcheck_text import render_selfcheck, render_selfcheck_json
from pytest_rtlgen.scoring.scorer import BenchScorer, find_known_bad
from pytest_rtlgen.selfcheck.mutation_file import (
    StoredMutation,
    list_changes,
    list_tools,
    read_stored_mutation,
    store_score,
    write_stored_mutation,
)
from pytest_rtlgen.selfcheck.suite import SelfcheckRow, selfcheck_suite

_STDOUT = "-"
"""What ``--json`` without a file means."""


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "suite", metavar="SUITE", help="core:, folder, suite.toml, or FORMAT:PATH such as rtllm-v2:PATH"
    )
    parser.add_argument(
        "--json", nargs="?", const=_STDOUT, metavar="FILE", help="print one JSON object, or write it into FILE"
    )
    parser.add_argument(
        "--mutants",
        type=int,
        default=0,
        metavar="N",
        help="try the stimulus on N mutants of each reference; 0: none (default: %(default)s)",
    )
    parser.add_argument("--write", action="store_true", help="keep what the mutants did in SUITE/mutation.toml")
    add_options(parser, Group.CHECK, "scoring", "jobs", "limit")


def run(args: argparse.Namespace) -> int:
    """Check every problem of a suite with its own reference and with modules that do nothing."""
    options = read_options(args)
    _refuse_strange(args, options.limit)
    suite = load_suite(args.suite)
    problems = suite.problems[: options.limit]
    progress, pace = Progress(), Pace()
    rows: list[SelfcheckRow] = []
    settings, mode = make_check_settings(options), options.scoring
    with Checker(settings) as checker, BenchScorer(settings, mode, checker.reader) as scorer:
        simulator = checker.simulator.version
        known = find_known_bad(options.simulator, simulator)
        for row in selfcheck_suite(
            checker, problems, mutants=args.mutants, seed=options.stimulus_seed, scorer=scorer, known=known
        ):
            rows.append(row)
            progress.show(f"{len(rows)}/{len(problems)} problems{pace.describe(len(rows), len(problems))}")
    progress.clear()
    changes = _keep_mutation(args, rows, simulator, options.stimulus_seed) if args.mutants else None
    if args.json is not None:
        _write_json(args.json, render_selfcheck_json(suite.name, rows, changes))
    if args.json != _STDOUT:
        write_out(render_selfcheck(suite.name, rows, changes))
    return 0 if all(row.is_ok for row in rows) else 1


def _write_json(path: str, text: str) -> None:
    if path == _STDOUT:
        write_out(text)
        return
    write_file(Path(path), text + "\n")


def _refuse_strange(args: argparse.Namespace, limit: int | None) -> None:
    """Raise ``UsageError`` for arguments that do not go together."""
    if args.mutants < 0:
        raise UsageError(f"--mutants {args.mutants}: give a number of mutants, or 0 for none")
    if not args.write:
        return
    if not args.mutants or limit:
        raise UsageError("--write keeps the mutation score of a whole suite: give --mutants N, and no --limit")
    path = _stored_path(args.suite)
    if path is None:
        raise UsageError(f"--write: {args.suite} is not a suite of our own format, so nothing is kept beside it")
    if is_packaged(path):
        raise UsageError(
            f"--write: {args.suite} is part of the installed package, and an upgrade would replace {path}; "
            f"copy the suite (cp -r {path.parent} FOLDER) and give that folder"
        )


def _stored_path(suite: str) -> Path | None:
    path = Path(complete_spec(suite))
    folder = path.parent if path.is_file() else path
    return folder / "mutation.toml" if (folder / "suite.toml").is_file() else None


def _keep_mutation(
    args: argparse.Namespace, rows: Sequence[SelfcheckRow], simulator: str, seed: int
) -> tuple[str, ...]:
    """Write ``mutation.toml`` when asked to; return what differs from it otherwise."""
    path = _stored_path(args.suite)
    scores = tuple(store_score(row.problem_id, row.mutation) for row in rows if row.mutation is not None)
    now = StoredMutation(mutants=args.mutants, seed=seed, tools=list_tools(simulator), scores=scores)
    if path is None:
        return ()
    if args.write:
        write_stored_mutation(path, now)
        return ()
    return list_changes(read_stored_mutation(path), now) if path.exists() else ()
