"""``selfcheck``: whether a suite tells right designs from wrong ones."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
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
    parser.add_argument(
        "--mutants", type=int, default=0, metavar="N", help="try the stimulus on N mutants of each reference; 0: none"
    )
    parser.add_argument("--write", action="store_true", help="keep what the mutants did in SUITE/mutation.toml")
    add_options(parser, *CHECK_OPTIONS, "jobs", "limit")


def run(args: argparse.Namespace) -> int:
    """Check every problem of a suite with its own reference and with modules that do nothing."""
    from pytest_rtlgen.check import Checker
    from pytest_rtlgen.check.selfcheck import selfcheck_suite
    from pytest_rtlgen.loaders import load_suite
    from pytest_rtlgen.storage import encode

    options = read_options(args)
    _refuse_strange(args, options.limit)
    suite = load_suite(args.suite)
    problems = suite.problems[: options.limit]
    progress = Progress()
    rows: list[SelfcheckRow] = []
    with Checker(make_check_settings(options, jobs=count_jobs(options))) as checker:
        for row in selfcheck_suite(checker, problems, mutants=args.mutants, seed=options.stimulus_seed):
            rows.append(row)
            progress.show(f"{len(rows)}/{len(problems)} problems")
        simulator = checker.simulator.version
    progress.clear()
    changes = _keep_mutation(args, rows, simulator, options.stimulus_seed) if args.mutants else ()
    ok = sum(row.is_ok for row in rows)
    if args.json:
        problems_json = [{**encode(row), "is_ok": row.is_ok} for row in rows]  # type: ignore[dict-item]
        report = {"suite": suite.name, "ok": ok, "faulty": len(rows) - ok, "problems": problems_json}
        write_out(json.dumps({**report, "mutation_changes": list(changes)} if args.mutants else report))
    else:
        write_out(render_rows(rows))
        if args.mutants:
            write_out("\n" + render_mutation(rows))
        for change in changes:
            write_out(f"note: {change}")
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


def render_mutation(rows: Sequence["SelfcheckRow"]) -> str:
    """Return a line a problem with its mutation score, and below it a line a survivor that is not equivalent."""
    from pytest_rtlgen.records import Proof

    lines = []
    for row in rows:
        found = row.mutation
        if found is None:
            continue
        survived = ", ".join(f"{found.count(proof)} {proof}" for proof in Proof if found.count(proof))
        valid = found.generated - found.invalid
        tail = f"; survivors: {survived}" if survived else ""
        lines.append(f"{row.problem_id}: mutation score {found.score:.1%}, {found.killed} of {valid} killed{tail}")
        lines += [
            f"  {item.proof}: line {item.line}, {item.operator}: {item.before} -> {item.after}"
            for item in found.survivors
            if item.proof is not Proof.EQUIVALENT
        ]
    return "\n".join(lines)


def _refuse_strange(args: argparse.Namespace, limit: int | None) -> None:
    """Raise ``UsageError`` for arguments that do not go together."""
    from pytest_rtlgen.errors import UsageError

    if args.mutants < 0:
        raise UsageError(f"--mutants {args.mutants}: give a number of mutants, or 0 for none")
    if not args.write:
        return
    if not args.mutants or limit:
        raise UsageError("--write keeps the mutation score of a whole suite: give --mutants N, and no --limit")
    if _stored_path(args.suite) is None:
        raise UsageError(f"--write: {args.suite} is not a suite of our own format, so nothing is kept beside it")


def _stored_path(suite: str) -> Path | None:
    path = Path(suite)
    folder = path.parent if path.is_file() else path
    return folder / "mutation.toml" if (folder / "suite.toml").is_file() else None


def _keep_mutation(
    args: argparse.Namespace, rows: Sequence["SelfcheckRow"], simulator: str, seed: int
) -> tuple[str, ...]:
    """Write ``mutation.toml`` when asked to; return what differs from it otherwise."""
    from pytest_rtlgen.check.mutation_file import (
        StoredMutation,
        list_changes,
        list_tools,
        read_stored_mutation,
        store_score,
        write_stored_mutation,
    )

    path = _stored_path(args.suite)
    scores = tuple(store_score(row.problem_id, row.mutation) for row in rows if row.mutation is not None)
    now = StoredMutation(mutants=args.mutants, seed=seed, tools=list_tools(simulator), scores=scores)
    if path is None:
        return ()
    if args.write:
        write_stored_mutation(path, now)
        return ()
    return list_changes(read_stored_mutation(path), now) if path.exists() else ()


COMMAND = Command(
    name="selfcheck",
    help="check a suite: each reference passes against itself, modules that do nothing fail",
    add_arguments=add_arguments,
    run=run,
)
