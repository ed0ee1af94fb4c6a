"""``rescore``: the answers of a run checked again with other settings, into a run of their own."""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.cli.arguments import Parser, add_options
from pytest_rtlgen.cli.check_run import (
    EXIT_NOT_JUDGED,
    finish_judged,
    judge_stored,
    load_suites,
    read_run_options,
)
from pytest_rtlgen.cli.report import print_report
from pytest_rtlgen.cli.streams import write_json, write_out
from pytest_rtlgen.config import Group, Options
from pytest_rtlgen.evaluation.open_run import open_copy
from pytest_rtlgen.records import SampleKey, SampleResult
from pytest_rtlgen.report.console import write_note
from pytest_rtlgen.report.disagreement import describe_bench_verdict
from pytest_rtlgen.report.plain_text import escape_controls
from pytest_rtlgen.storage import RunStore, encode

_SHOWN = 50
"""Samples listed; ``--json`` has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One sample whose verdict is another now."""

    suite: str
    problem_id: str
    index: int
    before: str
    """Status, and the verdict of the benchmark's own scorer where there is one."""
    after: str


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_path", metavar="RUN", help="folder of a run, such as .rtlgen/runs/RUN; it stays as it is")
    parser.add_argument("--json", action="store_true", help="print one JSON object: both runs and what changed")
    judging = ("scoring", "jobs", "executor", "late-budget")
    add_options(parser, "suite", "out", Group.CHECK, *judging, "prices", "html", "hide-references")


def run(args: argparse.Namespace) -> int:
    """Check every answer of a run again, and report which verdicts changed."""
    old = RunStore.open(Path(args.run_path))
    options = read_run_options(args, old.header.settings)
    new = _open_copy(old, args, options)
    judged = judge_stored(new, options)
    report = finish_judged(new, judged, args, may_finish=True)
    before, after = old.read_results(), new.read_results()
    compared, changes = len(before.keys() & after.keys()), list_changes(before, after)
    if args.json:
        _print_json(old, new, compared, changes)
    else:
        print_report(report, as_json=False)
        _print_changes(compared, changes)
    return EXIT_NOT_JUDGED if judged.failed else 0


def list_changes(
    before: Mapping[SampleKey, SampleResult], after: Mapping[SampleKey, SampleResult]
) -> tuple[Change, ...]:
    """Return the samples of both whose verdicts differ, by key."""
    rows = ((key, _describe(before[key]), _describe(after[key])) for key in sorted(before.keys() & after.keys()))
    return tuple(
        Change(suite=key.suite, problem_id=key.problem_id, index=key.index, before=was, after=now)
        for key, was, now in rows
        if was != now
    )


def _describe(result: SampleResult) -> str:
    status = str(result.verdict.status)
    return f"{status}, published {describe_bench_verdict(result.bench_verdict)}" if result.bench_verdict else status


def _open_copy(old: RunStore, args: argparse.Namespace, options: Options) -> RunStore:
    """Return the run to check into; suites that the command line does not name stay as they were."""
    suites, digests = load_suites(old, args.rtlgen_suite or ()), dict(old.header.settings.suites)
    for suite in suites:
        if suite.digest != digests[suite.name]:
            write_note(
                f"{suite.path}: another dataset than the run's: digest {suite.digest}, was {digests[suite.name]}"
            )
    return open_copy(old, options, suites, options.out if args.rtlgen_out else old.path.parent)


def _print_changes(compared: int, changes: Sequence[Change]) -> None:
    kinds = Counter(f"{change.before} -> {change.after}" for change in changes)
    write_out(f"\nchanged: {len(changes)} of {compared} verdicts")
    for kind, count in kinds.most_common():
        write_out(f"  {count} x {kind}")
    for change in changes[:_SHOWN]:
        name = escape_controls(f"{change.suite}/{change.problem_id} sample {change.index}")
        write_out(f"  {name}: {change.before} -> {change.after}")
    if len(changes) > _SHOWN:
        write_out(f"  and {len(changes) - _SHOWN} more; --json has all")


def _print_json(old: RunStore, new: RunStore, compared: int, changes: Sequence[Change]) -> None:
    rows = [encode(change) for change in changes]
    write_json({"run": str(new.path), "of": str(old.path), "compared": compared, "changed": rows})
